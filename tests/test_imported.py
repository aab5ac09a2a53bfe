"""Tables -> observations: what each kind of row becomes, by hand, and what may not matter (order, files, columns)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdsa.mapping.draft import Draft, draft, known_of
from pdsa.mapping.ratios import Ratio, plain_numbers, ratios
from pdsa.read.grid import Grid
from pdsa.records import School
from pdsa.records.imports import Mapping, MeasureColumns
from pdsa.texts import Coded

Table = Sequence[Sequence[str]]
# School, measure, period, value, numerator, denominator, dimension, group, status.
Seen = tuple[str, str, str, float | None, float | None, float | None, str, str, str]

AS_OF = date(2026, 1, 31)
HEAD = [
    "School Number",
    "School Name",
    "Month",
    "Chronic Absentee Cnt",
    "Chronic Absentee Denom",
    "Chronic Absentee Pct",
]
# Enough plain rows that one odd row is no habit of the file.
PLAIN = [
    [f"{number:04d}", f"School {number}", f"2025-{month:02d}", str(number + 3 * month % 5), str(40 + number), ""]
    for number in range(1, 9)
    for month in range(9, 13)
]


def coded(texts: Sequence[str]) -> Coded:
    places: dict[str, int] = {}
    codes = [places.setdefault(text, len(places)) for text in texts]
    return Coded(np.array(codes, dtype=np.int64), tuple(places))


def grid(rows: Table, name: str = "days.csv") -> Grid:
    columns = tuple(coded([row[k] for row in rows]) for k in range(len(rows[0])))
    count = len(rows)
    return Grid(name, columns, np.arange(1, count + 1), np.full(count, len(rows[0])), name=name)


def drafted(
    *tables: Table | Grid,
    mapping: Mapping | None = None,
    known: Sequence[str] = (),
    said: dict[str, str] | None = None,
    **answers: str,
) -> Draft:
    """A draft of tables, in files days.csv, days-1.csv ...; answers by name, or in `said` where a key is no name."""
    grids = [
        one if isinstance(one, Grid) else grid(one, f"days-{k}.csv" if k else "days.csv")
        for k, one in enumerate(tables)
    ]
    decisions = tuple(((said or {}) | answers).items())
    base = mapping or Mapping("days", decisions=decisions)
    schools = [School(one, one) for one in known]
    return draft(grids, base, known_of((), schools), new=mapping is None, as_of=AS_OF)


def number(value: Any) -> float | None:
    return None if isnan(value) else round(float(value), 12)


def seen(one: Draft) -> list[Seen]:
    """The observations of a draft without questions and problems."""
    assert one.remarks.problems == [], one.remarks.problems
    assert one.remarks.questions == [], one.remarks.questions
    assert one.imported is not None
    return [
        (
            str(row.school),
            str(row.measure),
            f"{row.period:%Y-%m-%d}",
            number(row.value),
            number(row.numerator),
            number(row.denominator),
            str(row.group_dim),
            str(row.group),
            str(row.status),
        )
        for row in one.imported.frame.itertuples()
    ]


def problems(one: Draft) -> list[tuple[str, str]]:
    return [(problem.place, problem.found) for problem in one.remarks.problems]


def keys(one: Draft) -> list[str]:
    return [question.key for question in one.remarks.questions]


class TestOneRow:
    """What count, denominator and percent of one row become, beside plain rows."""

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [
            (("12", "40", "30.0"), (None, 12.0, 40.0, "reported")),
            (("12", "40", ""), (None, 12.0, 40.0, "reported")),
            (("0", "40", "0.0"), (None, 0.0, 40.0, "reported")),
            (("40", "40", "100"), (None, 40.0, 40.0, "reported")),
            (("*", "*", "<= 5.0"), (0.05, None, None, "bottom_coded")),
            (("*", "*", ">= 95.0"), (0.95, None, None, "top_coded")),
            (("*", "*", "*"), (None, None, None, "suppressed")),
            (("*", "40", "*"), (None, None, 40.0, "suppressed")),
            (("", "", ""), (None, None, None, "missing")),
            (("", "40", "30.0"), (0.3, None, 40.0, "reported")),
            (("0", "0", ""), (None, 0.0, 0.0, "not_applicable")),
            (("45", "40", "112.5"), (None, None, None, "excluded")),
            (("", "", "130.5"), (None, None, None, "excluded")),
            (("#DIV/0!", "#DIV/0!", "#DIV/0!"), (None, None, None, "error")),
            (("*", "*", "#DIV/0!"), (None, None, None, "error")),
            (("*", "*", ""), (None, None, None, "suppressed")),
            (("", "<10", ""), (None, None, None, "suppressed")),
            (("<5", "40", ""), (None, 5.0, 40.0, "bottom_coded")),
        ],
    )
    def test_a_row(
        self, cells: tuple[str, str, str], expected: tuple[float | None, float | None, float | None, str]
    ) -> None:
        odd = ["0099", "School 99", "2025-10", *cells]
        rest = [[*row[:5], f"{100 * int(row[3]) / int(row[4]):.1f}"] for row in PLAIN]
        rows = {row[0]: row for row in seen(drafted([HEAD, *rest, odd]))}
        assert (*rows["0099"][3:6], rows["0099"][8]) == expected

    def test_a_negative_count_is_asked_and_then_set_aside(self) -> None:
        rows = [HEAD, *PLAIN, ["0099", "Elm", "2025-10", "-3", "40", ""]]
        (question,) = drafted(rows).remarks.questions
        assert (question.key, question.place) == ("mark:-3", "days.csv, row 34, Chronic Absentee Cnt")
        (word,) = [one.word for one in question.choices if "number that it looks like" in one.meaning]
        one = drafted(rows, said={"mark:-3": word})
        assert [row[3:6] for row in seen(one) if row[8] == "excluded"] == [(None, None, None)]
        assert [(aside.found, aside.reason) for aside in one.remarks.asides] == [
            ("Elm: -3 of 40 (-0.0750)", "less than none; set aside")
        ]

    def test_an_impossible_row_is_told_with_its_numbers(self) -> None:
        one = drafted([HEAD, *PLAIN, ["0099", "Elm", "2025-10", "45", "40", ""]])
        (aside,) = one.remarks.asides
        assert (aside.source, aside.row) == ("days.csv", 34)
        assert (aside.found, aside.reason) == ("Elm: 45 of 40 (1.1250)", "more than all; set aside")

    def test_a_published_percent_that_is_another_one_is_told(self) -> None:
        rest = [[*row[:5], f"{100 * int(row[3]) / int(row[4]):.1f}"] for row in PLAIN]
        one = drafted([HEAD, *rest, ["0099", "Elm", "2025-10", "12", "40", "37.0"]])
        told = "days.csv, row 34, Chronic Absentee Pct: 0.37 published, but 12 of 40 is 0.3; the counts are used"
        assert told in one.remarks.told
        assert ("0099", 12.0, 40.0) in [(row[0], row[4], row[5]) for row in seen(one)]

    @pytest.mark.parametrize("percent", ["30.0", "30.1", "29.9", "30"])
    def test_a_percent_that_was_cut_or_rounded_is_not(self, percent: str) -> None:
        rest = [[*row[:5], f"{100 * int(row[3]) / int(row[4]):.1f}"] for row in PLAIN]
        one = drafted([HEAD, *rest, ["0099", "Elm", "2025-10", "12", "40", percent]])
        assert not [line for line in one.remarks.told if "published" in line]

    def test_two_impossible_rows_of_two_are_swapped_columns(self) -> None:
        rows = [[*row[:3], row[4], row[3], ""] for row in PLAIN]
        one = drafted([HEAD, *rows])
        ((place, found),) = problems(one)
        assert place == "days.csv, row 2"
        assert found == "41 of 3 (13.6667), and 31 more such rows of 32"
        assert "swapped" in one.remarks.problems[0].expected

    def test_half_of_them_are_only_set_aside(self) -> None:
        """Of 32 rows 16 are impossible: not more than half."""
        rows = [[*row[:3], row[4], row[3], ""] if k % 2 else row for k, row in enumerate(PLAIN)]
        one = drafted([HEAD, *rows])
        assert [row[8] for row in seen(one)].count("excluded") == 16
        assert len(one.remarks.asides) == 16


class TestTotals:
    """Rows that are totals of others."""

    def test_a_labelled_row_is_no_school(self) -> None:
        one = drafted([HEAD, *PLAIN, ["", "All Schools", "2025-10", "116", "356", ""]])
        assert "" not in {row[0] for row in seen(one)}
        assert one.imported is not None
        (total,) = one.imported.totals.to_dict("records")
        assert (total["scope"], total["key"], total["numerator"], total["denominator"]) == ("network", "", 116.0, 356.0)
        assert [line for line in one.remarks.told if "row 34: totals (All Schools)" in line]

    def test_a_label_beside_an_id_is_asked(self) -> None:
        one = drafted([HEAD, *PLAIN, ["0999", "Grand Total", "2025-10", "116", "356", ""]])
        assert keys(one) == ["total:Grand Total"]
        answered = drafted(
            [HEAD, *PLAIN, ["0999", "Grand Total", "2025-10", "116", "356", ""]], said={"total:Grand Total": "school"}
        )
        assert "0999" in {row[0] for row in seen(answered)}
        answered = drafted(
            [HEAD, *PLAIN, ["0999", "Grand Total", "2025-10", "116", "356", ""]], said={"total:Grand Total": "total"}
        )
        assert "0999" not in {row[0] for row in seen(answered)}

    def test_a_total_of_a_district(self) -> None:
        head = ["District", *HEAD]
        rows = [["1" if int(row[0]) < 5 else "2", *row] for row in PLAIN]
        totals = [["1", "", "All Adams Schools", "2025-10", "50", "170", ""]]
        one = drafted([head, *rows, *totals])
        assert one.imported is not None
        (total,) = one.imported.totals.to_dict("records")
        assert (total["scope"], total["key"]) == ("district", "1")

    def test_the_total_in_the_column_of_periods_is_of_the_only_period(self) -> None:
        rows = [row for row in PLAIN if row[2] == "2025-10"]
        one = drafted([HEAD, *rows, ["", "", "Total", "116", "356", ""]])
        assert one.imported is not None
        (total,) = one.imported.totals.to_dict("records")
        assert f"{total['period']:%Y-%m-%d}" == "2025-10-01"

    def test_a_total_is_not_set_aside(self) -> None:
        """It is compared as it was published, even if it cannot be."""
        one = drafted([HEAD, *PLAIN, ["", "All Schools", "2025-10", "400", "356", ""]])
        assert one.remarks.asides == []
        assert one.imported is not None
        (total,) = one.imported.totals.to_dict("records")
        assert (total["numerator"], total["denominator"], total["status"]) == (400.0, 356.0, "reported")

    def test_a_label_in_the_column_of_ids(self) -> None:
        one = drafted([HEAD, *PLAIN, ["Grand Total", "", "2025-10", "116", "356", ""]])
        assert len(seen(one)) == 32


class TestKinds:
    """Rates, averages and groups."""

    def test_a_rate_over_nothing(self) -> None:
        head = ["School Number", "School Name", "Month", "Incidents", "Students"]
        said = {
            "use:Incidents": "discipline_incidents numerator",
            "use:Students": "discipline_incidents denominator",
            "denominator:discipline_incidents": "Students",
        }
        rows = [row[:5] for row in PLAIN]
        one = drafted([head, *rows, ["0099", "Elm", "2025-10", "2", "0"]], said=said)
        assert [(row[0], *row[3:6]) for row in seen(one) if row[8] == "excluded"] == [("0099", None, None, None)]
        assert [aside.reason for aside in one.remarks.asides] == ["a denominator of zero; set aside"]
        more = drafted([head, *rows, ["0099", "Elm", "2025-10", "50", "40"]], said=said)
        assert ("0099", 50.0, 40.0) in [(row[0], row[4], row[5]) for row in seen(more)]

    def test_bounds_of_a_rate_in_percent(self) -> None:
        """`>= 95.0` beside 17.8 for 17.8%: the bound is 0.95, as 38 of 214 is 0.178."""
        head = ["School Number", "Month", "Mobility Rate", "Mobility Count", "Avg Daily Member Count"]
        rows = [[row[0], row[2], f"{100 * int(row[3]) / int(row[4]):.1f}", row[3], row[4]] for row in PLAIN]
        bounds = [["0099", "2025-10", ">= 95.0", "*", "*"], ["0098", "2025-10", "<= 5.0", "*", "*"]]
        found = {row[0]: row for row in seen(drafted([head, *rows, *bounds]))}
        assert (found["0099"][3], found["0099"][8]) == (0.95, "top_coded")
        assert (found["0098"][3], found["0098"][8]) == (0.05, "bottom_coded")

    def test_half_days_are_kept_and_told(self) -> None:
        """One number in five has a half: no slip, and nothing to ask."""
        head = ["School Number", "Month", "Days Attended Cnt", "Days Member Cnt"]
        rows = [
            [row[0], row[2], f"{700 + 3 * k % 7 + (0.5 if k % 5 == 0 else 0):g}", "800"] for k, row in enumerate(PLAIN)
        ]
        one = drafted([head, *rows])
        assert seen(one)[0][4:6] == (700.5, 800.0)
        assert "Days Attended Cnt: parts of a whole (half days or averages) are kept as they stand" in one.remarks.told

    def test_a_count_beside_a_rate_without_its_whole_is_not_used(self) -> None:
        mapping = Mapping(
            "days",
            school=KNOWN.school,
            period=KNOWN.period,
            measures=(
                MeasureColumns("chronic_absence", ("Chronic Absentee Pct",), ("Chronic Absentee Cnt",), (), "percent"),
            ),
        )
        rows = [[*row[:5], "30.0"] for row in PLAIN]
        assert {row[3:6] for row in seen(drafted([HEAD, *rows], mapping=mapping))} == {(0.3, None, None)}

    def test_everybody_is_no_group(self) -> None:
        rows = [[*row, group] for row in PLAIN for group in ("All Students", "Female")]
        one = drafted([[*HEAD, "Student Group"], *rows])
        assert {row[6:8] for row in seen(one)} == {("", ""), ("Student Group", "Female")}


class TestRepeats:
    """One number for a school, measure, period and group."""

    def test_the_same_row_twice_is_kept_once_and_told(self) -> None:
        one = drafted([HEAD, *PLAIN, PLAIN[0]])
        assert len(seen(one)) == 32
        assert [(aside.row, aside.reason) for aside in one.remarks.asides] == [
            (34, "the same as days.csv, row 2; kept once")
        ]
        assert [line for line in one.remarks.told if line.startswith("1 rows say what another row says")]

    def test_other_numbers_are_a_problem(self) -> None:
        one = drafted([HEAD, *PLAIN, [*PLAIN[0][:3], "11", "41", ""]])
        ((place, found),) = problems(one)
        assert place == "days.csv, row 34 and days.csv, row 2"
        assert found == "11 of 41 and 3 of 41 for 0001, chronic_absence, 2025-09-01"

    def test_a_hidden_number_beside_a_number_is_a_problem(self) -> None:
        one = drafted([HEAD, *PLAIN, [*PLAIN[0][:3], "*", "*", ""]])
        ((_, found),) = problems(one)
        assert found == "suppressed and 3 of 41 for 0001, chronic_absence, 2025-09-01"

    def test_over_two_files(self) -> None:
        one = drafted([HEAD, *PLAIN], [HEAD, PLAIN[3], PLAIN[5]])
        assert len(seen(one)) == 32
        assert [(aside.source, aside.row) for aside in one.remarks.asides] == [("days-1.csv", 2), ("days-1.csv", 3)]


class TestPeriods:
    """When the numbers are from."""

    def test_texts_that_are_no_periods_are_problems_with_their_rows(self) -> None:
        rows = [list(row) for row in PLAIN]
        rows[3][2] = "soon"
        rows[7][2] = rows[9][2] = ""
        found = dict(problems(drafted([HEAD, *rows])))
        assert set(found) == {"days.csv, row 5, Month", "days.csv, row 9 and 1 more rows, Month"}
        assert "'soon'" in found["days.csv, row 5, Month"]
        assert "blank" in found["days.csv, row 9 and 1 more rows, Month"]

    def test_day_or_month_first_is_asked(self) -> None:
        rows = [[*row[:2], f"0{k % 4 + 1}/0{k % 4 + 2}/2025", *row[3:]] for k, row in enumerate(PLAIN)]
        one = drafted([HEAD, *rows])
        assert "dates" in keys(one)
        first = seen(drafted([HEAD, *rows], dates="month-first"))[0]
        assert first[2] == "2025-01-02"
        assert seen(drafted([HEAD, *rows], dates="day-first"))[0][2] == "2025-02-01"

    def test_the_title_says_when(self) -> None:
        head = [name for name in HEAD if name != "Month"]
        rows = [[*row[:2], *row[3:]] for row in PLAIN if row[2] == "2025-10"]
        titled = [["Chronic absence, 2024-25", "", "", "", ""], head, *rows]
        one = drafted(titled)
        assert {row[2] for row in seen(one)} == {"2024-07-01"}
        untitled = drafted([head, *rows])
        assert keys(untitled) == ["period:days.csv"]
        answered = drafted([head, *rows], said={"period:days.csv": "2023-24"})
        assert {row[2] for row in seen(answered)} == {"2023-07-01"}

    def test_columns_of_months(self) -> None:
        rows = [
            ["School", "2025-09", "2025-10", "2025-11"],
            ["0001", "91.5%", "92%", "*"],
            ["0002", "", "88%", ">= 95%"],
        ]
        one = drafted(rows, measure="attendance")
        assert sorted(seen(one)) == sorted(
            [
                ("0001", "attendance", "2025-09-01", 0.915, None, None, "", "", "reported"),
                ("0001", "attendance", "2025-10-01", 0.92, None, None, "", "", "reported"),
                ("0001", "attendance", "2025-11-01", None, None, None, "", "", "suppressed"),
                ("0002", "attendance", "2025-09-01", None, None, None, "", "", "missing"),
                ("0002", "attendance", "2025-10-01", 0.88, None, None, "", "", "reported"),
                ("0002", "attendance", "2025-11-01", 0.95, None, None, "", "", "top_coded"),
            ]
        )


class TestSchools:
    """Whose numbers they are."""

    def test_ids_that_lost_their_zeros_are_asked(self) -> None:
        rows = [[row[0].lstrip("0"), *row[1:]] for row in PLAIN]
        known = [f"{number:04d}" for number in range(1, 9)]
        one = drafted([HEAD, *rows], known=known)
        (question,) = one.remarks.questions
        assert question.key == "same"
        assert "8 ids" in question.found
        assert {row[0] for row in seen(drafted([HEAD, *rows], known=known, same="same"))} == set(known)
        assert {row[0] for row in seen(drafted([HEAD, *rows], known=known, same="different"))} == set("12345678")

    def test_a_single_one_is_asked_by_its_id(self) -> None:
        one = drafted([HEAD, *PLAIN, ["9", "School 9", "2025-10", "1", "40", ""]], known=["0009"])
        assert keys(one) == ["same:9"]

    def test_zeros_lost_in_one_part_of_an_id(self) -> None:
        head = ["District Number", *HEAD]
        rows = [["077", *row] for row in PLAIN] + [
            ["77", row[0].lstrip("0"), *row[1:2], "2025-08", *row[3:]] for row in PLAIN[::4]
        ]
        one = drafted([head, *rows], school="district+school")
        assert keys(one) == ["same"]
        assert {row[0] for row in seen(drafted([head, *rows], school="district+school", same="same"))} == {
            f"077-{number:04d}" for number in range(1, 9)
        }

    def test_names_are_the_last_ones_and_no_file_without_names_takes_them(self) -> None:
        bare = [[HEAD[0], *HEAD[2:]], *[[row[0], "2024-10", *row[3:]] for row in PLAIN[::4]]]
        renamed = [HEAD, ["0001", "New name", "2026-01", "3", "40", ""]]
        one = drafted([HEAD, *PLAIN], renamed, bare)
        assert seen(one)
        assert one.imported is not None
        names = {school.id: school.name for school in one.imported.schools}
        assert names["0001"] == "New name"
        assert names["0002"] == "School 2"

    def test_a_blank_district_is_no_other_district(self) -> None:
        head = ["District", *HEAD]
        rows = [["" if k == 3 else "7", *row] for k, row in enumerate(PLAIN)]
        assert keys(drafted([head, *rows])) == []
        rows = [["8" if k == 3 else "7", *row] for k, row in enumerate(PLAIN)]
        assert keys(drafted([head, *rows])) == ["school"]


KNOWN = Mapping(
    "days",
    school=(("School Number",),),
    school_name=("School Name",),
    period=("Month",),
    measures=(
        MeasureColumns(
            "chronic_absence",
            ("Chronic Absentee Pct",),
            ("Chronic Absentee Cnt",),
            ("Chronic Absentee Denom",),
            "percent",
        ),
    ),
)


class TestKnownMapping:
    """The same mapping next month."""

    def test_it_asks_nothing(self) -> None:
        one = drafted([HEAD, *PLAIN], mapping=KNOWN)
        assert len(seen(one)) == 32
        assert not [line for line in one.remarks.told if "does not know" in line]

    def test_a_new_column_is_told(self) -> None:
        one = drafted([[*HEAD, "Grade Span"], *[[*row, "K-5"] for row in PLAIN]], mapping=KNOWN)
        assert "days.csv: columns that the mapping does not know, not used: Grade Span" in one.remarks.told

    def test_a_missing_key_column_is_a_problem_with_the_nearest_name(self) -> None:
        head = ["Shool Number", *HEAD[1:]]
        ((place, _),) = problems(one := drafted([head, *PLAIN], mapping=KNOWN))
        assert place == "days.csv, row 1"
        assert "School Number" in one.remarks.problems[0].expected
        assert "Shool Number" in one.remarks.problems[0].expected

    def test_half_a_fraction_is_a_problem(self) -> None:
        """Counts alone would be read as shares."""
        head = [*HEAD[:4], "Students", "Other"]
        one = drafted([head, *PLAIN], mapping=KNOWN)
        ((place, _),) = problems(one)
        assert place == "days.csv, row 1"
        assert "the denominator of chronic_absence: a column Chronic Absentee Denom" in one.remarks.problems[0].expected

    def test_without_one_count_the_published_percent_stands(self) -> None:
        head = [*HEAD[:4], "Students", HEAD[5]]
        rows = [[*row[:5], "30.0"] for row in PLAIN]
        one = drafted([head, *rows], mapping=KNOWN)
        assert {row[3:6] for row in seen(one)} == {(0.3, None, None)}
        assert [line for line in one.remarks.told if "Chronic Absentee Cnt is not used without it" in line]

    def test_a_measure_that_is_not_there_is_told(self) -> None:
        both = Mapping(
            "days",
            school=KNOWN.school,
            period=KNOWN.period,
            measures=(*KNOWN.measures, MeasureColumns("gpa", ("GPA",))),
        )
        one = drafted([HEAD, *PLAIN], mapping=both)
        assert len(seen(one)) == 32
        assert "days.csv: no column of gpa" in one.remarks.told

    def test_small_files_are_set_aside(self) -> None:
        least = Mapping("days", school=KNOWN.school, period=KNOWN.period, measures=KNOWN.measures, min_rows=3)
        few = [HEAD, ["0001", "", "2026-01", "3", "40", ""], ["0002", "", "2026-01", "3", "40", ""]]
        one = drafted([HEAD, *PLAIN], few, mapping=least)
        assert len(seen(one)) == 32
        assert "days-1.csv: 2 rows, fewer than 3; set aside" in one.remarks.told
        assert problems(drafted(few, mapping=least)) == [("days.csv", "fewer than 3 rows")]


SHUFFLES = st.randoms(use_true_random=False)
MARKED = [
    *PLAIN,
    ["0009", "School 9", "2025-09", "*", "*", "<= 5.0"],
    ["0009", "School 9", "2025-10", "0", "0", ""],
    ["0009", "School 9", "2025-11", "50", "40", ""],
    ["", "All Schools", "2025-09", "116", "356", ""],
]


def bag(one: Draft) -> list[str]:
    return sorted(map(str, seen(one)))


class TestWhatMayNotMatter:
    """The order of rows and columns, and how many files the rows stand in."""

    @given(SHUFFLES)
    @settings(max_examples=25, deadline=None)
    def test_order_of_rows(self, chance: random.Random) -> None:
        rows = list(MARKED)
        chance.shuffle(rows)
        assert bag(drafted([HEAD, *rows])) == bag(drafted([HEAD, *MARKED]))

    @given(SHUFFLES)
    @settings(max_examples=25, deadline=None)
    def test_order_of_columns(self, chance: random.Random) -> None:
        order = list(range(len(HEAD)))
        chance.shuffle(order)
        table = [[row[k] for k in order] for row in [HEAD, *MARKED]]
        assert bag(drafted(table)) == bag(drafted([HEAD, *MARKED]))

    @given(st.integers(8, len(PLAIN) - 8))
    @settings(max_examples=15, deadline=None)
    def test_number_of_files(self, cut: int) -> None:
        apart = drafted([HEAD, *MARKED[:cut]], [HEAD, *MARKED[cut:]])
        assert bag(apart) == bag(drafted([HEAD, *MARKED]))

    @given(st.text(max_size=12), st.integers(0, len(PLAIN) - 1), st.integers(0, 5))
    @settings(max_examples=60, deadline=None)
    def test_any_text_in_any_cell_is_read_asked_or_refused(self, text: str, row: int, column: int) -> None:
        """Never another number: the other rows are as they were, and this one is what its text says, or asked about."""
        rows = [list(one) for one in PLAIN]
        rows[row][column] = text
        one = drafted([HEAD, *rows])
        if one.remarks.questions or one.remarks.problems:
            return
        before = bag(drafted([HEAD, *PLAIN]))
        lost = [line for line in before if line not in bag(one)]
        assert len(lost) <= 1


def columns(**texts: Sequence[str]) -> dict[str, Coded]:
    return {name: coded(one) for name, one in texts.items()}


WHOLE = ["40", "50", "80", "25", "16", "90"]
SOME = ["10", "20", "12", "5", "4", "72"]


class TestRatios:
    """Which column is the quotient of two others."""

    def test_a_percent_of_two_counts(self) -> None:
        found = ratios(columns(rate=["25.0", "40.0", "15.0", "20.0", "25.0", "80.0"], some=SOME, whole=WHOLE))
        assert found == (Ratio("rate", "some", "whole", 100.0, 1.0),)

    def test_a_fraction(self) -> None:
        found = ratios(columns(rate=[".25", "0.40", "0.15", "0.2", "0.25", "0.8"], some=SOME, whole=WHOLE))
        assert [(one.value, one.numerator, one.denominator, one.factor) for one in found] == [
            ("rate", "some", "whole", 1.0)
        ]

    def test_percent_signs_and_commas(self) -> None:
        whole = ["4,000", "5,000", "8,000", "2,500", "1,600", "9,000"]
        some = ["1,000", "2,000", "1,200", "500", "400", "7,200"]
        found = ratios(columns(rate=["25%", "40%", "15%", "20%", "25%", "80%"], some=some, whole=whole))
        assert [(one.value, one.numerator, one.denominator, one.factor) for one in found] == [
            ("rate", "some", "whole", 1.0)
        ]

    def test_digits_that_a_program_wrote(self) -> None:
        """67.099999999999994 is 67.1, the rounded quotient of 51 and 76."""
        rate = ["67.099999999999994", "40", "15", "20", "25", "80"]
        found = ratios(columns(rate=rate, some=["51", *SOME[1:]], whole=["76", *WHOLE[1:]]))
        assert [(one.value, one.numerator, one.denominator) for one in found] == [("rate", "some", "whole")]

    def test_counts_of_small_groups_are_no_rate(self) -> None:
        """Next to nothing is near to every quotient that is next to nothing."""
        grade = ["0"] * 30 + ["1"] * 8 + ["2", "3"]
        share = [f"0.{k % 9 + 1}" for k in range(40)]
        twelve = [str(50 + 7 * k % 40) for k in range(40)]
        assert ratios(columns(grade=grade, share=share, twelve=twelve)) == ()

    def test_a_count_is_no_rate_of_two_others(self) -> None:
        """Ten for each one: not even incidents of students are so many."""
        found = ratios(
            columns(
                many=["10", "8", "12", "9", "11", "20"],
                some=["100", "200", "360", "90", "440", "400"],
                whole=["10", "25", "30", "10", "40", "20"],
            )
        )
        assert found == ()

    def test_five_rows_are_needed(self) -> None:
        few = columns(rate=["25.0", "40.0", "15.0", "20.0"], some=SOME[:4], whole=WHOLE[:4])
        assert ratios(few) == ()

    def test_one_row_in_ten_that_is_off_is_too_many(self) -> None:
        rate = ["25.0", "40.0", "15.0", "20.0", "25.0", "80.0", "25.0", "40.0", "15.0", "33.0"]
        assert ratios(columns(rate=rate, some=[*SOME, *SOME[:4]], whole=[*WHOLE, *WHOLE[:4]])) == ()

    def test_one_in_twenty_is_not(self) -> None:
        rate = ["25.0", "40.0", "15.0", "20.0", "25.0", "80.0"] * 4
        rate[7] = "33.0"
        (found,) = ratios(columns(rate=rate, some=SOME * 4, whole=WHOLE * 4))
        assert found.share == pytest.approx(23 / 24)

    def test_two_rates_are_no_evidence(self) -> None:
        """A column of two different numbers agrees by chance."""
        found = ratios(columns(rate=["25", "40"] * 3, some=["10", "20"] * 3, whole=["40", "50"] * 3))
        assert found == ()

    @pytest.mark.parametrize(
        ("text", "value", "slack"),
        [
            ("12", 12.0, 0.5),
            ("1,234.5", 1234.5, 0.05),
            ("91.25%", 0.9125, 0.00005),
            (" 7 ", 7.0, 0.5),
            (".5", 0.5, 0.05),
            ("-3", -3.0, 0.5),
            ("1,23", None, 0.0),
            ("<5", None, 0.0),
            ("*", None, 0.0),
            ("", None, 0.0),
        ],
    )
    def test_plain_numbers(self, text: str, value: float | None, slack: float) -> None:
        numbers, slacks = plain_numbers(coded([text]))
        assert number(numbers[0]) == value
        assert slacks[0] == pytest.approx(slack)


class TestTotalRows:
    """Labels of totals, and ids that are none."""

    @pytest.mark.parametrize(
        "label", ["Total", "STATE TOTALS", "Grand Total", "All Allegany Schools", "District Total*"]
    )
    def test_labels(self, label: str) -> None:
        one = drafted([HEAD, *PLAIN, ["", label, "2025-10", "116", "356", ""]])
        assert len(seen(one)) == 32

    @pytest.mark.parametrize("own", ["A", "All", "999", "-", "TOTAL"])
    def test_ids_that_mean_all(self, own: str) -> None:
        one = drafted([HEAD, *PLAIN, [own, "All Allegany Schools", "2025-10", "116", "356", ""]])
        assert own not in {row[0] for row in seen(one)}

    def test_a_label_in_a_column_that_has_no_role(self) -> None:
        head = ["County", *HEAD]
        rows = [["Adams", *row] for row in PLAIN] + [["Grand Total", "", "", "2025-10", "116", "356", ""]]
        one = drafted([head, *rows])
        assert len(seen(one)) == 32
        known = drafted([head, *rows], mapping=KNOWN)
        assert len(seen(known)) == 32

    def test_a_school_whose_name_begins_like_a_total_is_asked_about(self) -> None:
        one = drafted([HEAD, *PLAIN, ["0099", "Total Learning Academy of Ames", "2025-10", "11", "40", ""]])
        assert keys(one) == ["total:Total Learning Academy of Ames"]
