"""What is said about a chart: each verdict and edge in its words, and words that never appear."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdsa import narrate
from pdsa.chart import Chart, analyze, analyze_panel
from pdsa.narrate.words import digits_apart
from pdsa.network import Chance
from pdsa.records import ChartSpec, Measure, Rule
from pdsa.series import Panel
from pdsa.terms import Kind

PERCENT = Measure("zeal", "Zeal", "outcome", "proportion", "%", "up", "week", "Share of the zealous.", per=100)
MINUTES = Measure("wait", "Waiting", "process", "continuous", "minutes", "down", "week", "Minutes waited")
RATE = Measure("talks", "Talks", "process", "rate", "per 100 ninth graders", "up", "week", "Talks held", per=100)
FORBIDDEN = ("caused", "failed prediction", "weak plan", "nan", "inf", "null", "np.", "float", "timestamp")
CALM = (50.0, 54.0)


def weeks(n: int) -> pd.DatetimeIndex:
    return pd.date_range("2025-09-01", periods=n, freq="7D")


def panel_of(values: Iterable[float], denominator: Iterable[float] | None = None, status: Iterable[int] = ()) -> Panel:
    """One series of weeks; missing values are missing periods unless a status says otherwise."""
    value = np.array(list(values), dtype=float)
    n = len(value)
    nothing = np.full(n, np.nan)
    below = (
        nothing if denominator is None else np.where(np.isnan(value), np.nan, np.array(list(denominator), dtype=float))
    )
    codes = np.where(np.isnan(value), 1, 0).astype(np.int8)
    given_codes = list(status)
    return Panel(
        keys=pd.DataFrame({"school": ["Ash"], "measure": ["zeal"]}),
        offsets=np.array([0, n]),
        period=weeks(n),
        value=value if denominator is None else value / below,
        numerator=nothing if denominator is None else value,
        denominator=below,
        people=below,
        status=np.array(given_codes, dtype=np.int8) if given_codes else codes,
        ratio=np.array([denominator is not None]),
        step="week",
    )


def chart_of(
    values: Iterable[float],
    kind: Kind = "i",
    measure: Measure | None = MINUTES,
    status: Iterable[int] = (),
    **spec: Any,
) -> Chart:
    """A chart of single values with lines from the first 12 points; `better` up unless told."""
    plan = {"baseline": 12, "better": "up", "limits": "guarded"} | spec
    return quiet(analyze_panel(panel_of(values, status=status), ChartSpec(kind=kind, **plan), measure))


def quiet(chart: Chart) -> Chart:
    """The chart without its chance of a false alarm, whose sentence has tests of its own."""
    return replace(chart, summary=chart.summary.assign(false_alarm=np.nan))


def told(chart: Chart) -> str:
    return str(narrate.headline(quiet(chart)))


def calm(n: int) -> list[float]:
    """Values that alternate about 52 and never signal."""
    return [CALM[k % 2] for k in range(n)]


class TestHeadline:
    def test_no_signal(self) -> None:
        assert told(chart_of(calm(24))) == (
            "Waiting: steady. No signal in the latest weeks, around the center of 52.0 minutes "
            "(baseline: 12 weeks, 2025-09-01 to 2025-11-17)."
        )

    def test_a_run_chart_speaks_of_its_median(self) -> None:
        assert told(chart_of(calm(24), "run", baseline=None)) == (
            "Waiting: steady. No signal in the latest weeks, around the median of 52.0 minutes "
            "(all 24 weeks, 2025-09-01 to 2026-02-09)."
        )

    def test_a_point_above_the_limit(self) -> None:
        assert told(chart_of([*calm(23), 90.0])) == (
            "Waiting: better. Week of 2026-02-09 at 90.0 minutes lies above the upper limit of 62.6."
        )

    def test_a_point_below_the_limit(self) -> None:
        assert told(chart_of([*calm(23), 10.0])) == (
            "Waiting: worse. Week of 2026-02-09 at 10.0 minutes lies below the lower limit of 41.4."
        )

    def test_good_and_bad_change_places_with_the_direction(self) -> None:
        assert told(chart_of([*calm(23), 90.0], better="down")).startswith("Waiting: worse. Week of")
        assert told(chart_of([*calm(23), 10.0], better="down")).startswith("Waiting: better. Week of")
        assert told(chart_of([*calm(23), 90.0], better=None)).startswith("Waiting: changed. Week of")

    def test_a_long_run(self) -> None:
        assert told(chart_of([*calm(12), *[56.0, 57.0] * 6])) == (
            "Waiting: better. 13 weeks in a row (2025-11-17 to 2026-02-09) above the center of 52.0 minutes "
            "(baseline: 12 weeks, 2025-09-01 to 2025-11-17)."
        )

    def test_a_run_goes_on_past_points_on_the_center_and_gaps(self) -> None:
        chart = chart_of([*calm(12), 48, 47, 52, 48, np.nan, 47, 48, 47, 48, 47, 48, 47])
        assert told(chart).startswith("Waiting: worse. 10 weeks in a row (2025-11-24 to 2026-02-09) below the center")

    def test_both_at_once_say_the_unit_once(self) -> None:
        assert told(chart_of([*calm(12), *[56.0] * 11, 90.0])) == (
            "Waiting: better. 13 weeks in a row (2025-11-17 to 2026-02-09) above the center of 52.0 minutes "
            "(baseline: 12 weeks, 2025-09-01 to 2025-11-17); "
            "week of 2026-02-09 at 90.0 lies above the upper limit of 62.6."
        )

    def test_few_crossings_alone(self) -> None:
        chart = chart_of([*[50, 54] * 3, *[50] * 5, *[54] * 5, *[50] * 5, *[54] * 5], baseline=None)
        assert chart.summary.loc[0, ["verdict", "crossings", "crossings_min"]].tolist() == ["common_cause", 9, 8]
        chart = chart_of(([50.0] * 7 + [54.0] * 7) * 2, "run", baseline=None)
        assert chart.summary.loc[0, ["verdict", "crossings", "crossings_min"]].tolist() == ["change", 3, 9]
        assert told(chart) == (
            "Waiting: changed. Over the whole series the values cross the median of 52.0 minutes "
            "(all 28 weeks, 2025-09-01 to 2026-03-09) only 3 times where at least 9 are ordinary."
        )

    def test_a_signal_within_the_baseline_is_no_evidence_of_now(self) -> None:
        """Few crossings are the reason, although a point of the baseline is marked."""
        chart = chart_of([*[50.0] * 9, 90.0, *[50.0] * 4], recent=8)
        assert chart.points["signal"].tolist() == [True] * 10 + [False] * 4
        assert told(chart).startswith(
            "Waiting: changed. Over the whole series the values cross the center of 53.3 minutes (baseline: 12 weeks"
        )

    def test_history(self) -> None:
        values = [*calm(12), 90.0, *calm(12)]
        assert told(chart_of(values)).endswith("2025-11-17). Earlier weeks show a point outside the limits.")
        values = [*calm(12), 90.0, *[56.0] * 12, *calm(12)]
        assert told(chart_of(values)).endswith(
            "Earlier weeks show a point outside the limits and a long run on one side of the center."
        )

    @pytest.mark.parametrize(
        ("n", "text"),
        [
            (1, "1 of 10 useful weeks are in: 9 more weeks until we can judge."),
            (5, "5 of 10 useful weeks are in: 5 more weeks until we can judge."),
            (9, "9 of 10 useful weeks are in: 1 more week until we can judge."),
        ],
    )
    def test_too_few(self, n: int, text: str) -> None:
        chart = chart_of(calm(n), center=51.0, baseline=None)
        assert told(chart) == f"Waiting: too early to say. {text}"

    def test_too_few_with_points_on_the_center(self) -> None:
        chart = chart_of([50, 54, 52, 50, 54, 52, 52, 50, 54], baseline=None)
        assert told(chart) == (
            "Waiting: too early to say. 6 of 10 useful weeks are in: at least 4 more weeks until we can judge."
        )

    def test_too_few_whatever_fires(self) -> None:
        assert "outside" not in told(chart_of([*calm(7), 900.0], baseline=6))
        assert told(chart_of([*calm(7), 900.0], baseline=6)).startswith("Waiting: too early to say.")

    def test_one_value(self) -> None:
        assert told(chart_of([50.0], baseline=None)) == (
            "Waiting: too early to say. 0 of 10 useful weeks are in: at least 10 more weeks until we can judge."
        )

    def test_no_value(self) -> None:
        for chart in (chart_of([np.nan] * 12), chart_of([], baseline=None)):
            finding = narrate.headline(chart)
            assert str(finding) == "Waiting: no data. Nothing has been reported yet."
            assert finding.verdict == narrate.verdict_of(chart) == "no_data"

    def test_hidden_is_not_the_same_as_unreported(self) -> None:
        chart = chart_of([np.nan] * 12, status=[2] * 11 + [1])
        assert told(chart) == "Waiting: no data. All that was reported is hidden because the group is small."
        assert narrate.alt_text(chart) == (
            "Waiting: an empty chart, all that was reported is hidden because the group is small."
        )

    @pytest.mark.parametrize(
        ("better", "target", "told_target"),
        [
            ("up", 100.0, " Every value meets the target of 100.0%."),
            ("up", 99.0, " Every value meets the target of 99.0%."),
            ("down", 99.0, " Every value misses the target of 99.0%."),
            ("up", None, ""),
            (None, 99.0, ""),
        ],
    )
    def test_constant(self, better: str | None, target: float | None, told_target: str) -> None:
        panel = panel_of([40.0] * 20, [40.0] * 20)
        chart = analyze_panel(panel, ChartSpec(kind="p", per=100, better=better, target=target), PERCENT)  # type: ignore[arg-type]
        assert told(chart) == (
            "Zeal: too early to say. Every value that counts is 100.0%: nothing varies, "
            f"so nothing can signal.{told_target}"
        )

    @pytest.mark.parametrize(
        ("better", "target", "sentence"),
        [
            ("up", 40.0, " is met reliably: the limits lie wholly on its good side."),
            (
                "up",
                55.0,
                " lies within ordinary variation: some weeks meet it by chance and some miss it; to meet it reliably "
                "the process must change.",
            ),
            ("up", 70.0, " cannot be expected of this process as it is."),
            ("down", 70.0, " is met reliably: the limits lie wholly on its good side."),
            (
                "down",
                50.0,
                " lies within ordinary variation: some weeks meet it by chance and some miss it; to meet it reliably "
                "the process must change.",
            ),
            ("down", 40.0, " cannot be expected of this process as it is."),
        ],
    )
    def test_target(self, better: str, target: float, sentence: str) -> None:
        assert told(chart_of(calm(24), better=better, target=target)).endswith(f" The target of {target:.1f}{sentence}")

    def test_the_target_of_a_moving_process_is_judged_later(self) -> None:
        assert told(chart_of([*calm(23), 90.0], target=55.0)).endswith(
            " The target of 55.0 is judged once the new level has limits of its own."
        )

    def test_no_target_without_direction_or_limits(self) -> None:
        assert "target" not in told(chart_of(calm(24), better=None, target=55.0))
        assert "target" not in told(chart_of(calm(24), "run", target=55.0))

    def test_it_speaks_of_the_last_phase(self) -> None:
        """One point of a new phase is one point, though many came before it."""
        frame = pd.DataFrame({"week": weeks(21), "wait": [*calm(20), 30.0]})
        chart = analyze(frame, "i", value="wait", period="week", phases=[20], better="down")
        assert told(chart) == (
            "Value: too early to say. 0 of 10 useful points are in: at least 10 more points until we can judge."
        )
        frame = pd.DataFrame({"week": weeks(40), "wait": [*calm(20), *[30.0, 32.0] * 10]})
        chart = analyze(frame, "i", value="wait", period="week", phases=[20], better="down")
        assert told(chart).endswith("around the center of 31.0 (all 20 points, 2026-01-19 to 2026-06-01).")

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (62.65, "at 62.65 minutes lies above the upper limit of 62.64."),
            (62.639, "at 62.639 minutes lies above the upper limit of 62.638."),
            (62.63829788, "at 62.6 minutes lies just above the upper limit of 62.6."),
            (65.0, "at 65.0 minutes lies above the upper limit of 62.6."),
        ],
    )
    def test_a_value_never_reads_like_the_limit_it_lies_beyond(self, value: float, words: str) -> None:
        """The limit is 52 + 3 * 4 / 1.128 = 62.63829787..."""
        assert told(chart_of([*calm(23), value])).endswith(words)

    @pytest.mark.parametrize(
        ("value", "line", "words"),
        [
            (999.96, 1000.4, "at 999.96 lies below the lower limit of 1000.4."),
            (0.9996, 1.04, "at 0.9996 lies below the lower limit of 1.04."),
            (999.9999999, 1000.0000001, "at 1000.0 lies just below the lower limit of 1000."),
        ],
    )
    def test_numbers_are_apart_not_only_their_texts(self, value: float, line: float, words: str) -> None:
        """The center lies three sigma above the lower limit: 1000.4 + 3 * 1."""
        frame = pd.DataFrame({"week": weeks(24), "wait": [*[line + 2.5, line + 3.5] * 11, line + 2.5, value]})
        chart = analyze(frame, "i", value="wait", period="week", center=line + 3, sigma=1.0, better="up")
        assert told(chart).endswith(words)

    def test_a_rule_set_without_runs(self) -> None:
        frame = pd.DataFrame({"week": weeks(24), "wait": [*calm(23), 90.0]})
        chart = analyze(frame, "i", value="wait", period="week", baseline=12, rules=["outside"], better="up")
        assert told(chart) == "Value: better. 2026-02-09 at 90.0 lies above the upper limit of 62.6."

    def test_periods_that_are_no_dates(self) -> None:
        frame = pd.DataFrame({"round": range(1, 25), "wait": [*calm(23), 90.0]})
        chart = analyze(frame, "i", value="wait", period="round", baseline=12, better="up")
        assert told(chart) == "Value: better. 24 at 90.0 lies above the upper limit of 62.6."
        frame["round"] = pd.period_range("2024-01", periods=24, freq="M")
        chart = analyze(frame, "i", value="wait", period="round", better="up")
        assert "all 24 points, 2024-01 to 2025-12" in narrate.alt_text(chart)

    def test_headlines_keep_their_order(self) -> None:
        found = narrate.headlines((chart_of(calm(24)), chart_of([np.nan] * 3, measure=PERCENT)))
        assert [item.verdict for item in found.items] == ["common_cause", "no_data"]
        assert repr(found).splitlines()[1] == "Zeal: no data. Nothing has been reported yet."


class TestAltText:
    def test_everything_that_the_picture_shows(self) -> None:
        values = [*calm(20), np.nan, np.nan, 50.0, 90.0]
        assert narrate.alt_text(chart_of(values, status=[0] * 20 + [1, 2, 0, 0])) == (
            "I chart of Waiting, 22 weeks from week of 2025-09-01 to week of 2026-02-09; "
            "values from 50.0 to 90.0 minutes; "
            "the center of 52.0 minutes (baseline: 12 weeks, 2025-09-01 to 2025-11-17); limits 41.4 to 62.6 minutes; "
            "1 week without a value; 1 week hidden; 1 point with a signal. "
            "Waiting: better. Week of 2026-02-09 at 90.0 minutes lies above the upper limit of 62.6."
        )

    def test_a_run_chart_has_no_limits(self) -> None:
        assert narrate.alt_text(chart_of(calm(12), "run", baseline=None)) == (
            "Run chart of Waiting, 12 weeks from week of 2025-09-01 to week of 2025-11-17; "
            "values from 50.0 to 54.0 minutes; "
            "the median of 52.0 minutes (all 12 weeks, 2025-09-01 to 2025-11-17); 0 points with a signal. "
            "Waiting: steady. No signal in the latest weeks, around the median of 52.0 minutes "
            "(all 12 weeks, 2025-09-01 to 2025-11-17)."
        )

    def test_an_empty_chart(self) -> None:
        assert narrate.alt_text(chart_of([])) == "Waiting: an empty chart, nothing has been reported."

    def test_it_takes_about_a_millisecond(self) -> None:
        """Charts of 60 points: a page has dozens. The bound leaves room for slow and busy machines."""
        rng = np.random.default_rng(3)
        chart = chart_of(rng.normal(50, 3, 60), target=50.0)
        narrate.alt_text(chart)
        spent = []
        for _ in range(40):
            start = time.perf_counter()
            narrate.alt_text(chart)
            spent.append(time.perf_counter() - start)
        assert min(spent) < 0.0025

    def test_the_chart_stays_as_it_is(self) -> None:
        chart = chart_of([*calm(23), 90.0])
        points, summary = chart.points.copy(), chart.summary.copy()
        narrate.alt_text(chart)
        pd.testing.assert_frame_equal(chart.points, points)
        pd.testing.assert_frame_equal(chart.summary, summary)


class TestSummaryLine:
    def test_one_series(self) -> None:
        line = narrate.summary_line(chart_of([*calm(23), 90.0]))
        assert line == "Waiting: i, n 24, center 52, limits 41.3617 to 62.6383, 1 point with a signal, improvement"

    def test_lines_that_do_not_exist_are_not_printed(self) -> None:
        assert narrate.summary_line(chart_of(calm(11), "run", baseline=None)).startswith(
            "Waiting: run, n 11, center 50, 0 "
        )
        assert "no center" in narrate.summary_line(chart_of([np.nan] * 3))

    def test_many_series_and_none(self) -> None:
        frame = pd.DataFrame({"week": [*range(20)] * 2, "s": ["a"] * 20 + ["b"] * 20, "v": [*calm(20), *[1.0] * 20]})
        chart = analyze(frame, "i", value="v", period="week", by="s")
        assert narrate.summary_line(chart) == "Value: 2 series; common_cause 1, too_few 1"
        assert narrate.summary_line(chart.only(s="c")) == "Value: no series"


class TestWords:
    @pytest.mark.parametrize(
        ("value", "unit", "text"),
        [
            (87.34, "%", "87.3%"),
            (0.0, "%", "0.0%"),
            (100.0, "%", "100.0%"),
            (-0.01, "%", "0.0%"),
            (-3.25, "%", "-3.2%"),
            (31.24, "minutes", "31.2 minutes"),
            (46.0, "per 100 ninth graders", "46.0 per 100 ninth graders"),
            (0.0, "minutes", "0.0 minutes"),
            (-0.0, "minutes", "0.0 minutes"),
            (-12.5, "minutes", "-12.5 minutes"),
            (0.01234, "minutes", "0.0123 minutes"),
            (-0.5, "", "-0.5"),
            (1234.5, "", "1234"),
            (1e-12, "", "1e-12"),
            (2.5e15, "minutes", "2.5e+15 minutes"),
            (-1e300, "%", "-1e+300%"),
            (float("nan"), "minutes", "no value"),
            (float("inf"), "%", "no value"),
            (float("-inf"), "", "no value"),
        ],
    )
    def test_format_value(self, value: float, unit: str, text: str) -> None:
        measure = Measure("a", "A", "process", "continuous", unit, "up", "week", "A")
        assert narrate.format_value(value, measure) == text
        without = text if unit in ("%", "") or text == "no value" else text.split(" ")[0]
        assert narrate.format_value(value, measure, unit=False) == without

    @pytest.mark.parametrize(
        ("values", "more"),
        [
            ((87.44, 87.41), 1),
            ((87.4, 87.1), 0),
            ((999.96, 1000.4), 1),  # "1000.0" and "1000" are one number
            ((0.9996, 1.04), 1),  # and so are "1" and "1.0"
            ((5.0, 5.0, float("nan")), 0),
            ((5.0, 5.0000001), 0),  # as no four digits tell them apart
            ((5.0, 5.00001), 4),
        ],
    )
    def test_digits_apart(self, values: tuple[float, ...], more: int) -> None:
        assert digits_apart(values, None) == more

    def test_format_value_without_a_measure(self) -> None:
        assert narrate.format_value(31.24, None) == "31.2"
        assert narrate.format_value(None, None) == "no value"  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("period", "step", "text"),
        [
            (pd.Timestamp("2025-09-15"), "week", "week of 2025-09-15"),
            (pd.Timestamp("2025-09-15"), "month", "2025-09"),
            (pd.Timestamp("2025-09-15"), "day", "2025-09-15"),
            (pd.Timestamp("2025-09-15"), None, "2025-09-15"),
            (pd.Period("2025-09", "M"), None, "2025-09"),
            (7, None, "7"),
            ("fall", None, "fall"),
        ],
    )
    def test_format_period(self, period: object, step: Any, text: str) -> None:
        assert narrate.format_period(period, step) == text

    def test_plural(self) -> None:
        assert [narrate.plural(n, "week") for n in (0, 1, 2)] == ["0 weeks", "1 week", "2 weeks"]

    def test_definition(self) -> None:
        assert str(narrate.definition(PERCENT)) == "Zeal: Share of the zealous."
        parts = {"numerator_def": "Those who came.", "denominator_def": "Those enrolled", "estimated": True}
        full = Measure("a", "A", "process", "rate", "", "up", "week", "Share. ", **parts)  # type: ignore[arg-type]
        assert str(narrate.definition(full)) == (
            "A: Share. Numerator: Those who came; denominator: Those enrolled. Numerators are estimated from a percent."
        )
        half = Measure("a", "A", "process", "rate", "", "up", "week", "Share", denominator_def="those enrolled")
        assert str(narrate.definition(half)) == "A: Share. Denominator: those enrolled."

    def test_chance(self) -> None:
        text = (
            "3 of 24 schools show a signal now; were all of them stable and their values independent of each other, "
            "about 2 of these 24 charts would show one now by chance."
        )
        assert str(narrate.chance_words(Chance("a", 24, 3, 2.44), "Late")) == f"Late: {text}"
        few = str(narrate.chance_words(Chance("a", 24, 3, 0.44), "Late"))
        assert "about 0.4 of these 24 charts would show one now by chance." in few
        half = str(narrate.chance_words(Chance("a", 24, 12, 2.44), "Late"))
        assert half.endswith("by chance.")
        more = str(narrate.chance_words(Chance("a", 24, 13, 2.44), "Late"))
        assert more.endswith(
            "by chance. That is more than half: ask first what they share (a common change, season, weather, calendar)."
        )
        assert "more than half" not in str(narrate.chance_words(Chance("a", 0, 0, 0.0), "Late"))

    def test_settings_name_every_argument(self) -> None:
        assert repr(narrate.settings((chart_of(calm(24)),))) == (
            "Waiting: I chart, chosen by name; baseline: 12 weeks, 2025-09-01 to 2025-11-17; provisional limits; "
            "better is up.\n"
            "All charts: Guarded limits at three standard deviations or the same exact probability; "
            "rules outside, long run, few crossings; moving ranges not screened, constants rounded; "
            "gaps break moving ranges, points on the center are skipped; "
            "verdict from the latest 6 useful points after the baseline, or few crossings of the whole series."
        )

    def test_settings_that_differ_are_told_apart(self) -> None:
        other = chart_of(
            calm(24), measure=PERCENT, screen="once", gaps="bridge", constants="exact", recent=9, limits=None
        )
        lines = repr(narrate.settings((chart_of(calm(24)), other))).splitlines()
        assert [line.split(":")[0] for line in lines] == ["Waiting", "Zeal", "Waiting", "Zeal"]
        for words in ("Published limits", "screened once, constants exact", "gaps bridged", "latest 9 useful points"):
            assert words in lines[3]

    def test_an_automatic_kind_says_why(self) -> None:
        spec = ChartSpec(kind="auto", baseline=12, data_type="continuous")
        chart = quiet(analyze_panel(panel_of(calm(24)), spec, MINUTES))
        assert repr(narrate.settings((chart,))).startswith(
            "Waiting: I chart: there are values without numerators and denominators; baseline: 12 weeks"
        )
        assert repr(narrate.notes((chart,))) == (
            "Waiting: Provisional limits: they rest on 12 points, and 20 make them established; "
            "among the next 12 points alone, 1 stable chart in 6 would show a false one."
        )

    def test_notes_of_nothing(self) -> None:
        assert repr(narrate.notes((chart_of(calm(24), "run", baseline=None),))) == ""
        assert repr(narrate.notes((chart_of([]).only(school="x"),))) == ""

    def test_settings_of_many_schools(self) -> None:
        frame = pd.DataFrame({"week": [*range(20)] * 2, "s": ["a"] * 20 + ["b"] * 20, "v": [*calm(20), *calm(20)]})
        for baseline, words in (
            (None, "lines from all points of each school"),
            (12, "baseline: each school's first 12 points"),
            ((3, 9), "baseline 3 to 9"),
        ):
            chart = analyze(frame, "i", value="v", period="week", by="s", baseline=baseline)
            assert repr(narrate.settings((chart,))).startswith(
                f"Value: I chart, chosen by name; {words}; better is neither up nor down."
            )


def every_sentence(chart: Chart) -> list[str]:
    found = [narrate.alt_text(chart), told(chart), repr(narrate.notes((chart,))), repr(narrate.settings((chart,)))]
    return [*found, narrate.summary_line(chart)]


def check_language(text: str) -> None:
    for word in FORBIDDEN:
        assert not re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text.casefold()), (word, text)
    assert "  " not in text
    assert "None" not in text
    assert not re.search(r"\.\.|;\s*;|\(\s*\)|\s[.,;]", text)
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        assert 0 <= depth <= 1, text
    assert depth == 0, text


numbers = st.one_of(
    st.just(np.nan), st.sampled_from([0.0, 1.0, 50.0, 54.0]), st.integers(0, 60).map(float), st.floats(-1e12, 1e12)
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(data=st.data())
def test_no_sentence_of_any_chart_is_broken(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 45))
    ratio = data.draw(st.booleans())
    if ratio:
        below = [float(data.draw(st.integers(1, 60))) for _ in range(n)]
        values = [data.draw(st.one_of(st.just(np.nan), st.integers(0, int(b)).map(float))) for b in below]
        kinds = ["p", "p_prime", "u", "u_prime", "auto", "run"]
    else:
        below, values = None, [data.draw(numbers) for _ in range(n)]
        kinds = ["run", "i", "mr", "auto"]
    status = [
        data.draw(st.sampled_from([1, 2])) if np.isnan(v) else data.draw(st.sampled_from([0] * 9 + [3])) for v in values
    ]
    spec = ChartSpec(
        kind=data.draw(st.sampled_from(kinds)),  # type: ignore[arg-type]
        per=100.0 if ratio else 1.0,
        baseline=data.draw(st.sampled_from([None, 2, 12])) if n >= 12 else None,
        limits="guarded",
        better=data.draw(st.sampled_from([None, "up", "down"])),
        target=data.draw(st.sampled_from([None, 0.0, 50.0, -3.5])),
        recent=data.draw(st.sampled_from([1, 6, 20])),
        screen=data.draw(st.sampled_from(["off", "once"])),
    )
    measure = data.draw(st.sampled_from([None, RATE if ratio else MINUTES, PERCENT if ratio else MINUTES]))
    chart = analyze_panel(panel_of(values, below, status), spec, measure)
    for text in every_sentence(chart):
        check_language(text)
    if chart.summary.empty:
        return
    row = chart.summary.iloc[0]
    if "only" in told(chart):
        assert row["crossings"] < row["crossings_min"]
    if row["verdict"] in ("improvement", "concern"):
        assert "above" in told(chart) or "below" in told(chart)


def test_no_word_of_the_vocabulary_is_forbidden() -> None:
    tables = (narrate.VERDICT_WORDS, narrate.VERDICT_MEANINGS, narrate.RULE_WORDS, narrate.ASSURANCE_WORDS)
    for table in tables:
        for text in table.values():
            check_language(text.format(periods="weeks"))


def test_signals_on_both_sides_are_told() -> None:
    values = [10.0, 11, 10, 11, 9, 10, 11, 9, 10, 11, 10, 9, 11, 10, 9, 30, 10, 11, -10, 9]
    frame = pd.DataFrame({"t": range(20), "y": values})
    chart = analyze(frame, "i", value="y", period="t", baseline=12, better="up")
    told_now = told(chart)
    assert "Value: changed. Signals on both sides of the center; the latest: 18 at -10.0 lies below" in told_now


def marked(values: Iterable[float], *rules: Rule, rows: Iterable[int] = (), **summary: Any) -> Chart:
    """A chart in which rules are said to have fired at some rows, whatever the engine says."""
    chart = chart_of(values, baseline=None)
    fired = np.isin(np.arange(len(chart.points)), list(rows))
    points = chart.points.drop(columns=["rule_outside", "rule_long_run", "rule_few_crossings"])
    points = points.assign(signal=fired, **{f"rule_{rule.column}": fired for rule in rules})
    row = {"verdict": "change", "history": ""} | summary
    return replace(chart, points=points, spec=replace(chart.spec, rules=rules), summary=chart.summary.assign(**row))


RISE = [*calm(17), 49.0, 51.0, 53.0, 55.0, 57.0, 58.0]


class TestEveryRule:
    """The phrase of each rule, on rows that were said to carry it."""

    @pytest.mark.parametrize(
        ("rule", "phrase"),
        [
            (Rule("trend", n=6), "Waiting: changed. 6 weeks in a row (2025-12-29 to 2026-02-02) rise."),
            (Rule("alternating"), "Waiting: changed. 1 weeks in a row go up and down in turn."),
            (
                Rule("beyond", 2, 3, 2.0, label="two_of_three"),
                "Waiting: changed. 2 of 3 weeks in a row lie past two thirds of the way from the center to "
                "the upper limit.",
            ),
            (
                Rule("beyond", 3, 4, 1.5, label="three_of_four"),
                "Waiting: changed. 3 of 4 weeks in a row lie past half way from the center to the upper limit.",
            ),
            (
                Rule("beyond", 4, 5, 1.0, label="four_of_five"),
                "Waiting: changed. 4 of 5 weeks in a row lie past a third of the way from the center to "
                "the upper limit.",
            ),
            (
                Rule("beyond", 4, 5, 1.2),
                "Waiting: changed. 4 of 5 weeks in a row lie past 40% of the way from the center to the upper limit.",
            ),
            (
                Rule("near"),
                "Waiting: changed. 15 or more weeks in a row lie close to the center, "
                "within a third of the way to the limits.",
            ),
            (
                Rule("away", 8),
                "Waiting: changed. 8 or more weeks in a row lie past a third of the way to a limit, "
                "on either side of the center.",
            ),
            (
                Rule("outside", sigma=2.0),
                "Waiting: changed. Week of 2026-02-02 at 58.0 minutes lies beyond two thirds of the way from the "
                "center to the upper limit.",
            ),
        ],
    )
    def test_its_phrase(self, rule: Rule, phrase: str) -> None:
        if rule.name == "alternating":
            phrase = phrase.replace("1 weeks", "16 weeks")
            assert told(marked([*calm(16)], rule, rows=[14, 15])) == phrase
        else:
            assert told(marked(RISE, rule, rows=[21, 22])) == phrase

    def test_a_shift_counts_its_run(self) -> None:
        chart = marked([*calm(12), *[56.0, 57.0] * 6], Rule("shift", n=8), rows=range(11, 24), verdict="improvement")
        assert told(chart).startswith(
            "Waiting: better. 12 weeks in a row (2025-11-24 to 2026-02-09) above the center of 54."
        )
        numbered = replace(chart, extra=chart.extra.assign(run=np.repeat([1, 2], [14, 10])))
        assert told(numbered).startswith(
            "Waiting: better. 10 weeks in a row (2025-12-08 to 2026-02-09) above the center of 54."
        )

    def test_the_zones_are_silent_beside_a_stronger_rule(self) -> None:
        rules = (Rule("outside"), Rule("beyond", 2, 3, 2.0, label="two_of_three"), Rule("trend", n=6))
        text = told(marked(RISE, *rules, rows=[22]))
        assert text.startswith("Waiting: changed. 6 weeks in a row (2025-12-29 to 2026-02-02) rise; week of 2026-02-02")
        assert "two thirds" not in text

    def test_trends_in_both_directions(self) -> None:
        values = [*calm(14), 55.0, 54.0, 53.0, 52.0, 51.0, 50.0, 51.0, 52.0, 53.0, 54.0, 55.0]
        text = told(marked(values, Rule("trend", n=6), rows=range(16, 25)))
        assert text == (
            "Waiting: changed. Signals on both sides of the center; "
            "the latest: 6 weeks in a row (2026-01-12 to 2026-02-16) rise."
        )

    def test_a_fall_passes_over_equal_values(self) -> None:
        values = [*calm(14), 55.0, 54.0, 53.0, 53.0, 52.0, 51.0, 50.0]
        assert told(marked(values, Rule("trend", n=6), rows=range(14, 21))).endswith(
            "6 weeks in a row (2025-12-08 to 2026-01-19) fall."
        )

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (
                [50.0] * 10 + [54.0] * 10,
                "cross the center of 52.0 minutes (all 20 weeks, 2025-09-01 to 2026-01-12) "
                "only once, fewer than chance gives.",
            ),
            (
                [50.0, 54.0] * 10,
                "cross the center of 52.0 minutes (all 20 weeks, 2025-09-01 to 2026-01-12) "
                "19 times, more than chance gives.",
            ),
        ],
    )
    def test_the_number_of_runs(self, values: list[float], words: str) -> None:
        text = told(marked(values, Rule("few_runs"), Rule("many_runs"), crossings=1 if values[1] == 50 else 19))
        assert text == f"Waiting: changed. Over the whole series the values {words}"

    def test_earlier_signals_by_any_rule(self) -> None:
        rule = Rule("trend", n=9, label="slow_rise")
        chart = marked(calm(20), rule, verdict="common_cause", history="slow_rise,two_of_three,custom")
        assert told(chart).endswith(
            "Earlier weeks show a steady rise or fall, two of three points near a limit and custom."
        )
        more = marked(calm(20), rule, verdict="common_cause", history="slow_rise,two_of_three,custom,shift")
        assert told(more).endswith(
            "Earlier weeks show a steady rise or fall, two of three points near a limit and other patterns."
        )

    def test_settings_name_the_columns(self) -> None:
        chart = marked(calm(20), Rule("outside"), Rule("beyond", 2, 3, 2.0, label="two_of_three"))
        assert "rules outside, two of three;" in repr(narrate.settings((chart,)))


class TestFalseAlarm:
    @pytest.mark.parametrize(
        ("chance", "often"), [(0.07, "about 7"), (0.481, "about 48"), (0.001, "fewer than 1"), (0.999, "more than 99")]
    )
    def test_it_stands_beside_a_signal(self, chance: float, often: str) -> None:
        chart = chart_of([*calm(23), 90.0])
        chart = replace(chart, summary=chart.summary.assign(false_alarm=chance))
        words = f"Over their whole length {often} of 100 stable charts like this one signal somewhere by chance."
        assert str(narrate.headline(chart)).endswith(words)
        assert words in narrate.alt_text(chart)
        assert words[2:-1].lower() in repr(narrate.settings((chart,)))
        assert narrate.summary_line(chart).endswith(f"improvement, false alarm {chance:.2f}")

    def test_a_steady_chart_keeps_its_headline_short(self) -> None:
        chart = chart_of(calm(24))
        known = replace(chart, summary=chart.summary.assign(false_alarm=0.07))
        assert str(narrate.headline(known)) == str(narrate.headline(chart))
        assert "about 7 of 100" in repr(narrate.settings((known,)))


class TestAltTextOfEverything:
    def test_bounds_phases_and_instruments(self) -> None:
        chart = chart_of(calm(24), phases=(12,), status=[0] * 20 + [4, 5, 4, 0])
        anew = pd.DataFrame({"instrument": np.repeat([1, 2], [12, 12])})
        told_all = narrate.alt_text(replace(chart, extra=anew))
        for words in (
            "2 phases with lines of their own",
            "measured in a new way from week of 2025-11-24",
            "2 weeks of at least the value shown",
            "1 week of at most the value shown",
        ):
            assert words in told_all

    def test_a_cusum_counts_in_standard_deviations(self) -> None:
        chart = chart_of(calm(24), baseline=None)
        summary = chart.summary.assign(kind="cusum", center=0.0)
        points = chart.points.assign(center=0.0, lower=-5.0, upper=5.0)
        text = narrate.alt_text(replace(chart, points=points, summary=summary))
        assert text.startswith("CUSUM chart of Waiting, 24 weeks")
        assert "limits -5.0 to 5.0; " in text
        assert "zero, counted in standard deviations" in text
        assert "minutes" not in text

    def test_one_limit_alone(self) -> None:
        chart = chart_of(calm(24))
        text = narrate.alt_text(replace(chart, points=chart.points.assign(lower=np.nan)))
        assert "upper limit 62.6 minutes; " in text
        line = narrate.summary_line(replace(chart, points=chart.points.assign(lower=np.nan)))
        assert "center 52, upper limit 62.6383, 0 points" in line

    def test_many_series_are_counted(self) -> None:
        frame = pd.DataFrame({"week": [*range(20)] * 2, "s": ["a"] * 20 + ["b"] * 20, "v": [*calm(20), *[1.0] * 20]})
        chart = analyze(frame, "i", value="v", period="week", by="s")
        assert narrate.alt_text(chart) == "Charts of Value, 2 series on one scale: 1 steady, 1 too early to say."

    def test_limits_are_told_within_the_possible_range_only_if_the_values_are(self) -> None:
        values = [0.5, 0.6, 0.4, 0.55] * 6
        chart = chart_of(values, measure=Measure("s", "S", "process", "proportion", "", "up", "week", "S"))
        chart = replace(chart, points=chart.points.assign(lower=-0.2, upper=1.3))
        assert "limits 0.0 to 1.0; " in narrate.alt_text(chart)
        beyond = replace(chart, points=chart.points.assign(value=np.r_[1.2, values[1:]]))
        assert "limits -0.2 to 1.3; " in narrate.alt_text(beyond)


@pytest.mark.parametrize("verdict", ["improvement", "concern", "change", "common_cause", "too_few"])
@pytest.mark.parametrize("assurance", ["met", "by_chance", "not_expected", None])
def test_the_assurance_is_told_only_where_the_verdict_allows(verdict: str, assurance: str | None) -> None:
    chart = chart_of([*calm(23), 90.0], target=55.0)
    chart = replace(chart, summary=chart.summary.assign(verdict=verdict, assurance=assurance))
    account = narrate.account(chart)
    assert account.verdict == verdict
    assert account.assurance == (assurance or "" if verdict == "common_cause" else "")
    stated = {key for key, words in narrate.ASSURANCE_WORDS.items() if words[:20] in account.alt}
    assert stated == ({account.assurance} if account.assurance else set())


@pytest.mark.parametrize(
    ("verdict", "assurance", "said"),
    [
        ("common_cause", "by_chance", "by_chance"),
        ("common_cause", None, ""),
        ("improvement", "by_chance", "not_judged_yet"),
        ("concern", "not_expected", "not_judged_yet"),
        ("change", "met", "not_judged_yet"),
        ("improvement", None, ""),
        ("too_few", "by_chance", "not_judged_yet"),
    ],
)
def test_files_say_of_a_target_what_the_page_says(verdict: str, assurance: str | None, said: str) -> None:
    assert narrate.assurance_word({"verdict": verdict, "assurance": assurance}) == said
    assert narrate.assurance_told({"verdict": verdict, "assurance": assurance}) == said.replace("not_judged_yet", "")
