"""A grid -> the table in it: its header found, titles, notes and repeated headers told and taken off."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pdsa.check import Coded
from pdsa.mapping.formats import period_like
from pdsa.mapping.headers import best_row, folded, is_number
from pdsa.mapping.keys import constant, mapped
from pdsa.mapping.remarks import Remarks, listed_rows, shortened
from pdsa.pii import may_name
from pdsa.read.grid import Grid
from pdsa.read.joined import ONE_TABLE
from pdsa.records.imports import Choice, Mapping, Question

__all__ = ["Table", "part", "table_of"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MOST_ROWS = 4  # of a header
LEAST_PERIODS = 2  # periods below a header that make it one of two rows
HEADER_WITHIN = 60  # rows from the top in which a header is looked for


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The body of one grid under its headers.

    Parameters
    ----------
    source, name
        Place of the grid, and the file's own name.
    headers
        One for each column, as written; two header rows are joined. "" where a column has none.
    columns
        Cells of the body.
    kinds
        What a spreadsheet says each cell is; () for files of text.
    rows
        Row numbers of the body as the spreadsheet shows them.
    titles
        Texts above the header.
    header
        Row number of the header.
    members
        The member of an archive in which each row stands, where one table was made of several; None elsewhere.
    """

    source: str
    name: str
    headers: tuple[str, ...]
    columns: tuple[Coded, ...]
    kinds: tuple[NDArray[np.int8], ...]
    rows: Ints
    titles: tuple[str, ...]
    header: int
    members: Coded | None = None

    def place(self, row: int, column: str = "") -> str:
        """Where a reader finds a cell of the body: file, row and column."""
        return f"{self.sources.at(row)}, row {self.rows[row]}" + (f", {column}" if column else "")

    @property
    def sources(self) -> Coded:
        """The file or member of each row."""
        if self.members is None:
            return constant(self.source, len(self.rows))
        return mapped(self.members, lambda member: f"{self.source}!{member}")

    def only(self, keep: Mask) -> Table:
        """The table with some of its rows."""
        if keep.all():
            return self
        kinds = tuple(one[keep] for one in self.kinds)
        members = None if self.members is None else part(self.members, keep)
        columns = tuple(part(one, keep) for one in self.columns)
        return replace(self, columns=columns, kinds=kinds, rows=self.rows[keep], members=members)


def part(column: Coded, keep: Mask) -> Coded:
    """Some rows of a column, with the texts that occur in them."""
    codes = column.codes[keep]
    used = np.flatnonzero(np.bincount(codes, minlength=len(column.texts)))
    places = np.zeros(len(column.texts), dtype=np.int64)
    places[used] = np.arange(len(used))
    return Coded(places[codes], tuple(column.texts[k] for k in used.tolist()))


def filled(grid: Grid) -> NDArray[np.int64]:
    """Shape (rows,): how many cells of each row hold more than blanks; 1 where all of them hold the same text.

    A text that is merged over several cells stands in each of them.
    """
    count = np.zeros(len(grid.rows), dtype=np.int64)
    if not grid.kinds:  # a file of text has no merged cells
        for column in grid.columns:
            some = np.array([bool(text.strip()) for text in column.texts], dtype=bool)
            count += True if some.all() else some[column.codes]
        return count
    least = np.full(len(grid.rows), np.iinfo(np.int64).max)
    most = np.full(len(grid.rows), -1)
    places: dict[str, int] = {}
    for column in grid.columns:
        some = np.array([bool(text.strip()) for text in column.texts], dtype=bool)[column.codes]
        place = np.array([places.setdefault(text.strip(), len(places)) for text in column.texts], dtype=np.int64)
        count += some
        least = np.where(some, np.minimum(least, place[column.codes]), least)
        most = np.where(some, np.maximum(most, place[column.codes]), most)
    return np.where((count > 1) & (least == most) & ~_numeric_rows(grid, count > 1), 1, count)


def _numeric_rows(grid: Grid, rows: Mask) -> Mask:
    """Rows that begin with a number: "0, 0, 0" is no merged text."""
    found = np.zeros(len(rows), dtype=bool)
    for column in grid.columns:
        found |= np.array([is_number(text) for text in column.texts], dtype=bool)[column.codes]
    return found & rows


def table_of(grid: Grid, mapping: Mapping, remarks: Remarks) -> Table | None:
    """The table of a grid, or None where there is none or somebody must say where its header is.

    The header is the row whose cells name most of what is known, among the first sixty; two rows that do equally well
    are a question. Rows of one cell above it are titles, and below it notes; both are told.
    """
    cells = filled(grid)
    at = grid.header if grid.header >= 0 else _header(grid, mapping, cells, remarks)
    if at < 0:
        return None
    at = at + 1 if _periods_below(grid, at) else at
    depth = _depth(grid, at)
    headers = _joined(grid, at, depth)
    titles = tuple(
        dict.fromkeys(text.strip() for row in range(at - depth + 1) for text in _row(grid, row) if text.strip())
    )
    body = np.arange(len(grid.rows)) > at
    body &= (cells > 0) & ~_repeated(grid, at, cells, remarks)
    body &= ~_notes(grid, body, cells, dict(mapping.decisions), remarks)
    width = max((k + 1 for k, text in enumerate(headers) if text), default=0)
    _check_widths(grid, body, width, remarks)
    if not body.any():
        remarks.wrong(f"{grid.source}, row {grid.rows[at]}", "a header and no rows below it", "at least one row")
        return None
    wide = [k for k, header in enumerate(headers) if header or _any_text(grid.columns[k], body)]
    table = Table(
        source=grid.source,
        name=grid.name or grid.source,
        headers=tuple(headers[k] for k in wide),
        columns=tuple(grid.columns[k] for k in wide),
        kinds=tuple(grid.kinds[k] for k in wide) if grid.kinds else (),
        rows=grid.rows,
        titles=titles,
        header=int(grid.rows[at]),
    )
    _check_headers(table, body, remarks)
    if titles:
        remarks.tell(f"{grid.source}: above the header in row {grid.rows[at]}: {_shown(titles)}")
    return _with_members(grid, table).only(body)


def _shown(titles: Sequence[str]) -> str:
    """Titles in one line, without those that may name a person."""
    return shortened(" / ".join(text for text in titles if not may_name(text)), 160) or "a title that is not shown"


def _with_members(grid: Grid, table: Table) -> Table:
    """The table without the column that the reader added to name the member of each row."""
    if not any(fact.kind == "unpacked" and fact.found.endswith(ONE_TABLE) for fact in grid.facts):
        return table
    return replace(table, headers=table.headers[:-1], columns=table.columns[:-1], members=table.columns[-1])


def _row(grid: Grid, row: int) -> list[str]:
    return [column.at(row) for column in grid.columns]


def _header(grid: Grid, mapping: Mapping, cells: Ints, remarks: Remarks) -> int:
    """Position of the header row; -1 with a question or a problem where it cannot be told."""
    said = dict(mapping.decisions).get("header", "")
    wanted = mapping.header_row or (int(said) if said.isascii() and said.isdigit() else 0)
    if wanted:
        found = np.flatnonzero(grid.rows == wanted)
        if len(found):
            return int(found[0])
        remarks.wrong(grid.source, f"no row {wanted}", "the header in that row, as the mapping says")
        return -1
    rows: list[int] = np.flatnonzero(cells[:HEADER_WITHIN] > 0).tolist()
    if not rows:
        remarks.wrong(grid.source, "no rows with text", "a header and rows below it")
        return -1
    scores = best_row([_row(grid, row) for row in rows], _known(mapping))
    best = max(scores)
    if best <= 0:
        return _plain_header(grid, rows, cells, remarks)
    first = rows[scores.index(best)]
    rivals = [row for row, score in zip(rows, scores, strict=True) if score >= best and row != first]
    rivals = [row for row in rivals if _folded_row(grid, row) != _folded_row(grid, first)]
    if rivals == [first + 1] and _depth(grid, first + 1) > 1:  # names, and below them the parts of each
        return first + 1
    if rivals:
        _ask_header(grid, [first, *rivals], remarks)
        return -1
    return first


def _known(mapping: Mapping) -> frozenset[str]:
    names = [*mapping.school, mapping.school_name, mapping.district, mapping.period, mapping.measure]
    names += [headers for _, headers in mapping.groups]
    names += [getattr(one, part) for one in mapping.measures for part in ("value", "numerator", "denominator")]
    return frozenset(folded(name) for headers in names for name in headers)


def _folded_row(grid: Grid, row: int) -> list[str]:
    return [folded(text) for text in _row(grid, row)]


def _ask_header(grid: Grid, rows: list[int], remarks: Remarks) -> None:
    numbers = [int(grid.rows[row]) for row in rows]
    shown = " | ".join(
        f"row {n}: {shortened(', '.join(filter(None, _row(grid, r))), 70)}" for n, r in zip(numbers, rows, strict=True)
    )
    choices = tuple(Choice(str(number), f"row {number} is the header") for number in numbers)
    remarks.ask(
        Question("header", f"{grid.source}, {listed_rows(numbers)}", shown, "which row is the header?", choices)
    )


def _plain_header(grid: Grid, rows: list[int], cells: Ints, remarks: Remarks) -> int:
    """Where no word is known: the first row of distinct texts that is as wide as the rows below it."""
    usual = int(np.median(cells[cells > 0]))
    for row in rows:
        texts = [text.strip() for text in _row(grid, row) if text.strip()]
        if len(texts) >= max(usual, 2) and len(set(texts)) == len(texts) and not any(map(is_number, texts)):
            return row
    what = shortened(", ".join(_row(grid, rows[0])), 80)
    remarks.wrong(f"{grid.source}, row {grid.rows[rows[0]]}", what, "a row that names the columns: school, date, ...")
    return -1


def _depth(grid: Grid, at: int) -> int:
    """How many rows the header has: more than one where names occur twice and the row above tells them apart."""
    if grid.header >= 0:
        return 1
    depth = 1
    while depth < MOST_ROWS and _goes_on(grid, at, depth):
        depth += 1
    return depth


def _goes_on(grid: Grid, at: int, depth: int) -> bool:
    """Whether the row above the topmost row of a header belongs to it."""
    top = at - depth
    if top < 0:
        return False
    cells = _joined(grid, at, depth)
    names = [text for text in cells if text]
    above = [text.strip() for text in _row(grid, top)]
    below = np.arange(len(grid.rows)) > at
    lonely = any(
        up and not low and _any_text(column, below) for up, low, column in zip(above, cells, grid.columns, strict=True)
    )
    doubled = len(set(names)) < len(names) or lonely or (depth == 1 and _periods_below(grid, top))
    return doubled and len({text for text in above if text}) > 1


def _periods_below(grid: Grid, at: int) -> bool:
    """Whether the row below a header goes on with it: periods only, where names stand over several columns."""
    if grid.header >= 0 or at + 1 >= len(grid.rows):
        return False
    above, below = ([text.strip() for text in _row(grid, row)] for row in (at, at + 1))
    texts = [text for text in below if text]
    over = [up for up, low in zip(above, below, strict=True) if low]
    several = not all(over) or len(set(over)) < len(over)
    return len(texts) >= LEAST_PERIODS and several and all(map(period_like, texts))


def _joined(grid: Grid, at: int, depth: int) -> list[str]:
    """The headers; of several rows "upper lower" where the lower name is a period, or not the only one of its kind."""
    names = [" ".join(text.split()) for text in _row(grid, at)]
    for row in range(at - 1, at - depth, -1):
        names = _below([" ".join(text.split()) for text in _row(grid, row)], names)
    return names


def _below(above: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names of one row of a header below those of another; an upper one stands over the columns to its right."""
    apart = [bool(low) and (names.count(low) > 1 or period_like(low)) for low in names]
    over = list(above)
    for k in range(1, len(over)):
        over[k] = above[k] or (over[k - 1] if apart[k] else "")
    pairs = zip(over, above, names, apart, strict=True)
    return [f"{up} {low}".strip() if both else low or own for up, own, low, both in pairs]


def _repeated(grid: Grid, at: int, cells: Ints, remarks: Remarks) -> Mask:
    """Rows that repeat the header, as printed pages do."""
    same = np.ones(len(grid.rows), dtype=bool)
    for column, text in zip(grid.columns, _row(grid, at), strict=True):
        same &= np.array([one.strip() == text.strip() for one in column.texts], dtype=bool)[column.codes]
    same &= (np.arange(len(same)) > at) & (cells > 0)
    if same.any():
        remarks.tell(f"{grid.source}: the header again in {listed_rows(grid.rows[same].tolist())}; left out")
    return same


def _notes(grid: Grid, body: Mask, cells: Ints, decisions: Pairs[str, str], remarks: Remarks) -> Mask:
    """Rows of one text in a table of several columns: notes, left out and told; between rows of numbers, a question."""
    usual = int(np.median(cells[body])) if body.any() else 0
    single = body & (cells == 1) if usual >= 3 else np.zeros(len(body), dtype=bool)
    single &= ~_numeric_rows(grid, single)
    full = np.flatnonzero(body & ~single)
    last = int(full[-1]) if len(full) else 0
    for row in np.flatnonzero(single).tolist():
        text = next(text for text in _row(grid, row) if text.strip())
        shown = "not shown: it may name a person" if may_name(text) else shortened(text, 100)
        remarks.tell(f"{grid.source}, row {grid.rows[row]}: a note, left out: {shown}")
        key = f"note-row:{grid.rows[row]}"
        if row < last and not text.lstrip().startswith(("#", "*")) and decisions.get(key) != "note":
            remarks.ask(
                Question(
                    key,
                    f"{grid.source}, row {grid.rows[row]}",
                    f"one text alone in a row between rows of numbers: {shortened(shown)}",
                    "is it a note, or does it name something for the rows below it?",
                    (Choice("note", "leave the row out"),),
                )
            )
    return single


def _check_widths(grid: Grid, body: Mask, width: int, remarks: Remarks) -> None:
    """Tell rows of a file of text that have too few cells, or texts beyond the last header."""
    if grid.kinds or grid.header >= 0:
        return
    short = body & (grid.widths < width)
    for row in np.flatnonzero(short).tolist():
        found = f"{grid.widths[row]} cell{'s' if grid.widths[row] != 1 else ''}"
        found += f" ({shortened(', '.join(_row(grid, row)[: grid.widths[row]]))})"
        remarks.wrong(f"{grid.source}, row {grid.rows[row]}", found, f"{width} cells, as in the header")
    beyond = np.zeros(len(body), dtype=bool)
    for column in grid.columns[width:]:
        beyond |= np.array([bool(text.strip()) for text in column.texts], dtype=bool)[column.codes]
    for row in np.flatnonzero(beyond & body).tolist():
        found = f"{grid.widths[row]} cells ({shortened(', '.join(_row(grid, row)))})"
        remarks.wrong(f"{grid.source}, row {grid.rows[row]}", found, f"{width} cells, as in the header")


def _any_text(column: Coded, rows: Mask) -> bool:
    some = np.array([bool(text.strip()) for text in column.texts], dtype=bool)
    return bool((some[column.codes] & rows).any()) if some.any() else False


def _check_headers(table: Table, body: Mask, remarks: Remarks) -> None:
    """Tell headers that occur twice with different cells, and columns of text without a header."""
    place = f"{table.source}, row {table.header}"
    for k, name in enumerate(table.headers):
        twin = table.headers.index(name)
        if not name:
            sample = next(text for text in part(table.columns[k], body).texts if text.strip())
            remarks.wrong(place, f"no name above the column with {shortened(sample)!r}", "a name for every column")
        elif twin < k and not _same_cells(table.columns[twin], table.columns[k], body):
            remarks.wrong(place, f"the column name {name!r} twice, with different cells", "a name of its own for each")
        elif twin < k:
            remarks.tell(f"{table.source}: the column {name!r} stands twice with the same cells; read once")


def _same_cells(one: Coded, two: Coded, rows: Mask) -> bool:
    texts = {text: code for code, text in enumerate(two.texts)}
    place = np.array([texts.get(text, -1) for text in one.texts], dtype=np.int64)
    return bool((place[one.codes[rows]] == two.codes[rows]).all())
