"""The explorer: choices change what is shown, mistakes are told in place, and hostile names are only words."""

from __future__ import annotations

import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import ipywidgets as w
import pytest

from pdsa import narrate, widgets
from pdsa.errors import InputError, Problem
from pdsa.records import School
from pdsa.widgets import ALL, DECLARED, KINDS, Explorer
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


@pytest.mark.parametrize("name", ["school", "measure", "kind", "baseline"])
def test_each_choice_changes_what_is_shown(explorer: Explorer, name: str) -> None:
    before = (explorer.answer.value, explorer.numbers.value)
    choice = getattr(explorer, name)
    choice.value = {"kind": "run", "baseline": 12}.get(name) or choice.options[1][1]
    assert explorer.answer.value != before[0]
    assert explorer.numbers.value != before[1]
    choice.value = {"kind": "auto", "baseline": DECLARED}.get(name) or choice.options[0][1]
    assert (explorer.answer.value, explorer.numbers.value) == before


def test_a_baseline_of_all_points(explorer: Explorer) -> None:
    explorer.baseline.value = ALL
    assert explorer.chart().points["baseline"].equals(explorer.chart().points["included"])
    explorer.baseline.value = 16
    assert explorer.chart().points["baseline"].sum() == 16


@pytest.mark.parametrize(
    ("measure", "kinds"),
    [
        ("on_track", ["auto", "run", "p", "p_prime", "i", "mr"]),
        ("check_ins", ["auto", "run", "u", "u_prime", "i", "mr"]),
        ("prep_minutes", ["auto", "run", "i", "mr"]),
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
    assert set(KINDS) == {"proportion", "rate", "count", "continuous"}
    assert {kind for kinds in KINDS.values() for kind in kinds} - {"auto"} <= set(narrate.KIND_WORDS)


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
