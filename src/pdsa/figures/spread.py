"""What was tried where: change ideas by schools, a mark for what was decided last. No school is ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from pdsa.cycles import Cell, Matrix, ramps
from pdsa.cycles.spread import key_of
from pdsa.figures.decisions import WORDS, decision_key, decision_symbol, decision_word, known
from pdsa.figures.drawing import framed, keyed, many
from pdsa.figures.figure import Figure
from pdsa.figures.svg import escape, slug
from pdsa.inquiry import State
from pdsa.terms import SCALE_WORDS
from pdsa.trace.words import display

# Columns of up to so many schools have room for words, and for names that are not turned.
WORDED = 7
# Schools side by side; of more the table goes on below.
MOST = 30
NUMBERS = "Numbers beside schools count cycles; those at the right count schools."


def spread_matrix(
    matrix: Matrix,
    *,
    names: Mapping[str, str] | None = None,
    links: Mapping[tuple[str, str], str] | None = None,
    title: str = "What was tried where",
) -> Figure:
    """A table of change ideas by schools: in each cell the mark of the last decision and the number of cycles.

    Parameters
    ----------
    matrix
        From `cycles.matrix`, of what was shared.
    names
        Display names of schools by id.
    links
        Address of a cell's latest cycle, by key of the idea and id of the school: `archive_links`.
    title
        What the table is called.
    """
    if not matrix.ideas or not matrix.schools:
        said = "No cycle has been shared yet."
        return Figure(framed(f'<p class="pdsa-note">{said}</p>'), said)
    caption = f"{title}: {many(len(matrix.ideas), 'change idea')}, {many(len(matrix.schools), 'school')}."
    parts = [matrix.schools[at : at + MOST] for at in range(0, len(matrix.schools), MOST)]
    tables = "".join(_table(matrix, part, names, links or {}) for part in parts)
    used = {known(cell.decision) for cell in matrix.cells.values()}
    head = f'<figcaption class="pdsa-note" style="margin:0">{escape(caption)} {NUMBERS}</figcaption>'
    lines = [f"{text}: {_told(matrix, key, names)}" for key, text in matrix.ideas]
    return Figure(framed(head, tables, keyed(decision_key(used)), name="pdsa-wide"), "\n".join([caption, *lines]))


def _table(
    matrix: Matrix, schools: Sequence[str], names: Mapping[str, str] | None, links: Mapping[tuple[str, str], str]
) -> str:
    """The table of some of the schools."""
    worded = len(matrix.schools) <= WORDED
    head = "".join(_school(display(school, names), worded) for school in schools)
    rows = ""
    for key, text in matrix.ideas:
        found = [(matrix.cells.get((key, school)), school) for school in schools]
        cells = [
            _cell(cell, f"{text or key}, {display(s, names)}", links.get((key, s), ""), worded) for cell, s in found
        ]
        name = f'<th scope="row"><bdi>{escape(text or key)}</bdi></th>'
        rows += f"<tr>{name}{''.join(cells)}<td>{_total(matrix, key)}</td></tr>"
    top = f'<th scope="col">Change idea</th>{head}<th scope="col">All schools</th>'
    table = f'<table class="pdsa-matrix pdsa-spread"><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div style="overflow-x:auto">{table}</div>'


def _school(name: str, worded: bool) -> str:
    """The head of a column; names of many schools are turned, so that columns stay narrow."""
    if worded:
        return f'<th scope="col"><bdi>{escape(name)}</bdi></th>'
    return f'<th scope="col" title="{escape(name)}"><div class="pdsa-turned"><bdi>{escape(name)}</bdi></div></th>'


def _cell(cell: Cell | None, where: str, link: str, worded: bool) -> str:
    """Mark, word and number of cycles; beside many schools the word is heard and not seen."""
    if cell is None:
        return "<td></td>"
    word = escape(_word(cell))
    told = f"{word} · {cell.cycles}"
    if not worded:
        told = f'<span class="pdsa-unseen">{word}, </span><span class="pdsa-count">{cell.cycles}</span>'
    inside = f"{decision_symbol(cell.decision)} {told}"
    if link:
        inside = f'<a href="{escape(link)}">{inside}</a>'
    return f'<td title="{escape(f"{where}: {_sentence(cell)}")}">{inside}</td>'


def _word(cell: Cell) -> str:
    return decision_word(cell.decision or cell.status)


def _sentence(cell: Cell) -> str:
    """`adopted, 3 cycles, latest with 1 class`."""
    return f"{_word(cell)}, {many(cell.cycles, 'cycle')}, latest with {SCALE_WORDS[cell.scale]}"


def _counts(matrix: Matrix, key: str) -> Counter[str]:
    return Counter(known(cell.decision) for (idea, _), cell in matrix.cells.items() if idea == key)


def _total(matrix: Matrix, key: str) -> str:
    """How many schools decided what, in marks and numbers."""
    counts = _counts(matrix, key)
    return " ".join(
        f'<span role="img" aria-label="{counts[one]} {word}" title="{counts[one]} {word}" style="white-space:nowrap">'
        f"{decision_symbol(one)} {counts[one]}</span>"
        for one, word in WORDS.items()
        if counts[one]
    )


def _told(matrix: Matrix, key: str, names: Mapping[str, str] | None) -> str:
    """A row in words."""
    there = [(school, matrix.cells.get((key, school))) for school in matrix.schools]
    return "; ".join(f"{display(school, names)} {_sentence(cell)}" for school, cell in there if cell) + "."


def archive_links(state: State, page: str = "archive.html") -> dict[tuple[str, str], str]:
    """For each cell of `cycles.matrix` of the same state the row of its latest cycle on the archive page."""
    latest: dict[tuple[str, str], tuple[date, str]] = {}
    for ramp in ramps(state):
        idea = state.ideas.get(ramp.idea)
        at = (key_of(idea.title if idea else "") or ramp.idea, ramp.school)
        latest[at] = max(latest.get(at, (date.min, "")), (ramp.last.began or date.min, ramp.last.id))
    return {at: f"{page}#{slug(cycle)}" for at, (_, cycle) in latest.items()}
