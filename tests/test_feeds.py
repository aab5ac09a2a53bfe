"""Feeds: running totals, revisions, totals of members, names and definitions that change; every number by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pdsa.errors import InputError
from pdsa.feeds import (
    HeaderUse,
    Notice,
    break_questions,
    compare_totals,
    definition_breaks,
    difference,
    looks_cumulative,
    revise,
    same_values,
    school_changes,
    verdict_changes,
)
from pdsa.feeds.evidence import running
from pdsa.records import Calendar, ChartSpec, Closure, Measure, Rule
from pdsa.terms import OBSERVATION_COLUMNS

NAN = float("nan")
ABSENT = Measure("absent", "Days absent", "outcome", "proportion", "%", "down", "week", "d")
INCIDENTS = Measure("incidents", "Incidents", "outcome", "count", "incidents", "down", "week", "d")
# Mondays; the school year begins on September 8.
WEEKS = [str(day.date()) for day in pd.date_range("2025-09-08", periods=12, freq="7D")]


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """Observations of these rows; what a row does not say is blank."""
    blank = {"value": NAN, "numerator": NAN, "denominator": NAN, "group_dim": "", "group": "", "status": "reported"}
    full = [{**blank, "source": "f.csv", "row": i + 2, **row} for i, row in enumerate(rows)]
    out = pd.DataFrame(full, columns=list(OBSERVATION_COLUMNS))
    out["period"] = pd.to_datetime(out["period"]).astype("datetime64[us]")
    texts = ("school", "measure", "group_dim", "group", "status", "source")
    return out.astype({**dict.fromkeys(texts, "category"), "value": float, "numerator": float, "denominator": float})


def counts(school: str, values: list[float | str], weeks: list[str] = WEEKS, **more: Any) -> list[dict[str, Any]]:
    """Running totals of incidents; a word in place of a number is a status."""
    rows = []
    for week, value in zip(weeks, values, strict=False):
        told = {"status": value} if isinstance(value, str) else {"value": float(value)}
        rows.append({"school": school, "measure": "incidents", "period": week, **told, **more})
    return rows


def shares(school: str, pairs: list[tuple[float, float]], measure: str = "absent") -> list[dict[str, Any]]:
    return [
        {"school": school, "measure": measure, "period": week, "numerator": a, "denominator": b}
        for week, (a, b) in zip(WEEKS, pairs, strict=False)
    ]


def shown(out: pd.DataFrame, name: str = "value") -> list[tuple[Any, str]]:
    """Number and status of each row."""
    pairs = zip(out[name], out["status"].astype(str), strict=True)
    return [(None if np.isnan(value) else value, status) for value, status in pairs]


def kinds(told: tuple[Notice, ...]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.school, f"{one.period:%Y-%m-%d}" if one.period else "") for one in told]


START = {"starts": [date(2025, 9, 8)]}


class TestDifference:
    def test_totals_become_increments(self) -> None:
        out, told = difference(frame(*counts("a", [3, 5, 5, 9])), INCIDENTS, **START)
        assert shown(out) == [(3, "reported"), (2, "reported"), (0, "reported"), (4, "reported")]
        assert told == ()

    def test_order_of_rows_and_other_measures_stay(self) -> None:
        rows = counts("a", [3, 5, 9])
        other = {"school": "a", "measure": "zeal", "period": WEEKS[0], "value": 7.0}
        out, _ = difference(frame(rows[2], other, rows[0], rows[1]), INCIDENTS, **START)
        assert out["value"].tolist() == [4, 7, 3, 2]
        assert out["row"].tolist() == [2, 3, 4, 5]
        assert list(out.columns) == list(OBSERVATION_COLUMNS)

    def test_any_index_will_do(self) -> None:
        given = frame(*counts("a", [3, 5, 9])).set_index(pd.Index([7, 7, 7]))
        assert difference(given, INCIDENTS, **START)[0]["value"].tolist() == [3, 2, 4]

    def test_the_frame_given_stays_as_it_is(self) -> None:
        given = frame(*counts("a", [3, 5]))
        difference(given, INCIDENTS, **START)
        assert given["value"].tolist() == [3, 5]

    def test_schools_groups_and_years_are_apart(self) -> None:
        summer = ["2025-06-16", "2025-06-23", "2025-07-07", "2025-07-14"]
        rows = [*counts("a", [90, 92, 1, 5], summer), *counts("b", [1, 2, 3, 4], summer)]
        rows += counts("a", [50, 51, 0, 2], summer, group_dim="grade", group="9")
        starts = [date(2024, 9, 9), date(2025, 7, 7)]
        out, told = difference(frame(*rows), INCIDENTS, starts=starts)
        assert out["value"].tolist() == [90, 2, 1, 4, 1, 1, 3, 1, 50, 1, 0, 2]
        # the first reports of 2024-25 came in June: they count from September on
        assert [s for _, s in shown(out)][::4] == ["excluded"] * 3
        # the week between two school years is no silence within one
        assert [kind for kind, _, _ in kinds(told)] == ["several periods"] * 3

    def test_two_reports_of_one_week_add_up_in_it(self) -> None:
        out, told = difference(frame(*counts("a", [3, 5, 6], [WEEKS[0], "2025-09-11", WEEKS[1]])), INCIDENTS, **START)
        assert shown(out) == [(3, "reported"), (2, "reported"), (1, "reported")]
        assert told == ()

    def test_a_denominator_that_falls(self) -> None:
        rows = shares("a", [(4, 100), (5, 90), (6, 200)])
        out, told = difference(frame(*rows), ABSENT, denominators=True, **START)
        assert shown(out, "numerator") == [(4, "reported"), (None, "excluded"), (None, "excluded")]
        assert (told[0].before, told[0].after) == (100, 90)
        assert told[0].found.startswith("the running denominator falls from 100 to 90")

    def test_a_fall_is_told_and_not_charted(self) -> None:
        out, told = difference(frame(*counts("a", [3, 8, 6, 9])), INCIDENTS, **START)
        # 8 may have been too many, or 6 too few: nobody knows what came between 6 and 9 either
        assert shown(out) == [(3, "reported"), (5, "reported"), (None, "excluded"), (None, "excluded")]
        one, after = told
        assert (after.kind, after.period) == ("unknown increment", date(2025, 9, 29))
        assert (one.kind, one.school, one.period, one.before, one.after) == (
            "negative increment", "a", date(2025, 9, 22), 8, 6,
        )  # fmt: skip
        assert str(one) == (
            "f.csv, row 4, a, incidents, 2025-09-22: the running value falls from 8 to 6: excluded without a number"
        )

    def test_a_gap_is_drawn_and_makes_no_line(self) -> None:
        rows = [*counts("a", [3, 5, "missing", "error", 11, 12]), *counts("b", [1, 2, 3, 4, 5, 6])]
        out, told = difference(frame(*rows), INCIDENTS, **START)
        assert shown(out)[:6] == [
            (3, "reported"), (2, "reported"), (None, "missing"), (None, "error"), (6, "excluded"), (1, "reported"),
        ]  # fmt: skip
        assert kinds(told) == [("several periods", "a", "2025-10-06")]
        assert told[0].found.startswith("covers 3 weeks")

    def test_a_row_that_is_not_there_is_a_gap_as_well(self) -> None:
        rows = [*counts("a", [3, 5, 11], [WEEKS[0], WEEKS[1], WEEKS[3]]), *counts("b", [1, 2, 3, 4])]
        out, told = difference(frame(*rows), INCIDENTS, **START)
        assert shown(out)[:3] == [(3, "reported"), (2, "reported"), (6, "excluded")]
        assert told[0].found.startswith("covers 2 weeks")

    def test_a_hidden_total_hides_the_next_increment(self) -> None:
        out, told = difference(frame(*counts("a", [3, "suppressed", 12, 13])), INCIDENTS, **START)
        assert shown(out) == [(3, "reported"), (None, "suppressed"), (None, "suppressed"), (1, "reported")]
        assert kinds(told) == [("unknown increment", "a", "2025-09-22")]

    def test_a_bound_of_a_total_is_no_bound_of_a_week(self) -> None:
        rows = counts("a", [10.0, 12, 13])
        rows[0]["status"] = "bottom_coded"
        out, told = difference(frame(*rows), INCIDENTS, **START)
        assert shown(out) == [(None, "missing"), (None, "missing"), (1, "reported")]
        assert kinds(told) == [("unknown increment", "a", "2025-09-08"), ("unknown increment", "a", "2025-09-15")]

    def test_numerators_and_denominators(self) -> None:
        rows = shares("a", [(4, 100), (9, 200), (9, 200), (40, 230)])
        out, told = difference(frame(*rows), ABSENT, denominators=True, **START)
        assert shown(out, "numerator") == [(4, "reported"), (5, "reported"), (0, "not_applicable"), (None, "excluded")]
        assert out["denominator"].tolist()[:3] == [100, 100, 0]
        assert kinds(told) == [("impossible increment", "a", "2025-09-29")]

    def test_denominators_that_do_not_run_stay(self) -> None:
        rows = [
            {"school": "a", "measure": "incidents", "period": week, "numerator": a, "denominator": 480.0 + a % 2}
            for week, a in zip(WEEKS, [2.0, 5, 9, 9], strict=False)
        ]
        out, told = difference(frame(*rows), INCIDENTS, **START)
        assert out["numerator"].tolist() == [2, 3, 4, 0]
        assert out["denominator"].tolist() == [480, 481, 481, 481]
        assert [one.found for one in told] == ["denominators do not run through the year: taken as they are"]

    def test_denominators_that_run_are_seen(self) -> None:
        rows = shares("a", [(4.0 * n, 100.0 * n) for n in range(1, 13)])
        out, told = difference(frame(*rows), ABSENT, **START)
        assert out["denominator"].tolist() == [100] * 12
        assert out["numerator"].tolist() == [4] * 12
        assert [one.found for one in told] == ["denominators rise through the year: subtracted too"]

    def test_a_running_share_cannot_be_taken_apart(self) -> None:
        rows = [{"school": "a", "measure": "absent", "period": w, "value": 0.1} for w in WEEKS[:3]]
        with pytest.raises(InputError, match="numerators and denominators, which can be subtracted"):
            difference(frame(*rows), ABSENT)

    def test_what_falls_often_is_no_running_total(self) -> None:
        with pytest.raises(InputError, match="5 of 11 increments below zero"):
            difference(frame(*counts("a", [5, 4, 6, 5, 7, 6, 8, 7, 9, 8, 10, 11])), INCIDENTS, **START)

    def test_fractions_keep_nine_decimals(self) -> None:
        out, _ = difference(frame(*counts("a", [0.1, 0.3, 0.6])), INCIDENTS, **START)
        assert out["value"].tolist() == [0.1, 0.2, 0.3]


class TestFirstReports:
    def test_first_reports_no_larger_than_later_ones_are_one_week(self) -> None:
        rows = [*counts("a", [4, 7, 10]), *counts("b", [2, 5, 9])]
        out, told = difference(frame(*rows), INCIDENTS)
        assert out["status"].astype(str).tolist() == ["reported"] * 6
        (one,) = told
        assert str(one) == (
            "incidents, 2025-09-08: 3 at the median in the first reports of 2025-26, 3 a period later: "
            "taken as one period"
        )

    def test_first_reports_of_a_feed_that_begins_in_winter_are_not(self) -> None:
        rows = [*counts("a", [44, 47, 50]), *counts("b", [52, 55, 59])]
        out, told = difference(frame(*rows), INCIDENTS)
        assert shown(out)[::3] == [(44, "excluded"), (52, "excluded")]
        assert "they count from an earlier day: excluded" in told[0].found
        assert kinds(told)[1:] == [("several periods", "a", "2025-09-08"), ("several periods", "b", "2025-09-08")]

    def test_a_single_report_shows_nothing(self) -> None:
        out, told = difference(frame(*counts("a", [4])), INCIDENTS)
        assert shown(out) == [(4, "excluded")]
        assert "nothing shows how long they count" in told[0].found

    def test_a_school_that_comes_later(self) -> None:
        rows = [*counts("a", [1, 2, 3, 4]), *counts("b", [9, 10], WEEKS[2:4])]
        out, told = difference(frame(*rows), INCIDENTS, **START)
        assert shown(out)[4:] == [(9, "excluded"), (1, "reported")]
        assert told[0].found == (
            "covers 3 weeks from the beginning of the school year: excluded, drawn where it stands"
        )

    def test_the_calendar_says_when_the_year_begins(self) -> None:
        summer = Closure(date(2025, 6, 26), date(2025, 8, 31), "Summer")
        calendar = Calendar("listed", (summer,))
        out, told = difference(frame(*counts("a", [4, 5, 6])), INCIDENTS, calendar=calendar)
        # September 1 was the first open week, so the report of September 8 holds two
        assert shown(out) == [(4, "excluded"), (1, "reported"), (1, "reported")]
        assert told[0].found.startswith("covers 2 weeks from the beginning")

    def test_weeks_of_a_closure_are_no_gap(self) -> None:
        closed = Closure(date(2025, 9, 15), date(2025, 9, 19), "Storm")
        days = [WEEKS[0], WEEKS[2], WEEKS[3]]
        out, told = difference(frame(*counts("a", [4, 6, 7], days)), INCIDENTS, calendar=Calendar("listed", (closed,)),
                               **START)  # fmt: skip
        assert shown(out) == [(4, "reported"), (2, "reported"), (1, "reported")]
        assert [one.found for one in told] == ["nobody reported for 1 week before; increments hold all days since"]


class TestLooksCumulative:
    def test_totals_that_never_fall_but_in_summer(self) -> None:
        years = [*WEEKS[:6], *[str(d.date()) for d in pd.date_range("2026-09-07", periods=6, freq="7D")]]
        rows = [*counts("a", [1, 3, 3, 6, 8, 9, 0, 2, 3, 5, 8, 8], years), *counts("b", [1, 2, 2, 2, 5, 5], years)]
        found = looks_cumulative(frame(*rows), "incidents")
        assert found is not None
        assert (found.column, found.years, found.steady, found.turns, found.drops) == ("value", 3, 3, 1, 1)
        assert str(found) == (
            "value rises steadily in 3 of 3 school years, and falls at 1 of 1 turns of the year: 1, 3, 3, 6, 8 ..."
        )
        asked = found.question("f.csv")
        assert asked.key == "cumulative:incidents"
        assert [choice.word for choice in asked.choices] == ["yes", "no"]

    def test_numbers_of_their_own_week_do_not(self) -> None:
        assert looks_cumulative(frame(*counts("a", [1, 3, 2, 6, 8, 5, 9, 4, 7, 3, 5, 6])), "incidents") is None

    def test_one_noisy_school_among_many_does_not(self) -> None:
        steady = [row for s in "abc" for row in counts(s, list(range(12)))]
        assert looks_cumulative(frame(*steady, *counts("d", [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8])), "incidents") is None

    def test_schools_of_zeros_are_not_counted(self) -> None:
        found = looks_cumulative(frame(*counts("a", list(range(12))), *counts("b", [0] * 12)), "incidents")
        assert found is not None
        assert (found.years, found.steady, found.turns) == (1, 1, 0)

    def test_a_trend_that_goes_on_over_the_summer_does_not(self) -> None:
        years = [*WEEKS[:6], *[str(d.date()) for d in pd.date_range("2026-09-07", periods=6, freq="7D")]]
        assert looks_cumulative(frame(*counts("a", list(range(1, 13)), years)), "incidents") is None

    def test_few_reports_and_zeros_show_nothing(self) -> None:
        assert looks_cumulative(frame(*counts("a", [1, 2, 3])), "incidents") is None
        assert looks_cumulative(frame(*counts("a", [0] * 12)), "incidents") is None


class TestRevise:
    OLD = (
        {"school": "a", "measure": "absent", "period": WEEKS[0], "numerator": 3.0, "denominator": 30.0},
        {"school": "b", "measure": "absent", "period": WEEKS[0], "numerator": 4.0, "denominator": 40.0},
        {"school": "c", "measure": "absent", "period": WEEKS[0], "status": "suppressed"},
        {"school": "a", "measure": "absent", "period": WEEKS[1], "numerator": 5.0, "denominator": 30.0},
        {"school": "a", "measure": "zeal", "period": WEEKS[1], "value": 0.5},
    )
    NEW = (
        {"school": "a", "measure": "absent", "period": WEEKS[0], "numerator": 3.0, "denominator": 31.0},
        {"school": "c", "measure": "absent", "period": WEEKS[0], "status": "suppressed"},
        {"school": "d", "measure": "absent", "period": WEEKS[0], "numerator": 1.0, "denominator": 10.0},
        {"school": "a", "measure": "absent", "period": WEEKS[2], "value": 0.95, "status": "top_coded"},
    )

    def test_what_is_new_changed_withdrawn_and_kept(self) -> None:
        found = revise(frame(*self.OLD), frame(*self.NEW))
        assert found.summary == {"added": 2, "changed": 1, "withdrawn": 1, "unchanged": 1, "kept": 2}
        assert found.lines() == (
            "a, absent, 2025-09-08: was 3 of 30, is 3 of 31",
            "b, absent, 2025-09-08: withdrawn, was 4 of 40",
        )
        assert found.periods == {"absent": ("2025-09-22",)}
        keys = zip(found.current["school"], found.current["measure"], found.current["period"], strict=True)
        assert sorted((s, m, str(p.date())) for s, m, p in keys) == [
            ("a", "absent", WEEKS[0]), ("a", "absent", WEEKS[1]), ("a", "absent", WEEKS[2]), ("a", "zeal", WEEKS[1]),
            ("c", "absent", WEEKS[0]), ("d", "absent", WEEKS[0]),
        ]  # fmt: skip
        first = found.current[(found.current["school"] == "a") & (found.current["period"] == WEEKS[0])]
        assert first["denominator"].tolist() == [31]

    def test_a_status_is_a_change(self) -> None:
        new = dict(self.OLD[1], numerator=NAN, denominator=NAN, status="suppressed")
        found = revise(frame(self.OLD[1]), frame(new))
        assert found.lines() == ("b, absent, 2025-09-08: was 4 of 40, is suppressed",)
        bound = dict(self.OLD[4], value=0.95, status="top_coded")
        assert revise(frame(self.OLD[4]), frame(bound)).lines() == (
            "a, zeal, 2025-09-15: was 0.5, is 0.95 (top_coded)",
        )

    def test_a_number_where_there_was_none(self) -> None:
        found = revise(frame(self.OLD[4]), frame(dict(self.OLD[4], denominator=30.0)))
        assert found.summary["changed"] == 1
        back = revise(frame(dict(self.OLD[4], denominator=30.0)), frame(self.OLD[4]))
        assert back.summary["changed"] == 1

    def test_a_file_of_one_district_leaves_the_others(self) -> None:
        found = revise(frame(*self.OLD), frame(*self.NEW), scope=("measure", "period", "school"))
        assert found.summary == {"added": 2, "changed": 1, "withdrawn": 0, "unchanged": 1, "kept": 3}

    def test_groups_are_keys_of_their_own(self) -> None:
        nine = dict(self.OLD[0], group_dim="grade", group="9")
        found = revise(frame(self.OLD[0], nine), frame(self.OLD[0], dict(nine, numerator=1.0)))
        assert found.lines() == ("a, absent, grade, 9, 2025-09-08: was 3 of 30, is 1 of 30",)

    def test_the_first_import_and_the_same_again(self) -> None:
        new = frame(*self.NEW)
        first = revise(new.iloc[:0], new)
        assert first.summary == {"added": 4, "changed": 0, "withdrawn": 0, "unchanged": 0, "kept": 0}
        assert first.periods == {"absent": (WEEKS[0], WEEKS[2])}
        again = revise(first.current, new)
        assert again.summary == {"added": 0, "changed": 0, "withdrawn": 0, "unchanged": 4, "kept": 0}
        assert again.lines() == ()

    def test_many_changes_are_counted(self) -> None:
        old = [dict(self.OLD[0], school=f"s{i:02d}") for i in range(30)]
        found = revise(frame(*old), frame(*[dict(row, numerator=9.0) for row in old]))
        assert len(found.lines()) == 21
        assert found.lines()[-1] == "... and 10 more changed"


class TestVerdictChanges:
    CALM = (10.0, 12.0, 10.5, 11.5, 10.0, 12.0, 10.5, 11.5, 10.0, 12.0, 10.5, 11.5)
    SPECS = (("incidents", "", ChartSpec(kind="i", better="down", baseline=10)),)

    def test_a_revision_that_makes_a_signal(self) -> None:
        old = frame(*counts("a", list(self.CALM)), *counts("b", list(self.CALM)))
        new = frame(*counts("a", [*self.CALM[:-1], 40.0]), *counts("b", list(self.CALM)))
        (one,) = verdict_changes(old, new, [INCIDENTS], Calendar("observed"), self.SPECS)
        assert (one.school, one.before, one.after) == ("a", "common_cause", "concern")
        assert one.found == (("2025-11-24", "outside"),)
        assert str(one) == "a, incidents: common_cause becomes concern; now outside at 2025-11-24"
        (back,) = verdict_changes(new, old, [INCIDENTS], Calendar("observed"), self.SPECS)
        assert (back.after, back.gone) == ("common_cause", (("2025-11-24", "outside"),))

    def test_nothing_new_is_nothing(self) -> None:
        old = frame(*counts("a", list(self.CALM)))
        assert verdict_changes(old, old, [INCIDENTS], Calendar("observed"), self.SPECS) == ()
        moved = frame(*counts("a", [*self.CALM[:-1], 11.6]))
        assert verdict_changes(old, moved, [INCIDENTS], Calendar("observed"), self.SPECS) == ()

    def test_signals_that_leave_the_verdict_as_it_is(self) -> None:
        once = [*self.CALM[:-1], 40.0]
        old, new = frame(*counts("a", once)), frame(*counts("a", [*once[:-2], 41.0, 40.0]))
        (one,) = verdict_changes(old, new, [INCIDENTS], Calendar("observed"), self.SPECS)
        assert (one.before, one.after, one.gone) == ("concern", "concern", ())
        assert str(one) == "a, incidents: stays concern; now outside at 2025-11-17"

    def test_another_rule_at_the_same_point(self) -> None:
        rules = (Rule("outside"), Rule("beyond", n=2, of=3, sigma=2))
        specs = (("incidents", "", ChartSpec(kind="i", better="down", baseline=10, rules=rules)),)
        once = [*self.CALM[:-1], 40.0]
        old, new = frame(*counts("a", once)), frame(*counts("a", [*once[:-2], 14.5, 40.0]))
        (one,) = verdict_changes(old, new, [INCIDENTS], Calendar("observed"), specs)
        assert one.gone == (("2025-11-24", "outside"),)
        assert one.found == (("2025-11-17", "beyond"), ("2025-11-24", "outside,beyond"))

    def test_groups_are_not_judged(self) -> None:
        old = [*counts("a", list(self.CALM)), *counts("a", list(self.CALM), group_dim="grade", group="9")]
        new = [*counts("a", list(self.CALM)), *counts("a", [99.0] * 12, group_dim="grade", group="9")]
        assert verdict_changes(frame(*old), frame(*new), [INCIDENTS], Calendar("observed"), self.SPECS) == ()

    def test_a_new_series_and_a_spec_of_its_own(self) -> None:
        old, new = frame(*counts("a", list(self.CALM))), frame(*counts("a", list(self.CALM)), *counts("b", [1, 2]))
        specs = (*self.SPECS, ("incidents", "b", ChartSpec(kind="i", better="up", baseline=10)))
        (one,) = verdict_changes(old, new, [INCIDENTS], Calendar("observed"), specs)
        assert (one.school, one.before, one.after) == ("b", "no_data", "too_few")
        high = frame(*counts("a", list(self.CALM)), *counts("b", [*self.CALM[:-1], 40.0]))
        (other,) = verdict_changes(old, high, [INCIDENTS], Calendar("observed"), specs)
        assert (other.school, other.before, other.after) == ("b", "no_data", "improvement")


def total(**row: Any) -> dict[str, Any]:
    return {"scope": "network", "key": "", "numerator": NAN, "denominator": NAN, "value": NAN, "measure": "absent",
            "period": pd.Timestamp(WEEKS[0]), "source": "f.csv", "row": 9, **row}  # fmt: skip


class TestTotals:
    MEMBERS = (*shares("a", [(3, 30)]), *shares("b", [(4, 40)]), *shares("c", [(5, 50)]))

    def check(self, *totals: dict[str, Any], members: Any = MEMBERS, **more: Any) -> Any:
        return compare_totals(frame(*members), pd.DataFrame(list(totals)), [ABSENT, INCIDENTS], **more)

    def test_equal(self) -> None:
        (one,) = self.check(total(numerator=12.0, denominator=120.0))
        assert (one.equal, one.members, one.hidden) == (True, 3, 0)
        assert str(one) == "network, absent, 2025-09-08: published 12 of 120 equals the sum of 3 members, 12 of 120"

    def test_not_the_sum(self) -> None:
        (one,) = self.check(total(numerator=11.0, denominator=118.0))
        assert (one.equal, one.difference.numerator, one.difference.denominator) == (False, 1, 2)
        assert str(one) == (
            "network, absent, 2025-09-08: published 11 of 118 is not the sum of 3 members, 12 of 120 "
            "(difference +1 and +2)"
        )
        (den,) = self.check(total(numerator=12.0, denominator=121.0))
        assert (den.equal, den.difference.denominator) == (False, -1)

    def test_totals_of_districts(self) -> None:
        rows = [total(scope="district", key="north", numerator=7.0, denominator=70.0),
                total(scope="district", key="south", numerator=6.0, denominator=50.0)]  # fmt: skip
        north, south = self.check(*rows, districts={"a": "north", "b": "north", "c": "south"})
        assert (north.name, north.equal, north.members) == ("north", True, 2)
        assert (south.name, south.equal, south.difference.numerator) == ("south", False, -1)

    def test_rows_that_say_their_district_themselves(self) -> None:
        """A publisher writes 2 in one year and 02 in the next: rows are added to the total beside them."""
        members = frame(*self.MEMBERS).assign(district=["2", "2", "3"])
        row = total(scope="district", key="2", numerator=7.0, denominator=70.0)
        (one,) = compare_totals(members, pd.DataFrame([row]), [ABSENT], {"a": "02", "b": "02", "c": "03"})
        assert (one.equal, one.members) == (True, 2)

    def test_sums_of_averages_are_equal_but_for_rounding(self) -> None:
        """Three averages with one decimal: the sum of all may be 0.2 off, and not 0.3; counts must be equal."""
        members = (*shares("a", [(3, 30.2)]), *shares("b", [(4, 40.4)]), *shares("c", [(5, 50.1)]))
        (near,) = self.check(total(numerator=12.0, denominator=120.9), members=members)
        assert (near.equal, near.note) == (True, "but for the rounding of averages")
        (far,) = self.check(total(numerator=12.0, denominator=121.0), members=members)
        assert far.equal is False
        (count,) = self.check(total(numerator=12.1, denominator=120.7), members=members)
        assert count.equal is False
        (halves,) = self.check(total(numerator=12.0, denominator=120.5))
        assert halves.equal is False

    def test_hidden_members_make_a_lower_bound(self) -> None:
        members = (*self.MEMBERS[:2], {"school": "c", "measure": "absent", "period": WEEKS[0], "status": "suppressed"})
        (one,) = self.check(total(numerator=12.0, denominator=120.0), members=members)
        assert (one.equal, one.members, one.hidden) == (None, 2, 1)
        assert one.note == "1 member hidden, a bound or without a number: the sum is a lower bound"
        (less,) = self.check(total(numerator=6.0, denominator=120.0), members=members)
        assert less.equal is False

    def test_an_impossible_member_is_in_the_publishers_total(self) -> None:
        members = (*self.MEMBERS[:2], dict(self.MEMBERS[2], numerator=60.0, status="excluded"))
        (one,) = self.check(total(numerator=67.0, denominator=120.0), members=members)
        assert (one.equal, one.members, one.hidden) == (True, 3, 0)
        blank = dict(members[2], numerator=NAN, denominator=NAN)
        (other,) = self.check(total(numerator=67.0, denominator=120.0), members=(*members[:2], blank))
        assert (other.equal, other.members, other.hidden) == (None, 2, 1)

    def test_a_share_alone(self) -> None:
        (one,) = self.check(total(value=0.1))
        assert one.equal is True
        # a publisher's 10.0% may be 9.96%
        (rounded,) = self.check(total(value=0.1004))
        assert rounded.equal is True
        (other,) = self.check(total(value=0.102))
        assert (other.equal, round(other.difference.value, 6)) == (False, -0.002)

    def test_a_mean_of_shares_is_no_share_of_the_whole(self) -> None:
        members = [{"school": s, "measure": "absent", "period": WEEKS[0], "value": 0.1} for s in "ab"]
        (one,) = self.check(total(value=0.1), members=members)
        assert one.equal is None
        assert "a mean of shares is no share of the whole" in one.note

    def test_counts_are_added(self) -> None:
        members = [*counts("a", [3]), *counts("b", [4])]
        yes, no = self.check(
            total(measure="incidents", value=7.0), total(measure="incidents", value=8.0), members=members
        )
        assert (yes.equal, no.equal, no.difference.value) == (True, False, -1)

    def test_groups_and_nobody(self) -> None:
        members = [dict(self.MEMBERS[0], group_dim="grade", group="9")]
        rows = [total(numerator=3.0, denominator=30.0, group_dim="grade", group="9"),
                total(numerator=3.0, denominator=30.0, group_dim="", group="")]  # fmt: skip
        nine, whole = self.check(*rows, members=members)
        assert (nine.equal, nine.group) == (True, "grade: 9")
        assert (whole.equal, whole.note) == (None, "no member reported")
        assert compare_totals(frame(*members), pd.DataFrame(), [ABSENT]) == ()


class TestLikeness:
    def test_identical_values(self) -> None:
        values = [(float(n), 40.0) for n in range(10)]
        one_off = [*values[:9], (5.0, 40.0)]
        rows = [*shares("a", values), *shares("b", values), *shares("a", values, "away"), *shares("b", one_off, "away")]
        (one,) = same_values(frame(*rows))
        assert (one.kind, one.first, one.second) == ("identical", "absent", "away")
        assert one.found == "the same values in 19 of 20 shared periods of schools"
        assert same_values(frame(*shares("a", values), *shares("a", one_off, "away"))) == ()

    def test_alike_but_not_the_same(self) -> None:
        values = [(float(n), 40.0) for n in range(12)]
        halves = [(a / 2, b / 2) for a, b in values]
        assert same_values(frame(*shares("a", values), *shares("a", halves, "away"))) == ()
        zeros = [(0.0, 40.0)] * 12
        assert same_values(frame(*shares("a", zeros), *shares("a", zeros, "away"))) == ()
        few = values[:9]
        assert same_values(frame(*shares("a", few), *shares("a", few, "away"))) == ()

    def test_one_ends_where_another_begins(self) -> None:
        rows = [*counts("a", list(range(6))), *counts("b", list(range(6)))]
        later = [dict(row, measure="events", period=WEEKS[6 + i % 6]) for i, row in enumerate(rows)]
        (one,) = same_values(frame(*rows, *later))
        assert (one.kind, one.first, one.second) == ("renamed", "incidents", "events")
        assert one.found == "one ends 2025-10-13, the other begins 2025-10-20, in 2 of 2 schools"
        other = [dict(row, school="c") for row in later]
        assert same_values(frame(*rows, *other)) == ()
        divided = [dict(row, denominator=30.0) for row in later]
        assert same_values(frame(*rows, *divided)) == ()

    def test_a_summer_lies_between_two_names(self) -> None:
        def found(first: str) -> list[str]:
            days = [str(day.date()) for day in pd.date_range(first, periods=6, freq="7D")]
            after = [dict(row, measure="events") for row in counts("a", list(range(6)), days)]
            return [one.kind for one in same_values(frame(*counts("a", list(range(6))), *after))]

        # the first ends on October 13
        assert found("2026-02-09") == ["renamed"]
        assert found("2026-02-16") == []
        assert found(WEEKS[5]) == []

    def test_spelling(self) -> None:
        rows = [{"school": "a", "measure": m, "period": WEEKS[0], "value": 1.0} for m in ("GPA", "gpa", "On-Track")]
        (one,) = same_values(frame(*rows))
        assert (one.kind, one.first, one.second) == ("spelling", "GPA", "gpa")

    def test_schools(self) -> None:
        rows = pd.DataFrame(
            [("1", "Elm", WEEKS[0]), ("1", "Elm  ", WEEKS[1]), ("1", "Elm Academy", WEEKS[2]),
             ("2", "Oak", WEEKS[0]), ("3", "oak", WEEKS[1]), ("4", "Fir", WEEKS[0]), ("5", "Fir", WEEKS[0])],
            columns=["school", "school_name", "period"],
        ).assign(period=lambda f: pd.to_datetime(f["period"]))  # fmt: skip
        renamed, renumbered = school_changes(rows)
        assert (renamed.kind, renamed.school, renamed.first, renamed.second) == (
            "school renamed", "1", "Elm", "Elm Academy",
        )  # fmt: skip
        assert (renumbered.kind, renumbered.first, renumbered.second) == ("school renumbered", "2", "3")


class TestBreaks:
    def test_a_new_header(self) -> None:
        uses = [
            HeaderUse("absent", "denominator", "PK-12\nCount", date(2019, 7, 1), date(2020, 7, 1)),
            HeaderUse("absent", "denominator", "Fall  Enrollment", date(2016, 7, 1), date(2018, 7, 1)),
            HeaderUse("absent", "denominator", "2015-16 FALL ENROLLMENT*", date(2015, 7, 1), date(2015, 7, 1)),
            HeaderUse("absent", "value", "Rate", date(2015, 7, 1), date(2018, 7, 1)),
            HeaderUse("absent", "value", "Percent", date(2019, 7, 1), date(2020, 7, 1)),
        ]
        (one,) = definition_breaks(frame(*counts("a", [1])), uses)
        assert (one.measure, one.date) == ("absent", date(2019, 7, 1))
        assert one.found == 'the denominator was "Fall Enrollment" and is "PK-12 Count"'
        note = one.annotation()
        assert (note.kind, note.date, note.measure, note.label) == (
            "instrument", date(2019, 7, 1), "absent", 'denominator from "PK-12 Count"',
        )  # fmt: skip

    def test_a_value_without_counts_has_a_header_of_its_own(self) -> None:
        uses = [HeaderUse("gpa", "value", "GPA (4.0)", date(2018, 7, 1), date(2018, 7, 1)),
                HeaderUse("gpa", "value", "GPA weighted", date(2019, 7, 1), date(2019, 7, 1))]  # fmt: skip
        (one,) = definition_breaks(frame(*counts("a", [1])), uses)
        assert one.found == 'the value was "GPA (4.0)" and is "GPA weighted"'
        both = [uses[0], HeaderUse("gpa", "value", "GPA weighted", date(2018, 7, 1), date(2019, 7, 1))]
        # two headers in one year are two files, not two definitions
        assert definition_breaks(frame(*counts("a", [1])), both) == ()

    def test_denominators_that_jump_everywhere(self) -> None:
        rows = [row for s in "abcd" for row in shares(s, [(1, 100.0)] * 4 + [(1, 130.0)] * 4)]
        (one,) = definition_breaks(frame(*rows))
        assert (one.date, one.found) == (
            date(2025, 10, 6), "denominators change to 1.30 times, at the median of 4 schools, and stay there",
        )  # fmt: skip
        (asked,) = break_questions([one], "f.csv")
        assert (asked.key, [choice.word for choice in asked.choices]) == ("break:absent", ["break", "ignore"])

    def test_a_short_week_or_one_school_is_no_break(self) -> None:
        short = [row for s in "abcd" for row in shares(s, [(1, 100.0)] * 4 + [(1, 50.0)] + [(1, 100.0)] * 4)]
        assert definition_breaks(frame(*short)) == ()
        one = [row for s in "abc" for row in shares(s, [(1, 100.0)] * 8)]
        assert definition_breaks(frame(*one, *shares("d", [(1, 100.0)] * 4 + [(1, 150.0)] * 4))) == ()

    def test_a_short_last_week_is_no_break_but_a_last_year_is_one(self) -> None:
        last = [row for s in "abcd" for row in shares(s, [(1, 100.0)] * 4 + [(1, 50.0)])]
        assert definition_breaks(frame(*last)) == ()
        years = [dict(row, period=f"{2018 + i % 5}-07-01") for i, row in enumerate(last)]
        (one,) = definition_breaks(frame(*years))
        assert one.date == date(2022, 7, 1)

    def test_most_schools_must_stay_there(self) -> None:
        short = [row for s in "abc" for row in shares(s, [(1, 100.0)] * 4 + [(1, 50.0)] + [(1, 100.0)] * 3)]
        stays = shares("d", [(1, 100.0)] * 4 + [(1, 50.0)] * 4)
        assert definition_breaks(frame(*short, *stays)) == ()

    def test_schools_of_other_sizes_are_apart(self) -> None:
        rows = [row for s, size in zip("abcd", (100.0, 900.0, 50.0, 2000.0), strict=True)
                for row in shares(s, [(1, size)] * 3 + [(1, size * 0.5), (1, size * 0.5)])]  # fmt: skip
        (one,) = definition_breaks(frame(*rows))
        assert one.date == date(2025, 9, 29)
        assert definition_breaks(frame(*[row for row in rows if row["period"] < WEEKS[3]])) == ()

    def test_header_and_jump_of_one_day_are_one(self) -> None:
        rows = [row for s in "abcd" for row in shares(s, [(1, 100.0)] * 4 + [(1, 60.0)] * 4)]
        uses = [
            HeaderUse("absent", "denominator", "A", date(2025, 9, 8), date(2025, 9, 29)),
            HeaderUse("absent", "denominator", "B", date(2025, 10, 6), date(2025, 12, 1)),
        ]
        (one,) = definition_breaks(frame(*rows), uses)
        assert one.label == 'denominator from "B"'
        assert one.found.startswith('the denominator was "A" and is "B"; denominators change to 0.60 times')


class TestFewReports:
    def test_totals_of_two_schools_and_four_weeks_are_asked_about(self) -> None:
        rows = shares("a", [(92, 100), (185, 200), (270, 300), (361, 400)])
        rows += shares("b", [(45, 50), (92, 100), (140, 150), (186, 200)])
        assert looks_cumulative(frame(*rows), "absent") is not None
        assert running(frame(*rows), "denominator", 7) is not None

    def test_so_few_that_grow_a_little_are_not(self) -> None:
        rows = shares("a", [(92, 100), (93, 101), (94, 102), (95, 103)])
        rows += shares("b", [(45, 50), (46, 51), (46, 52), (47, 53)])
        assert looks_cumulative(frame(*rows), "absent") is None
        assert running(frame(*rows), "denominator", 7) is None

    def test_their_denominators_are_subtracted_too(self) -> None:
        rows = shares("a", [(4, 100), (9, 200), (15, 300)]) + shares("b", [(1, 50), (3, 100), (4, 150)])
        out, _ = difference(frame(*rows), ABSENT, **START)
        assert shown(out, "denominator") == [(100, "reported")] * 3 + [(50, "reported")] * 3
