"""Files as people send them, of the example's schools: to try `pdsa import` on. Nothing reads them, nothing is planted.

Numbers are drawn as in `draw`: uniform ones, comparisons and sums only, so that every machine writes the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from pdsa.example.draw import Row, open_weeks, school_id, stream
from pdsa.example.plan import LATE, SCHOOLS, SMALL

__all__ = ["incoming_texts"]

TRACKER_PART, GRADES_PART = 20, 21  # streams of chance that no measure of the example uses
TRACKER_FIRST = "2026-03-02"
MAY, JUNE = "2026-05-25", "2026-06-01"
# Plans as people type them into an online form: school, when it was sent, and five answers.
QUESTIONS = (
    *("Timestamp", "School ID", "What will you do differently?", "What do you predict, and why?"),
    *("How will you know?", "From when to when?", "Who does it?"),
)
ON_PAPER = "=the list, on paper"  # a cell that a spreadsheet would take for a formula
PLANS = (
    (
        *(3, "5/27/2026 14:05:11", "Friday help hour in the library"),
        *("12 of 20 invited students come because they are asked in person", "attendance"),
        *("2026-08-31 to 2026-09-18", "two teachers"),
    ),
    (
        *(9, "5/27/2026 15:40:02", "Ride board for the late bus"),
        *("Presence reaches 78%, because the bus that was cut is the most frequent reason", "Present 90% of periods"),
        *("2026-09-08 to 2026-09-25", "office & parents' association"),
    ),
    (
        *(19, "5/28/2026 07:58:47", "Late-work window of one week"),
        *('Half of the late work comes in because students said "a week would do"', "Gradebook of one class"),
        *("2026-09-08", "one teacher"),
    ),
    (
        *(1, "5/28/2026 16:22:30", "Two-minute talk at the bus stop 🙂"),
        *("A student in ten says what is missing because nobody else listens", ON_PAPER),
        *("2026-09-14 to 2026-09-25", "counselor"),
    ),
)
# School and week of what trackers hold besides numbers.
BREAK_WEEK, LEFT_BLANK, BOUND, FEW = (20, "2026-03-16"), (1, "2026-04-20"), "95% or more", "n<10"
OPEN, TO_COME = (13, MAY), "TBD"  # June has the number
REVISED = (8, "2026-05-18")  # the school sent another number in June
# Months by their first day: 03/01/2026 is 1 March or 3 January, and every other one is two days too.
MONTHS = (
    *("09/01/2024", "10/01/2024", "11/01/2024", "12/01/2024", "01/01/2025", "02/01/2025", "03/01/2025"),
    *("04/01/2025", "05/01/2025", "06/01/2025", "08/01/2025", "09/01/2025", "10/01/2025", "11/01/2025"),
    *("12/01/2025", "01/01/2026", "02/01/2026", "03/01/2026", "04/01/2026", "05/01/2026"),
)
LATE_MONTHS = 2  # of the school that joined late
WRONG_TOTAL = "02/01/2025"  # its network total is 2 too high
HIDDEN, HIDDEN_SINCE = 12, 15  # smaller groups are printed as * from the sixteenth month on


def incoming_texts(schools: int) -> dict[str, str]:
    """Names and texts of the files: two months of an attendance tracker, grade checks, and plans from an online form.

    Parameters
    ----------
    schools
        How many schools the example has.
    """
    count = min(schools, len(SCHOOLS))
    return {
        "incoming/attendance-tracker-2026-05.csv": _csv(_tracker(count, MAY)),
        "incoming/attendance-tracker-2026-06.csv": _csv(_tracker(count, JUNE)),
        "incoming/grade-checks.csv": _csv(_grade_checks(count)),
        "incoming/pdsa-plans.csv": _csv(_plans(count)),
    }


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _tracker(schools: int, last: str) -> Iterator[Row]:
    """A tracker of weeks as columns: title, header, a row a school, the network's average, and notes below."""
    weeks = [week for week in open_weeks() if TRACKER_FIRST <= week <= last]
    columns = [_percents(school, len(weeks)) for school in range(schools)]
    yield ("Ninth-grade attendance by week, percent (SYNTHETIC)",)
    yield ()
    yield ("School ID", "School", *weeks)
    for school, percents in enumerate(columns):
        cells = [_cell(school, week, tenths, last) for week, tenths in zip(weeks, percents, strict=True)]
        yield (school_id(school), SCHOOLS[school].name, *cells)
    means = [sum(percents) // len(percents) for percents in zip(*columns, strict=True)]
    yield ("", "Network average", *(_percent(mean) for mean in means))
    yield ()
    yield (f"Note: {FEW} means that fewer than ten students were enrolled. The average is of schools, not students.",)


def _percents(school: int, weeks: int) -> list[int]:
    """Tenths of a percent; the schools differ, and no week is better than another but by chance."""
    usual = 865 + (school * 37) % 70
    lots = stream(school, TRACKER_PART).random((weeks, 3)).tolist()
    return [usual + sum(int(lot * 31) for lot in three) - 45 for three in lots]


def _percent(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}%"


def _cell(school: int, week: str, tenths: int, last: str) -> str:
    if (school, week) == BREAK_WEEK:
        return "n/a"
    if (school, week) == OPEN and last == MAY:
        return TO_COME
    if (school, week) == LEFT_BLANK:
        return ""
    if school == SMALL[1] and week < "2026-04-01":
        return FEW
    if (school, week) == REVISED and last == JUNE:
        tenths -= 24
    return BOUND if tenths >= 950 else _percent(tenths)


def _grade_checks(schools: int) -> Iterator[Row]:
    """An export of a row a school and month, with a total a month."""
    yield ("School ID", "School Name", "Month", "Students Passing", "Students With Grades")
    for position, month in enumerate(MONTHS):
        sums = [0, 0]
        for school in range(schools):
            if school == LATE and position < len(MONTHS) - LATE_MONTHS:
                continue
            passing, graded = _grades(school, position)
            sums = [sums[0] + passing, sums[1] + graded]
            shown = (passing, graded) if graded >= HIDDEN or position < HIDDEN_SINCE else ("*", "*")
            yield (school_id(school), SCHOOLS[school].name, month, *shown)
        yield ("", "Network total", month, sums[0] + 2 * (month == WRONG_TOTAL), sums[1])


def _grades(school: int, position: int) -> tuple[int, int]:
    """Students who pass all core courses, and all students, in one month."""
    plan = SCHOOLS[school]
    lots = stream(school, GRADES_PART).random((len(MONTHS), 300)).tolist()[position]
    graded = plan.students - int(lots[-1] * 3)
    return sum(lot < plan.on_track for lot in lots[:graded]), graded


def _plans(schools: int) -> Iterator[Row]:
    """An export of an online form: a question a column, a plan a row."""
    yield QUESTIONS
    for school, sent, *answers in PLANS:
        if school < schools:
            yield (sent, school_id(int(school)), *answers)
