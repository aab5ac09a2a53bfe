"""Files whose columns are known beforehand (params files name them) -> one raw text table with row numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pdsa.errors import InputError, Problem
from pdsa.read.texts import RESERVED, BrokenError, Columns, CsvReader, read_xml
from pdsa.read.unpack import Member, counted, listed, matching, members, named_errors, opened, plain, refuse
from pdsa.records import InputSpec, SourceNote

__all__ = ["RawTable", "read_csv", "read_input"]

if TYPE_CHECKING:
    import pandas as pd

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """Rows as found, with `source` (file or `archive!member`) and `row`, and what happened to each source."""

    frame: pd.DataFrame
    sources: tuple[SourceNote, ...]


def read_csv(path: Path) -> RawTable:
    """The rows of one CSV file as text, every column kept.

    `row` is 1 for the header and 2 for the first row of data, as a spreadsheet shows it; a cell with line breaks
    is one row. Wholly empty lines are counted and left out.

    Raises
    ------
    InputError
        With all problems of the file: cells too many or too few, open quotes, characters that are not UTF-8,
        repeated column names, no rows, or a file that is no CSV at all.
    """
    gathered = _Gathered(path.name)
    with opened(path, path.name) as stream, named_errors(path.name):
        data = next(plain(stream, path.stat().st_size, path.name))[1]
    gathered.add_csv(path.name, data, InputSpec(path.name, "csv"))
    return gathered.table()


def read_input(folder: Path, spec: InputSpec) -> RawTable:
    """The rows of all files that a spec names, with the fields it names, and a note for every file and member.

    `row` counts as in `read_csv`; in XML it is the number of the row element. Members that are no well-formed
    XML, or declare a document type, are noted as broken and not used.

    Raises
    ------
    InputError
        If nothing matches, a file cannot be unpacked or passes the limits, a CSV file has problems, a field
        occurs nowhere, or no source can be used.
    """
    paths = matching(folder, spec.files)
    gathered = _Gathered(spec.files, tuple(dict.fromkeys(name for _, name in spec.fields)))
    if not gathered.wanted:
        raise refuse(spec.files, "no fields", "the name of at least one field to read")
    if taken := [name for name in gathered.wanted if name in RESERVED]:
        raise refuse(spec.files, f"the fields {listed(taken)}", "other names, because pdsa adds columns of these names")
    for path in paths:
        whole = path.relative_to(folder).as_posix()
        with opened(path, whole) as stream:
            for member in members(stream, path.stat().st_size, whole, spec.members):
                gathered.add(member, spec, len(paths) > 1 or "!" in member[0])
    return gathered.table()


@dataclass(slots=True)
class _Gathered:
    """Columns, notes and problems that grow source by source; equal texts are kept once."""

    name: str
    wanted: tuple[str, ...] = ()
    columns: Columns = field(default_factory=dict)
    rows: list[Rows] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    notes: list[SourceNote] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: dict[str, None] = field(default_factory=dict)
    pool: dict[str, str] = field(default_factory=dict)

    def add(self, member: Member, spec: InputSpec, labeled: bool) -> None:
        """Take the rows of one member, or what is wrong with it."""
        name, data, fault = member
        if fault:
            self.notes.append(SourceNote(name, "broken", 0, fault))
        elif spec.format == "xml":
            self.add_xml(name, data, spec)
        else:
            self.add_csv(name, data, spec, f"{name}, " if labeled else "")

    def add_csv(self, name: str, data: bytes, spec: InputSpec, label: str = "") -> None:
        """Take the rows of a CSV file, or its problems; `label` stands before "row 14" in their places."""
        cleaned = data.translate(None, bytes(spec.strip))
        found = CsvReader(label, self.pool)
        columns = found.read(cleaned, self.wanted)
        self.problems.extend(found.problems)
        if not found.problems:
            self._add(name, columns, np.array(found.rows, dtype=np.int64), len(data) - len(cleaned), spec)

    def add_xml(self, name: str, data: bytes, spec: InputSpec) -> None:
        """Take the rows of an XML document, or note why it is broken."""
        cleaned = data.translate(None, bytes(spec.strip))
        try:
            count, columns = read_xml(cleaned, spec.row)
        except BrokenError as error:
            self.notes.append(SourceNote(name, "broken", 0, str(error)))
            return
        self._add(name, columns, np.arange(1, count + 1, dtype=np.int64), len(data) - len(cleaned), spec)

    def _add(self, name: str, columns: Columns, rows: Rows, removed: int, spec: InputSpec) -> None:
        count = len(rows)
        if count < max(spec.min_rows, 1):
            reason = f"{counted(count, 'row')}, fewer than {spec.min_rows}" if count else f"no <{spec.row}> element"
            self.notes.append(SourceNote(name, "set aside", count, reason))
            return
        reason = f"{counted(removed, 'unwanted byte')} removed" if removed else ""
        self.notes.append(SourceNote(name, "cleaned" if removed else "used", count, reason))
        self.used.append(name)
        self.rows.append(rows)
        self.seen.update(dict.fromkeys(columns))
        for column in self.wanted or columns:
            texts = columns.get(column) or [""] * count
            self.columns.setdefault(column, []).extend(map(self.pool.setdefault, texts, texts))

    def table(self) -> RawTable:
        """All rows as one table; raises what went wrong on the way."""
        import pandas as pd  # a third of a second that a child process which makes grids need not wait for

        self.problems.extend(self._late_problems())
        if self.problems:
            raise InputError(self.name, tuple(self.problems))
        codes = np.repeat(np.arange(len(self.used)), [len(rows) for rows in self.rows])
        texts = {name: pd.Series(column, dtype="str") for name, column in self.columns.items()}
        sources = pd.Categorical.from_codes(codes, pd.Index(self.used, dtype="str"))
        frame = pd.DataFrame({**texts, "source": sources, "row": np.concatenate(self.rows)})
        return RawTable(frame, tuple(self.notes))

    def _late_problems(self) -> list[Problem]:
        """What can be known only after all sources: none could be used, or a field occurs nowhere."""
        if self.problems:
            return []
        if not self.used:
            expected = "at least one source with enough rows that can be read"
            return [Problem(note.source, f"it {note.status} ({note.reason})", expected) for note in self.notes]
        fields = f"the fields {listed(tuple(self.seen))}"
        absent = [name for name in self.wanted if name not in self.seen]
        return [Problem(self.name, fields, f"also a field {name}") for name in absent]
