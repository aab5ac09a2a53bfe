"""Settings and changes of the way to measure, from the files that people write to the charts of school and network."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from pdsa import rules
from pdsa.chart import Chart, analyze
from pdsa.errors import ParamsError
from pdsa.records import ChartSpec, Rule
from pdsa.terms import STATUSES, RuleSet, RuleWord
from pdsa.workspace import Dossier, dossier_for, load, open_workspace, pack
from pdsa.workspace.packing import unpack
from test_workspace import SCHOOLS, add, write_mini

HEADER = "date,label,kind,school,measure\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_mini(tmp_path)


def noted(folder: Path, *rows: str) -> Path:
    """The network with these annotations."""
    (folder / "annotations.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return folder


def dossier(folder: Path, audience: str = "coach", school: str = "") -> Dossier:
    return dossier_for(open_workspace(folder), audience, school)  # type: ignore[arg-type]


def specs(folder: Path, audience: str = "coach") -> dict[tuple[str, str], ChartSpec]:
    return {(m, s): spec for m, s, spec in dossier(folder, audience).header.specs}


def instruments(chart: Chart) -> list[int]:
    return [int(one) for one in chart.extra["instrument"]]


def refused(folder: Path) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        open_workspace(folder)
    return [f"{one.place}: found {one.found}, expected {one.expected}." for one in caught.value.problems]


class TestInstruments:
    def test_of_the_network_for_all_measures(self, folder: Path) -> None:
        noted(folder, "2025-12-01,A new form,instrument,,")
        for chart in dossier(folder).charts():
            for school in SCHOOLS:
                own = chart.only(school=school)
                assert instruments(own) == [1] * 13 + [2] * 11
                assert own.points["included"].all()
                assert own.phases["n"].tolist() == [13, 11]
                assert any("new way from 2025-12-01" in note for note in own.summary["notes"].iloc[0])

    def test_of_one_measure(self, folder: Path) -> None:
        noted(folder, "2025-12-01,A new form,instrument,,zeal")
        zeal, minutes = dossier(folder, "team", "007").charts()
        assert instruments(zeal) == [1] * 13 + [2] * 11
        assert instruments(minutes) == [1] * 24

    def test_other_kinds_of_annotations_break_nothing(self, folder: Path) -> None:
        noted(folder, *(f"2025-12-01,A day,{kind},," for kind in ("change", "policy", "campaign", "other", "holiday")))
        assert {spec.break_on for spec in specs(folder).values()} == {None}

    def test_a_week_of_both_ways_is_drawn_and_set_aside(self, folder: Path) -> None:
        """Wednesday: two days in the old way, three in the new one; the new stretch begins on the Monday after."""
        noted(folder, "2025-12-03,A new form,instrument,,zeal")
        (zeal, _) = dossier(folder, "team", "007").charts()
        assert instruments(zeal) == [1] * 14 + [2] * 10
        assert zeal.points["included"].tolist() == [True] * 13 + [False] + [True] * 10
        assert not np.isnan(zeal.points["value"]).any()
        assert not zeal.points["signal"].iloc[13]
        assert zeal.spec.break_on == (date(2025, 12, 8),)
        assert zeal.spec.exclude == (date(2025, 12, 1),)

    def test_the_mixed_week_moves_no_line(self, folder: Path) -> None:
        noted(folder, "2025-12-03,A new form,instrument,,minutes")
        before = dossier(folder, "team", "007").charts()[1].phases
        table = folder / "observations" / "minutes.csv"
        text = table.read_text()
        (row,) = [line for line in text.splitlines() if line.startswith("007,minutes,2025-12-01")]
        table.write_text(text.replace(row, "007,minutes,2025-12-01,900"))
        after = dossier(folder, "team", "007").charts()[1]
        assert after.points["value"].max() == 900
        assert after.phases["center"].tolist() == before["center"].tolist()
        assert after.phases["verdict"].tolist() == before["verdict"].tolist()

    def test_a_change_on_the_first_school_day_of_a_week_leaves_no_mixed_week(self, folder: Path) -> None:
        network = folder / "network.yaml"
        network.write_text(network.read_text() + "calendar: {closures: [{start: 2025-12-01, end: 2025-12-02}]}\n")
        noted(folder, "2025-12-03,A new form,instrument,,zeal")
        found = specs(folder)["zeal", ""]
        assert (found.break_on, found.exclude) == ((date(2025, 12, 1),), None)

    def test_of_one_school_on_its_own_page_and_on_the_networks(self, folder: Path) -> None:
        noted(folder, "2025-12-03,A new form,instrument,012,zeal")
        network = dossier(folder)
        (zeal, minutes) = network.charts()
        assert {school: max(instruments(zeal.only(school=school))) for school in SCHOOLS} == {
            "007": 1,
            "012": 2,
            "no": 1,
        }
        assert max(instruments(minutes)) == 1
        (own, _) = dossier(folder, "team", "012").charts()
        pd.testing.assert_frame_equal(own.points, zeal.only(school="012").points)
        pd.testing.assert_frame_equal(own.extra, zeal.only(school="012").extra)
        (other, _) = dossier(folder, "team", "007").charts()
        assert max(instruments(other)) == 1
        assert "Birch School: see their own pages." in str(network.footnotes(network.charts()))

    def test_of_one_school_under_its_pseudonym(self, folder: Path) -> None:
        """The break holds, so that no page compares what no other page compares; its label stays at home."""
        noted(folder, "2025-12-03,The form of Birch,instrument,012,zeal")
        one = dossier(folder, "network")
        assert max(instruments(one.charts()[0].only(school="Wren"))) == 2
        assert max(instruments(one.charts()[0].only(school="Robin"))) == 1
        assert b"Birch" not in pack(one)

    def test_of_the_network_and_of_a_school_hold_together(self, folder: Path) -> None:
        noted(folder, "2025-11-03,First,instrument,,", "2026-01-05,Second,instrument,012,")
        found = specs(folder)
        assert found["zeal", ""].break_on == (date(2025, 11, 3),)
        assert found["zeal", "012"].break_on == (date(2025, 11, 3), date(2026, 1, 5))
        assert set(instruments(dossier(folder).charts()[0].only(school="012"))) == {1, 2, 3}

    def test_totals_are_broken_by_the_network_and_told_about_schools(self, folder: Path) -> None:
        noted(folder, "2025-11-03,First,instrument,,zeal", "2026-01-05,Second,instrument,012,zeal")
        one = dossier(folder, "district")
        (zeal, _) = one.totals()
        assert set(instruments(zeal)) == {1, 2}
        assert "1 of them changed the way to measure at a time of its own" in str(one.total_facts())

    def test_after_as_of_nothing_is_known(self, folder: Path) -> None:
        noted(folder, "2025-12-01,A new form,instrument,,")
        add(folder, "as_of: 2025-11-30\n")
        assert {spec.break_on for spec in specs(folder).values()} == {None}

    def test_the_footnotes_say_it(self, folder: Path) -> None:
        noted(folder, "2025-12-03,A new form,instrument,,zeal")
        for one in (dossier(folder), dossier(folder, "team", "007")):
            text = str(one.footnotes(one.charts()))
            assert (
                "Zeal, measured in a new way: from week of 2025-12-08; in no line and no rule, because measured in "
                "both ways: week of 2025-12-01." in text
            )
            assert "Minutes lost, measured in a new way" not in text

    def test_a_release_carries_them(self, folder: Path) -> None:
        noted(folder, "2025-12-03,A new form,instrument,,zeal")
        one = dossier(folder, "team", "007")
        again = unpack(pack(one), "x")
        assert again.header == one.header
        assert [instruments(chart) for chart in again.charts()] == [instruments(chart) for chart in one.charts()]


class TestChartSettings:
    def test_words_of_params_are_the_words_of_the_engine(self) -> None:
        assert set(get_args(RuleSet)) == set(rules.RULE_SETS)
        assert set(get_args(RuleWord)) == set(rules.NAMED)

    def test_rules_limits_spread_and_breaks(self, folder: Path) -> None:
        add(
            folder,
            "chart: {rules: nelson, limits: predictive}\n"
            "per_measure: {minutes: {rules: [outside, trend], spread: median, break_on: 2025-12-01}}\n"
            "per_school: {'007': {minutes: {rules: shift, break_on: [2026-01-07]}}}\n",
        )
        found = specs(folder)
        assert found["zeal", ""].rules == rules.RULE_SETS["nelson"]
        assert found["minutes", ""].rules == (Rule("outside"), Rule("trend"))
        assert found["minutes", "007"].rules == (Rule("shift"),)
        assert {spec.limits for spec in found.values()} == {"predictive"}
        assert [found["minutes", one].spread for one in ("", "007")] == ["median", "median"]
        assert found["minutes", ""].break_on == (date(2025, 12, 1),)
        assert found["minutes", "007"].break_on == (date(2025, 12, 1), date(2026, 1, 12))
        assert found["minutes", "007"].exclude == (date(2026, 1, 5),)

    def test_rules_of_one_school_in_the_chart_of_all(self, folder: Path) -> None:
        add(folder, "per_school: {'012': {minutes: {kind: i, rules: nelson}}}\n")
        one = dossier(folder)
        (_, minutes) = one.charts()
        assert {name for name in minutes.points if name.startswith("rule_")} == {
            *("rule_outside", "rule_long_run", "rule_few_crossings", "rule_shift", "rule_trend", "rule_alternating"),
            *("rule_two_of_three", "rule_four_of_five", "rule_near", "rule_away"),
        }
        assert isinstance(minutes.points["reasons"].dtype, pd.CategoricalDtype)
        assert minutes.points.filter(like="rule_").dtypes.unique().tolist() == [bool]
        (_, own) = dossier(folder, "team", "012").charts()
        theirs = minutes.only(school="012")
        assert theirs.points["reasons"].astype(str).tolist() == own.points["reasons"].astype(str).tolist()
        assert theirs.points["rule_near"].tolist() == own.points["rule_near"].tolist()
        text = str(one.footnotes(one.charts()))
        assert "rules outside, long run, few crossings;" in text
        assert "alternating" not in text
        assert "Minutes lost:" in str(one.chances(one.charts()))

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (
                "chart: {rules: nelsen}\n",
                "chart.rules: found 'nelsen', expected nelson perhaps? Known: anhoej, western_electric, nelson, "
                "making_data_count, making_data_count_2023, making_data_count_2021, ihi, wheeler.",
            ),
            (
                "per_measure: {zeal: {rules: [outside, shfit]}}\n",
                "per_measure.zeal.rules.item 2: found 'shfit', expected shift perhaps? Known: outside, shift, trend, "
                "alternating, beyond, near, away, long_run, few_crossings, few_runs, many_runs, two_of_three, ....",
            ),
            (
                "per_measure: {zeal: {rules: [outside, nelson_1]}}\n",
                "per_measure.zeal.rules: found two rules called outside, expected a label of its own for each: "
                "Rule(..., label=...).",
            ),
            ("chart: {rules: []}\n", "chart.rules: found a list, expected at least one rule."),
            (
                "chart: {limits: predictve}\n",
                "chart.limits: found 'predictve', expected predictive perhaps? Known: published, guarded, predictive.",
            ),
            (
                "chart: {spread: meen}\n",
                "chart.spread: found 'meen', expected mean perhaps? Known: mean, median.",
            ),
            (
                "chart: {break_on: [2025-12-01, 1.12.2025]}\n",
                "chart.break_on.item 2: found '1.12.2025', expected a date such as 2025-10-13.",
            ),
            (
                "chart: {limits: predictive}\nper_school: {'007': {zeal: {kind: cusum}}}\n",
                "zeal of 007, limits: found predictive for kind cusum, expected published or guarded: its points are "
                "no single values.",
            ),
        ],
    )
    def test_mistakes_are_told_with_the_nearest_word(self, folder: Path, text: str, problem: str) -> None:
        assert refused(add(folder, text)) == [problem]

    @pytest.mark.parametrize("kind", ["xbar", "s", "g", "t", "c", "np", "cusum", "ewma", "i_prime", "u"])
    def test_every_kind_makes_a_chart_or_says_what_stands_in(self, folder: Path, kind: str) -> None:
        add(folder, f"chart: {{kind: {kind}}}\n")
        for chart in load(folder, school="007").charts():
            made = set(chart.summary["kind"])
            assert made == {kind} or any("chart:" in note for note in chart.summary["notes"].iloc[0])
            assert made != {"xbar"}


class TestBounds:
    def test_from_the_file_to_every_page(self, folder: Path) -> None:
        table = folder / "observations" / "zeal.csv"
        lines = table.read_text().splitlines()
        body = [
            f"{line.rsplit(',', 2)[0]},,45,0.95,top_coded" if line.startswith("007,zeal,2025-10-06") else f"{line},,"
            for line in lines[1:]
        ]
        table.write_text("\n".join([f"{lines[0]},value,status", *body, ""]))
        top = STATUSES.index("top_coded")
        for one in (dossier(folder, "team", "007"), dossier(folder), unpack(pack(dossier(folder, "district")), "x")):
            chart = one.charts()[0].only(school="007")
            assert np.flatnonzero(chart.status == top).tolist() == [5]
            assert chart.points.loc[5, "value"] == 95
            assert not chart.points["included"].iloc[5]
            assert np.isnan(chart.points["numerator"].iloc[5])
            assert any("known only as a bound" in note for note in chart.summary["notes"].iloc[0])
        assert dossier(folder).totals()[0].measure.id == "minutes"  # type: ignore[union-attr]

    @pytest.mark.parametrize("kind", ["i", "run", "c", "p"])
    def test_a_frame_says_them_in_its_column_status(self, kind: str) -> None:
        words = ["reported"] * 14
        words[8], words[3] = "top_coded", "excluded"
        counts = [5, 6, 7, 5, 6, 7, 5, 6, 20, 5, 6, 7, 5, 6]
        frame = pd.DataFrame({"week": range(1, 15), "late": counts, "all": 50, "status": words})
        below = "all" if kind == "p" else None
        chart = analyze(frame, kind, value="late", denominator=below, period="week")  # type: ignore[arg-type]
        assert [STATUSES[code] for code in chart.status] == words
        assert chart.points["included"].tolist() == [word == "reported" for word in words]
        assert chart.points["value"].notna().all()
        other = analyze(frame.assign(status="late"), kind, value="late", denominator=below, period="week")  # type: ignore[arg-type]
        assert other.points["included"].all()
