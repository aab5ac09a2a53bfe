"""`pdsa log`, the log as a whole: proof, export, import, worksheets, backups, and its place in a database."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from pdsa.cli.desk import MERGE, Desk, desk_options, pairs
from pdsa.cli.told import about_event
from pdsa.terms import Role

if TYPE_CHECKING:
    from pdsa.errors import Problem
    from pdsa.exchange.forms import LogMapping
    from pdsa.inquiry import Change, Event, State, Viewer

KEEP = "A file that is not there yet [beside the log, with day and time]."


@click.command("verify")
@click.argument("source", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--heads", type=click.Path(path_type=Path), help="Compare with, or write, the ends of all chains.")
@desk_options
def verify_log(desk: Desk, source: Path | None, heads: Path | None) -> None:
    """Prove that no event was changed, removed or added behind the log's back.

    Every event carries a hash over itself and the one before it. Whoever can write the file could make all of them
    anew; keep the file of --heads elsewhere, and that is seen too. SOURCE is an exported folder or its events.jsonl,
    which is proved without any log; the log of the workspace by default.
    """
    from pdsa.exchange.heads import read_heads, verify_events, write_heads
    from pdsa.inquiry.clocks import clock_problems

    known, clocks = read_heads(heads) if heads else None, []
    if source is not None:
        ends, problems = verify_events(source, known)
    else:
        with desk.log(create=False) as book:
            verified = book.verify(known)
            clocks = list(clock_problems(book.events(), desk.today))
        ends, problems = dict(verified.heads), verified.problems
    if heads and not heads.is_file() and not problems:
        write_heads(heads, ends)
    _show_proof(desk, ends, problems, clocks)


def _show_proof(
    desk: Desk, ends: Mapping[str, tuple[int, str]], problems: Sequence[Problem], clocks: Sequence[Problem]
) -> None:
    count = sum(seq for seq, _ in ends.values())
    lines = [f"{one.place}: found {one.found}, expected {one.expected}." for one in problems]
    wrong = f"{len(problems) or 'no'} problem{'s' if len(problems) != 1 else ''}"
    lines += [f"Note: {one.place}: {one.found}; usual: {one.expected}." for one in clocks]
    lines.append(f"{count} events in {len(ends)} chain{'' if len(ends) == 1 else 's'}; {wrong}.")
    data = {"events": count, "heads": ends, "ok": not problems, "problems": problems, "clocks": clocks}
    desk.show(data, "\n".join(lines))
    sys.exit(2 if problems else 0)


@click.command("export")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="A new folder or .xlsx file.")
@click.option("--school", default="", help="Only what is this school's, with its own chain of events.")
@desk_options
def export_log(desk: Desk, target: Path, school: str) -> None:
    """Write the log as CSV files or as one workbook; with --school a team's own slice.

    Both have a sheet for each kind of records, and come back with pdsa log import: as they are they change nothing. A
    folder holds the events too, and pdsa log verify FOLDER proves them.
    """
    from pdsa.exchange import export_folder, export_workbook, slice_of

    with desk.log(create=False) as book:
        state, events = desk.state(book), book.events()
        viewer, partly = desk.viewer(book.state()), book.verify().partly if desk.url else ()
        if school:
            school = desk.school(school, state)
            state = slice_of(state, school)
    events = tuple(one for one in events if school in ("", one.school) and one.school not in partly)
    events = tuple(one for one in events if _whole(viewer, one.school))
    if target.suffix.casefold() == ".xlsx":
        written: tuple[Path, ...] = (export_workbook(state, target),)
    else:
        written = export_folder(state, events, target)
    names = ", ".join(path.name for path in written)
    data = {"written": [str(path) for path in written], "records": len(state.held)}
    desk.show(data, f"{len(state.held)} records written to {target}: {names}.")


def _whole(viewer: Viewer | None, school: str) -> bool:
    """Whether somebody may read the whole chain of a school, "" for the network."""
    if viewer is None:
        return True
    return viewer.role == "team" and school in viewer.schools if school else viewer.role in ("coach", "hub")


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--mapping", default="", help="A form or tracker: the name under which its mapping is kept.")
@click.option("--field", "answers", multiple=True, metavar="HEADER=FIELD", help="What a column is, or: ignore.")
@click.option("--word", "words", multiple=True, metavar="FIELD:TEXT=WORD", help="What a text of the form means.")
@click.option("--dry-run", is_flag=True, help="Say what would change; save nothing.")
@MERGE
@desk_options
def import_log(
    desk: Desk, source: Path, mapping: str, settle: str | None, dry_run: bool, **told: tuple[str, ...]
) -> None:
    """Take in a folder, a CSV file or a workbook as exported, edited or with new rows; or the answers of a form.

    A row with an id changes that record, based on the version in its row; a row without an id is a new record. Other
    records may be named by their titles. Rows that say nothing new, and rows that came before, change nothing. All
    mistakes are named at once with their rows, and then nothing is saved.

    \b
    Edited:  pdsa log import log.xlsx
    A form:  pdsa log import answers.csv --mapping plans
    Answer:  pdsa log import answers.csv --mapping plans \\
               --field "Favorite color=ignore" --field school=0107 \\
               --word "scale:One room=class"
    Later:   pdsa log import answers-2026-02.csv --mapping plans

    With --mapping each row of a form or tracker is a cycle. Headers are matched with fields by their words, and what
    is not clear is asked. --field 'HEADER=FIELD' says what a column is (pdsa log fields cycle; the typed fields idea,
    prediction, how, when, who; school, timestamp, ignore), --field FIELD=TEXT what is the same in all rows,
    --field dates=month-first (or day-first) what 1/2/2026 is, --field header=3 in which row the headers stand,
    --field sheet=NAME which sheet it is. Everything is kept in mappings/NAME.log.yaml. Next month only new rows are
    taken, and rows that were filled in further fill what is still empty in their cycles.
    """
    answers, words = pairs(told["answers"], "--field"), pairs(told["words"], "--word")
    with desk.log() as book:
        reference = desk.reference
        if mapping or answers or words:
            from pdsa.workspace.answers import form_changes

            found = form_changes(source, desk.folder, mapping or "forms", (answers, words), book, reference)
            for note in found.notes:
                click.echo(f"Note: {note}", err=True)
            form, changes = found.mapping, found.changes
        else:
            from pdsa.exchange.taken import changes_of, read_sheets

            form = None
            changes = changes_of(read_sheets(source), book.events(), reference, settle=settle or "", author=desk.author)  # type: ignore[arg-type]
        events = () if dry_run else desk.save(book, changes, reference)
    _show_import(desk, form, changes, events if not dry_run else None)


def _show_import(
    desk: Desk, form: LogMapping | None, changes: Sequence[Change], events: Sequence[Event] | None
) -> None:
    """What was saved or would be, and by which mapping."""
    mapped = [f"  {header}: {wanted}" for header, wanted in form.columns.items()] if form else []
    if events is None:
        lines = [f"{_counted(changes)} would be saved; nothing was.", *mapped]
        desk.show([_about(one) for one in changes], "\n".join(lines))
        return
    lines = [f"{_counted(events)} saved.", *mapped] if events else ["Nothing new: the log holds all of it."]
    if form is not None:
        from pdsa.workspace.answers import save_mapping

        lines.append(f"Kept in {save_mapping(desk.folder, form)}; the same command takes next month's answers.")
    desk.show([about_event(one) for one in events], "\n".join(lines))


def _counted(found: Iterable[Any]) -> str:
    """`3 records (1 change idea, 2 cycles)`."""
    kinds = [one.entity for one in found]
    told = [_noun(kinds.count(kind), kind.replace("_", " ")) for kind in dict.fromkeys(kinds)]
    return _noun(len(kinds), "record") + (f" ({', '.join(told)})" if told else "")


def _noun(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _about(change: Change) -> dict[str, Any]:
    """A change as JSON for programs."""
    names = ("entity", "record", "school", "based_on", "kind", "visibility", "fields")
    return {name: getattr(change, name) for name in names}


@click.command("worksheet")
@click.argument("name")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="A new .html or .xlsx file.")
@desk_options
def write_sheet(desk: Desk, name: str, target: Path) -> None:
    """Write a cycle as a filled PDSA worksheet, to print or to fill in further."""
    from pdsa.exchange import write_worksheet
    from pdsa.inquiry.lookup import find
    from pdsa.records.inquiry import Cycle

    with desk.log(create=False) as book:
        state = desk.state(book)
    reference = desk.reference
    names = {one.id: one.name for one in reference.schools}
    measures = {one.id: one for one in reference.measures}
    record = find(state, "cycle", name).record
    if isinstance(record, Cycle):
        write_worksheet(state, record, target, names, measures)
    desk.show({"written": str(target)}, f"Written to {target}.")


@click.command("backup")
@click.option("--to", "target", type=click.Path(path_type=Path), default=None, help=KEEP)
@desk_options
def backup_log(desk: Desk, target: Path | None) -> None:
    """Copy the log to a file, whole, while others go on writing."""
    with desk.log(create=False) as book:
        written = book.backup(target)
    desk.show({"written": str(written)}, f"Copied to {written}.")


@click.command("people")
@desk_options
def list_people(desk: Desk) -> None:
    """List who reads and writes this log, in which role, for which schools and until when.

    A log that names nobody takes everybody who can open it. Begin with the hub:

    \b
    pdsa log add person id=ana name="Ana" role=hub
    pdsa log add person id=lin name="Lin" role=team schools=0107 --as ana
    """
    from pdsa.records.inquiry import Person

    with desk.log(create=False) as book:
        state: State = book.state()
    people = state.records(Person)
    lines = [f"{one.id}  {one.role}  {one.name}{_where(one.schools)}{_span(one.since, one.until)}" for one in people]
    desk.show(list(people), "\n".join(lines) or "Nobody is named: whoever can open the log may read and write it.")


def _where(schools: Sequence[str]) -> str:
    return f"  of {', '.join(schools)}" if schools else ""


def _span(since: object, until: object) -> str:
    return "".join(f"  {word} {day}" for word, day in (("since", since), ("until", until)) if day)


@click.command("install")
@desk_options
def install_log(desk: Desk) -> None:
    """Make the log in the PostgreSQL database of --log, or bring it up to date; for its owner."""
    from pdsa.log import install

    revision = install(_address(desk))
    desk.show({"schema": revision}, f"The database holds a log of schema {revision}.")


@click.command("grant")
@click.argument("login")
@click.option("--person", required=True, help="Id of the person in the log.")
@click.option("--role", type=click.Choice(get_args(Role)), required=True)
@click.option("--school", "schools", multiple=True, help="For team and coach; may be given several times.")
@desk_options
def grant_login(desk: Desk, login: str, person: str, role: Role, schools: tuple[str, ...]) -> None:
    """Let a LOGIN of the PostgreSQL database of --log write as a person; for the owner of the database."""
    from pdsa.log import grant

    if role in ("team", "coach") and not schools:
        raise click.UsageError(f"a {role} needs --school")
    grant(_address(desk), login, person, role, schools)
    desk.show({"login": login, "role": role, "schools": schools}, f"{login} is {role} ({', '.join(schools) or 'all'}).")


def _address(desk: Desk) -> str:
    if not desk.url:
        raise click.UsageError("name the database: --log postgresql://...")
    return desk.url


COMMANDS = (*(verify_log, export_log, import_log, write_sheet, backup_log, list_people, install_log, grant_login),)
