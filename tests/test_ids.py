"""Ids of schools: what is taken off, what is refused, what is asked."""

from __future__ import annotations

from pdsa.mapping.ids import ask_twins, clean_ids, filled_down, telling, visible
from pdsa.mapping.remarks import Remarks
from tables_by_hand import table, texts


def cleaned(found: list[str], **decisions: str) -> tuple[list[str], Remarks]:
    remarks = Remarks()
    one = table("\n".join(f"{text} | x" for text in ["School ID", *found]))
    return texts(clean_ids(one, "School ID", decisions, remarks)), remarks


def test_leading_zeros_stay() -> None:
    found, remarks = cleaned(["0012", "12", "007"])
    assert found == ["0012", "12", "007"]
    assert remarks == Remarks()


def test_what_nobody_sees_is_taken_off_and_told() -> None:
    found, remarks = cleaned(["0012\u00a0", "\u200b0013"])
    assert found == ["0012", "0013"]
    assert "taken off" in remarks.told[0]


def test_visible() -> None:
    assert visible(" Ada\u00a0 High ") == "Ada High"
    assert visible("Jose\u0301") == "José"


def test_apostrophes_before_all_ids_are_taken_off() -> None:
    found, remarks = cleaned(["'001902001", "'001902041"])
    assert found == ["001902001", "001902041"]
    assert "the apostrophe before each id" in remarks.told[0]


def test_an_apostrophe_before_some_ids_stays() -> None:
    assert cleaned(["'001", "002"])[0] == ["'001", "002"]


def test_scientific_ids_are_refused() -> None:
    _, remarks = cleaned(["1.2E+11", "0012"])
    assert [(one.place, one.found) for one in remarks.problems] == [("f.csv, row 2, School ID", "1.2E+11")]


def test_ids_with_decimals_are_asked() -> None:
    assert [question.key for question in cleaned(["12.0", "13.0"])[1].questions] == ["ids"]
    assert cleaned(["12.0", "13.0"], ids="whole")[0] == ["12", "13"]
    assert cleaned(["12.0", "13.0"], ids="keep")[0] == ["12.0", "13.0"]


def test_blank_ids_are_asked_filled_or_refused() -> None:
    one = table("School | x\nAda | 1\n | 2\nBell | 3")
    column = one.columns[0]
    asked, filled, refused = Remarks(), Remarks(), Remarks()
    filled_down(one, "School", column, {}, asked)
    assert [question.key for question in asked.questions] == ["blank-ids"]
    assert texts(filled_down(one, "School", column, {"blank-ids": "fill"}, filled)) == ["Ada", "Ada", "Bell"]
    filled_down(one, "School", column, {"blank-ids": "stop"}, refused)
    assert [problem.place for problem in refused.problems] == ["f.csv, row 3, School"]


def test_a_blank_first_id_cannot_be_filled() -> None:
    one = table("School | x\n | 1\nAda | 2")
    remarks = Remarks()
    filled_down(one, "School", one.columns[0], {"blank-ids": "fill"}, remarks)
    assert len(remarks.problems) == 1


def test_the_id_that_stands_in_one_district_only() -> None:
    one = table("""
        District | School Number | School Code
        001      | 010           | 001010
        002      | 010           | 002010
        999      |               | 999000
    """)
    assert telling(one, ["School Number", "School Code"], "District") == "School Code"
    assert telling(one, ["School Number"], "District") == "School Number"
    assert telling(one, ["School Number", "School Code"], "") == "School Number"
    assert telling(one, [], "District") == ""


def test_twins_are_asked() -> None:
    remarks = Remarks()
    assert ask_twins({"lincoln": "f.csv, row 2"}, ["Lincoln"], {}, remarks) == {}
    assert [question.key for question in remarks.questions] == ["same:lincoln"]
    assert ask_twins({"lincoln": "f.csv, row 2"}, ["Lincoln"], {"same:lincoln": "same"}, Remarks()) == {
        "lincoln": "Lincoln"
    }
    assert ask_twins({"lincoln": "f.csv, row 2"}, ["Lincoln"], {"same:lincoln": "different"}, Remarks()) == {}


def test_letters_of_another_script_make_twins() -> None:
    remarks = Remarks()
    ask_twins({"Аda": "f.csv, row 2"}, ["Ada"], {}, remarks)
    assert "CYRILLIC" in remarks.questions[0].found
