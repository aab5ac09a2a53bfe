"""The explorer: choices change what is shown, mistakes are told in place, and hostile names are only words."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import ipywidgets as w
import pytest

from pdsa import narrate, rules, widgets
from pdsa.errors import InputError, Problem
from pdsa.records import School
from pdsa.terms import DataType, LimitsMethod
from pdsa.widgets import ALL, BASELINES, DECLARED, KINDS, LIMITS, RULES, SAME, Explorer
from pdsa.workspace import Workspace, dossier_for, open_workspace

HOSTILE = "<img src=x onerror=alert(1)></option><script>alert(1)</script>"


@pytest.fixture(scope="module")
def network(example: Path) -> Workspace:
    return open_workspace(example)


@pytest.fixture
def explorer(network: Workspace) -> Explorer:
    return widgets.explore(network)


def elements(text: str) -> set[str]:
    found = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.add(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    Reader().feed(text)
    return found


def test_it_begins_with_the_first_school_by_name(explorer: Explorer, network: Workspace) -> None:
    names = [label for label, _ in explorer.school.options]
    assert names == sorted((school.name for school in network.schools), key=str.casefold)
    assert explorer.school.label == names[0]
    assert [value for _, value in explorer.measure.options] == ["on_track", "attendance", "check_ins", "prep_minutes"]
    assert (explorer.kind.value, explorer.baseline.value) == ("auto", DECLARED)
    assert isinstance(explorer, w.VBox)
    assert "<svg" in explorer.answer.value
    assert "<table" in explorer.numbers.value


def test_it_shows_the_sentence_of_the_report(explorer: Explorer, network: Workspace) -> None:
    chart = dossier_for(network, "team", explorer.school.value).charts()[0]
    assert narrate.headline(chart).lead in explorer.answer.value
    assert narrate.headline(explorer.chart()) == narrate.headline(chart)


CHOSEN = {"kind": "run", "baseline": 12, "rules": "ihi", "limits": "predictive"}
BACK = {"kind": "auto", "baseline": DECLARED, "rules": DECLARED, "limits": DECLARED}


@pytest.mark.parametrize("name", ["school", "measure", "kind", "baseline", "rules", "limits", "level"])
def test_each_choice_changes_what_is_shown(explorer: Explorer, name: str) -> None:
    before = (explorer.answer.value, explorer.numbers.value)
    choice = getattr(explorer, name)
    choice.value = CHOSEN.get(name) or choice.options[-16 if name == "level" else 1][1]
    assert explorer.answer.value != before[0]
    assert explorer.numbers.value != before[1]
    choice.value = BACK.get(name) or choice.options[0][1]
    assert (explorer.answer.value, explorer.numbers.value) == before


def test_a_baseline_of_all_points(explorer: Explorer) -> None:
    explorer.baseline.value = ALL
    assert explorer.chart().points["baseline"].equals(explorer.chart().points["included"])
    explorer.baseline.value = 16
    assert explorer.chart().points["baseline"].sum() == 16


@pytest.mark.parametrize(
    ("measure", "kinds"),
    [
        ("on_track", ["auto", "run", "p", "p_prime", "np", "i_prime", "i", "mr", "cusum", "ewma"]),
        ("check_ins", ["auto", "run", "u", "u_prime", "i_prime", "i", "mr", "cusum", "ewma"]),
        ("prep_minutes", ["auto", "run", "i", "mr", "cusum", "ewma"]),
    ],
)
def test_only_charts_that_fit_the_data_are_offered(explorer: Explorer, measure: str, kinds: list[str]) -> None:
    explorer.measure.value = measure
    assert [value for _, value in explorer.kind.options] == kinds
    assert explorer.kind.options[0][0] == "chosen by the data"
    for kind in kinds:
        explorer.kind.value = kind
        assert "<svg" in explorer.answer.value
        assert kind == "auto" or set(explorer.chart().summary["kind"]) == {kind}


def test_every_kind_of_data_has_a_word_for_each_chart() -> None:
    assert set(KINDS) == set(get_args(DataType))
    assert {kind for kinds in KINDS.values() for kind in kinds} - {"auto"} <= set(narrate.KIND_WORDS)


def test_every_rule_set_and_method_has_words(explorer: Explorer) -> None:
    assert {value for _, value in RULES} - {DECLARED} <= set(rules.RULE_SETS)
    assert {value for _, value in LIMITS} == {DECLARED, *get_args(LimitsMethod)}
    labels = [label for label, _ in (*RULES, *LIMITS, *BASELINES)]
    assert all(len(label) <= 60 and "_" not in label for label in labels)


def test_another_rule_set_changes_columns_and_words(explorer: Explorer) -> None:
    explorer.measure.value = "attendance"
    before = explorer.answer.value
    explorer.rules.value = "nelson"
    assert "rule_alternating" in explorer.chart().points
    assert explorer.answer.value != before
    often = [re.search(r"about (\d+) of 100 charts like this", text) for text in (before, explorer.answer.value)]
    assert all(often)
    assert int(often[1][1]) > int(often[0][1])  # type: ignore[index]


def test_limits_are_of_the_method_chosen(explorer: Explorer) -> None:
    explorer.kind.value = "p"
    found = {}
    for method in ("guarded", "published", "predictive"):
        explorer.limits.value = method
        chart = explorer.chart()
        assert set(chart.summary["limits"]) == {method}
        found[method] = chart.points["upper"].iloc[-1]
    assert len(set(found.values())) > 1
    explorer.kind.value = "cusum"  # which has none of the predictive method
    assert set(explorer.chart().summary["limits"]) == {"guarded"}
    assert "<svg" in explorer.answer.value


def test_a_new_level_has_lines_of_its_own_and_is_one_schools(explorer: Explorer) -> None:
    panel = dossier_for(explorer.workspace, "team", explorer.school.value).release.panels["on_track"]
    assert [label for label, _ in explorer.level.options[:2]] == ["no new level", f"week of {panel.period[1]:%Y-%m-%d}"]
    assert len(explorer.level.options) == len(panel.period)
    start = explorer.level.options[30][1]
    explorer.level.value = start
    points = explorer.chart().points
    assert set(points.loc[points["period"] < str(start), "phase"]) == {1}
    assert set(points.loc[points["period"] >= str(start), "phase"]) == {2}
    assert points["center"].nunique() > 1
    explorer.school.value = explorer.school.options[1][1]
    assert explorer.level.value == SAME
    assert set(explorer.chart().points["phase"]) == {1}


def test_new_levels_are_suggested_in_words_and_never_applied(explorer: Explorer) -> None:
    explorer.measure.value = "prep_minutes"
    explorer.kind.value = "run"
    told = 0
    for _, school in explorer.school.options:
        explorer.school.value = school
        text = explorer.levels.value
        assert set(explorer.chart().points["phase"]) <= {1}
        assert elements(text) <= {"ul", "li", "p"}
        suggested = text.count("A new level since week of ")
        assert suggested == text.count("name a reason before you use it") == text.count("<li>")
        assert suggested or "No new level suggests itself" in text or "no data" in explorer.answer.value
        told += suggested
    assert told > 0
    explorer.kind.value = "ewma"
    assert explorer.levels.value == ""


def test_what_the_chart_can_be_trusted_in(explorer: Explorer, network: Workspace) -> None:
    for measure in network.measures:
        explorer.measure.value = measure.id
        for kind in KINDS[measure.data_type]:
            explorer.kind.value = kind
            text = explorer.answer.value
            verdict = narrate.verdict_of(explorer.chart())
            assert f"{narrate.VERDICT_WORDS[verdict]}: {narrate.VERDICT_MEANINGS[verdict]}" in text
            assert "of 100 charts like this one" in text or verdict == "too_few"
            words = "this chart does not show" if kind in ("mr", "cusum") else "%"
            assert (words if measure.target is not None else "none is set") in text


def test_a_chart_that_no_longer_fits_falls_back(explorer: Explorer) -> None:
    explorer.kind.value = "p"
    explorer.measure.value = "attendance"
    assert explorer.kind.value == "p"
    explorer.measure.value = "prep_minutes"
    assert explorer.kind.value == "auto"
    assert "Preparation time lost" in explorer.answer.value


def test_a_mistake_is_told_in_place(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise InputError("late.csv", (Problem("row 3", "<b>x</b>", "a number"),))

    with monkeypatch.context() as patch:
        patch.setattr(widgets, "analyze_panel", fail)
        explorer.kind.value = "run"
    assert explorer.answer.value.startswith("<pre>late.csv: 1 problem found; nothing was analyzed.")
    assert "row 3: found &lt;b&gt;x&lt;/b&gt;, expected a number." in explorer.answer.value
    assert explorer.numbers.value == ""
    explorer.kind.value = "i"
    assert "<svg" in explorer.answer.value


def test_hostile_names_are_only_words(network: Workspace) -> None:
    first = network.schools[0]
    measures = (replace(network.measures[0], name=HOSTILE), *network.measures[1:])
    schools = (School(first.id, HOSTILE, first.district, first.pseudonym), *network.schools[1:])
    explorer = Explorer(replace(network, schools=schools, measures=measures))
    assert explorer.school.label == HOSTILE
    for text in (explorer.answer.value, explorer.numbers.value):
        assert not {"img", "script", "option"} & elements(text)
    assert "&lt;img src=x" in explorer.answer.value


def test_a_school_without_data(example: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(example, tmp_path / "copy")
    with (folder / "schools.csv").open("a") as file:
        file.write("0001,A Silent School,Marrowby Unified District,Yew\n")
    explorer = Explorer(open_workspace(folder))
    assert explorer.school.value == "0001"
    assert "no data" in explorer.answer.value
    assert explorer.numbers.value.count("<table") == 0
    for kind in ("run", "p", "p_prime", "i", "mr"):
        explorer.kind.value = kind
        assert "no data" in explorer.answer.value


def test_a_schools_own_settings_hold(example: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(example, tmp_path / "copy")
    with (folder / "params" / "example.yaml").open("a") as file:
        file.write("per_school: {'0107': {on_track: {baseline: 14, target: 0.3}}}\n")
    explorer = Explorer(open_workspace(folder))
    explorer.school.value = "0107"
    assert explorer.chart().points["baseline"].sum() == 14
    assert explorer.chart().spec.target == 30.0
    explorer.school.value = "0114"
    assert explorer.chart().points["baseline"].sum() == 20


def test_nothing_is_kept_between_choices(explorer: Explorer) -> None:
    schools = [value for _, value in explorer.school.options[:4]]
    first = []
    for school in schools:
        explorer.school.value = school
        first.append(explorer.answer.value)
    again = []
    for school in reversed(schools):
        explorer.school.value = school
        again.append(explorer.answer.value)
    assert first == again[::-1]
    assert len(set(first)) == 4
