"""Parts of a page: order, headings, symbols beside words, and text that stays text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd

from pdsa import figures, narrate
from pdsa.chart import Chart, analyze_panel
from pdsa.narrate import Finding, Findings
from pdsa.records import ChartSpec, Measure
from pdsa.series import Panel

HOSTILE = "<script>alert('x')</script> $5 & \"more\""


def network(name: str, schools: int = 3, weeks: int = 14) -> Chart:
    """Schools s0, s1, ... with values that differ by school."""
    measure = Measure(name.casefold(), name, "outcome", "continuous", "minutes", "down", "week", name)
    n = schools * weeks
    values = np.array([20.0 + s + (w * (s + 3)) % 7 for s in range(schools) for w in range(weeks)])
    nothing = np.full(n, np.nan)
    periods = pd.date_range("2025-09-01", periods=weeks, freq="7D")
    panel = Panel(
        keys=pd.DataFrame({"school": [f"s{s}" for s in range(schools)]}),
        offsets=np.arange(schools + 1) * weeks,
        period=pd.DatetimeIndex(np.tile(periods.to_numpy(), schools)),
        value=values,
        numerator=nothing,
        denominator=nothing,
        people=nothing,
        status=np.zeros(n, dtype=np.int8),
        ratio=np.zeros(schools, dtype=bool),
        step="week",
    )
    return analyze_panel(panel, ChartSpec(kind="i", better="down"), measure)


def tree(figure: figures.Figure) -> ET.Element:
    """The part as XML: it parses only if every element is closed."""
    root = ET.fromstring(f"<div>{figure.html}</div>")
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    return root


class TestSideBySide:
    def test_charts_stand_in_the_order_given(self) -> None:
        charts = tuple(network(name, 1) for name in ("Zeal", "Attendance", "Late"))
        figure = figures.side_by_side(charts)
        root = tree(figure)
        (grid,) = root
        assert grid.get("class") == "pdsa-grid"
        assert [child.get("id") for child in grid] == ["measure-zeal", "measure-attendance", "measure-late"]
        assert [line.split(":")[0] for line in figure.text.splitlines()] == ["Zeal", "Attendance", "Late"]

    def test_size_is_that_of_each_chart(self) -> None:
        (svg,) = tree(figures.side_by_side((network("Zeal", 1),), width=400, height=250)).iter("svg")
        assert svg.get("viewBox") == "0 0 400 250"

    def test_no_charts(self) -> None:
        figure = figures.side_by_side(())
        assert (figure.html, figure.text) == ('<div class="pdsa-grid"></div>', "")


class TestSheets:
    def test_each_measure_has_its_heading_and_panels(self) -> None:
        charts = (network("Zeal"), network("Late <b>", 2))
        names = {"s0": "Zeta", "s1": "Alpha", "s2": "Mid"}
        root = tree(figures.sheets(charts, names=names, links={"s1": "schools/s1.html"}))
        assert [section.get("id") for section in root] == ["schools-zeal", "schools-late-b"]
        assert [section.find("h2").text for section in root] == ["Zeal", "Late <b>"]  # type: ignore[union-attr]
        shown = [b.get("title") for b in root.iter("b")]
        assert shown == ["Alpha", "Mid", "Zeta", "Alpha", "Zeta"]
        assert [a.get("href") for a in root.iter("a")] == ["schools/s1.html"] * 2

    def test_of_too_many_schools_none_is_drawn_before_others(self) -> None:
        figure = figures.sheets((network("Zeal", 7), network("Late", 2)), most=4, links={"s1": "schools/s1.html"})
        assert [sum(e.get("class") == "pdsa-panel" for e in section.iter()) for section in tree(figure)] == [0, 2]
        assert figure.text.splitlines()[0] == (
            "7 schools are too many for a chart each on one page: each stands in the table above, "
            "with a link to its own page."
        )
        assert figures.sheets((network("Zeal", 7),), most=4).text.endswith("each stands in the table above.")

    def test_no_school_reported(self) -> None:
        figure = figures.sheets((network("Zeal").only(school="nobody"),))
        assert "no series yet." in figure.text
        assert tree(figure).find("section/h2").text == "Zeal"  # type: ignore[union-attr]


class TestSentences:
    def test_a_symbol_stands_beside_the_words_of_a_judgement(self) -> None:
        findings = Findings(tuple(Finding("Text.", verdict, "Lead:") for verdict in narrate.VERDICT_WORDS))
        root = tree(figures.sentences(findings))
        items = root.findall("ul/li")
        assert root.find("ul").get("class") == "pdsa-findings"  # type: ignore[union-attr]
        shown = [len(list(item.iter("svg"))) for item in items]
        assert shown == [word in ("improvement", "concern", "change", "common_cause") for word in narrate.VERDICT_WORDS]
        assert {"".join(item.itertext()).strip() for item in items} == {"Lead: Text."}
        assert [svg.get("aria-hidden") for svg in root.iter("svg")] == ["true"] * 4

    def test_without_a_lead_or_a_verdict(self) -> None:
        figure = figures.sentences(Findings((Finding("Only text."),)))
        assert figure.html == '<ul class="pdsa-findings"><li>Only text.</li></ul>'
        assert figure.text == "Only text."

    def test_words_of_people_are_escaped(self) -> None:
        findings = Findings((Finding(HOSTILE, "concern", HOSTILE),))
        for figure in (figures.sentences(findings), figures.notes(findings, HOSTILE)):
            root = tree(figure)
            assert not list(root.iter("script"))
            assert "".join(root.itertext()).count(HOSTILE) >= 2

    def test_nothing_to_say_is_nothing(self) -> None:
        assert figures.sentences(Findings(())).html == ""
        assert figures.notes(Findings(()), "A heading").html == ""
        assert figures.notes(Findings(())).text == ""


class TestNotes:
    def test_a_heading_only_where_there_is_one(self) -> None:
        findings = Findings((Finding("One.", "", "Zeal:"), Finding("Two.")))
        assert figures.notes(findings, "Settings").html == (
            '<div class="pdsa-notes"><h2>Settings</h2><ul class="pdsa-lines">'
            "<li><b>Zeal:</b> One.</li><li>Two.</li></ul></div>"
        )
        assert "<h2>" not in figures.notes(findings).html
        assert figures.notes(findings).text == "Zeal: One.\nTwo."

    def test_verdicts_bring_no_symbol(self) -> None:
        assert "<svg" not in figures.notes(Findings((Finding("One.", "concern"),))).html


def test_a_heading_is_escaped() -> None:
    figure = figures.heading("A < B & C")
    assert (figure.html, figure.text) == ("<h2>A &lt; B &amp; C</h2>", "A < B & C")
    assert figure._repr_mimebundle_() == {"text/html": figure.html, "text/plain": "A < B & C"}


def test_the_same_charts_make_the_same_bytes() -> None:
    assert figures.sheets((network("Zeal"),)).html == figures.sheets((network("Zeal"),)).html
