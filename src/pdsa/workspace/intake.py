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
from pdsa.mapping.draft import Draft, draft, known_of, measures_for, options_of
from pdsa.mapping.exports import private_only
from pdsa.mapping.headers import folded
from pdsa.params.mappings import MappingModel, mapping_text
from pdsa.publish import digest, slug, write_atomic
from pdsa.read import Grid, ReadOptions, read_many
from pdsa.records import Annotation, Measure, Network, School
from pdsa.records.entries import Entry, InputFile, LeftOut, TotalNote
from pdsa.records.imports import Mapping
from pdsa.terms import STATUSES
from pdsa.workspace.additions import Declared, add_annotations, declared
from pdsa.workspace.append import add_measures, add_schools
from pdsa.workspace.elsewhere import check_elsewhere, check_unit
from pdsa.workspace.files import form
from pdsa.workspace.heard import check_answers
from pdsa.workspace.kept import kept, of_others, recalled
from pdsa.workspace.noticed import breaks_of, header_rows, likenesses, verdicts_of
from pdsa.workspace.rows import observations_csv
from pdsa.workspace.versions import observations_frame

__all__ = ["Request", "Taken", "mapping_for", "prepare", "take_in"]

NOTHING = "nothing was imported"
STEPS = ("day", "week", "month", "year")
COARSE = ("month", "year")
# Answers that say which column is what: with a new one the mapping is proposed again, else it stays as it was written.
STRUCTURE = (
    *("use", "measure", "column", "denominator", "school", "school-id", "school-from", "measure-from", "layout"),
    *("header", "period", "sheets"),
)

Drafter = Callable[[Sequence[tuple[str, str]]], Draft]


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
    stored = dict(known.decisions)
    fresh = [key for key, text in request.answers if stored.get(key) != text]
    again = request.mapping is None and any(re.split("[:=]", key)[0] in STRUCTURE for key in fresh)
    return replace(known, name=request.name or known.name), again and known.layout != "students"


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
    _check_files(request.files)
    base, new = mapping_for(request)
    there = declared(request.folder)
    known = known_of(there.measures, there.schools)
    private = all(private_only(path, request.folder) for path in request.files)

    given = dict(request.answers)
    known_answers = tuple(one for one in base.decisions if one[0] not in given)

    def drafted_with(decisions: Sequence[tuple[str, str]]) -> Draft:
        """The draft with these answers in place of those of the command."""
        mapping = replace(base, decisions=(*known_answers, *decisions))
        options = options_of(mapping)
        if options not in grids:
            grids[options] = tuple(grid for found in read_many(request.files, options) for grid in found)
        return draft(grids[options], mapping, known, new=new, private=private, as_of=request.as_of)

    idle = _heard(request, base, drafted_with)
    drafted = drafted_with([one for one in request.answers if one[0] not in idle])
    for text in idle.values():
        drafted.remarks.tell(text)
    own = f"mappings/{base.name}.yaml"
    step = f"mend the file; or add its new column names to {own}; or import it under another name with --name"
    step = "" if new else step
    drafted.remarks.settle(", ".join(dict.fromkeys(path.name for path in request.files[:3])), step)
    patterns = tuple(dict.fromkeys(re.sub(r"[0-9]+", "*", path.name) for path in request.files))
    return replace(drafted, mapping=replace(drafted.mapping, files=drafted.mapping.files or patterns)), new


def _check_files(files: Sequence[Path]) -> None:
    """Tell paths at which there is no file, and files of one name: messages and the ledger know them by their names."""
    problems = [
        Problem(str(one), "a folder" if one.is_dir() else "nothing", "a file") for one in files if not one.is_file()
    ]
    names = [one.name for one in files]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [
        Problem(name, f"{names.count(name)} files of this name", "a name of its own for each") for name in twice
    ]
    if problems:
        step = "name the files themselves, and mind where you are: " + str(Path.cwd())
        raise InputError("files", tuple(problems), NOTHING, step)


def _heard(request: Request, base: Mapping, drafted_with: Drafter) -> dict[str, str]:
    """Keys of answers of the command that answer nothing, and what is told of them; no choices are an error."""
    stored = {key: text for key, text in base.decisions if (key, text) not in request.answers}
    fresh = [(key, text) for key, text in request.answers if stored.get(key) != text]
    if not fresh:
        return {}
    problems, idle = check_answers(fresh, drafted_with)
    if problems:
        step = "run the same command with one of the choices"
        raise InputError("answers", tuple(problems), NOTHING, step)
    return idle


def take_in(request: Request, drafted: Draft) -> Taken:
    """Store an import: schools, measures, its mapping, its entry in the ledger and its rows.

    Whatever is broken off in between leaves the workspace readable, and the same command finishes it.

    Raises
    ------
    InputError
        The rows contradict the workspace or the ledger; nothing was stored.
    """
    with ledger.locked(request.folder):
        return _taken(request, drafted)


def _taken(request: Request, drafted: Draft) -> Taken:
    if drafted.imported is None:
        raise InputError("the import", (Problem("questions", "no answers", "answers"),), NOTHING)
    folder, name = request.folder, drafted.mapping.name
    there = declared(folder)
    measures = measures_for(drafted, there.measures)
    _check_steps(drafted, there.measures)
    every = (*there.measures, *measures)
    check_elsewhere(folder, name, drafted.imported.frame)
    old = _published(folder, name)
    again = _come_again(request, name)
    revision = feeds.revise(old, drafted.imported.frame, scope=("school", "measure", "period"), again=again)
    charted, notices = _charted(revision.current, every, drafted.mapping, there.network)
    checks = feeds.compare_totals(drafted.imported.members, drafted.imported.totals, every, _districts(drafted))
    breaks = breaks_of(folder, drafted, charted)
    verdicts = verdicts_of(folder, name, charted, there, every)
    told = [*drafted.remarks.told, *map(str, notices), *likenesses(drafted, there), *(line for _, line in breaks)]
    entry = _entry(request, drafted, revision, (checks, verdicts, told))
    _refuse_undoing(request, drafted, revision)
    check_unit(old, drafted.imported.frame, dict(drafted.mapping.decisions))
    ledger.check(folder, entry)  # refuse before anything is written
    add_schools(folder, _new_schools(drafted, there))
    add_measures(folder, measures)
    _keep_mapping(request, drafted.mapping)
    running = charted is not revision.current
    stored = ledger.record(
        folder, entry, observations_csv(revision.current), observations_csv(charted) if running else None
    )
    add_annotations(folder, _new_annotations(breaks, there))  # last: before, it would break the charts of the old rows
    new_schools = len(_new_schools(drafted, there))
    return Taken(stored, revision, checks, verdicts, tuple(told), new_schools, tuple(one.id for one in measures))


def _check_steps(drafted: Draft, declared_measures: Sequence[Measure]) -> None:
    """Refuse numbers of a school year for a measure of weeks: each would stand in one week, and the rest be gaps."""
    imported = drafted.imported
    if imported is None or imported.step not in COARSE:
        return  # days and weeks may be few
    step, ids = imported.step, distinct(imported.frame["measure"])
    problems = [
        Problem(
            f"measures.csv, {one.id}, frequency",
            f"{one.frequency}, and in the file one number a {step}",
            f"{step}; or another measure in the file: --answer 'measure=ID' or 'use:COLUMN=ID'",
        )
        for one in declared_measures
        if one.id in ids and STEPS.index(step) > STEPS.index(one.frequency)
    ]
    if problems:
        raise InputError(drafted.mapping.name, tuple(problems), NOTHING)


def _keep_mapping(request: Request, mapping: Mapping) -> None:
    """Write the mapping; answers about other files stay in it."""
    path = request.folder / "mappings" / f"{mapping.name}.yaml"
    before = form(MappingModel, path).record().decisions if path.is_file() else ()
    decisions = (*kept(mapping.decisions, request.files), *of_others(before, request.files))
    write_atomic(path, mapping_text(replace(mapping, decisions=decisions)))


def _refuse_undoing(request: Request, drafted: Draft, revision: feeds.Revision) -> None:
    """Refuse files that were imported before others, where their old numbers would replace newer ones."""
    name = drafted.mapping.name
    own = {digest(path) for path in request.files}
    earlier = [one for one in ledger.entries(request.folder, name) if {file.sha256 for file in one.inputs} == own]
    last = ledger.latest(request.folder, name)
    newer = bool(earlier) and last is not None and earlier[-1].sequence < last.sequence
    if not newer or not len(revision.changed) or dict(request.answers).get("again") == "yes":
        return
    found = f"the same bytes as on {earlier[-1].as_of}; {len(revision.changed)} newer numbers would be undone"
    step = "there is nothing to do; or, if these are the right numbers, add --answer again=yes"
    raise InputError(name, (Problem(request.files[0].name, found, "numbers that are newer"),), NOTHING, step)


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
        mapping_sha256=digest(mapping_text(replace(drafted.mapping, files=())).encode()),
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
