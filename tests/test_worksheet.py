"""The filled worksheet of one cycle: complete, harmless, and on one page of paper."""

from __future__ import annotations

import io
import re
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest

from pdsa.figures import worksheet_html
from pdsa.records import Measure
from pdsa.records.inquiry import ChangeIdea, Cycle, Prediction, Task
from test_archive import browser
from test_site import HOSTILE, Page

__all__ = ["browser"]

ATTENDANCE = Measure("attendance", "Attendance", "outcome", "proportion", "%", "up", "week", "present", per=100)
CYCLE = Cycle(
    "cycle-x4d9p", "0101", "idea-1", "Calls before nine", cycle_no=2, team_id="ninth", objective="Does a call help?",
    questions=("Who picks up?", "Does it matter who calls?"),
    tasks=(Task("Call families", "Ms. R.", "before 9:30", "office"),), start=date(2025, 10, 6),
    planned_end=date(2025, 10, 17), scale="class", students_n=28, sites_n=1, measure_ids=("attendance",),
    data_plan_detail="Tally of calls", belief="moderate", cost_of_failure="low", readiness="ready",
    actual_start=date(2025, 10, 7), actual_end=date(2025, 10, 17), carried_out_as_planned="partly",
    deviations="No calls on half days.", observations="Families thanked us.",
    unexpected_observations="Students asked to be called.", artifacts=("tally.pdf",),
    what_data_show="19 of 26 reached.", matched="hit", learning="Before nine is better.",
    variation_noticed="Fewer among new families.", studied_on=date(2025, 10, 20), decision="adapt",
    decided_on=date(2025, 10, 21), rationale="Numbers were wrong.", next_test="Check numbers first",
    next_scale="several_classes", spread_to=("0102",), implementation_plan="In the handbook",
    sustain_plan="Tally each month",
)  # fmt: skip
PREDICTIONS = (
    Prediction(
        "p1", "cycle-x4d9p", "Eight of ten pick up", "they are home", "range", "attendance", low=80, high=100,
        result_value=73.1, outcome="miss",
    ),
    Prediction("p2", "cycle-x4d9p", "They come back", "somebody noticed", result_text="16 of 19", outcome="hit"),
)  # fmt: skip
NAMES = {"0101": "Lincoln High School", "0102": "Tarnwick", "ninth": "Ninth-grade team"}


def filled(cycle: Cycle = CYCLE) -> str:
    idea = ChangeIdea("idea-1", "Advisers call home")
    return worksheet_html(cycle, PREDICTIONS, idea, NAMES, measures={"attendance": ATTENDANCE})


def test_all_that_the_team_wrote_is_there() -> None:
    words = " ".join(Page(filled()).words.split())
    for text in (
        "Advisers call home", "Lincoln High School", "Ninth-grade team", "2 (closed), Calls before nine",
        "2025-10-07 to 2025-10-17", "1 class, 28 students, 1 site", "test a change", "Does a call help?",
        "Who picks up? Does it matter who calls?", "Attendance; Tally of calls",
        "belief that it will work: moderate, cost if it does not: low, people are: ready", "No calls on half days.",
        "Families thanked us.", "Students asked to be called.", "tally.pdf", "19 of 26 reached.",
        "Before nine is better.", "Fewer among new families.", "What we decide, 2025-10-21", "Numbers were wrong.",
        "Check numbers first; with several classes", "Tarnwick", "In the handbook", "Tally each month", "cycle-x4d9p",
    ):  # fmt: skip
        assert text in words, text


def test_predictions_and_tasks_are_tables() -> None:
    assert Page(filled()).rows == [
        ["We predict", "because", "Expected", "Result", "What became of it"],
        ["Eight of ten pick up", "they are home", "80.0% to 100.0%", "73.1", "did not hold"],
        ["They come back", "somebody noticed", "", "16 of 19", "held"],
        ["What", "Who", "When", "Where"],
        ["Call families", "Ms. R.", "before 9:30", "office"],
    ]


def test_choices_are_marked_by_a_check_and_in_words() -> None:
    words = " ".join(Page(filled()).words.split())
    assert "Was it done as planned?yes partly (chosen) no" in words
    assert "Adapt: change it and test again (chosen)" in words
    assert words.count("(chosen)") == 2


def test_an_empty_cycle_has_room_to_write() -> None:
    html = worksheet_html(Cycle("cycle-y", "0101", "idea-1"))
    assert html.count('class="blank"') == 27  # 7 in the plan with the days, 7, 9 and 4
    assert "(chosen)" not in html
    assert len(Page(html).rows) == 6  # two heads, twice two empty rows


@pytest.mark.parametrize("text", [HOSTILE, "</style><b>", "n" * 1000, "مدرسة النور 🎒", "=1+1", "{% raw %}"])
def test_hostile_text_is_harmless_and_unchanged(text: str) -> None:
    said = {
        one.name: text for one in fields(Cycle) if one.type in ("str", str) and one.name not in ("parent_cycle_id",)
    }
    cycle = Cycle(**{**said, "questions": (text,), "tasks": (Task(text, text, text, text),), "artifacts": (text,)})  # type: ignore[arg-type]
    predictions = [Prediction("p", text, text, text, "text", group=text, result_text=text)]
    html = worksheet_html(cycle, predictions, ChangeIdea("i", text), {text: text})
    page = Page(html)
    assert not {"script", "img", "iframe", "form", "object", "link"} & set(page.elements)
    assert page.words.count(text) > 20
    assert page.links == []
    assert text not in re.search(r"<style>.*?</style>", html, re.DOTALL)[0]  # type: ignore[index]
    assert "default-src 'none'" in html


@pytest.mark.browser
def test_a_filled_worksheet_fits_one_page_and_an_empty_one_two(browser: Any, tmp_path: Path) -> None:
    counted = []
    for name, html in (("filled", filled()), ("empty", worksheet_html(Cycle("cycle-y", "0101", "idea-1")))):
        target = tmp_path / f"{name}.html"
        target.write_text(html, encoding="utf-8")
        page = browser.new_page()
        page.goto(target.as_uri())
        for paper in ("Letter", "A4"):
            pdf = pypdf.PdfReader(io.BytesIO(page.pdf(format=paper, prefer_css_page_size=True)))
            counted.append((name, paper, len(pdf.pages)))
        page.close()
    assert counted == [("filled", "Letter", 1), ("filled", "A4", 1), ("empty", "Letter", 2), ("empty", "A4", 2)]
