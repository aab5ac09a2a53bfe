"""How plots look: theme, text that is shown as typed, labels of the axes."""

from __future__ import annotations

import re
import textwrap
from datetime import date, timedelta
from typing import Any

from plotnine import element_blank, element_line, element_rect, element_text, theme, theme_minimal

from pdsa.series import YEAR_START, school_year
from pdsa.trace.ink import INK, MUTED, PAPER, RULE
from pdsa.trace.remarks import EPOCH

_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Letters in a line of a caption, for each inch of width.
LETTERS_AN_INCH = 14
# The shape of each mark, in the words of plotnine.
SHAPES = {
    "dot": "o",
    "diamond": "D",
    "square": "s",
    "triangle": "^",
    "plus": "P",
    "crossed": "X",
    "hollow": "o",
    "hidden": "$*$",
    "missing": "|",
    "set_aside": "x",
    "not_applicable": "_",
    "error": "$E$",
}
SIZES = {"dot": 1.4, "diamond": 3.2, "square": 2.8, "triangle": 4.0, "plus": 3.4, "crossed": 3.0, "hollow": 2.6}


def plain(text: object) -> str:
    """Text of people, drawn as typed: a dollar sign opens no formula, and control characters are left out."""
    return _NOT_TEXT.sub("", str(text)).replace("$", r"\$")


def wrapped(text: str, width: float) -> str:
    """The text in lines that fit a picture of `width` inches."""
    return "\n".join(textwrap.wrap(text, max(20, int(width * LETTERS_AN_INCH)))) or text


def house_theme(width: float, height: float) -> Any:
    """The theme of one plot of this size in inches; nothing global is set."""
    look = theme_minimal(base_size=10)
    look += theme(
        figure_size=(width, height),
        plot_title=element_text(size=13, weight="bold", color=INK, ha="left"),
        plot_subtitle=element_text(size=10, color=MUTED, ha="left"),
        plot_caption=element_text(size=8.5, color=MUTED, ha="left"),
        plot_background=element_rect(fill=PAPER, color=PAPER),
        panel_grid_minor=element_blank(),
        panel_grid_major_x=element_blank(),
        panel_grid_major_y=element_line(color=RULE, size=0.5),
        axis_text=element_text(color=MUTED),
        axis_title=element_text(color=MUTED, size=9),
        strip_text=element_text(size=9, weight="bold", color=INK, ha="left"),
    )
    return look


def percent_labels(places: list[float]) -> list[str]:
    """Ticks of a percent axis."""
    return [f"{place:g}%" for place in places]


def value_labels(places: list[float]) -> list[str]:
    """Ticks of any other axis, without powers of ten."""
    return [f"{place:,.10g}" for place in places]


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Spans of fewer days are labeled by day, not by month.
DAYS_OF_MONTHS = 80
HALF_A_WEEK = 4


def date_ticks(periods: list[float], most: int, school_years: bool = False) -> tuple[list[date], list[str]]:
    """About `most` dates among periods (ascending, in days since 1970) with names; of many, months."""
    if school_years:
        days = [EPOCH + timedelta(days=int(at)) for at in periods[:: -(-len(periods) // most)]]
        return days, [school_year(day.year - (day.month < YEAR_START)) for day in days]
    first, last = EPOCH + timedelta(days=int(periods[0])), EPOCH + timedelta(days=int(periods[-1]))
    if (last - first).days < DAYS_OF_MONTHS:
        days = [EPOCH + timedelta(days=int(at)) for at in periods[:: -(-len(periods) // most)]]
        return days, [f"{MONTHS[day.month - 1]} {day.day}" for day in days]
    span = (last.year - first.year) * 12 + last.month - first.month
    step = next((n for n in (1, 2, 3, 4, 6, 12, 24, 60) if span / n <= most), 120)
    # months are counted from 0; the first may have begun within half a step of the first period
    begun = first.year * 12 + first.month - (first.day <= HALF_A_WEEK)
    numbers = range(begun, last.year * 12 + last.month)
    months = [date(number // 12, number % 12 + 1, 1) for number in numbers if number % step == 8 % step]
    return months, [f"{MONTHS[month.month - 1]} {month.year}" for month in months]
