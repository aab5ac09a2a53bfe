"""The measure library: complete, defined so that two people count alike, and found under published headers."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from pdsa.content.library import LibraryMeasure, library
from pdsa.params import MeasureModel
from pdsa.records import Measure
from pdsa.terms import PROPORTION_KINDS, DataType, Direction, Kind, MeasureType, Step

BY_ID = {one.id: one for one in library()}
PARTS = ("value", "numerator", "denominator")


def test_every_measure_of_the_plan_is_there() -> None:
    assert list(BY_ID) == [
        "kindergarten_readiness", "reading_grade_3", "math_grade_8", "graduation_4yr", "postsecondary_enrollment",
        "postsecondary_persistence", "postsecondary_completion", "employment", "attendance", "chronic_absence",
        "truancy", "core_course_pass", "credits_on_track", "gpa", "fafsa_completion", "discipline_incidents",
        "suspensions", "multilingual_progress", "belonging", "homework", "exit_tickets", "plc_cadence", "teacher_time",
        "enrollment", "mobility", "tardies", "check_ins",
    ]  # fmt: skip


@pytest.mark.parametrize("one", library(), ids=list(BY_ID))
def test_each_is_a_measure_that_a_network_may_declare(one: LibraryMeasure) -> None:
    assert re.fullmatch("[a-z0-9_]{3,40}", one.id)
    words = (
        *((one.type, MeasureType), (one.data_type, DataType), (one.direction, Direction)),
        *((one.frequency, Step), (one.chart, Kind)),
    )
    assert all(word in get_args(known) for word, known in words)
    measure = one.measure()
    assert isinstance(measure, Measure)
    written = {name: str(getattr(measure, name)) for name in MeasureModel.model_fields if getattr(measure, name)}
    assert MeasureModel.model_validate(written | {"unit": measure.unit}).record() == measure
    assert 60 <= len(one.definition) <= 600
    assert one.definition.endswith(".")
    assert one.traps


@pytest.mark.parametrize("one", library(), ids=list(BY_ID))
def test_parts_fit_the_kind_of_number(one: LibraryMeasure) -> None:
    divided = one.data_type in ("proportion", "rate")
    assert bool(one.numerator_def) == bool(one.denominator_def) == divided
    assert one.per == (100 if divided else 1)
    assert (one.unit == "%") == (one.data_type == "proportion")
    assert one.data_type == "proportion" or one.chart not in PROPORTION_KINDS
    assert one.value
    assert one.numerator or not divided
    assert bool(one.denominator) <= divided


def test_a_family_has_outcomes_drivers_processes_and_balancing_measures() -> None:
    assert {one.type for one in library()} == set(get_args(MeasureType))
    assert {one.direction for one in library()} == set(get_args(Direction))


def test_no_header_names_two_parts_and_all_are_folded() -> None:
    every = [(text, one.id, part) for one in library() for part in PARTS for text in getattr(one, part)]
    texts = [text for text, _, _ in every]
    assert sorted({text for text in texts if texts.count(text) > 1}) == []
    assert [text for text in texts if text != " ".join(text.split()).lower()] == []
    # a word that any table may hold is no name of a measure's column
    assert not {"count", "number", "rate", "percent", "total", "cohort", "students", "n", "passed"} & set(texts)


@pytest.mark.parametrize(
    ("header", "measure", "part"),
    [
        ("number of students with chronic absenteeism", "chronic_absence", "numerator"),
        ("chronic absentee cnt", "chronic_absence", "numerator"),
        ("chronic absent count", "chronic_absence", "numerator"),
        ("chronically absent students", "chronic_absence", "numerator"),
        ("chronic absentee denom", "chronic_absence", "denominator"),
        ("chronically absent rate", "chronic_absence", "value"),
        ("attend rate pct".replace("pct", "percent"), "attendance", "value"),
        ("days attended cnt", "attendance", "numerator"),
        ("days member cnt", "attendance", "denominator"),
        ("total cohort", "graduation_4yr", "denominator"),
        ("total grads - n", "graduation_4yr", "numerator"),
        ("mobility rate", "mobility", "value"),
        ("enrolled count", "enrollment", "value"),
        ("truancy rate", "truancy", "value"),
    ],
)
def test_published_headers_are_known(header: str, measure: str, part: str) -> None:
    assert header in getattr(BY_ID[measure], part)


def test_attendance_chronic_absence_and_truancy_are_three_measures() -> None:
    three = [BY_ID[name] for name in ("attendance", "chronic_absence", "truancy")]
    assert [one.direction for one in three] == ["up", "down", "down"]
    assert len({one.numerator_def for one in three}) == 3
    assert "unexcused" in three[2].definition
    assert "10%" in three[1].definition


def test_a_test_of_no_grade_is_not_taken_for_one_of_a_grade() -> None:
    for name, grade in (("reading_grade_3", "third|3rd|grade 3"), ("math_grade_8", "eighth|8th|grade 8")):
        for part in PARTS:
            assert all(re.search(grade, text) for text in getattr(BY_ID[name], part))
