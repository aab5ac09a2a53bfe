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

SHOWN = 12


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--into", type=click.Path(path_type=Path), default=Path(), help="The workspace; the current folder by default."
)
@click.option(
    "--name", default="", help="Name of the mapping and of observations/NAME.csv; made of the file's name by default."
)
@click.option(
    "--mapping", type=click.Path(path_type=Path), default=None, help="A mapping file, in place of the workspace's own."
)
@click.option(
    "--answer", multiple=True, metavar="KEY=CHOICE", help="The answer to a question; may be given several times."
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="The day on which these numbers were known; today by default.",
)
@click.option("--batch", is_flag=True, help="Ask nothing: an open question is an error.")
@click.option("--dry-run", is_flag=True, help="Show what would be stored; write nothing.")
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
    """Take FILES into a workspace: CSV, TSV, XLSX, XLSM, ODS, XML, JSON, and zip, tar or gz archives of them.

    All files of one command are of one kind, for instance a file for each year. pdsa proposes which column is what,
    shows it, asks what it cannot know, and keeps the answers in mappings/NAME.yaml: next month the same command asks
    nothing. The files are only read; rows go to observations/NAME.csv, and every version is kept in imports/NAME/.

    Without a terminal, or with --batch, questions are an error that names the answers to give, such as
    --answer dates=month-first. `--answer 'use:COLUMN=MEASURE'` adds a column as a measure.
    """
    from pdsa.workspace.intake import Request

    known = as_of.date() if as_of else datetime.now().astimezone().date()
    request = Request(files, into, known, name, mapping, tuple(_pair(one) for one in answer))
    batch = flags["batch"] or flags["as_json"] or not sys.stdin.isatty()
    if flags["as_json"]:
        _as_json(request, flags["dry_run"])
    else:
        _talk(request, batch, flags["dry_run"])


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
    while True:
        drafted, _ = prepare(request, grids)
        if not drafted.remarks.questions:
            return drafted, request
        if batch:
            raise _unanswered(request, drafted.remarks.questions)
        for line in drafted.remarks.told:
            click.echo(f"  {line}")
        answers = tuple((one.key, _ask(one)) for one in drafted.remarks.questions)
        request = replace(request, answers=(*request.answers, *answers))


def _ask(question: Question) -> str:
    click.echo(f"\n{question.place}: {question.found}")
    for choice in question.choices:
        click.echo(f"    {choice.word}: {choice.meaning}")
    kind = click.Choice([choice.word for choice in question.choices]) if question.choices else None
    answer: str = click.prompt(f"  {question.ask}", type=kind)
    return answer


def _unanswered(request: Request, questions: list[Question]) -> Exception:
    """The error that names every question with its evidence, and the answers that may be given."""
    from pdsa.errors import InputError, Problem

    problems = tuple(Problem(one.place, one.found, _expected(one)) for one in questions)
    flags = " ".join(f"--answer '{one.key}={one.choices[0].word if one.choices else '...'}'" for one in questions[:3])
    step = f"run the same command with the answers, for example {flags}; in a terminal without --batch it asks"
    source = ", ".join(path.name for path in request.files[:3]) + (" ..." if len(request.files) > 3 else "")
    return InputError(source, problems, "nothing was imported", step)


def _expected(question: Question) -> str:
    words = " or ".join(f"'{question.key}={one.word}' ({one.meaning})" for one in question.choices)
    return f"an answer: {question.ask} --answer {words or repr(question.key + '=...')}"


def _show(drafted: Draft) -> None:
    """What each column becomes, what was done, and the first rows as they would be stored."""
    for line in _columns(drafted):
        click.echo(line)
    for line in drafted.remarks.told:
        click.echo(f"  {line}")
    if drafted.imported is not None:
        click.echo("The first rows:")
        for line in _preview(drafted.imported.frame):
            click.echo(f"  {line}")


def _columns(drafted: Draft) -> list[str]:
    mapping = drafted.mapping
    school = " + ".join(" or ".join(names) for names in mapping.school) or dict(mapping.decisions).get("school-id", "")
    period = " or ".join(mapping.period) or {"header": "the headers"}.get(mapping.period_from, mapping.period_from)
    lines = [f"{mapping.name}: school = {school}; period = {period}"]
    for one in mapping.measures:
        parts = [
            f"{part} = {' or '.join(names)}"
            for part in ("value", "numerator", "denominator")
            if (names := getattr(one, part))
        ]
        lines.append(f"  {one.measure or 'the measure that its column names'}: {'; '.join(parts)}")
    lines += [f"  group {dimension or 'by its column'} = {' or '.join(names)}" for dimension, names in mapping.groups]
    return lines


def _preview(frame: Any) -> list[str]:
    columns = [name for name in frame.columns if name not in ("source", "row") and _any(frame[name])]
    lines: list[str] = frame[columns].head(5).to_string(index=False, na_rep="").splitlines()
    return lines


def _any(column: Any) -> bool:
    return bool((column.notna() & (column.astype(str) != "")).any())


def _close(request: Request, drafted: Draft, taken: Taken) -> None:
    """What was stored, what was left out, and what to do next."""
    for line in _results(drafted, taken):
        click.echo(line)
    if taken.entry is None:
        click.echo("Nothing new: the same files were imported before, with the same mapping.")
        return
    for line in _changes(taken):
        click.echo(line)
    click.echo(
        f"Kept: observations/{taken.entry.name}.csv, mappings/{taken.entry.name}.yaml, imports/{taken.entry.name}/{taken.entry.version}.json"
    )
    click.echo(f"Next: pdsa check {request.folder}")


def _results(drafted: Draft, taken: Taken) -> list[str]:
    imported = drafted.imported
    assert imported is not None  # noqa: S101 (a stored draft has rows)
    frame, lines = imported.frame, []
    sources = len(drafted.tables)
    lines.append(
        f"{sources} table{'s' if sources != 1 else ''}, {sum(len(t.rows) for t in drafted.tables):,} rows read; {len(frame):,} observations of {frame['school'].nunique():,} schools."
    )
    for measure, rows in frame.groupby("measure", observed=True):
        counts = rows["status"].astype(str).value_counts()
        words = ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in counts.items() if count)
        periods = rows["period"].nunique()
        complete = rows.groupby(["school", "group_dim", "group"], observed=True)["period"].nunique()
        lines.append(
            f"  {measure}: {len(rows):,} rows ({words}); {periods} periods, {rows['period'].min():%Y-%m-%d} to "
            f"{rows['period'].max():%Y-%m-%d}; {int((complete == periods).sum()):,} of {len(complete):,} series complete"
        )
    lines += _total_lines(imported.totals, taken)
    lines += _first(
        [f"  {one.source}, row {one.row}: {one.reason}" for one in drafted.remarks.asides], "rows set aside"
    )
    if taken.schools or taken.measures:
        lines.append(
            f"  new in the workspace: {taken.schools:,} schools; measures {', '.join(taken.measures) or 'none'}"
        )
    return lines


def _total_lines(totals: Any, taken: Taken) -> list[str]:
    if not len(totals):
        return []
    series = totals.groupby(["measure", "school", "group_dim", "group"], observed=True)["period"].nunique()
    most = totals.groupby("measure", observed=True)["period"].nunique()
    full = {str(m): int((series.xs(m, level="measure") == most[m]).sum()) for m in most.index}
    said = ", ".join(
        f"{m}: {len(series.xs(m, level='measure')):,} aggregates, {full[str(m)]:,} of them in all periods"
        for m in most.index
    )
    equal = sum(one.equal is True for one in taken.totals)
    unequal = [one for one in taken.totals if one.equal is False]
    unknown = len(taken.totals) - equal - len(unequal)
    lines = [
        f"  totals of others: {len(totals):,} rows ({said}); {equal:,} equal their sums, {len(unequal):,} do not, {unknown:,} cannot be compared"
    ]
    return lines + _first([f"  {one}" for one in unequal], "totals that are not the sum of their members")


def _first(lines: list[str], what: str) -> list[str]:
    if not lines:
        return []
    more = [f"    ... and {len(lines) - SHOWN:,} more; all of them stand in imports/"] if len(lines) > SHOWN else []
    return [f"  {what}: {len(lines):,}", *(f"  {line}" for line in lines[:SHOWN]), *more]


def _changes(taken: Taken) -> list[str]:
    summary = taken.revision.summary
    if not summary["unchanged"] + summary["changed"] + summary["withdrawn"] + summary["kept"]:
        return []
    words = ", ".join(f"{count:,} {word}" for word, count in summary.items())
    lines = [f"Since the last import: {words}"]
    lines += [f"  {line}" for line in taken.revision.lines(SHOWN)]
    return lines + _first([f"  {line}" for line in taken.verdicts], "verdicts that changed")


def _as_json(request: Request, dry_run: bool) -> None:
    """One JSON object; exit code 2 with problems or open questions."""
    from pdsa.errors import InputError
    from pdsa.workspace.intake import prepare, take_in

    answer: dict[str, Any] = {"ok": True, "problems": [], "questions": []}
    try:
        drafted, _ = prepare(request, {})
        answer["questions"] = [_question(one) for one in drafted.remarks.questions]
        answer |= {"told": drafted.remarks.told, "mapping": drafted.mapping.name}
        answer["set_aside"] = [
            {"source": one.source, "row": one.row, "reason": one.reason} for one in drafted.remarks.asides
        ]
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
