"""A form's export into the improvement log: read, mapped, asked about, saved once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, cast

import yaml
from pydantic import Field

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.exchange.form_rows import MEND, taken_rows
from pdsa.exchange.forms import Dates, LogMapping, check_mapping, drafted
from pdsa.exchange.taken import place_in
from pdsa.inquiry import Change
from pdsa.inquiry.rules import Reference, check_changes
from pdsa.log import Log
from pdsa.params import Model
from pdsa.publish import write_atomic
from pdsa.read import Grid, read_grids
from pdsa.workspace.files import form

HEAD = """\
# How the answers of a form become cycles of the improvement log. Written by `pdsa log import`; you may change it.
# The same command with next month's export uses it, and takes only rows that are new.
"""
NOT_TAKEN = "nothing was imported"
NAME = "[a-z0-9][a-z0-9_-]{0,63}"
LOOKED_AT = 10  # rows among which the headers stand
FULL = 0.6  # of the cells of the fullest row: so many has the row of the headers at least
Rows = list[tuple[int, dict[str, str]]]
Said = tuple[Mapping[str, str], Mapping[str, str]]


class LogMappingModel(Model):
    """A mapping file: `exchange.forms.LogMapping` says what each key means."""

    schema_: Annotated[Literal["1"], Field(alias="schema")]
    name: Annotated[str, Field(pattern=f"^{NAME}$")]
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    words: dict[str, dict[str, str]] = Field(default_factory=dict)
    dates: Dates = ""
    header: Annotated[int, Field(ge=0)] = 0
    sheet: str = ""

    def record(self) -> LogMapping:
        """The record that the rest of pdsa knows."""
        return LogMapping(
            self.name, self.columns, self.constants, self.words, self.dates, header=self.header, sheet=self.sheet
        )


@dataclass(frozen=True, slots=True)
class Answers:
    """A form as it will be taken: its mapping, complete, the changes that save what is new, and what to be told."""

    mapping: LogMapping
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()


def mapping_file(folder: Path, name: str) -> Path:
    """Where the mapping of that name is kept."""
    return folder / "mappings" / f"{name}.log.yaml"


def form_changes(source: Path, folder: Path, name: str, said: Said, log: Log, reference: Reference) -> Answers:
    """The mapping of a form, complete, and the changes that save what is new in it; nothing is saved.

    Parameters
    ----------
    source
        The export: CSV or a workbook.
    folder
        The workspace.
    name
        Of the mapping, kept or new.
    said
        `HEADER=field` by header, a constant such as `school` by field, `dates`, `header` and `sheet`; and by
        `FIELD:TEXT` what a text of the form means.
    log, reference
        Where the cycles will be saved, and what they may point to.

    Raises
    ------
    InputError
        With every open question, or every problem of every row.
    """
    answers, words = said
    mapping = _worded(_kept(folder, name), words)
    mapping = _placed(mapping, answers)
    grid = _grid(source, mapping)
    headers, rows = _table(source.name, grid, mapping)
    mapping = drafted(_answered(mapping, answers, headers), headers)
    mapping = check_mapping(mapping, headers, [row for _, row in rows])
    known = {one.record for one in log.events(entity="cycle")}
    taken = taken_rows(mapping, rows, log.state(), reference, known.__contains__)
    found = check_changes(log.state(), taken.changes, reference, log.author)
    if found:
        problems = tuple(replace(one, place=place_in(one.place, taken.places)) for one in found)
        raise InputError("the form", problems, NOT_TAKEN, MEND)
    return Answers(mapping, taken.changes, tuple(_notes(grid)))


def save_mapping(folder: Path, mapping: LogMapping) -> Path:
    """Keep a mapping for next month; the path of its file."""
    plain = {"schema": 1} | {key: value for key, value in asdict(mapping).items() if value}
    file = mapping_file(folder, mapping.name)
    write_atomic(file, HEAD + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110))
    return file


def _kept(folder: Path, name: str) -> LogMapping:
    """The mapping that the workspace keeps under a name, or an empty one."""
    if not re.fullmatch(NAME, name):
        problem = Problem("--mapping", repr(name), "a name of small letters, digits and hyphens, such as plans")
        raise ParamsError("the form", (problem,), NOT_TAKEN, "name it otherwise")
    file = mapping_file(folder, name)
    return replace(form(LogMappingModel, file).record(), name=name) if file.is_file() else LogMapping(name)


def _worded(mapping: LogMapping, words: Mapping[str, str]) -> LogMapping:
    """The mapping with what texts mean, said as `FIELD:TEXT`."""
    found = {name: dict(known) for name, known in mapping.words.items()}
    for key, meaning in words.items():
        name, _, text = key.partition(":")
        found.setdefault(name.strip(), {})[text.strip()] = meaning.strip()
    return replace(mapping, words=found)


def _placed(mapping: LogMapping, answers: Mapping[str, str]) -> LogMapping:
    """The mapping with where the table stands."""
    header, sheet = answers.get("header", "").strip(), answers.get("sheet", "").strip()
    return replace(mapping, header=int(header) if header.isdigit() else mapping.header, sheet=sheet or mapping.sheet)


def _answered(mapping: LogMapping, answers: Mapping[str, str], headers: list[str]) -> LogMapping:
    columns, constants = dict(mapping.columns), dict(mapping.constants)
    dates = mapping.dates
    for key, value in answers.items():
        name = " ".join(key.split())
        if name in headers:
            columns[name] = value.strip()
        elif key == "dates":
            dates = cast(Dates, value.strip())
        elif key not in ("header", "sheet"):
            constants[key] = value
    if dates not in ("", "month-first", "day-first"):
        problem = Problem("--field dates", repr(dates), "month-first or day-first")
        raise InputError("the form", (problem,), NOT_TAKEN, "answer again")
    return replace(mapping, columns=columns, constants=constants, dates=dates)


def _grid(source: Path, mapping: LogMapping) -> Grid:
    """The sheet of a form."""
    grids = {grid.source.rpartition("!")[2]: grid for grid in read_grids(source) if len(grid.rows)}
    tables = {name: grid for name, grid in grids.items() if len(grid.rows) > 1}
    chosen = [grid for name, grid in (tables or grids).items() if mapping.sheet in ("", name)]
    if len(chosen) != 1:
        found = f"the sheets {', '.join(grids)}" if grids else "no sheet with anything in it"
        problem = Problem(source.name, found, "one sheet with a row for each answer: --field sheet=NAME")
        raise InputError(source.name, (problem,), NOT_TAKEN, "say which sheet it is")
    return chosen[0]


def _table(source: str, grid: Grid, mapping: LogMapping) -> tuple[list[str], Rows]:
    """The headers of a form, and its rows by number."""
    numbers = [int(number) for number in grid.rows]
    cells = [[column.at(row) for column in grid.columns] for row in range(len(numbers))]
    at = numbers.index(mapping.header) if mapping.header in numbers else _header_at(cells)
    headers = [" ".join(cell.split()) for cell in cells[at]]
    twice = sorted({one for one in headers if one and headers.count(one) > 1})
    problems = [Problem(f"row {numbers[at]}", f"the header {one!r} twice", "each header once") for one in twice]
    rows = [(number, dict(zip(headers, row, strict=True))) for number, row in zip(numbers, cells, strict=True)]
    rows = [(number, row) for number, row in rows[at + 1 :] if any(map(str.strip, row.values()))]
    if not rows:
        problems.append(Problem(source, "no row below the headers", "a row for each answer"))
    if problems:
        raise InputError(source, tuple(problems), NOT_TAKEN, "name one of them otherwise, or say --field header=ROW")
    return headers, rows


def _header_at(cells: Sequence[Sequence[str]]) -> int:
    """The first row that is nearly as full as any: titles above a table stand in few cells, or over many of them."""
    filled = [len({cell.strip() for cell in row} - {""}) for row in cells]
    return next(at for at, count in enumerate(filled) if count >= FULL * max(filled[:LOOKED_AT]))


def _notes(grid: Grid) -> list[str]:
    """What a reader of the sheet must know."""
    return [f"{grid.source}{f', {one.place}' if one.place else ''}: {one.found}" for one in grid.facts if one.ask]
