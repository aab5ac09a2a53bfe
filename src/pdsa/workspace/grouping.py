"""Problems as a reader meets them: by file, row and column, and a mistake that fills a column told once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pdsa.errors import Problem

__all__ = ["Found", "gathered", "grouped"]

# Mistakes of one kind in more rows than this are told once.
MOST_ROWS = 20
# Of such a mistake so many of the texts found, and so many stretches of rows, are printed.
MOST_TEXTS, MOST_SPANS = 5, 12
PLACE = re.compile(r"row (?P<row>[0-9]+)(, (?P<column>.*))?", re.DOTALL)
AGAIN = "run pdsa check again"


@dataclass(frozen=True, slots=True)
class Found:
    """One problem of one file, or one mistake in many rows of it.

    Parameters
    ----------
    file
        Its name as seen from the workspace.
    row
        The row as a spreadsheet shows it, the first of many; None where it is no matter of a row.
    column
        The name of the column; "" where it is no matter of a column.
    place, found, expected
        As `errors.Problem`.
    next
        What to do about it.
    """

    file: str
    row: int | None
    column: str
    place: str
    found: str
    expected: str
    next: str


def grouped(
    problems: Mapping[str, Sequence[Problem]],
    schools: Sequence[str],
    next_step: Callable[[str], str],
    again: str = AGAIN,
) -> tuple[Found, ...]:
    """The problems of all files, in the order of file, row and column.

    Parameters
    ----------
    problems
        By the name of the file.
    schools
        The ids of the network's schools, to know those again that lost their zeros.
    next_step
        What to do about problems of a file, by its name.
    again
        What to do when the zeros of ids are written again.
    """
    bare = _bare(schools)
    zeros = f"format the column as text in the spreadsheet, write the zeros again, and {again}"
    every = [
        _told(file, problem, bare, (next_step(file), zeros))
        for file, listed in problems.items()
        for problem in dict.fromkeys(listed)
    ]
    every.sort(key=lambda one: (one.file, one.column, _kind(one), one.row or 0))
    joined = [
        one
        for _, found in groupby(every, key=lambda one: (one.file, one.column, _kind(one), one.row is None))
        for one in _once(list(found))
    ]
    return tuple(sorted(joined, key=lambda one: (one.file, -1 if one.row is None else one.row, one.column, one.place)))


def gathered(
    problems: Sequence[Problem], schools: Sequence[str], step: str, again: str
) -> tuple[tuple[Problem, ...], str]:
    """Problems of CSV files, as `grouped` tells them, and what to do about them.

    Parameters
    ----------
    problems
        Their places begin with the name of the file.
    schools
        The ids of the network's schools.
    step
        What to do about all but lost zeros.
    again
        What to do when zeros are written again.
    """
    files: dict[str, list[Problem]] = {}
    for one in problems:
        name, found, place = one.place.rpartition(".csv, ") if one.place.count(".csv, ") == 1 else ("", "", one.place)
        files.setdefault(f"{name}{found}", []).append(replace(one, place=place))
    told = grouped(files, schools, lambda _: step, again)
    steps = "; ".join(dict.fromkeys(one.next for one in told))
    return tuple(Problem(f"{one.file}{one.place}", one.found, one.expected) for one in told), steps


def _bare(schools: Sequence[str]) -> dict[str, str]:
    """Ids with zeros at their beginning, by what is left without these, where only one school can be meant."""
    found: dict[str, list[str]] = {}
    for one in schools:
        found.setdefault(one.lstrip("0"), []).append(one)
    return {bare: ids[0] for bare, ids in found.items() if len(ids) == 1 and ids[0] != bare and bare}


def _told(file: str, problem: Problem, bare: Mapping[str, str], steps: tuple[str, str]) -> Found:
    match = PLACE.fullmatch(problem.place)
    row = int(match["row"]) if match else None
    column = (match["column"] or "") if match else ""
    expected, next_step = problem.expected, steps[0]
    if column == "school" and problem.found in bare:
        expected = f"{bare[problem.found]}: the zeros at its beginning were lost"
        next_step = steps[1]
    return Found(file, row, column, problem.place, problem.found, expected, next_step)


def _kind(one: Found) -> str:
    """What is expected, without what is meant for one row only."""
    if one.expected.endswith("the zeros at its beginning were lost"):
        return "zeros"
    return re.split("; the nearest is |; see row |row [0-9]+", one.expected)[0]


def _once(found: list[Found]) -> Iterator[Found]:
    """Problems of one kind: as they are, or of many rows one."""
    rows = sorted({one.row for one in found if one.row is not None})
    if len(rows) <= MOST_ROWS:
        yield from found
        return
    first = found[0]
    texts: dict[str, list[Found]] = {}
    for one in found:
        texts.setdefault(one.found, []).append(one)
    most = sorted(texts.values(), key=lambda same: (-len(same), same[0].row or 0))
    shown = ", ".join(_counted(same) for same in most[:MOST_TEXTS])
    more = f" and {len(most) - MOST_TEXTS} other texts" if len(most) > MOST_TEXTS else ""
    column = f", {first.column}" if first.column else ""
    place = f"{len(rows)} rows{column}: rows {_spans(rows)}"
    expected = first.expected if len(most) == 1 else _common(first)
    yield Found(first.file, rows[0], first.column, place, f"{shown}{more}", expected, first.next)


def _counted(same: Sequence[Found]) -> str:
    """`107 written for 0107 in 312 rows`, `'n/a' in 40 rows`."""
    one, count = same[0], len({found.row for found in same})
    many = f" in {count} rows" if count > 1 else f" in row {one.row}"
    if _kind(one) == "zeros":
        return f"{one.found} written for {one.expected.split(':')[0]}{many}"
    return f"{one.found}{many}"


def _common(one: Found) -> str:
    return "ids with the zeros at their beginning" if _kind(one) == "zeros" else _kind(one).rstrip(" ,;")


def _spans(rows: Sequence[int]) -> str:
    """`2-313, 400 and 12 more`: rows as stretches."""
    found: list[list[int]] = []
    for row in rows:
        if found and row == found[-1][-1] + 1:
            found[-1][1:] = [row]
        else:
            found.append([row])
    shown = ", ".join(f"{span[0]}-{span[-1]}" if len(span) > 1 else str(span[0]) for span in found[:MOST_SPANS])
    return f"{shown} and {len(found) - MOST_SPANS} more stretches" if len(found) > MOST_SPANS else shown
