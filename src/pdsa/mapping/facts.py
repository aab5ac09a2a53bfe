"""What a file says about itself besides its cells: told, or asked before its numbers may be used."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from dataclasses import dataclass, replace

import numpy as np

from pdsa.mapping.headers import is_number
from pdsa.mapping.remarks import Remarks
from pdsa.mapping.tables import Table, filled, part
from pdsa.read.grid import Fact, Grid
from pdsa.records.imports import Choice, Question

__all__ = ["ask_cut", "is_prose", "with_answers"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question of one kind of fact."""

    key: str
    ask: str
    choices: tuple[Choice, ...]


STOP = Choice("stop", "import nothing; the file must be mended first")
KEEP = Choice("keep", "read them like the others")
LEAVE = Choice("leave-out", "leave these rows out")
ASKED = {
    "encoding": _Asked(
        "encoding",
        "the file is not UTF-8; is this how its letters should look?",
        (Choice("cp1252", "yes, it comes from a spreadsheet on Windows"), STOP),
    ),
    "delimiter": _Asked(
        "delimiter",
        "which character separates the columns?",
        tuple(Choice(name, name) for name in ("comma", "semicolon", "tab", "pipe")),
    ),
    "hidden rows": _Asked("hidden-rows", "do the hidden rows count?", (KEEP, LEAVE, STOP)),
    "struck rows": _Asked("struck-rows", "do the rows count that are struck through?", (KEEP, LEAVE, STOP)),
    "uncalculated": _Asked(
        "uncalculated",
        "the workbook was never calculated: open it, save it, and import it again; or are these cells errors?",
        (Choice("error", "they have no number"), STOP),
    ),
    "precision": _Asked(
        "precision",
        "a spreadsheet keeps 15 digits; are these cells right?",
        (Choice("keep", "they are as they should be"), STOP),
    ),
    "merged": _Asked(
        "merged",
        "one number stands over several rows; whose is it?",
        (Choice("first", "of the first row only; the others have none"), STOP),
    ),
    "control characters": _Asked(
        "strip",
        "may these characters be taken off?",
        (Choice("yes", "they are remains of a program"), STOP),
    ),
    "row element": _Asked("row", "which element is a row? Give its name", ()),
}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


def with_answers(grid: Grid, decisions: Pairs[str, str], remarks: Remarks) -> Grid:
    """The grid without the rows that somebody left out; facts are told, or asked where no answer is known."""
    for fact in grid.facts:
        asked = ASKED.get(fact.kind)
        place = ", ".join(filter(None, (grid.source, fact.place)))
        if not fact.ask or asked is None:
            remarks.tell(f"{place}: {fact.found}")
            continue
        answer = decisions.get(asked.key, "")
        words = [one.word for one in asked.choices]
        if not answer or (words and answer not in words and asked.key not in ("delimiter", "encoding")):
            remarks.ask(Question(asked.key, place, fact.found, asked.ask, asked.choices))
        elif answer == "stop":
            remarks.wrong(place, fact.found, "a file without it")
        else:
            remarks.tell(f"{place}: {fact.found} ({answer})")
            if answer == "leave-out":
                grid = _without(grid, fact)
    return grid


def _without(grid: Grid, fact: Fact) -> Grid:
    keep = ~np.isin(grid.rows, fact.rows)
    return replace(
        grid,
        columns=tuple(part(column, keep) for column in grid.columns),
        kinds=tuple(kinds[keep] for kinds in grid.kinds),
        rows=grid.rows[keep],
        widths=grid.widths[keep],
    )


def ask_cut(grid: Grid, table: Table, decisions: Pairs[str, str], remarks: Remarks) -> None:
    """Ask whether a file is complete whose last line has no end, and whose last number is shorter than all others."""
    if not any(fact.kind == "no final line break" for fact in grid.facts) or decisions.get("end") == "complete":
        return
    last, column = len(table.rows) - 1, table.columns[-1]
    text = column.at(last).strip()
    others = [len(one.strip()) for k, one in enumerate(column.texts) if is_number(one) and k != column.codes[last]]
    alone = int((column.codes == column.codes[last]).sum()) == 1
    if not is_number(text) or not others or not alone or len(text) >= min(others):
        return
    place = table.place(last, table.headers[-1])
    found = f"{text}, the last cell of a file without a line break at its end; all other numbers there are longer"
    if decisions.get("end") == "stop":
        remarks.wrong(place, found, "a complete file")
        return
    choices = (Choice("complete", f"the number is {text}"), STOP)
    remarks.ask(Question("end", place, found, "is the file complete, or was it cut off within this number?", choices))


def is_prose(grid: Grid) -> bool:
    """Whether a sheet is text to read: no row has two filled cells of which one is a number."""
    if grid.header >= 0:
        return False
    numbers = np.zeros(len(grid.rows), dtype=bool)
    for column in grid.columns:
        numbers |= np.array([is_number(text) for text in column.texts], dtype=bool)[column.codes]
    return not bool((numbers & (filled(grid) > 1)).any())
