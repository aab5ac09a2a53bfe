"""Foreign files into a workspace: a draft to look at and to answer, then rows, schools, measures and a ledger entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Pairs
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from pdsa import feeds, ledger
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.mapping.apply import distinct
from pdsa.mapping.draft import Draft, draft, known_of, measures_for, options_of, sample_of, step_of
from pdsa.mapping.exports import private_only
from pdsa.mapping.headers import folded
from pdsa.params.mappings import MappingModel, mapping_text
from pdsa.publish import digest, slug, write_atomic
from pdsa.read import Grid, ReadOptions, read_many
from pdsa.records import Annotation, Measure, Network, RunParams, School
from pdsa.records.entries import Entry, InputFile, LeftOut, TotalNote
from pdsa.records.imports import Mapping
from pdsa.terms import STATUSES
from pdsa.workspace.additions import Declared, add_annotations, declared
from pdsa.workspace.append import add_measures, add_schools
from pdsa.workspace.files import form
from pdsa.workspace.heard import check_answers
from pdsa.workspace.kept import kept, recalled
from pdsa.workspace.rows import observations_csv
from pdsa.workspace.specs import specs_of
from pdsa.workspace.versions import observations_frame

__all__ = ["Request", "Taken", "mapping_for", "prepare", "take_in"]

NOTHING = "nothing was imported"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked to import.

    Parameters
    ----------
    files
        The files.
    folder
        The workspace.
    as_of
        The day on which these numbers were known.
    name
        Name of the mapping; "" for one made of the first file's name.
    mapping
        A mapping file; None to use the workspace's own of that name, or to propose one.
    answers
        Pairs of a question's key and its answer.
    """

    files: tuple[Path, ...]
    folder: Path
    as_of: date
    name: str = ""
    mapping: Path | None = None
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What an import stored: its entry in the ledger (None where there was nothing new), and what it found out."""

    entry: Entry | None
    revision: feeds.Revision
    totals: tuple[feeds.TotalCheck, ...]
    verdicts: tuple[str, ...]
    told: tuple[str, ...]
    schools: int
    measures: tuple[str, ...]


def mapping_for(request: Request) -> tuple[Mapping, bool]:
    """The mapping to begin with, without the answers of the command, and whether it is still to be proposed."""
    own = request.folder / "mappings" / f"{_name(request)}.yaml"
    file = request.mapping or (own if own.is_file() else None)
    if file is None:
        return Mapping(_name(request)), True
    known = form(MappingModel, file).record()
    known = replace(known, decisions=recalled(known.decisions, request.files, request.as_of))
    again = request.mapping is None and bool(set(dict(request.answers)) - set(dict(known.decisions)))
    base = replace(known, name=request.name or known.name)
    return (replace(Mapping(base.name), decisions=base.decisions, marks=base.marks), True) if again else (base, False)


def _name(request: Request) -> str:
    if request.name:
        return slug(request.name)
    if not request.files:
        raise ParamsError("files", (Problem("the command", "no file", "at least one file"),), NOTHING)
    stem = request.files[0].name.split(".")[0].replace("_", " ")
    return slug("-".join(word for word in folded(stem).split() if not word.isdigit()) or "import")


def prepare(request: Request, grids: dict[ReadOptions, tuple[Grid, ...]]) -> tuple[Draft, bool]:
    """The draft of an import, and whether its mapping was proposed.

    Parameters
    ----------
    request
        What to import.
    grids
        What was read so far, by the options it was read with; filled here, so that an answer reads nothing twice.

    Raises
    ------
    InputError
        A file that cannot be read, or a problem that no answer can mend.
    """
    base, new = mapping_for(request)
    there = declared(request.folder)
    known = known_of(there.measures, there.schools)
    private = all(private_only(path, request.folder) for path in request.files)

    def drafted_with(decisions: Sequence[tuple[str, str]]) -> Draft:
        """The draft with these answers in place of those of the command."""
        mapping = replace(base, decisions=tuple((dict(base.decisions) | dict(decisions)).items()))
        options = options_of(mapping)
        if options not in grids:
            grids[options] = tuple(grid for found in read_many(request.files, options) for grid in found)
        return draft(grids[options], mapping, known, new=new, private=private, as_of=request.as_of)

    told = _heard(request, base, drafted_with)
    drafted = drafted_with(request.answers)
    for text in told:
        drafted.remarks.tell(text)
    own = f"mappings/{base.name}.yaml"
    step = f"mend the file; or add its new column names to {own}; or import it under another name with --name"
    step = "" if new else step
    drafted.remarks.settle(", ".join(dict.fromkeys(path.name for path in request.files[:3])), step)
    patterns = tuple(dict.fromkeys(re.sub(r"[0-9]+", "*", path.name) for path in request.files))
    mapping = replace(drafted.mapping, files=tuple(dict.fromkeys((*drafted.mapping.files, *patterns))))
    return replace(drafted, mapping=mapping), new


def _heard(request: Request, base: Mapping, drafted_with: Callable[[Sequence[tuple[str, str]]], Draft]) -> list[str]:
    """What must be told of the answers of the command; those that are no choice are an error."""
    stored = {key: text for key, text in base.decisions if (key, text) not in request.answers}
    fresh = [(key, text) for key, text in request.answers if stored.get(key) != text]
    if not fresh:
        return []
    problems, told = check_answers(fresh, drafted_with)
    if problems:
        step = "run the same command with one of the choices"
        raise InputError("answers", tuple(problems), NOTHING, step)
    return told


def take_in(request: Request, drafted: Draft) -> Taken:
    """Store an import: schools, measures, its mapping, its entry in the ledger and its rows.

    Whatever is broken off in between leaves the workspace readable, and the same command finishes it.

    Raises
    ------
    InputError
        The rows contradict the workspace or the ledger; nothing was stored.
    """
    if drafted.imported is None:
        raise InputError("the import", (Problem("questions", "no answers", "answers"),), NOTHING)
    folder, name = request.folder, drafted.mapping.name
    there = declared(folder)
    measures = measures_for(drafted, there.measures)
    _check_steps(drafted, there.measures)
    every = (*there.measures, *measures)
    text = mapping_text(replace(drafted.mapping, decisions=kept(drafted.mapping.decisions, request.files)))
    old = _published(folder, name)
    again = _come_again(request, name)
    revision = feeds.revise(old, drafted.imported.frame, scope=("school", "measure", "period"), again=again)
    charted, notices = _charted(revision.current, every, drafted.mapping, there.network)
    checks = feeds.compare_totals(drafted.imported.members, drafted.imported.totals, every, _districts(drafted))
    breaks = _breaks(folder, drafted, charted)
    verdicts = _verdicts(folder, name, charted, there, every)
    told = [*drafted.remarks.told, *map(str, notices), *_likenesses(drafted, there), *(line for _, line in breaks)]
    entry = _entry(request, drafted, text, revision, (checks, verdicts, told))
    ledger.check(folder, entry)  # refuse before anything is written
    add_schools(folder, _new_schools(drafted, there))
    add_measures(folder, measures)
    add_annotations(folder, _new_annotations(breaks, there))
    write_atomic(folder / "mappings" / f"{name}.yaml", text)
    running = charted is not revision.current
    stored = ledger.record(
        folder, entry, observations_csv(revision.current), observations_csv(charted) if running else None
    )
    new_schools = len(_new_schools(drafted, there))
    return Taken(stored, revision, checks, verdicts, tuple(told), new_schools, tuple(one.id for one in measures))


def _check_steps(drafted: Draft, declared_measures: Sequence[Measure]) -> None:
    """Refuse numbers of a school year for a measure of weeks: each would stand in one week, and the rest be gaps."""
    order = ("day", "week", "month", "year")
    problems = [
        Problem(
            f"measures.csv, {one.id}, frequency",
            f"{one.frequency}, and in the file one number a {step}",
            f"{step}; or another measure in the file: --answer 'measure=ID' or 'use:COLUMN=ID'",
        )
        for one in declared_measures
        if one.id in distinct(drafted.imported.frame["measure"] if drafted.imported else pd.Series(dtype="str"))
        and order.index(step := step_of(drafted, one.id)) > order.index(one.frequency)
    ]
    if problems:
        raise InputError(drafted.mapping.name, tuple(problems), NOTHING)


def _come_again(request: Request, name: str) -> set[str]:
    """Names of the files that were imported before, byte for byte: answered otherwise, they give other rows."""
    seen = {(one.name, one.sha256) for entry in ledger.entries(request.folder, name) for one in entry.inputs}
    return {path.name for path in request.files if (path.name, digest(path)) in seen}


def _published(folder: Path, name: str) -> pd.DataFrame:
    """The rows that are known from the last import of this name."""
    entry = ledger.latest(folder, name)
    return observations_frame(ledger.version(folder, entry) if entry else b"")


def _charted(
    current: pd.DataFrame, measures: Sequence[Measure], mapping: Mapping, network: Network
) -> tuple[pd.DataFrame, tuple[feeds.Notice, ...]]:
    """The rows as they are charted: of running totals the increments."""
    decisions = dict(mapping.decisions)
    running = {one.measure for one in mapping.measures if one.cumulative}
    running |= {
        key.partition(":")[2] for key, word in decisions.items() if key.startswith("cumulative:") and word == "yes"
    }
    frame, notices = current, []
    for measure in measures:
        if measure.id in running:
            frame, found = feeds.difference(frame, measure, calendar=network.calendar)
            notices += list(found)
    return frame, tuple(notices)


def _districts(drafted: Draft) -> dict[str, str]:
    imported = drafted.imported
    return {one.id: one.district for one in imported.schools} if imported else {}


def _breaks(folder: Path, drafted: Draft, charted: pd.DataFrame) -> list[tuple[Annotation | None, str]]:
    """Days from which a measure is published under another header, as annotations; jumps of denominators are told."""
    uses = _uses(folder, drafted)
    answers = dict(drafted.mapping.decisions)
    found: list[tuple[Annotation | None, str]] = []
    headed = {(one.measure, one.date) for one in feeds.definition_breaks(charted.iloc[:0], uses)}
    for one in feeds.definition_breaks(sample_of(charted), uses):
        answer = answers.get(f"break:{one.measure}", "break" if (one.measure, one.date) in headed else "")
        place = f"{one.measure}, {one.date:%Y-%m-%d}: {one.found}"
        if answer == "break":
            words = (
                f"charts begin anew there (a row of annotations.csv; --answer 'break:{one.measure}=ignore' makes none)"
            )
            found.append((one.annotation(), f"{place}; {words}"))
        elif answer != "ignore":
            words = f"if it is counted in another way, --answer 'break:{one.measure}=break' begins the charts anew"
            found.append((None, f"{place}; {words}"))
    return found


def _uses(folder: Path, drafted: Draft) -> list[feeds.HeaderUse]:
    """Which header each measure had in which periods, in this import and in those before it."""
    before = ledger.latest(folder, drafted.mapping.name)
    rows = [*(before.headers if before else ()), *header_rows(drafted)]
    return [
        feeds.HeaderUse(measure, part, folded(header), date.fromisoformat(first), date.fromisoformat(last), source)
        for measure, part, header, first, last, source in dict.fromkeys(rows)
    ]


def header_rows(drafted: Draft) -> tuple[tuple[str, str, str, str, str, str], ...]:
    """Measure, part, header, first and last period and source of every column that was read."""
    imported = drafted.imported
    if imported is None:
        return ()
    frame = imported.frame
    spans = frame.groupby("source", observed=True)["period"].agg(["min", "max"])
    found = []
    for measure, part, header, source in imported.headers:
        own = spans[[one == source or one.startswith(f"{source}!") for one in spans.index.astype(str)]]
        if len(own):
            first, last = own["min"].min(), own["max"].max()
            found.append((measure, part, header, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", source))
    return tuple(found)


def _verdicts(
    folder: Path, name: str, charted: pd.DataFrame, there: Declared, measures: Sequence[Measure]
) -> tuple[str, ...]:
    """Series that are judged otherwise than after the last import, in words."""
    entry = ledger.latest(folder, name)
    if entry is None:
        return ()
    before = observations_frame(ledger.version(folder, entry, charted=True))
    names = {one: one for one in pd.unique(charted["school"].astype(str))}
    specs = specs_of(RunParams("import"), measures, there.annotations, there.network.calendar, names)
    changes = feeds.verdict_changes(before, charted, measures, there.network.calendar, specs)
    # that a school which is new has a verdict now is no change of one
    return tuple(str(one) for one in changes if (one.before, one.after) != ("no_data", "too_few"))


def _likenesses(drafted: Draft, there: Declared) -> list[str]:
    """Measures that may be one, and schools that have another name than schools.csv says, in words."""
    imported = drafted.imported
    if imported is None:
        return []
    names = {one.id: one.name for one in there.schools}
    renamed = [
        f"school {one.id} is called {one.name} in the file and {names[one.id]} in schools.csv; the id counts"
        for one in imported.schools
        if one.name != one.id and one.id in names and folded(one.name) != folded(names[one.id])
    ]
    return [*map(str, feeds.same_values(sample_of(imported.frame))), *renamed, *map(str, _renumbered(drafted, there))]


def _renumbered(drafted: Draft, there: Declared) -> list[str]:
    """New ids under a name that another school of schools.csv has."""
    imported = drafted.imported
    known = {one.id for one in there.schools}
    by_name = {(folded(one.name), one.district): one.id for one in there.schools if one.name != one.id}
    new = [one for one in (imported.schools if imported else ()) if one.id not in known and one.name != one.id]
    return [
        f"the new school {one.id} is called {one.name}, as {by_name[folded(one.name), one.district]} is: a new number?"
        for one in new
        if (folded(one.name), one.district) in by_name
    ]


def _new_schools(drafted: Draft, there: Declared) -> tuple[School, ...]:
    known = {one.id for one in there.schools}
    return tuple(one for one in (drafted.imported.schools if drafted.imported else ()) if one.id not in known)


def _new_annotations(breaks: Sequence[tuple[Annotation | None, str]], there: Declared) -> tuple[Annotation, ...]:
    known = {(one.date, one.kind, one.measure, one.school) for one in there.annotations}
    wanted = [one for one, _ in breaks if one is not None]
    return tuple(one for one in wanted if (one.date, one.kind, one.measure, one.school) not in known)


def _entry(
    request: Request,
    drafted: Draft,
    text: str,
    revision: feeds.Revision,
    found: tuple[tuple[feeds.TotalCheck, ...], tuple[str, ...], list[str]],
) -> Entry:
    """The entry of the ledger."""
    frame = drafted.imported.frame if drafted.imported else revision.current
    checks, verdicts, told = found
    return Entry(
        name=drafted.mapping.name,
        as_of=request.as_of,
        inputs=tuple(_input_file(path, drafted) for path in request.files),
        mapping=drafted.mapping.name,
        mapping_sha256=digest(text.encode()),
        counts=_counts(drafted, frame),
        set_aside=_left_out(drafted, again=False),
        duplicates=_left_out(drafted, again=True),
        totals=tuple(TotalNote(str(one), one.equal) for one in checks),
        told=tuple(told),
        revision=revision.summary,
        periods=revision.periods,
        verdicts=verdicts,
        headers=header_rows(drafted),
    )


def _left_out(drafted: Draft, *, again: bool) -> tuple[LeftOut, ...]:
    asides = [one for one in drafted.remarks.asides if one.again == again]
    return tuple(LeftOut(one.source, one.row, one.reason, one.found) for one in asides)


def _input_file(path: Path, drafted: Draft) -> InputFile:
    rows = sum(len(table.rows) for table in drafted.tables if table.source.split("!")[0] == path.name)
    return InputFile(path.name, digest(path), path.stat().st_size, rows)


def _counts(drafted: Draft, frame: pd.DataFrame) -> Pairs[str, int]:
    found = {str(word): int(count) for word, count in frame["status"].astype(str).value_counts().items()}
    read = sum(len(table.rows) for table in drafted.tables)
    return {"read": read, "stored": len(frame)} | {word: found[word] for word in STATUSES if word in found}
