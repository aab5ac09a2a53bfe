"""Scales, round ticks on the value axis, and real dates on the time axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pdsa.series import YEAR_START, school_year
from pdsa.trace import Floats
from pdsa.trace.remarks import EPOCH, place
from pdsa.trace.words import is_percent

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Spans of more than this many days are labeled by calendar years alone.
MANY_YEARS = 4.5 * 365.25
FEWEST_TICKS, MAX_TICKS = 3, 5


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map of `low`..`high` onto the pixels `start`..`end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def many(self, values: Floats) -> Floats:
        """The map of an array."""
        return self.start + (values - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the time axis; an empty label makes a bare tick."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Span:
    """A named stretch of the time axis, such as a school year."""

    start: float
    end: float
    label: str


def value_range(values: Floats, floor: float, ceiling: float) -> tuple[float, float]:
    """Ends of a value axis that shows all values with some air, within the possible range."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high)):
        span = max(abs(high) * 0.2, 1e-9) if high else 1.0
    low, high = max(low - 0.08 * span, min(floor, low)), min(high + 0.08 * span, max(ceiling, high))
    if high - low < 0.5 * span:  # identical values, or values at an end of what is possible
        low, high = max(low - 0.5 * span, min(floor, low)), min(high + 0.5 * span, max(ceiling, high))
    return low, high


def ticks(low: float, high: float, most: int = MAX_TICKS) -> list[float]:
    """Three to `most` round numbers within the range.

    Quarters (25, 250) serve where halves, fifths and tenths give fewer than four, and with decimals (2.5) only
    where these give fewer than three.
    """
    exponent = math.floor(math.log10(high - low))
    powers = (exponent, exponent - 1)
    best = max((_multiples(low, high, f, p, most) for p in powers for f in (5.0, 2.0, 1.0)), key=len)
    for power in powers:
        if len(best) < (FEWEST_TICKS + 1 if power >= 1 else FEWEST_TICKS):
            best = max(best, _multiples(low, high, 2.5, power, most), key=len)
    return best


def _multiples(low: float, high: float, factor: float, power: int, most: int) -> list[float]:
    """All multiples of factor x 10^power within the range; none where they are more than `most`."""
    step = factor * 10.0**power
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first >= most:
        return []
    return [round(k * step, 1 - power) for k in range(first, last + 1)]  # 3 x 0.1 is 0.3


def decimals(places: list[float]) -> int:
    """Decimals that tell the ticks apart."""
    if len(places) < 2:
        return 0
    step = places[1] - places[0]
    for count in range(7):
        if abs(step * 10**count - round(step * 10**count)) < 1e-6 * max(step * 10**count, 1e-12):
            return count
    return 7


def tick_labels(places: list[float], unit: str) -> list[str]:
    """Ticks of the value axis with as many decimals as tell them apart; percent carries its sign."""
    count = decimals(places)
    sign = "%" if is_percent(unit) else ""
    return [f"{_plain(place, count)}{sign}" for place in places]


def _plain(value: float, count: int) -> str:
    if value and (abs(value) >= 1e9 or abs(value) < 1e-4):
        return f"{value:.3g}"
    return f"{value:,.{count}f}"


def day(x: float) -> date:
    """The date of a position in days since 1970."""
    return EPOCH + timedelta(days=math.floor(x))


def time_ticks(low: float, high: float, room: float, periods: list[float]) -> tuple[list[Tick], list[Span]]:
    """Ticks of a date axis for `room` pixels, and the years under them.

    Up to about ten weeks the periods themselves are the ticks; then months; beyond some years, years.
    """
    if high - low > MANY_YEARS:
        return year_ticks(_new_years(low, high), room), []
    if high - low < 80:
        return _day_ticks(periods, room), _school_years(low, high)
    return _month_ticks(low, high, room), _school_years(low, high)


def year_ticks(periods: list[float], room: float, school_years: bool = False) -> list[Tick]:
    """A tick at each of these places, named by its year or its school year where there is room."""
    every = max(1, math.ceil(len(periods) * (52 if school_years else 42) / room))
    name = _school_year if school_years else lambda at: str(day(at).year)
    return [Tick(at, name(at) if row % every == 0 else "") for row, at in enumerate(periods)]


def _school_year(at: float) -> str:
    return school_year(day(at).year - (day(at).month < YEAR_START))


def _new_years(low: float, high: float) -> list[float]:
    starts = [place(date(year, 1, 1)) for year in range(day(low).year, day(high).year + 1)]
    return [at for at in starts if low <= at <= high]


def _day_ticks(periods: list[float], room: float) -> list[Tick]:
    every = max(1, math.ceil(len(periods) * 48 / room))
    shown = [day(at) for at in periods[::every]]
    labels = [f"{MONTHS[date_.month - 1]} {date_.day}" for date_ in shown]
    return [Tick(at, labels[row // every] if row % every == 0 else "") for row, at in enumerate(periods)]


def _month_ticks(low: float, high: float, room: float) -> list[Tick]:
    months = _months(low, high)
    every = next((n for n in (1, 2, 3, 6) if len(months) / n * 34 <= room), 12)
    shown = {first.month for first in months if (first.month - 9) % every == 0}
    return [Tick(place(first), MONTHS[first.month - 1] if first.month in shown else "") for first in months]


def _months(low: float, high: float) -> list[date]:
    """The first days of months within the range."""
    first, last = day(low), day(high)
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    months = [date(number // 12, number % 12 + 1, 1) for number in numbers]
    return months if months and place(months[0]) >= low else months[1:]


def _school_years(low: float, high: float) -> list[Span]:
    first = day(low).year - (day(low).month < YEAR_START)
    last = day(high).year - (day(high).month < YEAR_START)
    spans = []
    for year in range(first, last + 1):
        start, end = place(date(year, YEAR_START, 1)), place(date(year + 1, YEAR_START, 1))
        spans.append(Span(max(low, start), min(high, end), f"{year}–{(year + 1) % 100:02d}"))
    return spans


def number_ticks(low: float, high: float, room: float) -> list[Tick]:
    """Ticks of an axis of whole numbers."""
    most = max(3, min(8, int(room / 60)))
    return [Tick(at, f"{at:.0f}") for at in ticks(low, high, most) if at == round(at)]
