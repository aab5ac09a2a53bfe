"""Parts of a page: charts side by side, sheets of small multiples, sentences with their symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pdsa import narrate
from pdsa.figures.control import control_chart
from pdsa.figures.figure import Figure
from pdsa.figures.multiples import small_multiples
from pdsa.figures.svg import escape, slug
from pdsa.figures.symbols import NO_SYMBOL, symbol
from pdsa.figures.windows import Window

if TYPE_CHECKING:
    from pdsa.chart import Chart


def side_by_side(
    charts: tuple[Chart, ...],
    *,
    width: float = 560,
    height: float = 300,
    windows: Mapping[str, Sequence[Window]] | None = None,
) -> Figure:
    """The charts of one school in two columns on wide pages and on paper, in the order given.

    Parameters
    ----------
    charts
        One for each measure.
    width, height
        Size of each in pixels.
    windows
        By measure the cycles that looked at it, which its chart carries.
    """
    known = windows or {}
    drawn = [
        control_chart(
            chart, width=width, height=height, windows=known.get(chart.measure.id if chart.measure else "", ())
        )
        for chart in charts
    ]
    body = "".join(figure.html for figure in drawn)
    return Figure(f'<div class="pdsa-grid">{body}</div>', "\n".join(figure.text for figure in drawn))


def sheets(
    charts: tuple[Chart, ...],
    *,
    names: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    most: int = 40,
) -> Figure:
    """For each measure a heading and its small multiples; of more than `most` schools only where to find them.

    The first by name would be no fair choice: the table of all schools has a line for each.
    """
    parts, texts = [], []
    for chart in charts:
        schools = len(chart.summary)
        figure = (
            _elsewhere(schools, bool(links)) if schools > most else small_multiples(chart, names=names, links=links)
        )
        own = slug(chart.measure.id) if chart.measure else "value"
        parts.append(f'<section id="schools-{own}"><h2>{escape(narrate.title(chart))}</h2>{figure.html}</section>')
        texts.append(figure.text)
    return Figure("".join(parts), "\n".join(texts))


def _elsewhere(schools: int, linked: bool) -> Figure:
    where = ", with a link to its own page" if linked else ""
    told = f"{schools:,} schools are too many for a chart each on one page: each stands in the table above{where}."
    return Figure(f'<p class="pdsa-note">{told}</p>', told)


def sentences(findings: narrate.Findings) -> Figure:
    """Findings as a list, each with the symbol of its verdict; the words alone carry the meaning."""
    items = []
    for item in findings.items:
        mark = f"{symbol(item.verdict)} " if item.verdict and item.verdict not in NO_SYMBOL else ""
        items.append(f"<li>{mark}{_told(item)}</li>")
    return Figure(f'<ul class="pdsa-findings">{"".join(items)}</ul>' if items else "", repr(findings))


def _told(item: narrate.Finding) -> str:
    lead = f"<b>{escape(item.lead)}</b> " if item.lead else ""
    return f"{lead}{escape(item.text)}"


def notes(findings: narrate.Findings, title: str = "") -> Figure:
    """Findings in small type, under a heading if there is one; nothing at all without findings."""
    items = "".join(f"<li>{_told(item)}</li>" for item in findings.items)
    head = f"<h2>{escape(title)}</h2>" if title else ""
    html = f'<div class="pdsa-notes">{head}<ul class="pdsa-lines">{items}</ul></div>' if items else ""
    return Figure(html, repr(findings))


def heading(text: str) -> Figure:
    """A heading of a page's section."""
    return Figure(f"<h2>{escape(text)}</h2>", text)


def columns(sections: Sequence[tuple[str, narrate.Findings]], more: tuple[str, str] = ("", "")) -> Figure:
    """Headed lists of findings beside each other where there is room; sections without any are left out.

    Parameters
    ----------
    sections
        Heading and findings of each; a heading of "" stands for a line that needs none.
    more
        Address and words of a link to all of it, "" for none; on paper it is left out.
    """
    filled = [(title, findings) for title, findings in sections if findings.items]
    parts = []
    for title, findings in filled:
        head = f"<h2>{escape(title)}</h2>" if title else ""
        items = "".join(f'<li dir="auto">{_told(item)}</li>' for item in findings.items)
        parts.append(f'<section>{head}<ul class="pdsa-lines">{items}</ul></section>')
    told = [f"{title}:\n{findings!r}".lstrip(":\n") for title, findings in filled]
    link = f'<p class="pdsa-screen-only"><a href="{escape(more[0])}">{escape(more[1])}</a></p>' if more[0] else ""
    return Figure(f'<div class="pdsa-columns">{"".join(parts)}</div>{link}' if parts else "", "\n".join(told))


def chapters(found: Sequence[tuple[str, Sequence[tuple[str, narrate.Findings]]]]) -> Figure:
    """A chapter for each school with a heading for each of its lists; lists without findings are left out.

    Parameters
    ----------
    found
        For each chapter its title, "" for none, and the heading and findings of each list.
    """
    parts, told = [], []
    for title, sections in found:
        level = "h3" if title else "h2"
        body = "".join(_listed(heading, findings, level) for heading, findings in sections if findings.items)
        parts.append(f"<section>{f'<h2>{escape(title)}</h2>' if title else ''}{body}</section>")
        told += [title] * bool(title) + [
            f"{heading}:\n{findings!r}" for heading, findings in sections if findings.items
        ]
    return Figure(f'<div class="pdsa-chapters">{"".join(parts)}</div>' if parts else "", "\n".join(told))


def _listed(title: str, findings: narrate.Findings, level: str) -> str:
    items = "".join(f'<li dir="auto">{_told(item)}</li>' for item in findings.items)
    return f'<{level}>{escape(title)}</{level}><ul class="pdsa-lines">{items}</ul>'
