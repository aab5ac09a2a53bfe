"""`pdsa import`: spreadsheets, exports and feeds into a workspace; what is not certain is asked."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pdsa.mapping.draft import Draft
    from pdsa.records.imports import Question
    from pdsa.workspace.intake import Request, Taken


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The workspace, a folder with network.yaml; the current folder by default.",
)
@click.option(
    "--name",
    default="",
    help="Name of the mapping and of observations/NAME.csv; by default the file's name without its numbers.",
)
@click.option(
    "--mapping", type=click.Path(path_type=Path), default=None, help="A mapping file, in place of the workspace's own."
)
@click.option(
    "--answer",
    multiple=True,
    metavar="KEY=CHOICE",
    help="The answer to a question, such as dates=month-first; may be given several times.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="The day on which these numbers were known, such as 2026-05-29; today by default.",
)
@click.option("--batch", is_flag=True, help="Ask nothing: an open question is an error.")
@click.option("--dry-run", is_flag=True, help="Ask, and show what would be stored; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs; implies --batch.")
def import_(
    files: tuple[Path, ...],
    into: Path,
    name: str,
    mapping: Path | None,
    answer: tuple[str, ...],
    as_of: datetime | None,
    **flags: bool,
) -> None:
    """Take FILES, as you have them, into a workspace (made by pdsa new).

    Reads CSV, TSV, XLSX, XLSM, ODS, XML, JSON, and zip, tar or gz archives of them. All files of one command are of
    one kind, for instance a file for each year. The files are only read, never changed.

    \b
    Begin:   pdsa new our-network
             pdsa import tracker-2026-05.csv --into our-network
    Look:    pdsa import tracker-2026-05.csv --into our-network --dry-run
    Answer:  pdsa import tracker-2026-05.csv --into our-network \\
               --answer measure=attendance --answer 'mark:<10=suppressed'
    Later:   pdsa import tracker-2026-06.csv --into our-network
    Then:    pdsa check our-network
             pdsa report our-network

    QUESTIONS. pdsa shows what each column becomes and guesses nothing: what a file does not decide is asked. At a
    terminal you type a choice. Without a terminal, or with --batch, an open question is an error: it says where, what
    was found and which answers there are, nothing is stored, and you run the same command with one --answer for each.
    An answer may open the next question; go on until none is left. Quote answers that hold blanks, < or *.

    \b
    Often asked, or said without being asked:
      measure=attendance            which measure the numbers are (pdsa new --list)
      'use:Rate=attendance'         this column holds that measure; numerator or
                                    denominator may follow: 'use:Here=attendance numerator'
      use:COLUMN=ignore             leave a column out
      dates=month-first             03/04/2026 is March 4 (or day-first)
      year=end                      2017 is the school year 2016-17 (or start)
      period:FILE=2016-17           when the numbers of a file are from
      school=district+school        school numbers repeat in several districts
      scale:COLUMN=percent          0.9 is 0.9% (or fraction: 90%)
      'mark:TEXT=missing'           what a text that is no number means: missing,
                                    suppressed, not_applicable, error, zero, ...
      cumulative:MEASURE=yes        it counts from the beginning of the year
      header=5, sheets=NAME         where the table stands

    WHERE THE ROWS GO. observations/NAME.csv holds what is known now; imports/NAME/ every version, with what was done
    and set aside; mappings/NAME.yaml the mapping and your answers, so that next month the same command asks nothing.
    New schools and measures are added to schools.csv and measures.csv. Totals are left out of the schools and
    compared with their sums. Texts such as * or "95% or more" never become numbers.

    Rows of single students are read only from the workspace's folder private/, and added up; columns of names, birth
    dates, e-mail addresses and the like stop the import. Exit code 0: stored, or nothing new. 2: a question is open,
    or something is wrong; nothing was stored.
    """
    from pdsa.workspace.intake import Request

    known = _known(as_of.date()) if as_of else datetime.now().astimezone().date()
    request = Request(files, into, known, name, mapping, tuple(_pair(one) for one in answer))
    batch = flags["batch"] or flags["as_json"] or not sys.stdin.isatty()
    if flags["as_json"]:
        _as_json(request, flags["dry_run"])
    else:
        _talk(request, batch, flags["dry_run"])


def _known(day: date) -> date:
    from pdsa.errors import ParamsError, Problem
    from pdsa.params.days import known_year

    try:
        return known_year(day)
    except ValueError as error:
        problem = Problem("--as-of", day.isoformat(), str(error))
        step = "give --as-of the day on which these numbers were known, or leave it out: then it is today"
        raise ParamsError("pdsa import", (problem,), "nothing was imported", step) from None


def _pair(text: str) -> tuple[str, str]:
    key, mark, word = text.rpartition("=")
    if not mark or not key.strip():
        raise click.BadParameter(f"{text!r} is no KEY=CHOICE, such as dates=month-first", param_hint="--answer")
    return key.strip(), word.strip()


def _talk(request: Request, batch: bool, dry_run: bool) -> None:
    """Draft, ask, show and store."""
    from pdsa.workspace.intake import take_in

    drafted, request = _settled(request, batch)
    _show(drafted)
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
        return
    _close(request, drafted, take_in(request, drafted))


def _settled(request: Request, batch: bool) -> tuple[Draft, Request]:
    """A draft without open questions, answers asked at the terminal; in batch a question is an error."""
    from dataclasses import replace

    from pdsa.workspace.intake import prepare

    grids: dict[Any, Any] = {}
    said: list[str] = []
    while True:
        drafted, _ = prepare(request, grids)
        if not drafted.remarks.questions:
            return drafted, request
        if batch:
            raise _unanswered(request, drafted.remarks.questions)
        for line in drafted.remarks.told:
            if line not in said:
                click.echo(f"  {line}")
        said += drafted.remarks.told
        answers = tuple((one.key, _ask(one)) for one in drafted.remarks.questions)
        request = replace(request, answers=(*request.answers, *answers))


def _ask(question: Question) -> str:
    click.echo(f"\n{question.place}: {question.found}")
    for choice in question.choices:
        click.echo(f"    {choice.word}: {choice.meaning}")
    from pdsa.workspace.heard import OPEN

    free = not question.choices or question.key in OPEN
    kind = None if free else click.Choice([choice.word for choice in question.choices])
    answer: str = click.prompt(f"  {question.ask}", type=kind)
    return answer


def _unanswered(request: Request, questions: list[Question]) -> Exception:
    """The error that names every question with its evidence, and the answers that may be given."""
    from pdsa.errors import InputError, Problem

    problems = tuple(Problem(one.place, one.found, _expected(one)) for one in questions)
    flags = " ".join(f"--answer '{one.key}=...'" for one in questions[:3])
    step = f"run the same command with the answers, for example {flags}; in a terminal without --batch it asks"
    source = ", ".join(path.name for path in request.files[:3]) + (" ..." if len(request.files) > 3 else "")
    return InputError(source, problems, "nothing was imported", step)


def _expected(question: Question) -> str:
    words = " or ".join(f"'{question.key}={one.word}' ({one.meaning})" for one in question.choices)
    return f"an answer: {question.ask} --answer {words or repr(question.key + '=...')}"


def _show(drafted: Draft) -> None:
    """What each column becomes, what was done, and the first rows as they would be stored."""
    from pdsa.workspace.shown import draft_lines

    for line in draft_lines(drafted):
        click.echo(line)


def _close(request: Request, drafted: Draft, taken: Taken) -> None:
    """What was stored, what was left out, and what to do next."""
    from pdsa.workspace.shown import change_lines, result_lines

    for line in result_lines(drafted, taken):
        click.echo(line)
    if taken.entry is None:
        click.echo("Nothing new: the same files were imported before, with the same mapping.")
        return
    for line in change_lines(taken):
        click.echo(line)
    name, version = taken.entry.name, taken.entry.version
    click.echo(f"Kept: observations/{name}.csv, mappings/{name}.yaml, imports/{name}/{version}.json")
    click.echo(f"Next: pdsa check {request.folder}")


def _as_json(request: Request, dry_run: bool) -> None:
    """One JSON object; exit code 2 with problems or open questions."""
    from dataclasses import asdict

    from pdsa.errors import InputError
    from pdsa.workspace.intake import prepare, take_in

    answer: dict[str, Any] = {"ok": True, "problems": [], "questions": []}
    try:
        drafted, _ = prepare(request, {})
        answer["questions"] = [_question(one) for one in drafted.remarks.questions]
        answer |= {"told": drafted.remarks.told, "mapping": drafted.mapping.name}
        answer["set_aside"] = [asdict(one) for one in drafted.remarks.asides]
        answer["ok"] = not answer["questions"]
        if answer["ok"] and not dry_run:
            answer |= _stored(take_in(request, drafted))
    except InputError as error:
        answer |= {"ok": False, "next": error.next_step}
        answer["problems"] = [{"place": p.place, "found": p.found, "expected": p.expected} for p in error.problems]
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1, default=_plain))
    if not answer["ok"]:
        sys.exit(2)


def _question(question: Question) -> dict[str, Any]:
    choices = {one.word: one.meaning for one in question.choices}
    return {
        "key": question.key,
        "place": question.place,
        "found": question.found,
        "ask": question.ask,
        "choices": choices,
    }


def _stored(taken: Taken) -> dict[str, Any]:
    return {
        "stored": taken.entry is not None,
        "counts": dict(taken.entry.counts) if taken.entry else {},
        "revision": taken.revision.summary,
        "changes": list(taken.revision.lines()),
        "verdicts": list(taken.verdicts),
        "totals": [{"told": str(one), "equal": one.equal} for one in taken.totals],
        "told": list(taken.told),
    }


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
