"""Texts of a column of numbers, and what they mean: by hand, then by hypothesis."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdsa.content import content
from pdsa.mapping.cells import read_cell
from pdsa.mapping.values import ValueRole, Values, read_values
from pdsa.read.grid import KINDS

NAN = math.nan
WORDS = (
    "reported", "missing", "suppressed", "excluded", "top_coded", "bottom_coded", "not_applicable", "error",
)  # fmt: skip


def read(*texts: str, kind: str = "share", column: str = "rate", **known: object) -> Values:
    return read_values(texts, ValueRole(column, kind, **known))  # type: ignore[arg-type]


def found(*texts: str, kind: str = "share", **known: object) -> list[object]:
    """What each text became: a number, a status, both, or a question mark."""
    values = read(*texts, kind=kind, **known)
    shown: list[object] = []
    for value, code, unknown in zip(values.value.tolist(), values.status.tolist(), values.unknown, strict=True):
        word = WORDS[code]
        if unknown:
            assert math.isnan(value) and word == "missing"
            shown.append("?")
        elif word == "reported":
            shown.append(round(value, 12))
        else:
            shown.append(word if math.isnan(value) else (word, round(value, 12)))
    return shown


def keys(values: Values) -> list[str]:
    return [question.key for question in values.questions]


# Marks.


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", "missing"), ("   ", "missing"), ("\u00a0", "missing"), ("NS", "missing"), ("No Data", "missing"),
        ("no data", "missing"), ("Not Reported", "missing"), ("not submitted", "missing"), ("missing", "missing"),
        ("*", "suppressed"), ("**", "suppressed"), ("***", "suppressed"), ("s", "suppressed"), ("S", "suppressed"),
        ("DS", "suppressed"), ("PS", "suppressed"), ("<n", "suppressed"), ("n<10", "suppressed"),
        ("N<10", "suppressed"), ("n < 10", "suppressed"), ("N<=20", "suppressed"), ("masked", "suppressed"),
        ("Suppressed", "suppressed"), ("REDACTED", "suppressed"), (" * ", "suppressed"), ("*\u00a0", "suppressed"),
        ("n/a", "not_applicable"), ("N/A", "not_applicable"), ("NA", "not_applicable"), ("na", "not_applicable"),
        ("Not applicable", "not_applicable"),
        ("#DIV/0!", "error"), ("#N/A", "error"), ("#VALUE!", "error"), ("#REF!", "error"), ("#NAME?", "error"),
        ("#NUM!", "error"), ("#NULL!", "error"), ("#SPILL!", "error"), ("#CALC!", "error"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["count", "share", "number"])
def test_conventional_marks_are_read_and_told(text: str, status: str, kind: str) -> None:
    values = read_values([text, "17", "18"], ValueRole("x", kind, counts=(14212, 1, 1)))
    assert WORDS[values.status[0]] == status
    assert math.isnan(values.value[0]) and not values.unknown.any()
    assert f"{text.strip() or 'blank cells'} read as {status} (14,212 cells)" in values.told
    assert values.questions == ()


@pytest.mark.parametrize(
    "text",
    [
        "-", "--", "---", "–", "—", ".", "nil", "none", "None", "x", "X", "?", "TBD", "see note", "ns", "ds", "nan",
        "NaN", "inf", "-inf", "1e400", "1e3", "1E+05", "0x12", "1_8", "--1", "+5", "(5)", "−5", "1O", "1 8", "1 018",
        "٣", "１８", "17.", "1,23,456", "12,34,5", "1.2.3", "95+", "95*", "17.5†", "12/30/24", "0x", "TRUE", "=A1+B1",
        "1\u200b8", "1'018", "$5", "3-Apr", "Mar-4", "2024-03-04", "9" * 20, "<-5", "> 95 of 100",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["count", "share", "number"])
def test_every_other_text_is_asked_about_and_never_a_number(text: str, kind: str) -> None:
    values = read(text, "17", "18", kind=kind)
    assert values.unknown.tolist() == [True, False, False]
    assert math.isnan(values.value[0])
    assert keys(values) == [f"mark:{text}"]
    question = values.questions[0]
    assert question.place == ""
    words = [choice.word for choice in question.choices]
    assert words[:4] == ["missing", "suppressed", "not_applicable", "error"] and words[-1] == "stop"


def test_zero_is_an_answer_only_where_no_digit_stands() -> None:
    words = {
        question.key: [choice.word for choice in question.choices]
        for question in read("-", "1O", "17", "18", kind="count").questions
    }
    assert "zero" in words["mark:-"] and "zero" not in words["mark:1O"]


def test_the_mapping_overrules_and_adds_marks() -> None:
    marks = {"-": "zero", "s": "missing", "TBD": "missing", "9999": "suppressed", "<10": "suppressed", " x ": "error"}
    texts = ("-", "s", "TBD", "9999", "<10", "x", "17")
    assert found(*texts, kind="count", marks=marks) == [
        0.0, "missing", "missing", "suppressed", "suppressed", "error", 17.0,
    ]  # fmt: skip


def test_a_mark_that_the_mapping_calls_reported_is_the_number_that_it_looks_like() -> None:
    assert found("12", "17", "9999", kind="count", marks={"9999": "reported"}) == [12.0, 17.0, 9999.0]
    assert found("12", "-3", kind="count", marks={"-3": "reported"}) == [12.0, -3.0]
    assert found("12", "abc", kind="count", marks={"abc": "reported"}) == [12.0, "?"]


def test_the_question_about_a_mark_counts_its_cells() -> None:
    values = read_values(["-", "17"], ValueRole("x", "count", counts=(1204, 3)))
    assert values.questions[0].found == "'-' in 1,204 cells"


def test_what_a_spreadsheet_made_is_named() -> None:
    date, error = KINDS.index("date"), KINDS.index("error")
    values = read("2024-03-04", "#GETTING_DATA", "17", kind="count", kinds=(date, error, KINDS.index("number")))
    assert keys(values) == ["mark:2024-03-04"]
    assert "a spreadsheet makes 4 March of 3-4" in values.questions[0].found
    assert WORDS[values.status[1]] == "error"
    assert "of which a spreadsheet made a date" in read("3-Apr", "17", kind="count").questions[0].found


def test_a_column_without_numbers_is_one_question() -> None:
    values = read(*(f"School {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), kind="count", column="name")
    assert keys(values) == ["numbers:name"]
    assert [choice.word for choice in values.questions[0].choices] == ["ignore", "stop"]
    assert values.unknown.all()


def test_many_ranges_are_one_question_and_one_answer() -> None:
    assert keys(read("21-39", "40-44%", "91.5", "17.25")) == ["mark:21-39", "mark:40-44%"]
    ranges = ("21-39", "40-44", "45–49", "50 to 54", "91.5", "17.25")
    assert keys(read(*ranges)) == ["mark:ranges"]
    assert found(*ranges, marks={"ranges": "suppressed"}) == [*["suppressed"] * 4, 0.915, 0.1725]


# Bounds.


@pytest.mark.parametrize(
    "text",
    [
        ">= 95.0", ">=95", "=>95", "≥95%", "≥ 95", ">95", "> 95 %", "95 or more", "95% or above", "95 or higher",
        "GE95",
        "ge 95", "GT95", "at least 95", "At least 95%", "more than 95 percent", "over 95", "above 95", "95 and above",
        "greater than or equal to 95", "not less than 95",
    ],
)  # fmt: skip
def test_lower_bounds_of_shares_are_kept_as_bounds(text: str) -> None:
    assert found(text, "88.2", "91") == [("top_coded", 0.95), 0.882, 0.91]


@pytest.mark.parametrize(
    "text",
    [
        "<= 5.0", "<=5", "=<5", "≤5", "≤ 5%", "<5%", "< 5", "5 or less", "5% or below", "5 or fewer", "LE5", "LT5",
        "at most 5",
        "less than 5%", "less than or equal to 5", "under 5", "below 5", "up to 5", "no more than 5", "5 and under",
    ],
)  # fmt: skip
def test_upper_bounds_of_shares_are_kept_as_bounds(text: str) -> None:
    assert found(text, "88.2", "91") == [("bottom_coded", 0.05), 0.882, 0.91]


@pytest.mark.parametrize("text", ["<10", "< 10", "fewer than 10", "under 10", "LT10"])
def test_a_count_below_ten_is_a_bound(text: str) -> None:
    assert found(text, "12", "n<10", "1,012", kind="count") == [("bottom_coded", 10.0), 12.0, "suppressed", 1012.0]


def test_a_share_below_ten_may_be_a_group_too_small() -> None:
    values = read("<10", "88.2", "91.5")
    assert keys(values) == ["mark:<10"]
    assert "bottom_coded" in [choice.word for choice in values.questions[0].choices]
    assert found("<10", "88.2", "91.5", marks={"<10": "bottom_coded"}) == [("bottom_coded", 0.1), 0.882, 0.915]
    assert found("<10", "88.2", "91.5", marks={"<10": "suppressed"}) == ["suppressed", 0.882, 0.915]
    # Where the publisher cuts off the top as well, or writes a percent sign, it speaks of shares.
    assert found("<10", ">90", "88.2") == [("bottom_coded", 0.1), ("top_coded", 0.9), 0.882]
    assert found("<10%", "88.2") == [("bottom_coded", 0.1), 0.882]


def test_a_bound_that_no_share_can_have_is_asked_about() -> None:
    assert found("<10", "0.91", "0.88") == ["?", 0.91, 0.88]
    assert found(">150", "91", "88") == ["?", 0.91, 0.88]


def test_bounds_are_told() -> None:
    values = read_values([">= 95.0", "<= 5.0", "90.1"], ValueRole("Attend Rate Pct", "share", counts=(9762, 3, 1)))
    assert ">= 95.0 kept as bounds (or more), not as values (9,762 cells)" in values.told
    assert "<= 5.0 kept as bounds (or less), not as values (3 cells)" in values.told


# Percent or fraction.


def test_percent_signs_make_shares() -> None:
    assert found("87 %", "87%", "91.234%", "0.5%", "100%") == [0.87, 0.87, 0.91234, 0.005, 1.0]
    assert read("87 %", "91%").scale == "percent"
    assert found("87%", kind="number") == [0.87]


def test_a_percent_in_a_column_of_counts_is_asked_about() -> None:
    assert keys(read("87%", "12", kind="count")) == ["mark:87%"]
    assert keys(read("87%", "12", kind="number", scale="number")) == ["mark:87%"]


@pytest.mark.parametrize(
    ("texts", "scale"),
    [
        (("93.2", "88", "0.9", "12", "5.5"), "percent"),
        (("93.2", "101.5", "0"), "percent"),
        (("87%", "88"), "percent"),
        (("87%", "0"), "percent"),
        (("0.91", "0.88"), "fraction"),
        (("0.91", "0.88", "1", "0"), "fraction"),
        ((".91", "0.885", "1.0"), "fraction"),
        ((*(f"0.{n}" for n in range(11, 40)), "1.1305"), "fraction"),
        (("0", "*"), ""),
    ],
)
def test_the_scale_is_found_where_the_evidence_is_plain(texts: tuple[str, ...], scale: str) -> None:
    values = read(*texts)
    assert (values.scale, values.questions) == (scale, ())


def test_a_rate_above_all_keeps_its_value() -> None:
    texts = [*(f"0.{n}" for n in range(11, 40)), "1.1305"]
    assert read(*texts).value[-1] == 1.1305


@pytest.mark.parametrize(
    "texts",
    [
        ("0", "1"),
        ("1",),
        ("0.9",),
        ("0.9", "1", "0"),
        ("0.5", "0.8", "1.2"),
        ("87%", "0.9"),
        ("87%", "1"),
        ("0.95", "0.93", "92.1", "88"),
        ("0.91", "92"),
        ("512", "1018", "640"),
    ],
)
def test_the_scale_is_asked_where_it_is_not(texts: tuple[str, ...]) -> None:
    values = read(*texts)
    assert values.scale == ""
    assert keys(values) == ["scale:rate"]
    assert {"percent", "fraction"} <= {choice.word for choice in values.questions[0].choices}
    unread = [text for text in texts if "%" not in text]
    assert [text for text, unknown in zip(texts, values.unknown, strict=True) if unknown] == unread


@pytest.mark.parametrize("column", ["% present", "Pct_Chronic", "percent present"])
def test_fractions_under_a_header_of_percents_are_asked_about(column: str) -> None:
    assert keys(read("0.91", "0.88", "0.93", column=column)) == [f"scale:{column}"]
    assert read("0.91", "8.8", "9.3", column=column).scale == "percent"


def test_a_given_scale_is_used() -> None:
    assert found("0.9", "1", "50%", scale="percent") == [0.009, 0.01, 0.5]
    assert found("0.9", "1", "50%", scale="fraction") == [0.9, 1.0, 0.5]
    assert found("512", "1018", scale="number") == [512.0, 1018.0]


def test_a_given_scale_that_the_numbers_contradict_is_told() -> None:
    told = read("0.91", "0.88", scale="percent", column="rate").told
    assert "rate: read as percent as the mapping says, although no number is above 1" in told
    assert not any("although" in text for text in read("0.91", "88", scale="percent").told)


# Pairs.


def test_pairs_of_a_share_are_numerator_and_denominator() -> None:
    values = read("12/30", "12 of 30", "12 out of 30", "1,012 / 1,300", "0/0", "0 of 0", "33/30", "0/12", "5/0")
    assert values.numerator.tolist() == [12, 12, 12, 1012, 0, 0, 33, 0, 5]
    assert values.denominator.tolist() == [30, 30, 30, 1300, 0, 0, 30, 12, 0]
    assert [WORDS[code] for code in values.status] == [
        "reported", "reported", "reported", "reported", "not_applicable", "not_applicable", "reported", "reported",
        "reported",
    ]  # fmt: skip
    assert all(math.isnan(value) for value in values.value)
    assert values.questions == ()
    assert "12/30, 12 of 30, 12 out of 30 and 6 more read as numerator and denominator (9 cells)" in values.told


def test_a_pair_in_a_column_of_counts_is_asked_about() -> None:
    assert keys(read("12/30", "12", kind="count")) == ["mark:12/30"]


# Decimals and thousands.


@pytest.mark.parametrize(
    ("texts", "kind", "numbers", "decimal"),
    [
        (("1,018", "17"), "count", [1018, 17], "."),
        (("1,234,567",), "count", [1234567], "."),
        (("1\u00a0018", "1\u2009018", "1\u202f234\u202f567"), "count", [1018, 1018, 1234567], "."),
        (("17,5", "18"), "number", [17.5, 18], ","),
        (("17,5", "1.018,5", "1.018"), "number", [17.5, 1018.5, 1018], ","),
        (("17,5", "1,018"), "number", [17.5, 1.018], ","),
        (("1,018", "12.5"), "number", [1018, 12.5], "."),
        (("1,018", "1,234,567"), "number", [1018, 1234567], "."),
        (("1,018.5",), "number", [1018.5], "."),
        (("0.915", "91.234"), "number", [0.915, 91.234], "."),
        ((".5", "0012"), "number", [0.5, 12], "."),
        (("12.0", "7"), "count", [12, 7], "."),
    ],
)
def test_separators_are_read_where_the_column_decides(
    texts: tuple[str, ...], kind: str, numbers: list[float], decimal: str
) -> None:
    values = read(*texts, kind=kind)
    assert values.value.tolist() == numbers
    assert (values.decimal, values.questions) == (decimal, ())


@pytest.mark.parametrize(
    ("texts", "kind", "unread"),
    [
        (("1,018", "17"), "number", ["1,018"]),
        (("17,5", "18.25"), "number", ["17,5"]),
        (("17,5", "1.018"), "number", ["1.018"]),
        (("17,5", "1,018"), "count", ["1,018"]),
        (("1.018", "17"), "count", ["1.018"]),
        (("1.018", "1,018"), "number", ["1.018", "1,018"]),
    ],
)
def test_separators_are_asked_about_where_it_does_not(texts: tuple[str, ...], kind: str, unread: list[str]) -> None:
    values = read(*texts, kind=kind, column="n")
    assert values.decimal == "" and "decimal:n" in keys(values)
    assert set(unread) <= {text for text, unknown in zip(texts, values.unknown, strict=True) if unknown}


def test_a_given_decimal_sign_is_used_and_other_texts_are_not_bent_to_it() -> None:
    assert found("1,018", "17", kind="number", decimal=",") == [1.018, 17.0]
    assert found("1,018", "17", kind="number", decimal=".") == [1018.0, 17.0]
    assert found("17,5", "17", kind="number", decimal=".") == ["?", 17.0]


def test_what_nobody_sees_around_a_number_is_removed_and_told() -> None:
    values = read("\u00a018", "\ufeff19", "20\u200b", " 21 ", kind="count")
    assert values.value.tolist() == [18, 19, 20, 21]
    assert "18, 19, 20 read without the unseen characters around the number (3 cells)" in values.told


# Numbers that are none.


@pytest.mark.parametrize("text", ["-1", "-9", "-99", "-999", "-5", "-0.5"])
@pytest.mark.parametrize("kind", ["count", "share"])
def test_negative_counts_and_shares_are_asked_about(text: str, kind: str) -> None:
    values = read(text, "17", "18.0", kind=kind)
    assert keys(values) == [f"mark:{text}"] and math.isnan(values.value[0])


def test_many_negative_numbers_are_one_question() -> None:
    assert keys(read("-1", "-2", "-3", "-4", "17", kind="count")) == ["mark:negative"]
    assert found("-1", "-2", "17", kind="count", marks={"negative": "error"}) == ["error", "error", 17.0]


@pytest.mark.parametrize(
    ("texts", "kind", "asked"),
    [
        (("12", "9999", "17"), "count", ["9999"]),
        (("12", "999", "17"), "count", ["999"]),
        (("12", "999", "640"), "count", []),
        (("0.91", "0.55", "-999", "999"), "share", ["999", "-999"]),
        (("91", "55.5", "999"), "share", ["999"]),
        (("3.91", "2.5", "-999"), "number", ["-999"]),
        (("3.91", "2.5", "-1"), "number", ["-1"]),
        (("3.9", "-2.5", "-1"), "number", []),
    ],
)
def test_codes_for_no_number_are_asked_about(texts: tuple[str, ...], kind: str, asked: list[str]) -> None:
    values = read(*texts, kind=kind)
    assert sorted(keys(values)) == sorted(f"mark:{text}" for text in asked)
    assert sorted(text for text, unknown in zip(texts, values.unknown, strict=True) if unknown) == sorted(asked)


def test_a_code_does_not_decide_the_scale() -> None:
    values = read("0.91", "0.88", "999")
    assert (values.scale, values.value.tolist()[:2]) == ("fraction", [0.91, 0.88])


def test_parts_of_a_student_are_asked_about() -> None:
    values = read("17.5", "18", kind="count", column="absent")
    assert keys(values) == ["whole:absent"] and values.value[1] == 18
    assert [choice.word for choice in values.questions[0].choices] == ["averages", "stop"]
    assert found("17.5", "18", kind="number") == [17.5, 18.0]


@pytest.mark.parametrize("column", ["Days Attended Cnt", "Avg Daily Member Cnt", "days_absent", "FTE"])
def test_days_and_averages_come_in_parts(column: str) -> None:
    values = read("46602.5", "46603", kind="count", column=column)
    assert (values.value.tolist(), values.questions) == ([46602.5, 46603.0], ())
    assert "46602.5 kept: the column holds days, hours or averages (1 cell)" in values.told


def test_what_was_whole_before_a_spreadsheet_computed_is_whole_again() -> None:
    values = read("18.000000001", "16.999999999", "7", kind="count")
    assert (values.value.tolist(), values.questions) == ([18, 17, 7], ())
    assert any("rounded to the whole number" in told for told in values.told)


def test_an_empty_column_is_empty() -> None:
    values = read()
    assert len(values.value) == len(values.status) == len(values.unknown) == 0
    assert (values.questions, values.told) == ((), ())


def test_marks_of_the_package_name_statuses_only_and_no_text_twice() -> None:
    marks = content("marks")
    assert set(marks) <= set(WORDS)
    texts = [text for kinds in marks.values() for text in kinds["exactly"] + kinds["in_any_case"]]
    assert len(texts) == len(set(texts))
    assert content("marks") is marks


# Whatever is written, it is read as it was meant, or not at all.

COUNTS = st.integers(0, 10**9)


@given(COUNTS, st.sampled_from(["{:d}", "{:,d}", " {:d} ", "\u00a0{:d}", "{:d}.0", "00{:d}"]))
def test_a_count_in_any_accepted_form_is_read_as_it_was_meant(number: int, form: str) -> None:
    # Beside a number as large, 9999 is a number.
    assert found(form.format(number), "987654321", kind="count") == [number, 987654321.0]


@given(COUNTS, st.sampled_from("\u00a0\u2009\u202f"))
def test_spaced_thousands_are_read_as_they_were_meant(number: int, space: str) -> None:
    assert found(f"{number:,d}".replace(",", space), kind="count") == [number]


@given(st.integers(0, 1000), st.sampled_from([("{}%", 10), ("{} %", 10), ("{} percent", 10)]))
def test_a_percent_in_any_accepted_form_is_read_as_it_was_meant(tenths: int, form: tuple[str, int]) -> None:
    assert found(form[0].format(tenths / 10)) == [pytest.approx(tenths / 1000, abs=1e-12)]


@given(st.integers(-(10**7), 10**7), st.integers(1, 6))
def test_decimal_comma_and_point_are_mirrors(digits: int, decimals: int) -> None:
    written = f"{digits / 10**decimals:.{decimals}f}"
    point = read(written, "0.5", kind="number", marks={written: "reported"}).value
    comma = read(written.replace(".", ","), "0,5", kind="number", marks={written.replace(".", ","): "reported"}).value
    assert point.tolist() == comma.tolist() == [float(written), 0.5]


@given(st.lists(st.text(max_size=12), max_size=20, unique=True), st.sampled_from(["count", "share", "number"]))
def test_any_text_is_a_number_that_it_contains_or_none(texts: list[str], kind: str) -> None:
    values = read_values(texts, ValueRole("x", kind))
    for text, value, unknown in zip(texts, values.value.tolist(), values.unknown.tolist(), strict=True):
        if not math.isnan(value):
            assert read_cell(text).form in ("number", "bound")
            assert any(character in "0123456789" for character in text)
        assert not (unknown and not math.isnan(value))
    assert bool(values.questions) == bool(values.unknown.any())


@given(st.lists(st.text("0123456789.,-%<>=*/ sn\u00a0", max_size=8), max_size=12, unique=True), st.randoms())
def test_the_order_of_texts_changes_nothing(texts: list[str], shuffle) -> None:  # type: ignore[no-untyped-def]
    shuffled = texts[:]
    shuffle.shuffle(shuffled)
    for kind in ("count", "share", "number"):
        one, other = read_values(texts, ValueRole("x", kind)), read_values(shuffled, ValueRole("x", kind))
        back = [shuffled.index(text) for text in texts]
        assert one.status.tolist() == other.status[back].tolist()
        assert str(one.value.tolist()) == str(other.value[back].tolist())
        assert sorted(keys(one)) == sorted(keys(other))
