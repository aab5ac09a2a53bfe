"""A form's export into the improvement log: read, mapped, asked about, saved once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field

from pdsa.errors import InputError, Problem
from pdsa.exchange.forms import LogMapping, changes_of_forms, check_mapping, drafted
from pdsa.inquiry import Change
from pdsa.inquiry.rules import Reference
from pdsa.log import Log
from pdsa.params import Model
from pdsa.publish import write_atomic
from pdsa.read import read_grids
from pdsa.workspace.files import form

HEAD = """\
# How the answers of a form become cycles of the improvement log. Written by `pdsa log import`; you may change it.
# The same command with next month's export uses it, and takes only rows that are new.
"""
Rows = list[tuple[int, dict[str, str]]]


class LogMappingModel(Model):
    """A mapping file: `exchange.forms.LogMapping` says what each key means."""

    schema_: Annotated[Literal["1"], Field(alias="schema")]
    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    words: dict[str, dict[str, str]] = Field(default_factory=dict)
    dates: Literal["", "month-first", "day-first"] = ""

    def record(self) -> LogMapping:
        """The record that the rest of pdsa knows."""
        return LogMapping(self.name, self.columns, self.constants, self.words, self.dates)


def mapping_file(folder: Path, name: str) -> Path:
    """Where the mapping of that name is kept."""
    return folder / "mappings" / f"{name}.log.yaml"


def form_changes(
    source: Path, folder: Path, name: str, answers: Mapping[str, str], log: Log, reference: Reference
) -> tuple[LogMapping, tuple[Change, ...]]:
    """The mapping of a form, complete, and the changes that save what is new in it; nothing is saved.

    Parameters
    ----------
    source
        The export: CSV or a workbook with one sheet.
    folder
        The workspace.
    name
        Of the mapping, kept or new.
    answers
        `HEADER=field` by header, a constant such as `school` by field, and `dates`.
    log, reference
        Where the cycles will be saved, and what they may point to.

    Raises
    ------
    InputError
        With every open question, or every problem of every row.
    """
    headers, rows = _table(source)
    file = mapping_file(folder, name)
    kept = form(LogMappingModel, file).record() if file.is_file() else LogMapping(name)
    mapping = drafted(_answered(kept, answers, headers), headers)
    check_mapping(mapping, headers, [row for _, row in rows])
    known = {one.record for one in log.events(entity="cycle")}
    return mapping, changes_of_forms(mapping, rows, log.state(), reference, known.__contains__)


def save_mapping(folder: Path, mapping: LogMapping) -> Path:
    """Keep a mapping for next month; the path of its file."""
    told = {"columns": mapping.columns, "constants": mapping.constants, "words": mapping.words, "dates": mapping.dates}
    plain = {"schema": 1, "name": mapping.name} | {key: value for key, value in told.items() if value}
    file = mapping_file(folder, mapping.name)
    write_atomic(file, HEAD + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110))
    return file


def _answered(mapping: LogMapping, answers: Mapping[str, str], headers: list[str]) -> LogMapping:
    columns, constants = dict(mapping.columns), dict(mapping.constants)
    dates = mapping.dates
    for key, value in answers.items():
        if key in headers:
            columns[key] = value.strip()
        elif key == "dates":
            dates = value.strip()
        else:
            constants[key] = value
    return replace(mapping, columns=columns, constants=constants, dates=dates)


def _table(source: Path) -> tuple[list[str], Rows]:
    """The headers of a form, and its rows by number."""
    grids = [grid for grid in read_grids(source) if len(grid.rows)]
    if len(grids) != 1 or len(grids[0].rows) < 2:
        found = f"{len(grids)} sheets" if len(grids) != 1 else "no row below the header"
        problem = Problem(source.name, found, "one sheet with a header and a row for each answer")
        raise InputError(source.name, (problem,), "nothing was imported", "save the answers alone as CSV")
    grid = grids[0]
    cells = [[column.at(row) for column in grid.columns] for row in range(len(grid.rows))]
    headers = [" ".join(cell.split()) for cell in cells[0]]
    twice = sorted({one for one in headers if one and headers.count(one) > 1})
    if twice:
        problems = tuple(Problem("row 1", f"the header {one!r} twice", "each header once") for one in twice)
        raise InputError(source.name, problems, "nothing was imported", "name one of them otherwise")
    numbered = [
        (int(number), dict(zip(headers, row, strict=True))) for number, row in zip(grid.rows, cells, strict=True)
    ]
    return headers, [(number, row) for number, row in numbered[1:] if any(map(str.strip, row.values()))]
