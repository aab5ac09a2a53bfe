"""The matrix of a network: schools by measures, one symbol and one word a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pdsa import narrate
from pdsa.figures.figure import Figure
from pdsa.figures.sparks import nothing, sparks_by_key
from pdsa.figures.svg import AS_TYPED, escape, shorten, slug
from pdsa.figures.symbols import SHORT_WORDS, defined, legend_words, used
from pdsa.trace import verdicts_of
from pdsa.trace.old import old_of
from pdsa.trace.words import display

if TYPE_CHECKING:
    from pdsa.chart import Chart

# Longer tables of one or two measures flow over several columns of the page.
LONG = 40
# Characters of rows that a page has room for: with lines that is about two thousand series.
MOST_CHARACTERS = 2_700_000
LINES = " Each line has a scale of its own; its center is gray, and thick points are signals."
OLD = ' A date, as in "{shown}", is that of the last value: the {many} latest periods or more have none.'
NO_LINES = " Lines of so many series are too much for one page: they are left out."
# Room for a school's name in pixels, beside few and beside many measures.
FEW, NAME_ROOM, NARROW_ROOM = 4, 200.0, 140.0


@dataclass(frozen=True, slots=True)
class Column:
    """One measure: its name, the anchor of its chart, and each school's verdict with its useful points.

    `old` has the day of the last value of each school that has sent none for long.
    """

    name: str
    anchor: str
    verdicts: dict[str, tuple[str, int]]
    sparks: dict[str, str] = field(default_factory=dict)
    to_mend: frozenset[str] = frozenset()
    old: dict[str, str] = field(default_factory=dict)

    def verdict(self, school: str) -> str:
        """The school's verdict; `no_data` where it sent nothing, `to_mend` where what it sent cannot be read yet."""
        return self.verdicts.get(school, ("to_mend" if school in self.to_mend else "no_data", 0))[0]

    def useful(self, school: str) -> int:
        """The school's number of useful points."""
        return self.verdicts.get(school, ("no_data", 0))[1]


def matrix(
    charts: Sequence[Chart],
    *,
    names: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    to_mend: Collection[str] = (),
    sparklines: bool = False,
) -> Figure:
    """A table of schools by measures in the order of the schools' names, with a legend and counts.

    Parameters
    ----------
    charts
        One for each measure, each with a series for each school.
    names, links
        Name to show and address of the page, by the id of a school. A cell links to the measure on that page. A
        school that is named has its row also where it never reported.
    to_mend
        Ids of the schools of which nothing is here because rows of theirs have to be mended first.
    sparklines
        Draw each series beside its symbol; each line fills its cell by a scale of its own.
    """
    lacking = frozenset(to_mend)
    columns = [replace(column, to_mend=lacking) for chart in charts for column in columns_of(chart, sparklines)]
    reported = {school for column in columns for school in column.verdicts}
    schools = sorted(reported.union(names or ()), key=lambda s: _order(s, names))
    counts = [Counter(column.verdict(school) for school in schools) for column in columns]
    caption = f"Where each school stands: {_many(len(schools), 'school')}, {_many(len(columns), 'measure')}, by name."
    caption += LINES if sparklines else ""
    caption += _old_words(columns)
    rows = _rows(schools, names, links, columns)
    if sparklines and len(rows) > MOST_CHARACTERS:
        rows = _rows(schools, names, links, [replace(column, sparks={}) for column in columns])
        caption = caption.replace(LINES, NO_LINES)
    head = "".join(f'<th scope="col"><bdi>{escape(column.name)}</bdi></th>' for column in columns)
    table = (
        f'<table class="pdsa-matrix"><caption>{escape(caption)}</caption>'
        f'<thead><tr><th scope="col">School</th>{head}</tr></thead><tbody>{rows}</tbody>'
        f"{_totals(counts, columns)}</table>"
    )
    long = len(schools) > LONG and len(columns) <= 2
    flow = (
        f'<div class="pdsa-flow" style="columns:{3 - (len(columns) - 1)};column-gap:20px">{table}</div>'
        if long
        else table
    )
    html = f'<figure class="pdsa-figure pdsa-wide {AS_TYPED}" style="margin:0">{legend(bool(lacking))}{flow}</figure>'
    return Figure(html, "\n".join([caption, *(_counted(c, n) for c, n in zip(columns, counts, strict=True))]))


def _order(school: str, names: Mapping[str, str] | None) -> tuple[str, str]:
    return display(school, names).casefold(), school


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def columns_of(chart: Chart, sparklines: bool = False) -> list[Column]:
    """The columns of a chart: one, or one for each measure that its series name."""
    drawn = sparks_by_key(chart) if sparklines else {}
    lines: dict[str, dict[str, str]] = {}
    own = chart.measure.id if chart.measure else "value"
    found: dict[str, dict[str, tuple[str, int]]] = {} if "measure" in chart.by else {own: {}}
    useful, ended, old = chart.summary["n_useful"].tolist(), old_of(chart), dict[str, dict[str, str]]()
    for (key, verdict), count in zip(verdicts_of(chart).items(), useful, strict=True):
        parts = {name: str(part) for name, part in zip(chart.by, key, strict=True)}
        measure = parts.pop("measure", own)
        school = parts.get("school", next(iter(parts.values()), "all"))
        found.setdefault(measure, {})[school] = (verdict, int(count))
        if key in ended:
            old.setdefault(measure, {})[school] = ended[key]
        if sparklines:
            lines.setdefault(measure, {})[school] = drawn.get(key, nothing())
    label = {chart.measure.id: chart.measure.name} if chart.measure else {}
    return [
        Column(label.get(key, key), f"measure-{slug(key)}", cells, lines.get(key, {}), old=old.get(key, {}))
        for key, cells in found.items()
    ]


def _rows(
    schools: Sequence[str],
    names: Mapping[str, str] | None,
    links: Mapping[str, str] | None,
    columns: Sequence[Column],
) -> str:
    known = links or {}
    return "".join(_row(school, display(school, names), known.get(school, ""), columns) for school in schools)


def _row(school: str, name: str, link: str, columns: Sequence[Column]) -> str:
    short = shorten(name, 11, NAME_ROOM if len(columns) <= FEW else NARROW_ROOM)
    full = f' title="{escape(name)}"' if short != name else ""
    head = f'<th scope="row"{full}><bdi>{escape(short)}</bdi></th>'
    return f"<tr>{head}{''.join(_cell(school, name, link, column) for column in columns)}</tr>"


def _cell(school: str, name: str, link: str, column: Column) -> str:
    verdict, useful = column.verdict(school), column.useful(school)
    words = narrate.VERDICT_WORDS[verdict]
    old = column.old.get(school, "")
    data = f"{_many(useful, 'period')} with data{', the last of ' + old if old else ''}"
    sentence = escape(f"{name}, {column.name}: {words} ({data})")
    inside = f"{column.sparks.get(school, '')}{used(verdict)} {SHORT_WORDS[verdict]}"
    inside += f', <span class="pdsa-old">to {escape(old)}</span>' if old else ""
    if link:
        inside = f'<a href="{escape(link)}#{column.anchor}">{inside}</a>'
    return f'<td title="{sentence}">{inside}</td>'


def _totals(counts: Sequence[Counter[str]], columns: Sequence[Column]) -> str:
    cells = "".join(f"<td>{_total(count)}</td>" for count in counts)
    return f'<tfoot><tr><th scope="row">All schools</th>{cells}</tr>{_old_row(columns)}</tfoot>'


def _old_row(columns: Sequence[Column]) -> str:
    """How many of the counted verdicts rest on values of which the last is old; no row without any."""
    if not any(column.old for column in columns):
        return ""
    cells = "".join(f"<td>{len(column.old) or ''}</td>" for column in columns)
    return f'<tr><th scope="row">of them with an old last value</th>{cells}</tr>'


def _old_words(columns: Sequence[Column]) -> str:
    """What the dates in the cells mean, by the first of them."""
    dated = next(((column, school) for column in columns for school in column.old), None)
    if dated is None:
        return ""
    column, school = dated
    return OLD.format(shown=f"{SHORT_WORDS[column.verdict(school)]}, to {column.old[school]}", many=narrate.STALE)


def _total(count: Counter[str]) -> str:
    shown = [(verdict, word) for verdict, word in SHORT_WORDS.items() if count[verdict]]
    return " ".join(
        f'<span role="img" aria-label="{count[v]} {word}" title="{count[v]} {word}" style="white-space:nowrap">'
        f"{used(v)} {count[v]}</span>"
        for v, word in shown
    )


def _counted(column: Column, count: Counter[str]) -> str:
    told = ", ".join(f"{count[verdict]} {word}" for verdict, word in SHORT_WORDS.items() if count[verdict])
    old = f"; {len(column.old)} of them with an old last value" if column.old else ""
    return f"{column.name}: {told or 'no series'}{old}"


def legend(to_mend: bool = False) -> str:
    """The symbols, each with its word, and what it means on pointing at it; `to_mend` only where it occurs."""
    parts = [
        f'<span style="white-space:nowrap" title="{escape(meaning)}">{defined(verdict)} {word}</span>'
        for verdict, word, meaning in legend_words(to_mend)
    ]
    return f'<p class="pdsa-legend" style="margin:0 0 .3em;font-size:11px">{" &#160; ".join(parts)}</p>'
