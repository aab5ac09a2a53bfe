"""Cycles and predictions on a control chart: where they are drawn, what they say, and that nothing else moves."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest

from pdsa import figures
from pdsa.figures import Window, windows_of
from pdsa.figures.windows import expected
from pdsa.records import Annotation
from pdsa.records.inquiry import ChangeIdea, Prediction
from test_figures import NASTY, PERCENT, chart_of, classed, tree
from test_figures_log import MONDAY, harmless, state_of, turn

VALUES = [80.0 + (n % 5) for n in range(40)]  # weeks from 2025-09-01 to 2026-06-01
CHART = chart_of(VALUES)


def predicted(**fields: object) -> Prediction:
    return Prediction(**{"id": "p", "cycle_id": "c", "question": "Will it rise?", "because": "b", **fields})  # type: ignore[arg-type]


RANGE = predicted(type="range", low=83.0, high=87.0)
WINDOW = Window("Call home, cycle 2", date(2025, 11, 3), date(2025, 11, 28), (RANGE,), {"p": "hit"})


def scales(root: ET.Element) -> dict[str, tuple[float, float, float, float]]:
    plot = classed(root, "pdsa-plot")[0]
    return {name: tuple(map(float, plot.get(f"data-{name}", "").split())) for name in "xy"}  # type: ignore[misc]


def at(scale: tuple[float, float, float, float], value: float) -> float:
    low, high, start, end = scale
    return start + (value - low) / (high - low) * (end - start)


def days(day: date) -> float:
    return float((day - date(1970, 1, 1)).days)


def test_without_cycles_nothing_changes() -> None:
    assert figures.control_chart(CHART).html == figures.control_chart(CHART, windows=()).html
    assert "pdsa-window" not in figures.control_chart(CHART).html


def test_a_span_over_the_days_and_a_box_over_the_values() -> None:
    root = tree(figures.control_chart(CHART, windows=[WINDOW]))
    x, y = scales(root)["x"], scales(root)["y"]
    start, end = at(x, days(date(2025, 11, 3))), at(x, days(date(2025, 11, 29)))
    (span,), (box,) = classed(root, "pdsa-window"), classed(root, "pdsa-predicted")
    bar, frame = next(span.iter("rect")), next(box.iter("rect"))
    for drawn in (bar, frame):
        assert float(drawn.get("x", "")) == pytest.approx(start, abs=0.1)
        assert float(drawn.get("x", "")) + float(drawn.get("width", "")) == pytest.approx(end, abs=0.2)
    top, foot = at(y, 87), at(y, 83)
    assert float(frame.get("y", "")) == pytest.approx(top, abs=0.1)
    assert float(frame.get("y", "")) + float(frame.get("height", "")) == pytest.approx(foot, abs=0.2)
    assert float(bar.get("y", "")) < y[3]  # above the plot


def test_the_hatching_stays_within_its_box() -> None:
    root = tree(figures.control_chart(CHART, windows=[WINDOW]))
    (box,) = classed(root, "pdsa-predicted")
    frame = next(box.iter("rect"))
    x, y, wide, tall = (float(frame.get(name, "")) for name in ("x", "y", "width", "height"))
    ends = re.findall(r"[ML]([\d.]+) ([\d.]+)", next(box.iter("path")).get("d", ""))
    assert len(ends) > 10
    assert all(x - 0.1 <= float(a) <= x + wide + 0.1 and y - 0.1 <= float(b) <= y + tall + 0.1 for a, b in ends)


def test_the_axis_shows_what_was_predicted_and_the_data_stay_where_they_belong() -> None:
    far = Window("Far", date(2025, 11, 3), date(2025, 11, 28), (predicted(type="range", low=50.0, high=99.0),))
    root = tree(figures.control_chart(CHART, windows=[far]))
    low, high, _, _ = scales(root)["y"]
    assert low <= 50
    assert high >= 99
    circles = [next(point.iter("circle")) for point in classed(root, "pdsa-point")]
    y = scales(root)["y"]
    assert [float(one.get("cy", "")) for one in circles] == pytest.approx([at(y, value) for value in VALUES], abs=0.1)


def test_words_in_tooltip_list_and_alt_text() -> None:
    figure = figures.control_chart(CHART, windows=[WINDOW])
    root = tree(figure)
    said = "A · Call home, cycle 2 (2025-11-03 to 2025-11-28): predicted 83.0% to 87.0%: held"
    assert classed(root, "pdsa-window")[0].findtext("title") == said
    assert classed(root, "pdsa-predicted")[0].findtext("title") == "A: predicted 83.0% to 87.0%: held"
    assert ["".join(item.itertext()) for item in root.iter("li")] == [said]
    assert next(one for one in root.iter("desc")).text.endswith(f"Cycles: {said}.")  # type: ignore[union-attr]
    assert figure.text.endswith(f"1 cycle: {said}")


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        (predicted(type="value", value=85.0), "85.0%"),
        (predicted(type="value", value=85.0, low=83.0, high=87.0), "85.0% (83.0% to 87.0%)"),
        (RANGE, "83.0% to 87.0%"),
        (predicted(type="range", low=83.0), "at least 83.0%"),
        (predicted(type="range", high=87.0), "at most 87.0%"),
        (predicted(type="direction", direction="up"), "it would go up"),
        (predicted(type="probability", probability=0.7), "“Will it rise?” with 70 in 100"),
        (predicted(type="text"), "“Will it rise?”"),
    ],
)
def test_every_kind_of_prediction_has_words(prediction: Prediction, words: str) -> None:
    assert expected(prediction, PERCENT) == words


def test_a_single_value_is_a_level_and_half_a_band_reaches_the_edge() -> None:
    level = Window("L", date(2025, 11, 3), date(2025, 11, 28), (predicted(type="value", value=85.0),))
    (box,) = classed(tree(figures.control_chart(CHART, windows=[level])), "pdsa-predicted")
    assert list(box.iter("rect")) == []
    root = tree(figures.control_chart(CHART, windows=[level]))
    drawn = next(classed(root, "pdsa-predicted")[0].iter("line"))
    assert float(drawn.get("y1", "")) == pytest.approx(at(scales(root)["y"], 85.0), abs=0.1)
    half = Window("H", date(2025, 11, 3), date(2025, 11, 28), (predicted(type="range", low=84.0),))
    root = tree(figures.control_chart(CHART, windows=[half]))
    frame = next(classed(root, "pdsa-predicted")[0].iter("rect"))
    assert float(frame.get("y", "")) == pytest.approx(scales(root)["y"][3], abs=0.1)


def test_a_prediction_of_a_group_or_of_words_draws_no_box() -> None:
    for prediction in (predicted(type="range", low=83.0, high=87.0, group="MLL"), predicted(type="text")):
        window = Window("G", date(2025, 11, 3), date(2025, 11, 28), (prediction,))
        root = tree(figures.control_chart(CHART, windows=[window]))
        assert classed(root, "pdsa-predicted") == []
        assert len(classed(root, "pdsa-window")) == 1


def test_cycles_that_overlap_stand_on_rows_of_their_own() -> None:
    many = [Window(f"Idea {n}", MONDAY + timedelta(weeks=n), MONDAY + timedelta(weeks=n + 6)) for n in range(8)]
    root = tree(figures.control_chart(CHART, windows=many))
    bars = [next(one.iter("rect")) for one in classed(root, "pdsa-window")]
    boxes = [(float(b.get("x", "")), float(b.get("x", "")) + float(b.get("width", "")), b.get("y")) for b in bars]
    for i, (start, end, row) in enumerate(boxes):
        for other_start, other_end, other_row in boxes[i + 1 :]:
            assert row != other_row or end <= other_start or other_end <= start
    assert all(float(row or 0) > 0 for _, _, row in boxes)
    height = float(next(root.iter("svg")).get("height", ""))
    assert height > 320  # the picture grows before its plot shrinks much
    assert len({one.get("y") for one in bars}) == 7


def test_flags_and_spans_do_not_cover_each_other() -> None:
    note = Annotation(date(2025, 11, 10), "Ice storm")
    root = tree(figures.control_chart(chart_of(VALUES, annotations=(note,)), windows=[WINDOW]))
    flag = next(classed(root, "pdsa-flag")[0].iter("rect"))
    bar = next(classed(root, "pdsa-window")[0].iter("rect"))
    assert float(bar.get("y", "")) + 3 <= float(flag.get("y", ""))


def test_outside_of_the_chart_it_is_only_listed() -> None:
    before = Window("Before", date(2020, 1, 1), date(2020, 2, 1), (RANGE,))
    later = Window("Later", date(2030, 1, 1), None)
    root = tree(figures.control_chart(CHART, windows=[before, later]))
    assert classed(root, "pdsa-window") == []
    assert ["".join(item.itertext()) for item in root.iter("li")] == [
        "A · Before (2020-01-01 to 2020-02-01, before this chart): predicted 83.0% to 87.0%",
        "B · Later (2030-01-01, not ended, after this chart)",
    ]


def test_a_chart_without_dates_lists_them_too() -> None:
    chart = chart_of([80.0, 81.0, 82.0], period=[1, 2, 3], step=None)
    root = tree(figures.control_chart(chart, windows=[WINDOW]))
    assert "not on this chart" in "".join(next(root.iter("li")).itertext())


@pytest.mark.parametrize("text", NASTY)
def test_hostile_text(text: str) -> None:
    question = predicted(type="text", question=text, group=text)
    window = Window(text, date(2025, 11, 3), date(2025, 11, 28), (RANGE, question))
    figure = figures.control_chart(CHART, windows=[window])
    harmless(figure.html)
    clean = text.replace("\x07", "")
    assert clean in "".join(next(tree(figure).iter("li")).itertext())
    assert clean in next(tree(figure).iter("desc")).text  # type: ignore[operator]


def test_the_cycles_of_a_school_that_look_at_a_measure() -> None:
    first, second, third = turn(1), turn(2), turn(1, school="s2")
    log = state_of(
        ChangeIdea("i1", "Call home"), first, second, third,
        Prediction("p1", first.id, "q", "b", "range", "attendance", low=80, high=85),
        Prediction("p2", second.id, "q", "b", "range", "late", low=1, high=2),
        Prediction("p3", third.id, "q", "b", "range", "attendance", low=1, high=2),
    )  # fmt: skip
    (found,) = windows_of(log, "s1", "attendance", {"p1": "hit"})
    assert found.label == "Call home, cycle 1"
    assert [one.id for one in found.predictions] == ["p1"]
    assert found.start == date(2025, 9, 8)
    assert found.outcomes == {"p1": "hit"}
    assert [one.label for one in windows_of(log, "s1", "late")] == ["Call home, cycle 2"]
    assert windows_of(log, "s3", "late") == ()
