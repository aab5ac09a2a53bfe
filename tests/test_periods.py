"""Texts of a column of periods, and the days on which they begin: by hand, then by hypothesis."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdsa.mapping.formats import FORMATS, MONTHS
from pdsa.mapping.periods import OTHER_ORDER, Periods, find_format, find_periods_in_text, read_periods
from pdsa.read.grid import KINDS


def keys(periods: Periods) -> list[str]:
    return [question.key for question in periods.questions]


def days(texts: list[str], **known: object) -> list[str]:
    """The days of a column that asks nothing."""
    found = find_format(texts, **known)  # type: ignore[arg-type]
    assert (found.questions, found.problems) == ((), ())
    read, bad, reasons = read_periods(texts, found.format, decisions=known.get("decisions"))  # type: ignore[arg-type]
    assert bad.tolist() == found.bad.tolist() == [reason != "" for reason in reasons]
    return [str(day) for day in read]


@pytest.mark.parametrize(
    ("texts", "format", "step", "first"),
    [
        (["2024-03-04", "2024-03-06"], "%Y-%m-%d", "day", "2024-03-04"),
        (["2024-3-4", "2024-3-6"], "%Y-%m-%d", "day", "2024-03-04"),
        (["2024/03/04", "2024/03/06"], "%Y/%m/%d", "day", "2024-03-04"),
        (["20130315", "20130318"], "%Y%m%d", "day", "2013-03-15"),
        (["3/4/2024", "3/18/2024"], "%m/%d/%Y", "day", "2024-03-04"),
        (["3/4/2024", "18/3/2024"], "%d/%m/%Y", "day", "2024-04-03"),
        (["03-04-2024", "03-18-2024"], "%m-%d-%Y", "day", "2024-03-04"),
        (["03.04.2024", "18.03.2024"], "%d.%m.%Y", "day", "2024-04-03"),
        (["3/4/24", "3/18/24"], "%m/%d/%y", "day", "2024-03-04"),
        (["18/3/24", "4/3/24"], "%d/%m/%y", "day", "2024-03-18"),
        (["Mar 4, 2024", "Mar 6, 2024"], "%b %d, %Y", "day", "2024-03-04"),
        (["March 4 2024", "Sept. 6th, 2024"], "%b %d, %Y", "day", "2024-03-04"),
        (["Monday, March 4, 2024"], "%b %d, %Y", "day", "2024-03-04"),
        (["4 March 2024", "6 Mar 2024", "7-Mar-2024"], "%d %B %Y", "day", "2024-03-04"),
        (["4-Mar-24", "18-Mar-24"], "%d-%b-%y", "day", "2024-03-04"),
        (["2024-03", "2024-04", "2023-12"], "%Y-%m", "month", "2024-03-01"),
        (["202403", "202404"], "%Y%m", "month", "2024-03-01"),
        (["03/2024", "4/2024"], "%m/%Y", "month", "2024-03-01"),
        (["Mar 2024", "April 2024", "Sept-2024"], "%b %Y", "month", "2024-03-01"),
        (["Sep-23", "Oct-23", "Nov-23", "Dec-23", "Jan-24"], "%b-%y", "month", "2023-09-01"),
        (["Mar-99", "Apr-99"], "%b-%y", "month", "2099-03-01"),
        (["2016-17", "2017-18"], "school_year", "year", "2016-07-01"),
        (["2016-2017", "2016 - 2017"], "school_year", "year", "2016-07-01"),
        (["2016/17"], "school_year", "year", "2016-07-01"),
        (["SY2016-17", "SY 2017-2018"], "school_year", "year", "2016-07-01"),
        (["SY 16-17", "SY17-18"], "school_year", "year", "2016-07-01"),
        (["20162017", "20052006"], "school_year", "year", "2016-07-01"),
        (["201617"], "school_year", "year", "2016-07-01"),
        (["1999-00", "1999-2000"], "school_year", "year", "1999-07-01"),
        (["2016-17 School Year"], "school_year", "year", "2016-07-01"),
        (["2024-W03", "2024W04", "2024-w05"], "iso_week", "week", "2024-01-15"),
        (["Week of 9/13/2024", "week of 9/20/2024"], "%m/%d/%Y", "week", "2024-09-13"),
    ],
)
def test_formats_that_the_texts_decide(texts: list[str], format: str, step: str, first: str) -> None:
    found = find_format(texts)
    assert (found.format, found.step) == (format, step)
    assert days(texts)[0] == first
    assert not found.bad.any()


@pytest.mark.parametrize(
    ("texts", "key", "words"),
    [
        (["03/04/2024", "03/11/2024"], "dates", ["month-first", "day-first"]),
        (["05/05/2024"], "dates", ["month-first", "day-first"]),
        (["01/05/24"], "dates", ["month-first", "day-first"]),
        (["3.4.2024"], "dates", ["month-first", "day-first"]),
        (["2009-10", "2010-11", "2011-12"], "dates", ["month", "school-year"]),
        (["201011"], "dates", ["month", "school-year"]),
        (["10-11", "11-12"], "dates", ["school-year", "month-first", "day-first"]),
        (["Sep-03", "Sep-10", "Sep-17"], "dates", ["month", "day"]),
        (["Jan-24"], "dates", ["month", "day"]),
        (["Feb-15", "Feb-22", "Feb-30"], "dates", ["month", "day"]),
        (["2017", "2018"], "year", ["end", "start", "calendar"]),
        (["SY2017"], "year", ["end", "start", "calendar"]),
        (["45299", "45306"], "excel", ["1900", "1904", "stop"]),
        (["Wk 1", "Week 12", "W3"], "week1", []),
        (["9/3", "9/17"], "year-of-days", []),
        (["Sept", "October", "Jan"], "year-of-days", []),
        (["Sep 3", "Sep 10"], "year-of-days", []),
        (["3-Sep", "10-Sep"], "year-of-days", []),
        (["2024-01-05T00:00:00Z"], "zone", ["as-written", "stop"]),
        (["2024-01-05 08:30:00+01:00"], "zone", ["as-written", "stop"]),
        (["2024-01-05", "1/3/2024"], "dates", ["month-first", "day-first"]),
    ],
)
def test_what_the_texts_do_not_decide_is_asked(texts: list[str], key: str, words: list[str]) -> None:
    found = find_format(texts, place="column Date")
    assert keys(found) == [key]
    assert [choice.word for choice in found.questions[0].choices] == words
    assert found.questions[0].place == "column Date"


@pytest.mark.parametrize(
    ("texts", "decisions", "expected"),
    [
        (["03/04/2024", "03/11/2024"], {"dates": "month-first"}, ["2024-03-04", "2024-03-11"]),
        (["03/04/2024", "03/11/2024"], {"dates": "day-first"}, ["2024-04-03", "2024-11-03"]),
        (["2009-10", "2010-11"], {"dates": "school-year"}, ["2009-07-01", "2010-07-01"]),
        (["2009-10", "2010-11"], {"dates": "month"}, ["2009-10-01", "2010-11-01"]),
        (["2017", "2018"], {"year": "end"}, ["2016-07-01", "2017-07-01"]),
        (["2017", "2018"], {"year": "start"}, ["2017-07-01", "2018-07-01"]),
        (["2017", "2018"], {"year": "calendar"}, ["2017-01-01", "2018-01-01"]),
        (["45299", "45306.0"], {"excel": "1900"}, ["2024-01-08", "2024-01-15"]),
        (["45299"], {"excel": "1904"}, ["2028-01-09"]),
        (["Wk 1", "Wk 12"], {"week1": "2024-09-02"}, ["2024-09-02", "2024-11-18"]),
        (["Wk 1", "Wk 2"], {"week1": "2024-09-04"}, ["2024-09-02", "2024-09-09"]),
        (["9/3", "9/17", "1/7"], {"year-of-days": "2024-25"}, ["2024-09-03", "2024-09-17", "2025-01-07"]),
        (["9/3", "9/17", "1/7"], {"year-of-days": "2024"}, ["2024-09-03", "2024-09-17", "2024-01-07"]),
        (["9/3", "6/30"], {"year-of-days": "2024-25", "dates": "month-first"}, ["2024-09-03", "2025-06-30"]),
        (["Sept", "Jan"], {"year-of-days": "2024-2025"}, ["2024-09-01", "2025-01-01"]),
        (["2/29", "2/28"], {"year-of-days": "2022-23"}, ["NaT", "2023-02-28"]),
        (["2024-01-05T23:30:00Z"], {"zone": "as-written"}, ["2024-01-05"]),
    ],
)
def test_answers_settle_questions(texts: list[str], decisions: dict[str, str], expected: list[str]) -> None:
    found = find_format(texts, decisions=decisions)
    assert (found.questions, found.problems) == ((), ())
    read, _, _ = read_periods(texts, found.format, decisions=decisions)
    assert [str(day) for day in read] == expected


@pytest.mark.parametrize(
    ("texts", "decisions"),
    [
        (["Wk 1"], {"week1": "soon"}),
        (["Wk 1"], {"week1": "2024-02-30"}),
        (["9/17"], {"year-of-days": "this"}),
        (["9/17"], {"year-of-days": "2024-26"}),
        (["2017"], {"year": "fiscal"}),
        (["45299"], {"excel": "1066"}),
        (["03/04/2024"], {"dates": "sideways"}),
    ],
)
def test_an_answer_that_is_none_is_asked_again(texts: list[str], decisions: dict[str, str]) -> None:
    assert keys(find_format(texts, decisions=decisions)) == list(decisions)


@pytest.mark.parametrize(("texts", "format"), [(["Wk 1"], "week_number"), (["9/17"], "%m/%d"), (["Sept"], "%b")])
def test_without_a_year_there_is_no_day(texts: list[str], format: str) -> None:
    read, bad, reasons = read_periods(texts, format)
    assert np.isnat(read).all() and bad.all() and "is known" in reasons[0]


def test_the_evidence_of_both_orders_is_told() -> None:
    mondays = ["03/04/2024", "04/01/2024", "05/06/2024", "06/03/2024"]
    question = find_format(mondays, as_of=date(2024, 5, 1)).questions[0]
    assert question.found == (
        "03/04/2024, 04/01/2024, 05/06/2024 and 1 more ("
        "read as month/day/year: 2024-03-04 to 2024-06-03, only Mondays, in ascending order, 2 of 4 after 2024-05-01; "
        "read as day/month/year: 2024-01-04 to 2024-06-05, no weekends, 1 of 4 after 2024-05-01)"
    )
    assert [choice.meaning for choice in question.choices] == [
        "month/day/year: 03/04/2024 is 4 March 2024",
        "day/month/year: 03/04/2024 is 3 April 2024",
    ]


def test_the_text_that_decides_is_told() -> None:
    assert find_format(["3/4/2024", "3/18/2024"]).told == (
        "periods read as month/day/year, because 3/18/2024 can be read in no other way",
    )


def test_texts_that_contradict_one_another_are_a_problem() -> None:
    found = find_format(["13/01/2024", "02/01/2024", "01/14/2024"], place="column Date")
    assert (found.format, found.step, found.told) == ("", "", ())
    [problem] = found.problems
    assert problem.place == "column Date"
    assert {"13/01/2024", "01/14/2024"} == set(problem.found.split(" beside "))
    assert find_format(["2016-17", "2015-09"]).problems
    # No answer mends it.
    assert find_format(["13/01/2024", "01/14/2024"], decisions={"dates": "month-first"}).problems


def test_an_impossible_day_decides_nothing() -> None:
    found = find_format(["03/04/2024", "02/30/2024"])
    assert keys(found) == ["dates"] and found.bad.tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "blank"),
        ("  ", "blank"),
        ("2024-02-30", "no day of the calendar"),
        ("0000-00-00", "no day of the calendar"),
        ("2024-13-01", "no day of the calendar"),
        ("2204-01-05", "a day outside 1990 to 2100"),
        ("9999-12-31", "a day outside 1990 to 2100"),
        ("1900-01-01", "a day outside 1990 to 2100"),
        ("Tue 2024-03-04", "no Tue"),
        ("Q1", "a part of a year, which pdsa does not read yet; write the day on which it begins"),
        ("MP1", "a part of a year, which pdsa does not read yet; write the day on which it begins"),
        ("Fall 2023", "a part of a year, which pdsa does not read yet; write the day on which it begins"),
        ("Total", "not written as year-month-day"),
        ("2024-03-04 25:00", "not written as year-month-day"),
        ("２０２４-03-04", "not written as year-month-day"),
    ],
)
def test_bad_texts_are_told_with_their_reason(text: str, reason: str) -> None:
    texts = [text, "2024-03-04", "2024-03-06"]
    found = find_format(texts)
    assert (found.format, found.bad.tolist()) == ("%Y-%m-%d", [True, False, False])
    assert read_periods(texts, found.format)[2] == (reason, "", "")


def test_a_file_of_the_other_order_is_told_apart_from_a_typing_error() -> None:
    _, bad, reasons = read_periods(["01/02/2024", "13/02/2024", "02/30/2024"], "%m/%d/%Y")
    assert bad.tolist() == [False, True, True]
    assert reasons[1].startswith(OTHER_ORDER) and not reasons[2].startswith(OTHER_ORDER)


@pytest.mark.parametrize(
    "texts", [["Q1", "Q2"], ["Lincoln", "Main Street"], ["", " "], [], ["12:30"], ["Week ending 9/6/2024"]]
)
def test_what_is_no_period_has_no_format(texts: list[str]) -> None:
    found = find_format(texts)
    assert (found.format, found.step, found.questions, found.problems) == ("", "", (), ())
    assert found.bad.all() and len(found.bad) == len(texts)


def test_several_ways_of_writing_are_read_where_each_text_is_certain() -> None:
    texts = ["2024-01-05", "1/13/2024", "January 20, 2024", "Total"]
    found = find_format(texts)
    assert found.format == "%Y-%m-%d|%m/%d/%Y|%b %d, %Y"
    assert days(texts) == ["2024-01-05", "2024-01-13", "2024-01-20", "NaT"]
    assert (
        "periods are written in several ways: year-month-day, month/day/year, days such as March 4, 2024" in found.told
    )
    # A school year among days is none.
    assert find_format(["2024-01-05", "2024-01-06", "2023-24"]).bad.tolist() == [False, False, True]


def test_school_years_beside_single_years() -> None:
    texts = ["2016-17", "2017-18", "2019"]
    assert keys(find_format(texts)) == ["year"]
    assert days(texts, decisions={"year": "end"}) == ["2016-07-01", "2017-07-01", "2018-07-01"]


@pytest.mark.parametrize(
    ("texts", "step"),
    [
        (["2024-03-04", "2024-03-11", "2024-04-01"], "week"),
        (["2024-03-04", "2024-03-11"], "day"),
        (["2024-03-01", "2024-04-01", "2024-06-01"], "month"),
        (["2016-07-01", "2017-07-01"], "year"),
        (["2024-03-04", "2024-03-05", "2024-03-06"], "day"),
    ],
)
def test_days_that_stand_a_week_month_or_year_apart(texts: list[str], step: str) -> None:
    assert find_format(texts).step == step


def test_times_of_day_without_a_zone_are_left_out_and_told() -> None:
    texts = ["1/15/2024 8:30:12 AM", "1/16/2024 14:05", "2024-01-17 00:00:00", "2024-01-18T00:00:00.000"]
    assert days(texts) == ["2024-01-15", "2024-01-16", "2024-01-17", "2024-01-18"]
    assert "times of day left out (4 texts)" in find_format(texts).told


def test_a_time_with_a_zone_is_no_day_before_it_is_decided() -> None:
    _, bad, reasons = read_periods(["2024-01-05T00:00:00Z"], "%Y-%m-%d")
    assert bad.all() and "time zone" in reasons[0]


def test_days_to_come_are_asked_about() -> None:
    as_of = date(2024, 3, 5)
    found = find_format(["2024-03-04", "2024-03-06"], as_of=as_of)
    assert keys(found) == ["future"]
    assert found.questions[0].found == "1 period after 2024-03-05, the last 2024-03-06"
    assert find_format(["2024-03-04", "2024-03-06"], as_of=as_of, decisions={"future": "keep"}).questions == ()
    assert find_format(["2024-03-04", "2024-03-05"], as_of=as_of).questions == ()


def test_serial_numbers_that_the_spreadsheet_calls_dates_are_days() -> None:
    assert keys(find_format(["45299"], [KINDS.index("number")])) == ["excel"]
    assert find_format(["45299"], [KINDS.index("date")]).questions == ()


def test_years_of_two_digits_are_told() -> None:
    assert "years of two digits read as 20xx: 1/15/24" in find_format(["1/15/24"]).told


def test_a_school_year_may_begin_in_another_month() -> None:
    read, _, _ = read_periods(["2016-17"], "school_year", start_month=9)
    assert str(read[0]) == "2016-09-01"
    read, _, _ = read_periods(["8/15", "9/15"], "%m/%d", decisions={"year-of-days": "2016-17"}, start_month=9)
    assert [str(day) for day in read] == ["2017-08-15", "2016-09-15"]


def test_formats_of_strptime_that_a_mapping_names() -> None:
    read, bad, reasons = read_periods(["2024, day 64", "2024-03-04"], "%Y, day %j")
    assert (str(read[0]), bad.tolist()) == ("2024-03-04", [False, True])
    assert reasons[1] == "not written as %Y, day %j"
    assert [str(day) for day in read_periods(["March 2024"], "%B %Y")[0]] == ["2024-03-01"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2016-2017_ChronicAbsenteeism.xlsx", ("2016-2017",)),
        ("Attendance_2009.csv", ("2009",)),
        ("2016-17 Students with 10% or more days absent", ("2016-17",)),
        ("SY19-20-Enrollment-11.10.2020.xlsx", ("SY19-20", "11.10.2020")),
        ("20130315.xml", ("20130315",)),
        ("graduation 20052006", ("20052006",)),
        ("Data as of March 4, 2024", ("March 4, 2024",)),
        ("attendance March 2024.csv", ("March 2024",)),
        ("report 2024-03", ("2024-03",)),
        ("Attendance 2024-03-04 to 2024-03-08", ("2024-03-04", "2024-03-08")),
        ("Grades 9-12, room 2140", ()),
        ("K12.csv", ()),
        ("item 120130315", ()),
    ],
)
def test_periods_in_titles_and_names_of_files(text: str, found: tuple[str, ...]) -> None:
    assert find_periods_in_text(text) == found


def test_the_words_of_formats_that_fit_the_same_text_differ() -> None:
    for text in ("03/04/2024", "03/04/24", "3-4-2024", "3.4.2024", "2010-11", "201011", "10-11", "Jan-24", "9/3"):
        words = [one.word for one in FORMATS if one.pattern.fullmatch(text.casefold())]
        assert len(words) == len(set(words)) > 1


# Whatever is written, it is read as it was meant, or not at all.

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
WRITTEN = (
    "{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0:%Y%m%d}", "{0:%b} {0.day}, {0.year}", "{0:%B} {0.day} {0.year}",
    "{0.day} {0:%B} {0.year}", "{0:%d-%b-%Y}", "{0.year}-{0.month}-{0.day}", "{0:%Y-%m-%d} 00:00:00",
)  # fmt: skip


@given(st.lists(DAYS, min_size=1, max_size=8, unique=True), st.sampled_from(WRITTEN))
def test_a_day_in_any_certain_form_is_that_day(given_days: list[date], form: str) -> None:
    assert days([form.format(day) for day in given_days]) == [str(day) for day in given_days]


@given(st.lists(DAYS, min_size=1, max_size=8, unique=True), st.sampled_from(["/", "-", "."]), st.booleans())
def test_a_day_in_either_order_is_that_day_or_a_question(given_days: list[date], sign: str, day_first: bool) -> None:
    parts = [(day.day, day.month) if day_first else (day.month, day.day) for day in given_days]
    texts = [f"{one}{sign}{other}{sign}{day.year}" for (one, other), day in zip(parts, given_days, strict=True)]
    if any(day.day > 12 for day in given_days):
        assert days(texts) == [str(day) for day in given_days]
    else:
        assert keys(find_format(texts)) == ["dates"]
        assert days(texts, decisions={"dates": "day-first" if day_first else "month-first"}) == [
            str(day) for day in given_days
        ]


@given(st.integers(1990, 2098), st.sampled_from(["{0}-{2:02d}", "{0}-{1}", "{0}/{2:02d}", "SY{0}-{2:02d}", "{0}{1}"]))
def test_a_school_year_in_any_form_is_that_year(year: int, form: str) -> None:
    found = find_format([form.format(year, year + 1, (year + 1) % 100)], decisions={"dates": "school-year"})
    read, bad, _ = read_periods([form.format(year, year + 1, (year + 1) % 100)], found.format)
    assert (found.format, str(read[0]), bad.any()) == ("school_year", f"{year}-07-01", False)


@given(st.lists(st.text(max_size=14), max_size=12, unique=True))
def test_any_texts_are_read_or_told(texts: list[str]) -> None:
    found = find_format(texts, as_of=date(2026, 11, 28))
    read, bad, reasons = read_periods(texts, found.format)
    assert len(read) == len(bad) == len(reasons) == len(texts)
    assert np.isnat(read).tolist() == bad.tolist()


FRAGMENTS = st.sampled_from(
    [*MONTHS, "2024", "24", "3", "04", "13", "31", "/", "-", ".", " ", "W", "SY", "Q", ",", "T00:00", "Z"]
)


@given(st.lists(st.lists(FRAGMENTS, max_size=7).map("".join), max_size=8, unique=True))
def test_every_day_that_is_found_is_read_and_is_a_day_of_the_text(texts: list[str]) -> None:
    found = find_format(texts)
    read, bad, _ = read_periods(texts, found.format)
    if found.format and not found.questions:
        assert bad.tolist() == found.bad.tolist()
    for day, missing in zip(read, bad, strict=True):
        assert missing or np.datetime64("1990-01-01") <= day <= np.datetime64("2100-12-31")


@given(st.lists(DAYS, min_size=2, max_size=6, unique=True))
def test_the_order_of_texts_changes_no_format(given_days: list[date]) -> None:
    texts = [f"{day:%m/%d/%Y}" for day in given_days]
    one, other = find_format(texts), find_format(texts[::-1])
    assert (one.format, one.step, keys(one)) == (other.format, other.step, keys(other))


def test_thousands_of_texts_are_read_at_once() -> None:
    first = date(1995, 1, 1)
    texts = [f"{first + timedelta(days=n):%m/%d/%Y}" for n in range(12_000)]
    assert find_format(texts).format == "%m/%d/%Y"
