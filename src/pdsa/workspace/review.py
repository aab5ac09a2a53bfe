"""Everything that is wrong with a workspace, in all its files at once; and what it holds, where nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args

import pandas as pd

from pdsa import ledger
from pdsa import params as forms
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry import State
from pdsa.params.mappings import MappingModel
from pdsa.records import Annotation, Measure, Network, RunParams, School
from pdsa.terms import DataType
from pdsa.workspace import Workspace, check_names, check_together
from pdsa.workspace.answers import LogMappingModel
from pdsa.workspace.diary import NAME as LOG
from pdsa.workspace.diary import read_log
from pdsa.workspace.doubts import doubts_of, later_words, lone_words
from pdsa.workspace.files import Sheet, form, read_sheet, text_of
from pdsa.workspace.grouping import Found, grouped
from pdsa.workspace.rows import check_rows, repeats
from pdsa.workspace.short import without_short
from pdsa.workspace.specs import check_settings

__all__ = ["Review", "review"]

R = TypeVar("R")
MEND_SHEET = "mend these cells in a spreadsheet, save as CSV (UTF-8), and run pdsa check again"
MEND_LOG = (
    "put a renamed school or measure back under the id that the log knows, or edit the record with pdsa log edit; "
    "pdsa log verify says more about a damaged log"
)
MEND_TEXT = "mend these lines in a text editor, and run pdsa check again"


@dataclass(frozen=True, slots=True)
class Review:
    """What a workspace holds, and every problem of it.

    Parameters
    ----------
    found
        Problems by file, row and column; mistakes of one kind in many rows are one.
    holds
        Sentences about what is there.
    to_do
        What is still to be filled in; no mistakes.
    warnings
        What is no mistake and may not be meant, whether there are mistakes or not.
    """

    found: tuple[Found, ...]
    holds: tuple[str, ...] = ()
    to_do: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Gathered:
    """Files as far as they could be read; problems as they come."""

    folder: Path
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    network: Network | None = None
    measures: tuple[Measure, ...] | None = ()
    schools: tuple[School, ...] | None = ()
    annotations: tuple[Annotation, ...] = ()
    frames: list[pd.DataFrame] = field(default_factory=list)
    params: list[tuple[str, RunParams]] = field(default_factory=list)
    log: State = field(default_factory=State)

    def tell(self, file: str, problems: Sequence[Problem]) -> None:
        """Take problems of a file."""
        self.problems.setdefault(file, []).extend(problems)

    def tried(self, file: str, make: Callable[[], R]) -> R | None:
        """What `make` gives, or None and its problems."""
        try:
            return make()
        except InputError as error:
            self.tell(file, error.problems)
            return None


def review(folder: Path) -> Review:
    """Every problem of all files of a workspace, or what it holds.

    Parameters
    ----------
    folder
        The workspace. Nothing in it is changed.

    Raises
    ------
    ParamsError
        There is no workspace.
    """
    if not (folder / "network.yaml").is_file() and not (folder / "measures.csv").is_file():
        what = "a folder without network.yaml and measures.csv" if folder.is_dir() else "no folder"
        next_step = f"make one with pdsa new {folder}, or name the folder of your network"
        raise ParamsError(str(folder), (Problem("the folder", what, "a workspace"),), "nothing was checked", next_step)
    found = _Gathered(folder)
    found.network = found.tried("network.yaml", lambda: form(forms.NetworkModel, folder / "network.yaml").record())
    found.measures = _rows(found, "measures.csv", forms.MeasureModel, _stand_in_measure)
    found.schools = _rows(found, "schools.csv", forms.SchoolModel, _stand_in_school)
    _annotations(found)
    _observations(found)
    _params(found)
    _mappings(found)
    _imports(found)
    _log(found)
    problems = grouped(found.problems, [one.id for one in found.schools or ()], _next_step)
    warnings = tuple(_warnings(found))
    if problems:
        return Review(problems, warnings=warnings)
    return Review((), tuple(_holds(found)), tuple(_to_do(found)), warnings)


def _warnings(found: _Gathered) -> Iterator[str]:
    """A file that could not be read may have the rows that are missed; a new workspace has none at all."""
    if not any(len(frame) for frame in found.frames):
        return
    rows = pd.concat([frame for frame in found.frames if len(frame)], ignore_index=True)
    whole = not any(file.startswith("observations/") for file in found.problems)
    silent = doubts_of(found.measures or (), rows).silent() if whole else ""
    yield from (silent,) * bool(silent)
    reach = [_reach(one) for _, one in found.params]
    for name, params in found.params:
        until = rows[rows["period"] <= pd.Timestamp(params.last_day)] if params.last_day else rows
        later = later_words(until, params.as_of)
        yield from (f"{name}: {later}",) * bool(later)
    # what lies beyond every report has been told
    told = max(day for day in reach if day) if reach and all(reach) else None
    yield from lone_words(found.measures or (), rows[rows["period"] <= pd.Timestamp(told)] if told else rows)


def _reach(params: RunParams) -> date | None:
    """The last day that reports look at, None where they look at all."""
    return min((day for day in (params.as_of, params.last_day) if day), default=None)


def _next_step(file: str) -> str:
    if file == LOG:
        return MEND_LOG
    return MEND_TEXT if file.endswith(".yaml") else MEND_SHEET


def _rows(found: _Gathered, name: str, model: Any, stand_in: Callable[[dict[str, str]], R]) -> tuple[R, ...] | None:
    """The records of a sheet; rows with a mistake stand in as far as they can be named, None where no row can.

    Otherwise each row of observations that names such a school or measure would be told as a mistake as well.
    """
    sheet = found.tried(name, lambda: read_sheet(found.folder / name))
    if sheet is None:
        return None
    records = sheet.records()
    built = found.tried(name, lambda: forms.build_rows(model, records, name, "id"))
    if built is not None:
        return tuple(one.record() for one in built)
    named = {row["id"].strip(): row for _, row in records if row.get("id", "").strip()}
    return tuple(stand_in(row) for row in named.values()) or None


def _stand_in_school(row: dict[str, str]) -> School:
    return School(row["id"].strip(), row.get("name", ""), row.get("district", ""))


def _stand_in_measure(row: dict[str, str]) -> Measure:
    """A measure of which nothing is known for certain but its id; a wrong data type forbids no number."""
    known = row.get("data_type", "")
    data_type: DataType = known if known in get_args(DataType) else "continuous"  # type: ignore[assignment]
    return Measure(row["id"].strip(), row.get("name", ""), "outcome", data_type, "", "stable", "day", "")


def _annotations(found: _Gathered) -> None:
    """The remarks; each names a school and a measure that there are, or none."""
    name = "annotations.csv"
    if not (found.folder / name).exists():
        return
    sheet = found.tried(name, lambda: read_sheet(found.folder / name))
    if sheet is None:
        return
    known = (("school", found.schools), ("measure", found.measures))
    for column, records in known:
        ids = None if records is None else [one.id for one in records]
        found.tell(name, [] if ids is None else list(_unknown(sheet, column, ids)))
    built = found.tried(name, lambda: forms.build_rows(forms.AnnotationModel, sheet.records(), name))
    found.annotations = tuple(one.record() for one in built or ())


def _unknown(sheet: Sheet, column: str, known: Sequence[str]) -> Iterator[Problem]:
    for row, cells in sheet.records():
        text = cells.get(column, "").strip()
        if text and text not in known:
            yield Problem(f"row {row}, {column}", repr(text), f"{forms.nearest(text, known)}; blank for all")


def _observations(found: _Gathered) -> None:
    """The rows of all files; where measures or schools cannot be read, rows may name any."""
    for file in sorted((found.folder / "observations").glob("*.csv")):
        name = f"observations/{file.name}"
        if not file.is_file():
            found.tell(name, [Problem("the file", "no ordinary file", "a file")])
            continue
        sheet = _sheet(found, name, file)
        if sheet is None:
            continue
        measures = _any_measure(sheet) if found.measures is None else found.measures
        frame = found.tried(name, lambda s=sheet, m=measures: check_rows(s, m, found.schools))  # type: ignore[misc]
        found.frames += [] if frame is None else [frame]
    for stranger in _strangers(found.folder / "observations"):
        expected = "a file called .csv; others come in with pdsa import"
        found.tell(f"observations/{stranger}", [Problem("the file", "a name that is not read", expected)])
    for problem in repeats(found.frames) if found.frames else ():
        file_name, _, place = problem.place.partition(", ")
        found.tell(f"observations/{file_name}", [replace(problem, place=place)])


def _sheet(found: _Gathered, name: str, file: Path) -> Sheet | None:
    """A file of observations; of one with rows that are merely short the others are looked at as well."""
    try:
        return read_sheet(file, reserved=True)
    except InputError as error:
        found.tell(name, error.problems)
        rest = without_short(file, error)
        return rest[0] if rest else None


def _strangers(folder: Path) -> Iterator[str]:
    """Files that lie among the observations and are not read, so that nothing is lost unsaid."""
    for file in sorted(folder.glob("*")):
        if file.suffix != ".csv" and not file.name.startswith((".", "~", "README")):
            yield file.name


def _any_measure(sheet: Sheet) -> tuple[Measure, ...]:
    texts = sheet.frame["measure"].unique().tolist() if "measure" in sheet.frame else []
    return tuple(_stand_in_measure({"id": text}) for text in texts if text.strip())


def _params(found: _Gathered) -> None:
    for file in sorted((found.folder / "params").glob("*.yaml")):
        name = f"params/{file.name}"
        record = found.tried(name, lambda file=file: form(forms.ParamsModel, file).record())  # type: ignore[misc]
        if record is not None:
            found.params += [(name, record)] * _is_of(found, record, file)
            found.tried(name, lambda r=record, f=file: check_settings(r, f.name))  # type: ignore[misc]
            _fits(found, name, record, file)


def _is_of(found: _Gathered, params: RunParams, file: Path) -> bool:
    """Whether a params file is about this workspace."""
    return bool(params.workspace) and (file.parent / params.workspace).resolve() == found.folder.resolve()


def _fits(found: _Gathered, name: str, params: RunParams, file: Path) -> None:
    """A params file of this workspace names schools, districts and measures of it."""
    if not _is_of(found, params, file) or found.schools is None or found.measures is None:
        return
    network = found.network or Network("", "")
    loaded = Workspace(params, network, found.schools, found.measures, found.annotations, {}, (), ())
    # annotations have been told already, by their own rows
    found.tried(name, lambda: check_names(replace(loaded, annotations=()), params.schools, file.name))
    found.tried(name, lambda: check_together(loaded, file.name))


def _imports(found: _Gathered) -> None:
    """Imports that were broken off before their rows stood in observations/, and versions that were changed."""
    for name in found.tried("imports", lambda: ledger.unfinished(found.folder)) or ():
        expected = "those of the last import: run it again, and it finishes"
        found.tell(f"observations/{name}.csv", [Problem("the file", "the rows before the last import", expected)])
    for entry in found.tried("imports", lambda: ledger.entries(found.folder)) or ():
        found.tried(f"imports/{entry.name}", lambda entry=entry: ledger.version(found.folder, entry))  # type: ignore[misc]


def _log(found: _Gathered) -> None:
    """The improvement log: whole, as it was written, and about schools and measures that there are."""
    read = found.tried(LOG, lambda: read_log(found.folder))
    if read is None:
        return
    found.log = read[0]
    schools, measures = ([one.id for one in rows or ()] for rows in (found.schools, found.measures))
    for held in found.log.held.values():
        record, where = held.record, f"{held.entity.replace('_', ' ')} {held.id}"
        named = (*getattr(record, "measure_ids", ()), getattr(record, "measure_id", ""))
        strange = [one for one in named if one and one not in measures] if found.measures is not None else []
        found.tell(LOG, [Problem(f"{where}, measure", repr(one), forms.nearest(one, measures)) for one in strange])
        if found.schools is not None and held.school and held.school not in schools:
            found.tell(LOG, [Problem(f"{where}, school", repr(held.school), forms.nearest(held.school, schools))])


def _mappings(found: _Gathered) -> None:
    """The saved mappings."""
    for file in sorted((found.folder / "mappings").glob("*.yaml")):
        name = f"mappings/{file.name}"
        model = LogMappingModel if file.name.endswith(".log.yaml") else MappingModel
        found.tried(name, lambda file=file, model=model: form(model, file))  # type: ignore[misc]


def _holds(found: _Gathered) -> Iterator[str]:
    network = found.network
    yield f"{network.name} ({network.id})" if network else ""
    yield _counted(len(found.schools or ()), "school")
    yield _counted(len(found.measures or ()), "measure")
    rows = sum(len(frame) for frame in found.frames)
    if not rows:
        yield "no observations yet"
        return
    first = min(frame["period"].min() for frame in found.frames if len(frame))
    last = max(frame["period"].max() for frame in found.frames if len(frame))
    files = sum(len(frame) > 0 for frame in found.frames)
    if found.log.held:
        ideas, cycles = len(found.log.ideas), len(found.log.cycles)
        yield f"an improvement log with {_counted(ideas, 'change idea')} and {_counted(cycles, 'cycle')}"
    yield f"{_counted(rows, 'row')} of observations in {_counted(files, 'file')}"
    yield f"periods from {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _to_do(found: _Gathered) -> Iterator[str]:
    """What a new workspace still lacks."""
    if not any(len(frame) for frame in found.frames):
        yield "observations/: nothing yet; bring a file in with pdsa import, or write one (README.txt shows how)"
    if not found.schools:
        yield "schools.csv: no school yet; pdsa import adds those of a file, or write one row a school"
    if not found.measures:
        yield "measures.csv: no measure yet; pdsa import adds those of a file; pdsa new --list shows the library"
    if found.network is not None and not found.network.contact:
        yield "network.yaml, contact: blank; readers of a report are told whom to ask where it is filled in"
    if _private(found.folder):
        yield ".gitignore: no line private/; add it, or git would take lists of single students with it"
    if not sorted((found.folder / "params").glob("*.yaml")):
        yield "params/: no file yet; pdsa report needs one that says which reports are made"


def _private(folder: Path) -> bool:
    """Whether there are lists of single students that git does not leave out."""
    ignored = folder / ".gitignore"
    lines = text_of(ignored).split() if ignored.is_file() else []
    held = any(not file.name.startswith(".") for file in (folder / "private").glob("*"))
    return held and not {"private/", "/private/", "private", "/private"} & set(lines)
