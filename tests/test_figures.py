"""Figures are read back from their SVG and compared with the chart that was drawn; expected values are written here."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdsa import figures, narrate, trace
from pdsa.chart import Chart, analyze
from pdsa.figures import axes, svg, symbols
from pdsa.records import Annotation, ChartSpec, Measure, Rule
from pdsa.terms import STATUSES, SUMMARY_COLUMNS
from pdsa.trace import remarks

PERCENT = Measure("attendance", "Attendance", "outcome", "proportion", "%", "up", "week", "present / enrolled", per=100)
MINUTES = Measure("late", "Minutes late", "process", "continuous", "minutes", "down", "week", "minutes")
NASTY = (
    "<script>alert(1)</script>",
    "$5 (10%) $10",
    "\"quotes\" & 'more'",
    "n" * 200,
    "مدرسة النور الابتدائية",
    "🎒 Backpack Academy",
    "tab\x07bell",
)


def weeks(n: int, start: str = "2025-09-01") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=n, freq="7D")


def chart_of(
    values: Iterable[float],
    *,
    period: object = None,
    school: str = "lincoln",
    lines: tuple[float, float, float] | None = (80.0, 85.0, 90.0),
    phase: object = 1,
    baseline: object = True,
    outside: Iterable[int] = (),
    long_run: Iterable[int] = (),
    excluded: Iterable[int] = (),
    hidden: Iterable[int] = (),
    verdict: str = "common_cause",
    measure: Measure | None = PERCENT,
    target: float | None = None,
    better: str | None = "up",
    step: str | None = "week",
    annotations: tuple[Annotation, ...] = (),
    sizes: tuple[float, float] = (np.nan, np.nan),
) -> Chart:
    """A chart of one series made by hand: nothing in it is computed by the engine."""
    value = np.array(list(values), dtype=float)
    n = len(value)
    status = np.where(np.isnan(value), 1, 0).astype(np.int8)
    status[list(hidden)] = STATUSES.index("suppressed")
    lower, center, upper = lines or (np.nan, np.nan, np.nan)

    def flag(rows: Iterable[int]) -> np.ndarray:
        return np.isin(np.arange(n), list(rows))

    points = pd.DataFrame(
        {
            "school": pd.Series([school] * n, dtype=object),
            "period": weeks(n) if period is None else period,
            "phase": phase,
            "value": value,
            "numerator": sizes[0],
            "denominator": sizes[1],
            "included": ~flag(excluded) & (status == 0),
            "baseline": baseline,
            "center": center,
            "lower": lower,
            "upper": upper,
            "lower_2s": np.nan,
            "upper_2s": np.nan,
            "rule_outside": flag(outside),
            "rule_long_run": flag(long_run),
            "rule_few_crossings": False,
            "signal": flag([*outside, *long_run]),
            "reasons": "",
        },
        index=range(n),
    )
    row = dict.fromkeys(SUMMARY_COLUMNS, np.nan) | {
        "school": school,
        "kind": "p" if measure is PERCENT else "i",
        "limits": "guarded",
        "n": n,
        "n_useful": int((status == 0).sum()),
        "center": center,
        "longest_run": 3,
        "longest_run_max": 8,
        "crossings": 5,
        "crossings_min": 3,
        "verdict": verdict,
        "assurance": None,
        "history": "",
        "last": value[-1] if n else np.nan,
        "notes": (),
    }
    summary = pd.DataFrame([row] if n else [], columns=["school", *SUMMARY_COLUMNS])
    spec = ChartSpec(kind="p", per=100.0, step=step, better=better, target=target)
    return Chart(points, summary, summary, ("school",), spec, status, step, measure, annotations)


def joined(charts: list[Chart]) -> Chart:
    """Several series of one measure as one chart."""
    first = charts[0]
    return Chart(
        pd.concat([c.points for c in charts], ignore_index=True),
        first.phases,
        pd.concat([c.summary for c in charts], ignore_index=True),
        first.by,
        first.spec,
        np.concatenate([c.status for c in charts]),
        first.step,
        first.measure,
    )


def tree(figure: figures.Figure) -> ET.Element:
    """The figure as XML without name spaces: it parses only if it is well formed."""
    root = ET.fromstring(figure.html)
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    return root


def classed(root: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in root.iter() if name in e.get("class", "").split()]


def place(group: ET.Element) -> tuple[float, float]:
    """Center of a point's mark."""
    for shape in group:
        if shape.tag == "circle":
            return float(shape.get("cx", "")), float(shape.get("cy", ""))
        if shape.tag == "path":
            x, y = map(float, re.match(r"M([\d.-]+) ([\d.-]+)m", shape.get("d", "")).groups())
            return x, y
    raise AssertionError("a point without a mark")


def drawing(figure: figures.Figure) -> str:
    """The picture alone, without the words and the ids of its description."""
    return figure.html.split("</desc>")[1]


def numbers_in(path: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+\.?\d*", path)]


def pieces_of(root: ET.Element, name: str) -> int:
    return sum(e.get("d", "").count("M") for e in classed(root, name))


def test_each_value_is_one_point_in_its_place() -> None:
    values = [82.0, 88.0, 84.0, 90.0, 86.0]
    drawn = [place(g) for g in classed(tree(figures.control_chart(chart_of(values))), "pdsa-point")]
    assert len(drawn) == 5
    xs, ys = zip(*drawn, strict=True)
    # equal weeks are equal distances, and one percent is one height
    assert np.diff(xs) == pytest.approx([np.diff(xs)[0]] * 4, abs=0.11)
    per_percent = (ys[0] - ys[3]) / 8
    assert per_percent > 5
    assert [ys[0] - y for y in ys] == pytest.approx(
        [0, 6 * per_percent, 2 * per_percent, 8 * per_percent, 4 * per_percent], abs=0.11
    )


def test_x_positions_are_dates_not_counts() -> None:
    days = pd.DatetimeIndex(["2025-09-01", "2025-09-08", "2025-09-29"])
    xs = [place(g)[0] for g in classed(tree(figures.control_chart(chart_of([82, 84, 86], period=days))), "pdsa-point")]
    assert (xs[2] - xs[1]) / (xs[1] - xs[0]) == pytest.approx(3, abs=0.01)


def test_lines_stand_at_their_values() -> None:
    root = tree(figures.control_chart(chart_of([82.0, 88.0, 84.0], lines=(80.0, 85.0, 90.0), target=92.0)))
    ys = [place(g)[1] for g in classed(root, "pdsa-point")]

    def at(value: float) -> float:
        return ys[0] + (value - 82) * (ys[1] - ys[0]) / 6

    assert numbers_in(classed(root, "pdsa-upper")[0].get("d", ""))[1] == pytest.approx(at(90), abs=0.2)
    assert numbers_in(classed(root, "pdsa-lower")[0].get("d", ""))[1] == pytest.approx(at(80), abs=0.2)
    assert numbers_in(classed(root, "pdsa-center")[0].get("d", ""))[1] == pytest.approx(at(85), abs=0.2)
    assert float(classed(root, "pdsa-target")[0].get("y1", "")) == pytest.approx(at(92), abs=0.2)
    assert [e.text for e in classed(root, "pdsa-label")] == [
        "target 92.0%",
        "upper 90.0%",
        "center 85.0%",
        "lower 80.0%",
    ]


@pytest.mark.parametrize(
    ("unit", "labels"),
    [
        ("per 100 ninth graders", ["upper 52.0", "center 46.0", "lower 40.0"]),
        ("minutes", ["upper 52.0", "center 46.0", "lower 40.0"]),
        ("min", ["upper 52.0 min", "center 46.0 min", "lower 40.0 min"]),
        ("%", ["upper 52.0%", "center 46.0%", "lower 40.0%"]),
    ],
)
def test_a_long_unit_stands_above_the_axis_only(unit: str, labels: list[str]) -> None:
    measure = Measure("check_ins", "Check-ins", "process", "rate", unit, "up", "week", "check-ins per student", per=100)
    chart = chart_of([44.0, 47.0, 45.0], measure=measure, lines=(40.0, 46.0, 52.0))
    root = tree(figures.control_chart(chart))
    assert [e.text for e in classed(root, "pdsa-label")] == labels
    assert ([e.text for e in root.iter("text")].count(unit)) == (unit != "%")


def test_limits_that_change_are_stairs() -> None:
    chart = chart_of([82, 84, 86, 88])
    chart.points["upper"] = [90.0, 91.0, 91.0, 92.0]
    d = classed(tree(figures.control_chart(chart)), "pdsa-upper")[0].get("d", "")
    assert re.sub(r"[\d. -]+", "", d) == "MHVHVH"


def test_limits_are_clipped_to_what_is_possible() -> None:
    chart = chart_of([96.0, 99.0, 98.0], lines=(92.0, 98.0, 104.0))
    root = tree(figures.control_chart(chart))
    ys = [place(g)[1] for g in classed(root, "pdsa-point")]
    one = (ys[0] - ys[1]) / 3
    assert numbers_in(classed(root, "pdsa-upper")[0].get("d", ""))[1] == pytest.approx(ys[1] - one, abs=0.2)
    assert "upper 100.0%" in [e.text for e in classed(root, "pdsa-label")]
    assert chart.points["upper"].tolist() == [104.0] * 3


@pytest.mark.parametrize(
    ("flagged", "kind"),
    [
        ({"outside": [3]}, "diamond"),
        ({"long_run": [3]}, "square"),
        ({"excluded": [3]}, "crossed"),
        ({"outside": [3], "long_run": [3]}, "diamond"),
    ],
)
def test_shape_says_the_rule(flagged: dict[str, list[int]], kind: str) -> None:
    points = classed(tree(figures.control_chart(chart_of([82, 84, 86, 89, 85], **flagged))), "pdsa-point")
    assert [e.get("class") for e in points] == [f"pdsa-point pdsa-{k}" for k in ("dot", "dot", "dot", kind, "dot")]
    tags = {"diamond": ["title", "path"], "square": ["title", "path"], "crossed": ["title", "circle", "path"]}
    assert [child.tag for child in points[3]] == tags[kind]


def test_the_key_names_only_marks_in_use() -> None:
    plain = tree(figures.control_chart(chart_of([82, 84, 86])))
    assert classed(plain, "pdsa-key") == []
    marked = tree(figures.control_chart(chart_of([82, np.nan, 86, 84], outside=[0], hidden=[1])))
    assert [e.text for e in classed(marked, "pdsa-key")[0].iter("text")] == [
        "outside the limits",
        "*",
        "hidden for privacy",
    ]


@pytest.mark.parametrize(
    ("values", "pieces"),
    [
        ([82, 84, 86, 88], 1),
        ([82, 84, np.nan, 86, 88], 2),
        ([82, 84, np.nan, np.nan, 86, 88, np.nan, 85], 2),
        ([82, np.nan, 84], 0),
    ],
)
def test_no_line_crosses_a_missing_period(values: list[float], pieces: int) -> None:
    root = tree(figures.control_chart(chart_of(values)))
    assert pieces_of(root, "pdsa-line") == pieces
    assert len(classed(root, "pdsa-point")) == int(np.isfinite(values).sum())
    assert len(classed(root, "pdsa-missing")) == int(np.isnan(values).sum())


def test_all_lines_break_at_a_summer_but_not_at_a_winter_break() -> None:
    summer = weeks(4, "2025-05-26").append(weeks(4, "2025-09-01"))
    winter = weeks(4, "2025-12-01").append(weeks(4, "2026-01-12"))
    values = [82, 84, 86, 83, 85, 84, 86, 82]
    for period, pieces in ((summer, 2), (winter, 1)):
        root = tree(figures.control_chart(chart_of(values, period=period)))
        assert [pieces_of(root, f"pdsa-{n}") for n in ("line", "upper", "lower", "center")] == [pieces] * 4


def test_a_change_of_phase_breaks_all_lines() -> None:
    root = tree(figures.control_chart(chart_of([82, 84, 86, 83, 85, 84], phase=[1, 1, 1, 2, 2, 2])))
    assert [pieces_of(root, f"pdsa-{n}") for n in ("line", "upper", "lower", "center")] == [2] * 4


def test_center_is_dashed_beyond_the_baseline_and_a_bracket_names_it() -> None:
    values = [82, 84, np.nan, 83, 85, 84]
    part = tree(figures.control_chart(chart_of(values, baseline=[True, True, False, True, False, False])))
    solid, carried = classed(part, "pdsa-center"), classed(part, "pdsa-center-carried")
    assert solid[0].get("stroke-dasharray") is None
    assert carried[0].get("stroke-dasharray") is not None
    assert pieces_of(part, "pdsa-center") == pieces_of(part, "pdsa-center-carried") == 1
    # the missing week inside the baseline does not break it: solid for four rows, dashed for two
    whole = numbers_in(solid[0].get("d", "")) + numbers_in(carried[0].get("d", ""))
    assert (whole[5] - whole[3]) * 2 == pytest.approx(whole[2] - whole[0], abs=0.3)
    assert len(classed(part, "pdsa-baseline")) == 1
    assert "baseline" in [e.text for e in part.iter("text")]
    every = tree(figures.control_chart(chart_of(values)))
    assert classed(every, "pdsa-center-carried") == classed(every, "pdsa-baseline") == []


def test_a_hidden_value_leaves_a_star_and_nothing_else() -> None:
    chart = chart_of([82, 84, 87.31, 86, 88], hidden=[2])
    chart.points["numerator"] = [82, 84, 719, 86, 88]
    chart.points["denominator"] = [100, 100, 823, 100, 100]
    chart.points["upper"] = [90, 90, 95.77, 90, 90]
    figure = figures.control_chart(chart)
    root = tree(figure)
    assert len(classed(root, "pdsa-point")) == 4
    stars = classed(root, "pdsa-hidden")
    assert [e.text for e in stars[0].iter("text")] == ["*"]
    assert stars[0].find("title").text == "week of 2025-09-15: hidden for privacy"
    assert pieces_of(root, "pdsa-line") == pieces_of(root, "pdsa-upper") == 2
    for secret in ("87.3", "719", "823", "95.7", "95.8"):
        assert secret not in figure.html
    # the same drawing whatever the hidden value was
    chart.points.loc[2, ["value", "numerator", "denominator", "upper"]] = np.nan
    assert drawing(figures.control_chart(chart)) == drawing(figure)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((96, 110), "82.0% (96 of 110)"),
        ((95.7, 183), "82.0% (of 183)"),
        ((np.nan, 183), "82.0% (of 183)"),
        ((np.nan, np.nan), "82.0%"),
    ],
)
def test_tooltips_give_period_value_and_sizes(sizes: tuple[float, float], told: str) -> None:
    points = classed(tree(figures.control_chart(chart_of([82, 84], sizes=sizes))), "pdsa-point")
    assert points[0].find("title").text == f"week of 2025-09-01: {told}"


def test_tooltips_name_the_rule() -> None:
    points = classed(tree(figures.control_chart(chart_of([82, 84, 95], outside=[2], excluded=[0]))), "pdsa-point")
    assert [p.find("title").text.split(", ")[1:] for p in points] == [
        ["left out of the lines"],
        [],
        ["outside the limits"],
    ]


def test_title_row_has_words_and_a_symbol_unless_too_few() -> None:
    judged = tree(figures.control_chart(chart_of([82, 84], verdict="concern")))
    assert len(classed(judged, "pdsa-verdict")) == 1
    assert [e.text for e in classed(judged, "pdsa-word")] == ["worse"]
    early = tree(figures.control_chart(chart_of([82, 84], verdict="too_few")))
    assert classed(early, "pdsa-verdict") == []
    assert [e.text for e in classed(early, "pdsa-word")] == ["too early to say"]


def test_alt_text_and_ids() -> None:
    one, other = (figures.control_chart(chart_of(v)) for v in ([82, 84], [82, 85]))
    image = tree(one).find("svg")
    title, description = image.find("title"), image.find("desc")
    assert image.get("role") == "img"
    assert image.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Attendance"
    assert description.text.startswith("P chart of Attendance, 2 weeks")
    assert title.get("id") != tree(other).find("svg").find("title").get("id")
    assert tree(one).get("id") == "measure-attendance"


def test_ids_do_not_give_a_school_away() -> None:
    assert (
        figures.control_chart(chart_of([82, 84], school="lincoln")).html
        == figures.control_chart(chart_of([82, 84], school="adams")).html
    )


def test_same_bytes_twice() -> None:
    notes = tuple(Annotation(date(2025, 9, 3) + timedelta(days=i), f"idea {i}") for i in range(12))
    assert (
        figures.control_chart(chart_of([82, 84], annotations=notes)).html
        == figures.control_chart(chart_of([82, 84], annotations=notes)).html
    )


def test_mime_bundle_has_html_and_text() -> None:
    figure = figures.control_chart(chart_of([82, 84, 86]))
    assert set(figure._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert (
        repr(figure)
        == figure.text
        == "Attendance: p, n 3, center 85, limits 80 to 90, 0 points with a signal, common_cause"
    )
    assert figure._repr_html_() == figure.html


SPANS = {
    "same day": [0] * 12,
    "each day": list(range(12)),
    "each week": list(range(0, 84, 7)),
    "both ends": [0] * 5 + [1] + [540] * 5 + [541],
    "all over": [0, 3, 50, 51, 52, 53, 54, 200, 300, 301, 500, 540],
    "forty": list(range(40, 80)),
}


@pytest.mark.parametrize("days", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("width", [360, 720])
def test_flags_never_overlap_and_none_is_lost(days: list[int], width: int) -> None:
    notes = tuple(Annotation(date(2025, 9, 1) + timedelta(days=d), f"idea {i}") for i, d in enumerate(days))
    root = tree(figures.control_chart(chart_of([82, 84] * 39, annotations=notes), width=width))
    boxes = [(float(g[0].get("x")), float(g[0].get("width")), g[1].text) for g in classed(root, "pdsa-flag")]
    for (x, wide, _), (following, _, _) in pairwise(boxes):
        assert x + wide <= following
    assert boxes[0][0] >= 0
    assert boxes[-1][0] + boxes[-1][1] <= width
    named = [
        range(int(t.split("–")[0]), int(t.split("–")[1]) + 1) if "–" in t else map(int, t.split(",")) for *_, t in boxes
    ]
    assert [n for group in named for n in group] == list(range(1, len(days) + 1))
    assert len(root.find("ol")) == len(days)


def test_annotations_are_listed_with_number_date_and_kind() -> None:
    notes = (
        Annotation(date(2025, 9, 15), "Late <b>bus</b>", "policy"),
        Annotation(date(2025, 9, 3), "Breakfast in homeroom"),
        Annotation(date(2024, 1, 1), "Long ago"),
        Annotation(date(2025, 9, 4), "Elsewhere", school="adams"),
        Annotation(date(2025, 9, 4), "Another measure", measure="late"),
    )
    root = tree(figures.control_chart(chart_of([82, 84, 86], annotations=notes)))
    assert ["".join(li.itertext()) for li in root.find("ol")] == [
        "– · 2024-01-01 Long ago (before this chart)",
        "1 · 2025-09-03 Breakfast in homeroom",
        "2 · 2025-09-15 policy: Late <b>bus</b>",
    ]


@pytest.mark.parametrize("lines", [(85.0, 85.0, 85.0), (84.9, 85.0, 85.1), (0.0, 0.1, 0.2), (99.8, 99.9, 100.0)])
def test_end_labels_never_overlap(lines: tuple[float, float, float]) -> None:
    root = tree(figures.control_chart(chart_of([lines[1], 60.0], lines=lines, target=lines[1])))
    ys = [float(e.get("y", "")) for e in classed(root, "pdsa-label")]
    assert len(ys) == 4
    assert min(np.diff(ys)) >= 13.3  # a line of text of 11 pixels needs 13, coordinates are rounded


DEGENERATE = {
    "constant": chart_of([85.0] * 12, lines=(85.0, 85.0, 85.0)),
    "constant zero": chart_of([0.0] * 12, lines=(0.0, 0.0, 0.0)),
    "constant hundred": chart_of([100.0] * 12, lines=(100.0, 100.0, 100.0)),
    "all missing": chart_of([np.nan] * 8, lines=None),
    "all hidden": chart_of([np.nan] * 8, lines=None, hidden=range(8)),
    "one point": chart_of([85.0], lines=None),
    "empty": chart_of([]),
    "huge": chart_of([1e12, -3e12, 2e12], measure=MINUTES, lines=(-1e13, 0.0, 1e13)),
    "beyond floats": chart_of([1e308, -1e308, 0], measure=MINUTES, lines=None),
    "tiny": chart_of([1e-12, 3e-12, 2e-12], measure=MINUTES, lines=None),
    "tiny at far": chart_of([1e9, 1e9 + 1e-6, 1e9], measure=MINUTES, lines=None),
    "negative": chart_of([-40, -50, -30], measure=MINUTES, lines=(-60, -40, -20)),
    "infinite": chart_of([np.inf, 85.0, -np.inf, 84.0]),
    "beyond the range": chart_of([120.0, 85.0]),
    "whole numbers": chart_of([85.0, 84.0, 86.0], period=[1, 2, 3], step=None),
    "one number": chart_of([85.0], period=[7], step=None),
    "Periods": chart_of([85.0, 84.0, 86.0], period=pd.period_range("2025-01", periods=3, freq="M"), step="month"),
    "categories": chart_of([85.0, 84.0], period=pd.Categorical(["fall", "spring"], ordered=True), step=None),
    "years": chart_of([45, 46, 47, 36], period=pd.to_datetime([f"{y}-07-01" for y in range(2017, 2021)]), step=None),
    "century": chart_of([45, 46], period=pd.to_datetime(["1925-01-01", "2025-01-01"]), step=None),
}
COUNTS = {"all missing": 0, "all hidden": 0, "one point": 1, "one number": 1, "empty": 0, "infinite": 2, "century": 2}


@pytest.mark.parametrize("name", DEGENERATE)
def test_odd_series_draw_something_sensible(name: str) -> None:
    chart = DEGENERATE[name]
    root = tree(figures.control_chart(chart))
    assert len(classed(root, "pdsa-point")) == COUNTS.get(name, len(chart.points))
    assert len(classed(root, "pdsa-axis")) == (name != "empty")
    for element in root.iter():
        for key in ("x", "y", "d", "cx", "cy", "x1", "y1", "width"):
            assert not re.search("nan|inf", element.get(key, ""))
            assert all(abs(v) < 2000 for v in numbers_in(element.get(key, "")))


def test_an_empty_chart_says_so() -> None:
    words = [e.text for e in tree(figures.control_chart(chart_of([]))).iter("text")]
    assert "No data yet: there is nothing to draw." in words


def test_several_series_are_refused() -> None:
    with pytest.raises(ValueError, match="found 2 series, expected one"):
        figures.control_chart(joined([chart_of([82, 84], school="a"), chart_of([82, 84], school="b")]))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 25, 50, 75, 100]),
        (0, 10.8, [0, 5, 10]),
        (0, 7.4, [0, 2, 4, 6]),
        (-1e12, 3e12, [-1e12, 0, 1e12, 2e12, 3e12]),
        (71, 97, [75, 80, 85, 90, 95]),
        (0, 1, [0, 0.5, 1]),
        (0.05, 0.42, [0.1, 0.2, 0.3, 0.4]),
        (-7, 23, [0, 10, 20]),
        (99.1, 99.9, [99.2, 99.4, 99.6, 99.8]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert axes.ticks(low, high) == expected


def texts_of(chart: Chart) -> list[str]:
    return [e.text or "" for e in tree(figures.control_chart(chart)).iter("text")]


def test_the_time_axis_names_months_and_school_years() -> None:
    told = texts_of(chart_of([82, 84] * 39, period=weeks(78, "2024-09-02")))
    assert [t for t in told if t in axes.MONTHS] == ["Sep", "Nov", "Jan", "Mar", "May", "Jul", "Sep", "Nov", "Jan"]
    assert [t for t in told if "year" in t] == ["school year 2024–25", "school year 2025–26"]
    short = texts_of(chart_of([82, 84, 86]))
    assert [t for t in short if "Sep" in t] == ["Sep 1", "Sep 8", "Sep 15"]
    yearly = pd.to_datetime([f"{y}-10-01" for y in range(2017, 2021)])
    told = texts_of(chart_of([45, 46, 47, 36], period=yearly, step=None))
    assert [t for t in told if t.isdigit()] == ["2017", "2018", "2019", "2020"]


def test_the_value_axis_carries_the_unit() -> None:
    assert [t for t in texts_of(chart_of([82, 84], lines=None)) if t.endswith("%")] == [
        "82.0%",
        "82.5%",
        "83.0%",
        "83.5%",
        "84.0%",
    ]
    assert "minutes" in texts_of(chart_of([3, 4], measure=MINUTES, lines=None))


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9))
def test_three_to_five_ticks_within_the_range(low: float, span: float) -> None:
    found = axes.ticks(low, low + span)
    assert 3 <= len(found) <= 5
    assert all(low - 1e-6 * span <= t <= low + span * (1 + 1e-6) for t in found)


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(5, 30)), min_size=1, max_size=12))
def test_spread_keeps_order_and_room(boxes: list[tuple[float, float]]) -> None:
    boxes = sorted(boxes)
    centers, sizes = [b[0] for b in boxes], [b[1] for b in boxes]
    placed = remarks.spread(centers, sizes, 0, 500)
    for a, b, wide, following in zip(placed, placed[1:], sizes, sizes[1:], strict=False):
        assert b - a >= (wide + following) / 2 - 1e-6
    assert placed[0] - sizes[0] / 2 >= -1e-6
    assert placed[-1] + sizes[-1] / 2 <= 500 + 1e-6


def test_spread_moves_as_little_as_possible() -> None:
    assert remarks.spread([10, 50], [10, 10], 0, 100) == [10, 50]
    assert remarks.spread([50, 51], [10, 10], 0, 100) == [45.5, 55.5]
    assert remarks.spread([0, 1], [10, 10], 0, 100) == [5, 15]


def test_flags_of_one_place_share_a_box() -> None:
    assert [
        t for _, t in remarks.grouped([(1, 10), (2, 12), (3, 60), (4, 100), (5, 101), (6, 102), (7, 103)], 500)
    ] == [
        "1,2",
        "3",
        "4–7",
    ]


def lightness(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((lightness(one), lightness(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def grey(color: str) -> str:
    level = round(sum(w * int(color[i : i + 2], 16) for w, i in ((0.2126, 1), (0.7152, 3), (0.0722, 5))))
    return f"#{level:02x}{level:02x}{level:02x}"


@pytest.mark.parametrize(
    "name", ["INK", "MUTED", "DATA", "CENTER", "LIMIT", "TARGET", "GOOD", "WORSE", "CHANGED", "NOTE"]
)
def test_contrast_on_paper_and_in_grey_print(name: str) -> None:
    color = getattr(svg, name)
    assert contrast(color, svg.PAPER) >= 4.5
    assert contrast(grey(color), svg.PAPER) >= 4.5


def test_contrast_has_the_values_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21.0
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_text_of_people_is_escaped_and_shown_as_typed() -> None:
    for name in NASTY:
        notes = (Annotation(date(2025, 9, 3), name),)
        figure = figures.control_chart(chart_of([82, 84], annotations=notes), title=name)
        root = tree(figure)
        assert not list(root.iter("script"))
        assert root.find("svg/title").text == name.replace("\x07", "")
        assert root.find("ol/li/bdi").text == name.replace("\x07", "")
        assert {"tex2jax_ignore", "mathjax_ignore"} <= set(root.get("class").split())
    short = classed(tree(figures.control_chart(chart_of([82, 84]), title="n" * 200)), "pdsa-title")[0].text
    assert short.endswith("…")
    assert len(short) < 80


def test_nothing_is_loaded_or_run() -> None:
    chart = joined([chart_of([82, 84, np.nan], school=f"s{i}", outside=[1]) for i in range(3)])
    for html in (
        figures.control_chart(chart_of([82, 84])).html,
        figures.small_multiples(chart).html,
        figures.matrix([chart], sparklines=True).html,
    ):
        # a symbol that stands on the same page is no file
        assert not re.search(
            r"<script|<style|<image|<use(?! href=\"#pdsa-is-)|url\(|@import|javascript:|\son\w+=", html
        )
        assert set(re.findall(r"https?://[^\"' ]+", html)) <= {"http://www.w3.org/2000/svg"}


def network(n: int, **named: str) -> Chart:
    verdicts = ["common_cause", "improvement", "concern", "too_few", "change"]
    return joined(
        [chart_of([82 + i % 7, 84, 86], school=f"s{i:03d}", verdict=verdicts[i % 5], outside=[1]) for i in range(n)]
    )


def test_panels_stand_in_order_of_names_on_one_scale() -> None:
    chart = joined(
        [
            chart_of([70, 72], school="c"),
            chart_of([95, 97], school="a", verdict="improvement"),
            chart_of([np.nan] * 2, school="b"),
        ]
    )
    root = tree(
        figures.small_multiples(chart, names={"a": "zeta", "b": "Beta", "c": "alpha"}, links={"c": "team/c.html"})
    )
    panels = classed(root, "pdsa-panel")
    assert [p.get("id") for p in panels] == ["chart-attendance-alpha", "chart-attendance-beta", "chart-attendance-zeta"]
    assert [next(p.iter("bdi")).text for p in panels] == ["alpha", "Beta", "zeta"]
    assert ["".join(classed(p, "pdsa-word")[0].itertext()).strip() for p in panels] == ["steady", "no data", "better"]
    assert [a.get("href") for a in root.iter("a")] == ["team/c.html"]
    ticks = [[(t.get("y"), t.text) for t in p.iter("text") if "%" in (t.text or "")] for p in panels]
    assert ticks[0] == ticks[1] == ticks[2] != []
    tops = [min(numbers_in(classed(p, "pdsa-dots")[0].get("d", ""))[1::3]) for p in (panels[0], panels[2])]
    assert tops[0] > tops[1] + 20


def test_panels_show_signals_by_shape_and_say_themselves() -> None:
    root = tree(figures.small_multiples(joined([chart_of([82, 84, 95, 86], school="a", outside=[2], long_run=[3])])))
    assert [e.get("class") for e in classed(root, "pdsa-point")] == [
        "pdsa-point pdsa-diamond",
        "pdsa-point pdsa-square",
    ]
    image = next(s for s in root.iter("svg") if s.get("role") == "img")
    assert image.get("aria-label") == "a: steady; latest 86.0% (week of 2025-09-22); center 85.0%."


def test_of_too_many_panels_the_first_by_name_are_drawn() -> None:
    figure = figures.small_multiples(network(300), most=200)
    names = [e.text for e in tree(figure).iter("bdi")]
    assert len(names) == 200
    assert names[:3] == ["s000", "s001", "s002"]
    assert names[-1] == "s199"
    assert "200 of 300 schools are drawn, the first in the order of names; the others stand" in figure.html
    assert "schools are drawn" not in figures.small_multiples(network(40)).html


def test_panels_of_one_name_have_different_anchors() -> None:
    root = tree(figures.small_multiples(network(3), names=dict.fromkeys(("s000", "s001", "s002"), "Same")))
    assert [p.get("id") for p in classed(root, "pdsa-panel")] == [
        "chart-attendance-same",
        "chart-attendance-same-2",
        "chart-attendance-same-3",
    ]


def test_pseudonyms_hide_the_ids_of_schools() -> None:
    names = {"s000": "School A", "s001": "School B", "s002": "School C"}
    for figure in (
        figures.small_multiples(network(3), names=names),
        figures.matrix([network(3)], names=names, links=None),
    ):
        assert "s00" not in figure.html + figure.text


def test_multiples_of_nothing_and_of_nasty_names() -> None:
    assert "no series yet" in tree(figures.small_multiples(chart_of([]))).find("figcaption").text
    chart = joined([chart_of([82, 84], school=f"s{i}") for i in range(len(NASTY))])
    names = {f"s{i}": name for i, name in enumerate(NASTY)}
    for figure in (
        figures.small_multiples(chart, names=names),
        figures.matrix([chart], names=names, links={"s0": '"><script>'}),
    ):
        root = tree(figure)
        assert not list(root.iter("script"))
        assert any("n" * 200 in (e.get("title") or "") for e in root.iter())


def test_matrix_is_a_table_with_headers_links_and_counts() -> None:
    other = chart_of([np.nan, np.nan], school="s001", measure=MINUTES, verdict="too_few")
    names = {"s000": "Zeta", "s001": "Alpha", "s002": "Mid"}
    figure = figures.matrix([network(3), other], names=names, links={"s001": "team/alpha.html"})
    root = tree(figure)
    assert [e.get("scope") for e in root.iter("th")] == ["col"] * 3 + ["row"] * 4
    assert root.find("table/caption").text == "Where each school stands: 3 schools, 2 measures, by name."
    rows = [["".join(cell.itertext()).strip() for cell in row] for row in root.find("table/tbody")]
    assert rows == [["Alpha", "better", "no data"], ["Mid", "worse", "no data"], ["Zeta", "steady", "no data"]]
    assert [a.get("href") for a in root.iter("a")] == [
        "team/alpha.html#measure-attendance",
        "team/alpha.html#measure-late",
    ]
    totals = [[e.get("aria-label") for e in cell.iter("span")] for cell in root.find("table/tfoot/tr")]
    assert totals == [[], ["1 better", "1 worse", "1 steady"], ["3 no data"]]
    assert root.find("table/tbody/tr/td").get("title") == "Alpha, Attendance: better (3 periods with data)"
    assert figure.text.splitlines()[1] == "Attendance: 1 better, 1 worse, 1 steady"


def test_a_verdict_of_values_that_ended_carries_their_last_day() -> None:
    """`steady` stood there as if of now, of a school that had sent nothing for most of a year."""
    nothing = [np.nan] * 4
    ended, late = [82, 84, 86, 85, *nothing], [82, 84, 86, 85, 84, *nothing[1:]]
    chart = joined([chart_of(ended, school="s1"), chart_of(late, school="s2"), chart_of([82] * 8, school="s3")])
    figure = figures.matrix([chart], names={"s1": "Ash", "s2": "Birch", "s3": "Cedar"})
    root, last = tree(figure), f"{chart.points['period'].iloc[3]:%Y-%m-%d}"
    rows = [["".join(cell.itertext()).strip() for cell in row] for row in root.find("table/tbody")]
    assert rows == [["Ash", f"steady, to {last}"], ["Birch", "steady"], ["Cedar", "steady"]]
    assert (
        root.find("table/tbody/tr/td").get("title")
        == f"Ash, Attendance: steady (4 periods with data, the last of {last})"
    )
    foot = [["".join(cell.itertext()).strip() for cell in row] for row in root.find("table/tfoot")]
    assert foot == [["All schools", "3"], ["of them with an old last value", "1"]]
    assert figure.text.splitlines()[1] == "Attendance: 3 steady; 1 of them with an old last value"
    assert f'"steady, to {last}", is that of the last value: the 4 latest periods or more have none.' in figure.text
    for school, old in (("s1", True), ("s2", False), ("s3", False)):
        assert ("there is none in the" in narrate.headline(chart.only(school=school)).text) is old


def test_matrix_has_a_row_for_a_school_that_never_reported() -> None:
    names = {"s000": "Zeta", "s001": "Alpha", "never": "Mid <b>"}
    figure = figures.matrix([network(2), network(2)], names=names, links={"never": "schools/never.html"})
    root = tree(figure)
    assert root.find("table/caption").text == "Where each school stands: 3 schools, 2 measures, by name."
    rows = [["".join(cell.itertext()).strip() for cell in row] for row in root.find("table/tbody")]
    assert rows == [["Alpha", "better", "better"], ["Mid <b>", "no data", "no data"], ["Zeta", "steady", "steady"]]
    assert [a.get("href") for a in root.iter("a")] == ["schools/never.html#measure-attendance"] * 2
    totals = [[e.get("aria-label") for e in cell.iter("span")] for cell in root.find("table/tfoot/tr")]
    assert totals[1] == ["1 better", "1 steady", "1 no data"]
    assert figure.text.splitlines()[1] == "Attendance: 1 better, 1 steady, 1 no data"


def test_matrix_has_at_most_six_symbols_and_a_legend_of_all() -> None:
    root = tree(figures.matrix([network(300)]))
    drawn = {e.get("id"): e for e in classed(root, "pdsa-legend")[0].iter("g")}
    assert len({ET.tostring(shape[0], "unicode") for shape in drawn.values()}) >= 5
    assert len(drawn) == 6 == len(symbols.SHORT_WORDS) - 1
    used = [e.get("href", "") for e in root.iter("use")]
    assert len(used) == 300 + 5
    assert {place.removeprefix("#") for place in used} <= set(drawn)
    words = ["".join(e.itertext()).strip() for e in classed(root, "pdsa-legend")[0]]
    assert words == ["better", "worse", "changed", "steady", "too early to say", "no data"]
    assert len(classed(root, "pdsa-flow")) == 1
    assert classed(tree(figures.matrix([network(24)] * 4)), "pdsa-flow") == []


def test_rows_to_mend_are_told_apart_from_nothing_sent() -> None:
    names = {"s000": "Alpha", "gone": "Beta", "bad": "Gamma"}
    figure = figures.matrix([network(1)], names=names, to_mend=("bad",))
    root = tree(figure)
    rows = [["".join(cell.itertext()).strip() for cell in row] for row in root.findall(".//tbody/tr")]
    assert [row[-1] for row in rows[1:]] == ["no data", "rows to mend"]
    places = [row.findall(".//use")[-1].get("href") for row in root.findall(".//tbody/tr")]
    assert places[1:] == ["#pdsa-is-no-data", "#pdsa-is-to-mend"]
    assert figure.text.splitlines()[1].endswith("1 no data, 1 rows to mend")
    assert "rows to mend" in "".join(classed(root, "pdsa-legend")[0].itertext())


def test_symbols_differ_by_shape() -> None:
    drawn = {re.sub("#[0-9a-f]{6}", "", figures.symbol(verdict)) for verdict in symbols.SHORT_WORDS}
    assert len(drawn) == 7
    assert all('aria-hidden="true"' in d for d in drawn)


def test_every_class_of_the_style_sheet_is_ours() -> None:
    assert {
        c for c in re.findall(r"\.([a-z][\w-]*)", re.sub(r"[\d.]+r?em", "", figures.STYLE)) if not c.startswith("pdsa-")
    } == set()


def test_a_real_chart_is_drawn_as_it_was_analyzed() -> None:
    rng = np.random.default_rng(7)
    enrolled = rng.integers(95, 125, 76).astype(float)
    present = np.floor(enrolled * np.r_[np.full(40, 0.84), np.full(36, 0.91)]) + rng.integers(-3, 4, 76)
    present[[20, 21, 50]] = np.nan
    frame = pd.DataFrame({"week": weeks(76), "present": present, "enrolled": enrolled})
    chart = analyze(
        frame, "p", value="present", denominator="enrolled", per=100, period="week", baseline=12, better="up"
    )
    root = tree(figures.control_chart(chart))
    points = chart.points
    assert len(classed(root, "pdsa-point")) == points["value"].notna().sum() == 73
    assert len(classed(root, "pdsa-diamond")) == points["rule_outside"].sum()
    assert len(classed(root, "pdsa-square")) == (points["rule_long_run"] & ~points["rule_outside"]).sum() > 0
    drawn = np.array([place(g)[1] for g in classed(root, "pdsa-point")])
    values = points["value"].dropna().to_numpy()
    assert np.polyfit(values, drawn, 1)[0] < 0
    assert np.corrcoef(values, drawn)[0, 1] < -0.99999


def test_columns_are_read_once_and_the_chart_stays_as_it_is() -> None:
    chart = chart_of([82, np.nan, 86], hidden=[1])
    before = chart.points.copy()
    figures.control_chart(chart)
    figures.small_multiples(chart)
    pd.testing.assert_frame_equal(chart.points, before)
    assert trace.read(chart).shown.tolist() == [True, False, True]


TWO_OF_THREE = Rule("beyond", 2, 3, 2.0, label="two_of_three")


def ruled(chart: Chart, fired: dict[Rule, list[int]]) -> Chart:
    """The chart with these rules instead of its own, each said to have fired at some rows."""
    points = chart.points.drop(columns=[c for c in chart.points if c.startswith("rule_")]).assign(signal=False)
    for rule, rows in fired.items():
        flag = np.isin(np.arange(len(points)), rows)
        points[f"rule_{rule.column}"], points["signal"] = flag, points["signal"] | flag
    return replace(chart, points=points, spec=replace(chart.spec, rules=tuple(fired)))


def coded(chart: Chart, top: list[int], bottom: list[int]) -> Chart:
    status, points = np.array(chart.status), chart.points.copy()
    status[top], status[bottom] = STATUSES.index("top_coded"), STATUSES.index("bottom_coded")
    points.loc[[*top, *bottom], "included"] = False
    return replace(chart, points=points, status=status)


def kinds_of(figure: figures.Figure) -> list[str]:
    return [e.get("class", "").split("pdsa-")[-1] for e in classed(tree(figure), "pdsa-point")]


def tips_of(figure: figures.Figure) -> list[str]:
    return [e.find("title").text.split(": ", 1)[1] for e in classed(tree(figure), "pdsa-point")]


def test_every_rule_has_a_shape_and_the_first_of_the_set_wins() -> None:
    fired = {
        Rule("outside"): [0],
        Rule("shift"): [0, 1],
        Rule("trend"): [1, 2],
        TWO_OF_THREE: [2, 3],
        Rule("near", label="nelson_7"): [4],
        Rule("away"): [5],
        Rule("alternating"): [6],
    }
    figure = figures.control_chart(ruled(chart_of([82, 84, 86, 88, 84, 83, 85, 84]), fired))
    assert kinds_of(figure) == ["diamond", "square", "triangle", "plus", "plus", "plus", "plus", "dot"]
    root = tree(figure)
    assert [e.text for e in classed(root, "pdsa-key")[0].iter("text")] == [
        "outside the limits",
        "in a shift to one side",
        "in a steady rise or fall",
        "in two of three near a limit or in a row close to the center or another pattern",
    ]
    assert tips_of(figure)[:5] == [
        "82.0%, outside the limits, in a shift to one side",
        "84.0%, in a shift to one side, in a steady rise or fall",
        "86.0%, in a steady rise or fall, in two of three near a limit",
        "88.0%, in two of three near a limit",
        "84.0%, in a row close to the center",
    ]


def test_a_long_key_takes_two_lines_and_covers_no_axis() -> None:
    fired = {Rule("outside"): [0], Rule("shift"): [1], Rule("trend"): [2], TWO_OF_THREE: [3], Rule("near"): [4]}
    root = tree(figures.control_chart(ruled(chart_of([82, 84, 86, 88, 84, np.nan]), fired), width=420))
    (key,) = classed(root, "pdsa-key")
    rows = {float(e.get("y", "")) for e in key.iter("text")}
    assert len(rows) >= 3
    assert max(rows) <= 320
    names = [float(e.get("y", "")) for e in root.iter("text") if (e.text or "").startswith("Sep")]
    assert min(rows) > max(names)
    ends = [float(e.get("x", "")) + svg.width_of(e.text or "", 11) for e in key.iter("text")]
    assert max(ends) <= 420


@pytest.mark.parametrize(("better", "good", "bad"), [("up", svg.GOOD, svg.WORSE), ("down", svg.WORSE, svg.GOOD)])
def test_a_trend_has_the_color_of_its_direction(better: str, good: str, bad: str) -> None:
    values = [82.0, 83, 84, 86, 85, 84, 83]
    chart = ruled(chart_of(values, better=better), {Rule("trend"): [0, 1, 2, 3, 5, 6]})
    fills = [e[1].get("fill") for e in classed(tree(figures.control_chart(chart)), "pdsa-point")]
    assert fills == [good] * 4 + [svg.DATA] + [bad] * 2
    plain = ruled(chart_of(values, better=better), {Rule("alternating"): [1, 2]})
    fills = [e[1].get("fill") for e in classed(tree(figures.control_chart(plain)), "pdsa-point")]
    assert fills[1:3] == [svg.CHANGED] * 2


def test_coded_points_are_hollow_and_in_no_line() -> None:
    figure = figures.control_chart(coded(chart_of([82, 84, 95, 86, 5, 85, 84]), [2], [4]))
    assert kinds_of(figure) == ["dot", "dot", "hollow", "dot", "hollow", "dot", "dot"]
    assert tips_of(figure)[2] == "at least 95.0%, only a bound is known, in no line"
    assert tips_of(figure)[4] == "at most 5.0%, only a bound is known, in no line"
    root = tree(figure)
    assert pieces_of(root, "pdsa-line") == 2
    (circle,) = [e for e in classed(root, "pdsa-hollow")[0] if e.tag == "circle"]
    assert circle.get("fill") == svg.PAPER != circle.get("stroke")
    assert "only a bound is known, in no line" in [e.text for e in classed(root, "pdsa-key")[0].iter("text")]


def test_a_new_instrument_is_a_labeled_break() -> None:
    chart = chart_of([82, 84, 86, 88, 84, 83])
    chart = replace(chart, extra=pd.DataFrame({"instrument": [1, 1, 1, 2, 2, 2]}))
    root = tree(figures.control_chart(chart))
    xs = [place(g)[0] for g in classed(root, "pdsa-point")]
    (double,) = classed(root, "pdsa-instrument")
    assert float(double.get("data-at", "")) == pytest.approx((xs[2] + xs[3]) / 2, abs=0.11)
    assert [e.text for e in classed(root, "pdsa-anew")] == ["measured in a new way"]
    assert [pieces_of(root, n) for n in ("pdsa-line", "pdsa-upper", "pdsa-center")] == [2, 2, 2]
    assert classed(root, "pdsa-phase") == []
    later = replace(chart, extra=chart.extra.iloc[:, :0], points=chart.points.assign(phase=[1, 1, 1, 2, 2, 2]))
    assert len(classed(tree(figures.control_chart(later)), "pdsa-phase")) == 1


@pytest.mark.parametrize(("width", "named"), [(720, 3), (360, 1)])
def test_words_of_new_instruments_never_overlap(width: int, named: int) -> None:
    chart = chart_of([82.0, 84.0] * 8)
    chart = replace(chart, extra=pd.DataFrame({"instrument": np.repeat([1, 2, 3, 4], [9, 1, 1, 5])}))
    words = classed(tree(figures.control_chart(chart, width=width)), "pdsa-anew")
    assert len(words) == named
    middles = [float(e.get("x", "")) for e in words]
    assert all(b - a >= svg.width_of("measured in a new way", 10) for a, b in pairwise(middles))


def test_both_sums_of_a_cusum_are_drawn() -> None:
    high, low = [0.5, 1.2, 2.0, 5.5], [-0.2, 0.0, 0.0, -1.0]
    chart = chart_of(high, measure=MINUTES, lines=(-5.0, 0.0, 5.0), outside=[3])
    sums = pd.DataFrame({"cusum_upper": high, "cusum_lower": low})
    root = tree(figures.control_chart(replace(chart, extra=sums, summary=chart.summary.assign(kind="cusum"))))
    assert classed(root, "pdsa-line") == []
    ys = [place(g)[1] for g in classed(root, "pdsa-point")]
    upper = numbers_in(classed(root, "pdsa-sum-upper")[0].get("d", ""))[1::2]
    assert upper == pytest.approx(ys, abs=0.1)
    lower = numbers_in(classed(root, "pdsa-sum-lower")[0].get("d", ""))[1::2]
    assert lower[1] == lower[2] > ys[0]
    labels = [e.text for e in classed(root, "pdsa-label")]
    assert labels == ["upper 5.0", "center 0.0", "lower -5.0"]
    assert [e.text for e in classed(root, "pdsa-sizes")] == ["standard deviations"]


def test_sizes_stand_under_the_title_of_charts_that_depend_on_them() -> None:
    chart = chart_of([82, 84, 86], sizes=(50, 60))
    chart.points["denominator"] = [41.0, 58.0, 1234.0]
    assert [e.text for e in classed(tree(figures.control_chart(chart)), "pdsa-sizes")] == ["n 41–1,234"]
    hidden = replace(chart, status=np.array([0, 0, STATUSES.index("suppressed")], dtype=np.int8))
    assert [e.text for e in classed(tree(figures.control_chart(hidden)), "pdsa-sizes")] == ["n 41–58"]
    single = replace(chart, summary=chart.summary.assign(kind="i"))
    assert classed(tree(figures.control_chart(single)), "pdsa-sizes") == []


def test_the_scales_are_written_on_the_plot() -> None:
    root = tree(figures.control_chart(chart_of([82.0, 88.0, 84.0])))
    (plot,) = classed(root, "pdsa-plot")
    low, high, start, end = map(float, plot.get("data-y", "").split())
    x, y = place(classed(root, "pdsa-point")[1])
    assert low + (y - start) / (end - start) * (high - low) == pytest.approx(88, abs=0.01)
    low, high, start, end = map(float, plot.get("data-x", "").split())
    day = low + (x - start) / (end - start) * (high - low)
    assert day == pytest.approx((date(2025, 9, 8) - date(1970, 1, 1)).days, abs=0.01)


def test_a_sparkline_is_tiny_and_says_itself() -> None:
    chart = chart_of([82, 84, np.nan, 86, 88, 95], outside=[5], hidden=[2], verdict="improvement")
    figure = figures.sparkline(chart)
    root = tree(figure)
    assert root.get("aria-label") == figure.text == "Attendance: better; latest 95.0%"
    assert (root.get("width"), root.get("height")) == ("96", "22")
    assert pieces_of(root, "pdsa-line") == 2
    xs, ys = [numbers_in(classed(root, "pdsa-line")[0].get("d", ""))[k::2] for k in (0, 1)]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
    assert numbers_in(classed(root, "pdsa-dots")[0].get("d", ""))[:2] == [xs[-1], ys[-1]]
    assert len(figure.html) < 900
    with pytest.raises(ValueError, match="found 2 series"):
        figures.sparkline(network(2))


@pytest.mark.parametrize("name", DEGENERATE)
def test_odd_series_have_a_sparkline(name: str) -> None:
    html = figures.sparkline(DEGENERATE[name]).html
    if name == "empty":
        assert html == ""
        return
    for element in ET.fromstring(html).iter():
        assert all(abs(v) < 200 for key in ("d", "cx", "cy") for v in numbers_in(element.get(key, "")))


def test_a_matrix_of_sparklines_keeps_symbols_and_words() -> None:
    chart = joined([chart_of([82 + k, 84, 86], school=f"s{k}") for k in range(3)])
    plain, drawn = figures.matrix([chart]), figures.matrix([chart], sparklines=True, names={"never": "Zero"})
    assert len(classed(tree(drawn), "pdsa-spark")) == 3
    assert classed(tree(plain), "pdsa-spark") == []
    cells = [classed(row, "pdsa-spark") for row in tree(drawn).find("table/tbody")]
    assert [len(cell) for cell in cells] == [1, 1, 1, 0]
    alone = tree(figures.sparkline(chart.only(school="s1")))
    assert [e.get("d") for e in cells[1][0].iter("path")] == [e.get("d") for e in alone.iter("path")]
    assert "Each line has a scale of its own" in drawn.text


def test_a_matrix_of_too_many_lines_keeps_its_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pdsa.figures.grid.MOST_CHARACTERS", 2_500)
    charts = [network(3), network(3)]
    figure = figures.matrix(charts, sparklines=True)
    assert classed(tree(figure), "pdsa-spark") == []
    assert "Lines of so many series are too much for one page: they are left out." in figure.text
    assert len(classed(tree(figures.matrix(charts[:1], sparklines=True)), "pdsa-spark")) == 3


def test_show_carries_a_picture_and_numbers_for_strict_checks() -> None:
    chart = chart_of([82, 84, 86], outside=[2])
    figure = figures.show(chart)
    assert figure.html == figures.control_chart(chart).html
    assert narrate.alt_text(chart) in tree(figure).find("svg/desc").text
    assert figure.text == "Attendance: p, n 3, center 85, limits 80 to 90, 1 point with a signal, common_cause"
    known = replace(chart, summary=chart.summary.assign(false_alarm=0.0712, assurance="met"))
    assert figures.show(known).text.endswith("1 point with a signal, common_cause, target met, false alarm 0.07")
    both = figures.show(joined([chart_of([82, 84], school="a"), chart_of([70, 72], school="b", lines=None)]))
    assert both.text.splitlines() == [
        "a · Attendance: p, n 2, center 85, limits 80 to 90, 0 points with a signal, common_cause",
        "b · Attendance: p, n 2, no center, 0 points with a signal, common_cause",
    ]
    assert len(classed(tree(both), "pdsa-panel")) == 2


def test_symbols_of_targets_differ_by_shape_in_grey() -> None:
    names = [*symbols.SHORT_WORDS, *symbols.ASSURANCE_SHORT]
    drawn = {re.sub("#[0-9a-f]{6}", "", figures.symbol(name)) for name in names}
    assert len(drawn) == len(names) == 10


@pytest.mark.parametrize("verdict", ["improvement", "concern", "change", "common_cause", "too_few"])
@pytest.mark.parametrize("assurance", ["met", "by_chance", "not_expected", None])
def test_chart_panel_table_sentence_and_icon_say_the_same(verdict: str, assurance: str | None) -> None:
    """All of them read one summary row: whatever stands there, none says another thing."""
    chart = chart_of([82, 84, 86, 95], outside=[3], verdict=verdict, target=83.0)
    chart = replace(chart, summary=chart.summary.assign(assurance=assurance, verdict=verdict))
    word, short = narrate.VERDICT_WORDS[verdict], symbols.SHORT_WORDS[verdict]
    root = tree(figures.control_chart(chart))
    sentence = narrate.headline(chart)
    assert sentence.verdict == verdict
    assert sentence.lead == f"Attendance: {word}."
    assert [e.text for e in classed(root, "pdsa-word")] == [word]
    panel, table = tree(figures.small_multiples(chart)), tree(figures.matrix([chart]))
    assert "".join(classed(panel, "pdsa-word")[0].itertext()).strip() == short
    assert "".join(table.find("table/tbody/tr/td").itertext()).strip() == short
    assert f"signal, {verdict}" in figures.show(chart).text
    icons = [ET.tostring(e[0], "unicode") for e in classed(root, "pdsa-verdict")]
    assert icons == ([] if verdict == "too_few" else [ET.tostring(ET.fromstring(symbol_of(verdict))[0], "unicode")])
    told = [e.text for e in classed(root, "pdsa-assured")]
    stated = [key for key, words in narrate.ASSURANCE_WORDS.items() if words[:20] in sentence.text]
    assert told == [symbols.ASSURANCE_SHORT[key] for key in stated]
    assert bool(stated) == (assurance is not None and verdict == "common_cause")
    titles = [e.get("title") for e in panel.iter("span") if (e.get("title") or "").startswith("target")]
    assert titles == told


def symbol_of(verdict: str) -> str:
    return figures.symbol(verdict)
