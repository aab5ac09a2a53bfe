"""A chart as a notebook shows it: the picture with its words, and plain numbers that a strict check compares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pdsa import narrate
from pdsa.figures.control import control_chart
from pdsa.figures.figure import Figure
from pdsa.figures.multiples import small_multiples
from pdsa.trace import series_of

if TYPE_CHECKING:
    from pdsa.chart import Chart


def show(chart: Chart) -> Figure:
    """The picture of a chart, with its alt text, and a plain summary that is the same each time.

    Returns
    -------
    Figure
        `html`: the control chart of one series, or panels on one scale of several. `text`, what a notebook stores as
        text/plain: for each series a line with kind, n, center, limits, signals, verdict, target and false alarm.

    Raises
    ------
    ValueError
        If the chart holds several measures, which have no common scale.
    """
    if len(chart.summary) <= 1:
        return control_chart(chart)
    found = series_of(chart)
    panels = small_multiples(chart, most=len(found))
    lines = [f"{' · '.join(map(str, key))} · {_line(chart, row, a, b)}" for row, (key, a, b) in enumerate(found)]
    return Figure(panels.html, "\n".join(lines))


def _line(chart: Chart, row: int, start: int, stop: int) -> str:
    one = replace(
        chart,
        points=chart.points.iloc[start:stop],
        summary=chart.summary.iloc[row : row + 1],
        status=chart.status[start:stop],
        extra=chart.extra.iloc[start:stop],
    )
    return narrate.summary_line(one)
