"""The numbers behind a chart as a table: the same numbers, safe text, the same bytes each time."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from pdsa import tables
from pdsa.chart import Chart, analyze, analyze_panel
from pdsa.records import ChartSpec, Measure
from pdsa.series import Panel

HOSTILE = "<script>alert('x')</script> $5 & \"more\""


class Table(HTMLParser):
    """Rows of cells, and the names of all elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.elements: list[str] = []
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.rows[-1][-1] += data.strip()


def rows_of(chart: Chart) -> list[list[str]]:
    return Table(tables.points_table(chart).as_raw_html()).rows


def share(values: list[float], below: list[float], name: str = "Zeal") -> Chart:
    measure = Measure("zeal", name, "outcome", "proportion", "%", "up", "week", "Zeal", per=100)
    n = len(values)
    top, bottom = np.array(values, dtype=float), np.array(below, dtype=float)
    panel = Panel(
        keys=pd.DataFrame({"school": ["Ash"]}),
        offsets=np.array([0, n]),
        period=pd.date_range("2025-09-01", periods=n, freq="7D"),
        value=top / bottom,
        numerator=top,
        denominator=bottom,
        people=bottom,
        status=np.where(np.isnan(top), 1, 0).astype(np.int8),
        ratio=np.array([True]),
        step="week",
    )
    return analyze_panel(panel, ChartSpec(kind="p", per=100, better="up"), measure)


def test_every_point_stands_there_the_latest_first() -> None:
    assert rows_of(share([20, 21, 40, 19], [40, 42, 40, 38]))[:2] == [
        ["Period", "Value", "Numerator", "Denominator", "Center", "Lower", "Upper", "Signal"],
        ["week of 2025-09-22", "50.0%", "19", "38", "62.5%", "38.9%", "86.1%", ""],
    ]
    rows = rows_of(share([20, 21, 40, 19], [40, 42, 40, 38]))
    assert [row[0][-5:] for row in rows[1:]] == ["09-22", "09-15", "09-08", "09-01"]
    assert rows[2][1:] == ["100.0%", "40", "40", "62.5%", "39.5%", "85.5%", "a point outside the limits"]


def test_missing_values_are_blank_cells() -> None:
    rows = rows_of(share([20, np.nan, 22], [40, np.nan, 44]))
    assert rows[2] == ["week of 2025-09-08", "", "", "", "50.0%", "", "", ""]
    assert not [cell for row in rows for cell in row if re.search("nan|none|<na>", cell.casefold())]


def test_columns_without_a_number_are_left_out() -> None:
    frame = pd.DataFrame({"week": range(1, 13), "late": [4.0, 6, 5, 7, 5, 6, 4, 5, 6, 5, 7, 4]})
    assert rows_of(analyze(frame, "run", value="late", period="week"))[0] == ["Period", "Value", "Center", "Signal"]
    assert rows_of(analyze(frame.assign(late=np.nan), "run", value="late", period="week"))[0] == [
        "Period",
        "Value",
        "Signal",
    ]


def test_several_rules_are_told_in_words() -> None:
    values = [20.0] * 12 + [39.0] * 11
    rows = rows_of(share(values, [40.0] * 23))
    assert rows[1][-1] == "a point outside the limits, a long run on one side of the center"


@pytest.mark.parametrize("word", [HOSTILE, "=HYPERLINK(1)", "**bold** `code`"])
def test_words_of_people_are_only_words(word: str) -> None:
    frame = pd.DataFrame({"round": pd.Categorical(["a", word], ["a", word], ordered=True), "late": [4.0, 6.0]})
    text = tables.points_table(analyze(frame, "run", value="late", period="round")).as_raw_html()
    table = Table(text)
    assert table.rows[1][0] == word
    assert not {"script", "strong", "code", "a"} & set(table.elements)


def test_large_and_small_numbers_are_plain() -> None:
    frame = pd.DataFrame({"week": [1, 2, 3], "late": [1234567.0, -0.04, 12.25]})
    values = [row[1] for row in rows_of(analyze(frame, "run", value="late", period="week"))[1:]]
    assert values == ["12.2", "-0.04", "1234567"]


def test_the_same_chart_makes_the_same_bytes() -> None:
    one, other = (tables.points_table(share([20, 21, 40, 19], [40, 42, 40, 38])).as_raw_html() for _ in range(2))
    assert one == other
    assert re.search(r'id="pdsa-points-\d{1,8}"', one)


def test_ids_differ_by_content_and_give_no_name_away() -> None:
    ids = [
        re.findall(r'id="([^"]+)"', tables.points_table(share(values, [40, 42], name)).as_raw_html())[0]
        for values, name in (([20, 21], "Zeal"), ([20, 22], "Zeal"), ([20, 21], "Other"))
    ]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"pdsa-points-\d+", one) for one in ids)


def test_the_chart_stays_as_it_is() -> None:
    chart = share([20, 21, 40, 19], [40, 42, 40, 38])
    before = chart.points.copy()
    tables.points_table(chart)
    pd.testing.assert_frame_equal(chart.points, before)
