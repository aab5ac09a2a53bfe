"""Which column is the rate of which two others, by arithmetic alone; and counts of an unknown whole."""

from __future__ import annotations

import numpy as np
import pytest

from pdsa.mapping.answers import chosen_columns, measures_chosen
from pdsa.mapping.parts import Parts, counted, rivals
from pdsa.mapping.ratios import plain_numbers, ratios
from pdsa.mapping.remarks import Remarks
from tables_by_hand import coded

ABSENT = ["10", "23", "36", "49", "22", "35"]
ENROLLED = ["120", "151", "182", "213", "244", "275"]
PERCENT = ["8.3", "15.2", "19.8", "23.0", "9.0", "12.7"]
FRACTION = ["0.0833", "0.1523", "0.1978", "0.2300", "0.0902", "0.1273"]


def found(**columns: list[str]) -> set[tuple[str, str, str, float]]:
    made = ratios({name: coded(texts) for name, texts in columns.items()})
    return {(one.value, one.numerator, one.denominator, one.factor) for one in made}


def test_percents_and_fractions() -> None:
    assert found(a=ABSENT, n=ENROLLED, r=PERCENT) == {("r", "a", "n", 100.0)}
    assert found(a=ABSENT, n=ENROLLED, r=FRACTION) == {("r", "a", "n", 1.0)}


def test_no_ratio_is_read_backwards() -> None:
    present = [str(int(n) - int(a)) for a, n in zip(ABSENT, ENROLLED, strict=True)]
    rest = ["91.7", "84.8", "80.2", "77.0", "91.0", "87.3"]
    assert {one[:3] for one in found(a=ABSENT, p=present, n=ENROLLED, r=PERCENT, q=rest)} == {
        ("r", "a", "n"),
        ("q", "p", "n"),
    }


def test_percent_signs_and_thousands() -> None:
    large = ["1,200", "1,510", "1,820", "2,130", "2,440", "2,750"]
    absent = ["100", "230", "360", "490", "220", "350"]
    assert {one[:3] for one in found(a=absent, n=large, r=[f"{text}%" for text in PERCENT])} == {("r", "a", "n")}


def test_too_few_rows_prove_nothing() -> None:
    assert found(a=ABSENT[:4], n=ENROLLED[:4], r=PERCENT[:4]) == set()


def test_marks_are_passed_over() -> None:
    assert {one[:3] for one in found(a=[*ABSENT, "*"], n=[*ENROLLED, "12"], r=[*PERCENT, "*"])} == {("r", "a", "n")}


def test_a_column_that_is_no_quotient() -> None:
    assert found(a=ABSENT, n=ENROLLED, r=["50", "1", "77", "3", "9", "2"]) == set()


def test_plain_numbers() -> None:
    numbers, slack = plain_numbers(coded(["1,018", "91.5%", "*", ""]))
    assert numbers[:2].tolist() == [1018.0, pytest.approx(0.915)]
    assert np.isnan(numbers[2:]).all()
    assert slack[1] == pytest.approx(0.0005)


LONE = Parts("chronic_absence", numerator="Absent")


def settled(texts: list[str], **decisions: str) -> tuple[list[Parts], Remarks]:
    remarks = Remarks()
    columns = {"Absent": coded(texts), "Total": coded(["100"] * len(texts))}
    chosen = {key.replace("_of", ":Absent"): word for key, word in decisions.items()}
    return counted([LONE], columns, "f.csv", chosen, remarks), remarks


def test_counts_without_a_denominator_are_asked() -> None:
    made, remarks = settled(["9", "12"])
    assert made == []
    assert [question.key for question in remarks.questions] == ["denominator:Absent"]
    assert [choice.word for choice in remarks.questions[0].choices] == ["Total", "percent", "none"]


def test_answers_about_a_denominator() -> None:
    assert settled(["9", "12"], denominator_of="Total")[0] == [
        Parts("chronic_absence", numerator="Absent", denominator="Total")
    ]
    assert settled(["9", "12"], denominator_of="percent")[0] == [Parts("chronic_absence", value="Absent")]
    assert settled(["9", "12"], denominator_of="none")[0] == []


@pytest.mark.parametrize("cells", [["9.5", "12.1"], ["9%", "12%"]])
def test_decimals_are_shares(cells: list[str]) -> None:
    made, remarks = settled(cells)
    assert made == [Parts("chronic_absence", value="Absent")]
    assert "no count has decimals" in remarks.told[0]


def test_several_rates_of_one_measure_are_asked_and_several_counts_left_out() -> None:
    asked, told = Remarks(), Remarks()
    rates = {"Truancy Rate": coded(["9.5"]), "Truancy Rate (10 days)": coded(["3.5"])}
    assert rivals("truancy", rates, "f.csv", {}, asked) == ("Truancy Rate", "Truancy Rate (10 days)")
    assert [question.key for question in asked.questions] == ["column:truancy"]
    counts = {"Truant Students": coded(["9"]), "Truant Students (10 days)": coded(["3"])}
    assert rivals("truancy", counts, "f.csv", {}, told) == ()
    assert not told.questions
    assert "none is used" in told.told[0]
    chosen = {"column:truancy": "Truancy Rate (10 days)"}
    assert rivals("truancy", rates, "f.csv", chosen, Remarks())[0] == "Truancy Rate (10 days)"


def test_answers_that_choose_columns() -> None:
    assert chosen_columns(
        {
            "use:Here": "attendance numerator",
            "use:All of them": "attendance denominator",
            "use=Rate": "truancy",
            "use": "Score=gpa",
            "use:Old": "ignore",
            "year": "end",
        }
    ) == {
        "Here": ("attendance", "numerator"),
        "All of them": ("attendance", "denominator"),
        "Rate": ("truancy", "value"),
        "Score": ("gpa", "value"),
        "Old": ("", "value"),
    }
    assert chosen_columns({"use": "Rate", "measure": "truancy"}) == {"Rate": ("truancy", "value")}


def test_measures_that_answers_name() -> None:
    answers = {
        "measure": "gpa",
        "use:Rate": "truancy",
        "measure:X": "leave-out",
        "measure:Y": "mobility",
        "use:Z": "ignore",
    }
    assert measures_chosen(answers) == {"gpa", "truancy", "mobility"}
