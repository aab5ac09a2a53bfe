"""Days of single students -> counts of schools: attendance, chronic absence and truancy, three different things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.students.rows import StudentDays
from pdsa.terms import Step

__all__ = ["StudentRules", "attendance", "enrollment", "period_start", "snapshots", "year_to_date"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Days = NDArray[np.datetime64]

# Shares of days are sums of halves and sevenths: 3.6 of 36 days must be 10% whatever their last digits.
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class StudentRules:
    """What counts as what; all of it is told with the numbers.

    Parameters
    ----------
    min_days
        Fewest days enrolled to count in chronic absence.
    chronic_share
        Share of days enrolled from which a student is chronically absent.
    truant_year, truant_month
        Unexcused days in a school year so far, or in one calendar month, from which a student is truant.
    step
        Period of attendance: `day`, `week` or `month`.
    school_year_start
        Month in which a school year begins.
    """

    min_days: int = 10
    chronic_share: float = 0.10
    truant_year: float = 10.0
    truant_month: float = 4.0
    step: Step = "week"
    school_year_start: int = 7

    def told(self, by_month: bool) -> dict[str, str]:
        """The operational definition of each measure; `by_month` where unexcused days of single months are known."""
        share = f"{self.chronic_share:.0%}"
        often = f" or {self.truant_month:g} in one month" if by_month else ""
        return {
            "attendance": "days attended of days enrolled; a late student attended",
            "chronic_absence": f"students absent at least {share} of their days enrolled so far in the school year, of "
            f"students enrolled at least {self.min_days} days so far, excused or not, with those who left since",
            "truancy": f"students with at least {self.truant_year:g} unexcused days so far in the school "
            f"year{often}, of all students enrolled so far",
        }


def period_start(day: Days, step: Step) -> Days:
    """The first day of each day's period: itself, its Monday, the first of its month."""
    if step == "month":
        return day.astype("datetime64[M]").astype("datetime64[D]")
    if step == "week":
        return day - (day.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    return day


def attendance(days: StudentDays, step: Step | None) -> pd.DataFrame:
    """Days attended and days enrolled of each unit and period; `step` None keeps the periods as given."""
    period = days.day if step is None else period_start(days.day, step)
    return _counted(days.unit, period, days.enrolled - days.absent, days.enrolled, "attendance")


def enrollment(days: StudentDays) -> pd.DataFrame:
    """Students with at least one day of membership in each unit and month."""
    month = period_start(days.day, "month")
    there = days.enrolled > 0
    columns = {"unit": days.unit[there], "period": month[there], "student": days.student[there]}
    once = pd.DataFrame(columns).drop_duplicates()
    found = once.groupby(["unit", "period"], sort=True).size()
    return found.rename("value").reset_index().assign(measure="enrollment", numerator=np.nan, denominator=np.nan)


def snapshots(days: StudentDays, rules: StudentRules) -> list[pd.DataFrame]:
    """Chronic absence, and truancy where excuses are known, of rows that are themselves days so far."""
    chronic = _chronic(days.absent, days.enrolled, rules)
    counted = _eligible(days.enrolled, rules)
    frames = [_counted(days.unit, days.day, chronic, counted, "chronic_absence")]
    if not np.isnan(days.unexcused).any():
        truant = (days.enrolled > 0) & (days.unexcused >= rules.truant_year - TINY)
        frames.append(_counted(days.unit, days.day, truant, days.enrolled > 0, "truancy"))
    return frames


def year_to_date(days: StudentDays, rules: StudentRules) -> list[pd.DataFrame]:
    """Chronic absence, and truancy where excuses are known, at the end of each month: of the school year so far.

    A month has a row where its unit has any day in it; its period is the first of the month.
    """
    months = _Months.of(days, rules.school_year_start)
    enrolled, absent = months.so_far(days.enrolled), months.so_far(days.absent)
    frames = [months.counted(_chronic(absent, enrolled, rules), _eligible(enrolled, rules), "chronic_absence")]
    if not np.isnan(days.unexcused).any():
        in_month = months.each(days.unexcused)
        often = np.maximum.accumulate(in_month >= rules.truant_month - TINY, axis=1)
        truant = often | (np.cumsum(in_month, axis=1) >= rules.truant_year - TINY)
        frames.append(months.counted(truant & (enrolled > 0), enrolled > 0, "truancy"))
    return frames


def _chronic(absent: Floats, enrolled: Floats, rules: StudentRules) -> NDArray[np.bool_]:
    return _eligible(enrolled, rules) & (absent >= rules.chronic_share * enrolled - TINY)


def _eligible(enrolled: Floats, rules: StudentRules) -> NDArray[np.bool_]:
    return (enrolled >= rules.min_days - TINY) & (enrolled > 0)


def _counted(
    unit: Ints, period: Days, numerator: NDArray[np.generic], denominator: NDArray[np.generic], measure: str
) -> pd.DataFrame:
    """Sums of each unit and period."""
    rows = pd.DataFrame({"unit": unit, "period": period, "numerator": numerator, "denominator": denominator})
    sums = rows.astype({"numerator": float, "denominator": float}).groupby(["unit", "period"], sort=True).sum()
    return sums.round(6).reset_index().assign(measure=measure, value=np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class _Months:
    """Every student of a unit and school year as a row of twelve months."""

    row: Ints  # of each row of days
    month: Ints
    unit: Ints  # of each student
    year: Ints
    start: int

    @classmethod
    def of(cls, days: StudentDays, start: int) -> _Months:
        """Positions of each row; rows of `days` are in the order of unit and student."""
        number = days.day.astype("datetime64[M]").astype(np.int64) - (start - 1)
        year, month = number // 12, number % 12
        students = np.int64(days.student.max(initial=0) + 1)
        keys = (days.unit * students + days.student) * np.int64(4096) + year + 2048
        found, row = np.unique(keys, return_inverse=True)
        return cls(row, month, found // 4096 // students, found % 4096 - 2048, start)

    def each(self, values: Floats) -> Floats:
        """Shape (students, 12): sums of each month."""
        sums = np.bincount(self.row * 12 + self.month, values, len(self.unit) * 12)
        return np.asarray(sums, dtype=np.float64).reshape(-1, 12)

    def so_far(self, values: Floats) -> Floats:
        """Shape (students, 12): sums from the beginning of the school year to the end of each month."""
        return np.asarray(np.cumsum(self.each(values), axis=1), dtype=np.float64)

    def counted(self, numerator: NDArray[np.bool_], denominator: NDArray[np.bool_], measure: str) -> pd.DataFrame:
        """Students of each unit and month in which the unit has any day."""
        units, place = np.unique(np.column_stack([self.unit, self.year]), axis=0, return_inverse=True)
        place = place.reshape(-1)
        there = np.zeros((len(units), 12), dtype=bool)
        there[place[self.row], self.month] = True
        sums = [_sum_rows(place, one, len(units)) for one in (numerator, denominator)]
        unit, month = np.nonzero(there)
        return pd.DataFrame(
            {
                "unit": units[unit, 0],
                "period": self._first_days(units[unit, 1], month),
                "numerator": sums[0][unit, month],
                "denominator": sums[1][unit, month],
            }
        ).assign(measure=measure, value=np.nan)

    def _first_days(self, year: Ints, month: Ints) -> Days:
        return (year * 12 + month + self.start - 1).astype("datetime64[M]").astype("datetime64[D]")


def _sum_rows(place: Ints, flags: NDArray[np.bool_], count: int) -> Floats:
    """Shape (count, 12): how many flags each place has in each month."""
    sums = [np.bincount(place, flags[:, month], count) for month in range(12)]
    return np.asarray(np.stack(sums, axis=1), dtype=np.float64)
