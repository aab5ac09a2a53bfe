"""Files of text, 1 to 96."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Sequence
from datetime import date

from cases import (
    ANY,
    ENROLLED,
    EXCLUDED,
    HEADER,
    PRESENT,
    WEEKS,
    Case,
    Cells,
    Row,
    blank,
    changed,
    data,
    one,
    rows,
    table,
)

NEXT = "Next:"


def bad_cell(number: int, name: str, found: str, why: str, column: str = "present", word: str = "missing") -> Case:
    """A cell that is no number and no known mark: somebody must say what it means."""
    return Case(
        str(number),
        name,
        lambda: data(changed(**{column: found})),
        "ask",
        why,
        rows=one(**blank(word, part="numerator" if column == "present" else "denominator")),
        key="mark:.*",
        answers=(("mark:.*", (word,)),),
        message=("row 5", column, _escaped(found)),
    )


def _escaped(found: str) -> str:
    """A pattern for a text as it stands or as Python writes it in plain letters."""
    import re

    return f"{re.escape(found)}|{re.escape(ascii(found)[1:-1])}"


def named(names: Sequence[str]) -> Cells:
    """The good file with other names for its four schools."""
    other = dict(zip(PRESENT, names, strict=True))
    return [list(HEADER), *([other[school], *rest] for school, *rest in table()[1:])]


def named_rows(names: Sequence[str]) -> tuple[Row, ...]:
    """What must come of it."""
    from dataclasses import replace

    other = dict(zip(PRESENT, names, strict=True))
    return tuple(replace(row, school=other[row.school]) for row in rows())


def dated(written: Callable[[date], str], weeks: Sequence[str] = WEEKS, backwards: bool = False) -> Cells:
    """The good file with its days written in another way, or other days."""
    days = {week: written(date.fromisoformat(day)) for week, day in zip(WEEKS, weeks, strict=True)}
    body = [[school, days[week], *rest] for school, week, *rest in table()[1:]]
    return [list(HEADER), *(body[::-1] if backwards else body)]


def dated_rows(weeks: Sequence[str]) -> tuple[Row, ...]:
    """What must come of other days."""
    from dataclasses import replace

    days = dict(zip(WEEKS, weeks, strict=True))
    return tuple(replace(row, period=days[row.period]) for row in rows())


def shares(row_5: str = "95%", comma: bool = False) -> Cells:
    """The good file with rates instead of counts."""
    found = [["school", "week", "attendance_pct"]]
    for school, week, present, enrolled in table()[1:]:
        rate = f"{100 * int(present) / int(enrolled):.1f}"
        found.append([school, week, rate.replace(".", ",") if comma else f"{rate}%"])
    if row_5 != "95%":
        found[4][2] = row_5
    return found


def share_rows(**row_5: object) -> tuple[Row, ...]:
    """What must come of rates: fractions."""
    found = [
        Row(school, week, None, None, round(100 * present / ENROLLED[school], 1) / 100)
        for school, counts in PRESENT.items()
        for week, present in zip(WEEKS, counts, strict=True)
    ]
    if row_5:
        found[3] = Row("0012", "2025-09-29", None, None, **row_5)  # type: ignore[arg-type]
    return tuple(found)


def with_column(header: str, values: Callable[[int], str], at: int = 1) -> Cells:
    """The good file with one more column; `values` is called with the row as the spreadsheet numbers it."""
    return [
        [*cells[:at], header if number == 1 else values(number), *cells[at:]]
        for number, cells in enumerate(table(), start=1)
    ]


def by_group(column: str, groups: tuple[str, str]) -> Cells:
    """Each school and week in two groups: half of all students, and the others."""
    found = [["school", "week", column, "present", "enrolled"]]
    for school, week, present, enrolled in table()[1:]:
        half, below = int(present) // 2, int(enrolled) // 2
        found.append([school, week, groups[0], str(half), str(below)])
        found.append([school, week, groups[1], str(int(present) - half), str(int(enrolled) - below)])
    return found


def group_rows(groups: tuple[str, str]) -> tuple[Row, ...]:
    """What must come of two groups."""
    found = []
    for row in rows():
        assert row.numerator is not None and row.denominator is not None
        half, below = row.numerator // 2, row.denominator // 2
        found.append(Row(row.school, row.period, half, below, group=groups[0]))
        found.append(Row(row.school, row.period, row.numerator - half, row.denominator - below, group=groups[1]))
    return tuple(found)


def part_above_whole() -> bytes:
    """All students and girls; in row 8 there are 45 girls among 40 students."""
    found = [["school", "week", "gender", "present", "enrolled"]]
    for school, week, present, enrolled in table()[1:]:
        found.append([school, week, "All Students", present, enrolled])
        found.append([school, week, "Female", "15", "18"])
    found[8] = ["0012", "2025-09-29", "Female", "42", "45"]
    return data(found)


def part_rows() -> tuple[Row, ...]:
    found = []
    for row in rows():
        found.append(row)
        found.append(Row(row.school, row.period, 15, 18, group="Female"))
    found[6] = Row("0012", "2025-09-29", ANY, ANY, ANY, ("reported", "excluded"))
    found[7] = Row("0012", "2025-09-29", None, None, None, "excluded", group="Female")
    return tuple(found)


def many_columns() -> bytes:
    """100,000 columns after the four."""
    names = ",".join(f"c{k}" for k in range(100_000))
    zeros = ",".join("0" * 100_000)
    lines = [f"{','.join(cells)},{names if number == 0 else zeros}" for number, cells in enumerate(table()[:4])]
    return ("\n".join(lines) + "\n").encode()


def workbook_bytes() -> bytes:
    """The good file as a workbook."""
    import openpyxl

    book = openpyxl.Workbook()
    for cells in table():
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def html() -> bytes:
    """The good file as the web page that many systems call a spreadsheet."""
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for cells in table())
    return f"<html><head><meta charset='utf-8'></head><body><table>{lines}</table></body></html>".encode()


def wide() -> bytes:
    """A row for each school and a column for each week, under a title."""
    found = [["Attendance rate by week", *[""] * 6], ["School", *WEEKS]]
    for school, counts in PRESENT.items():
        found.append([school, *(f"{100 * present / ENROLLED[school]:.1f}%" for present in counts)])
    return data(found)


def with_bytes(old: bytes, new: bytes, source: Cells | None = None) -> bytes:
    """The good file with some bytes replaced once."""
    whole = data(source or table())
    assert whole.count(old) >= 1
    return whole.replace(old, new, 1)


def mixed_dates() -> Cells:
    """Three ways to write a day, each of which can be read in one way only."""
    other = dict(
        zip(WEEKS, (*WEEKS[:1], "09/15/2025", "09/22/2025", "Sep 29, 2025", WEEKS[4], "10/13/2025"), strict=True)
    )
    return [list(HEADER), *([school, other[week], *rest] for school, week, *rest in table()[1:])]


def cut_number() -> bytes:
    """The columns end with `present`, and the file ends within the last number: 57 has become 5."""
    turned = [[school, week, enrolled, present] for school, week, present, enrolled in table()]
    return data(turned)[:-2]


def cut_rows() -> tuple[Row, ...]:
    return rows({25: {"numerator": 5.0}})


FIRST_MONDAYS = ("2025-07-07", "2025-08-04", "2025-09-01", "2025-10-06", "2025-11-03", "2025-12-01")
MONTHS = ("2024-11-01", "2024-12-01", "2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01")
LOST = ("1.2E+11", "0107", "0184", "0233")
LONG = ("12345678901234567890", "12345678901234567891", "12345678901234567892", "12345678901234567893")
NFC, NFD = "\u00c9cole Nord", "E\u0301cole Nord"


CASES: tuple[Case, ...] = (
    Case(
        "1",
        "good file",
        lambda: data(table()),
        "accept",
        "Nothing is wrong with it; the school's number keeps its zeros.",
        rows(),
    ),
    Case(
        "2",
        "byte order mark",
        lambda: data(table(), encoding="utf-8-sig"),
        "accept",
        "Excel writes these three bytes before the header; they belong to no name.",
        rows(),
    ),
    Case(
        "3",
        "UTF-16 with tabs",
        lambda: data(table(), "\t", "\r\n", "utf-16"),
        "accept",
        'Excel\'s "Unicode text" says by its first two bytes what it is.',
        rows(),
    ),
    Case(
        "4",
        "Windows letters",
        lambda: data(with_column("school_name", lambda n: "École" if n < 8 else "Oak Elm Ash"), encoding="cp1252"),
        "ask",
        "The bytes are not UTF-8, and nothing in a file says which letters they are; a person sees whether "
        "the name is right.",
        rows(),
        key="encoding.*",
        answers=(("encoding.*", ("cp1252", "windows", "yes")),),
        message=("row 2", "École"),
    ),
    Case(
        "5",
        "two encodings in one file",
        lambda: data(with_column("school_name", lambda n: "École" if n < 8 else "Oak")).replace(
            b"0012,\xc3\x89cole,2025-10-13", b"0012,\xc9cole,2025-10-13"
        ),
        "refuse",
        "Two files were glued together, and no single alphabet reads both halves.",
        message=("row 7|line 7", "0xC9", "UTF-8", NEXT),
    ),
    Case(
        "6",
        "NUL byte",
        lambda: with_bytes(b"38,40", b"3\x008,40"),
        "refuse",
        "A damaged file: the byte may have been a digit.",
        message=("row 5", "0x00|NUL", NEXT),
    ),
    Case("7", "empty file", lambda: b"", "refuse", "There is nothing in it.", message=("weekly.csv", "empty", NEXT)),
    Case(
        "8",
        "header only",
        lambda: data(table()[:1]),
        "refuse",
        "An export without rows is a mistake of the export, and must not look like a term without students.",
        message=("row 1", "no rows", NEXT),
    ),
    Case(
        "9",
        "blank lines only",
        lambda: b"\n   \n\n \n",
        "refuse",
        "There is no text in it.",
        message=("weekly.csv", "no text|no rows|blank|empty", NEXT),
    ),
    Case("10", "CRLF", lambda: data(table(), end="\r\n"), "accept", "Windows ends lines so.", rows()),
    Case("11", "CR", lambda: data(table(), end="\r"), "accept", "Old Macs ended lines so.", rows()),
    Case(
        "12",
        "no final line break",
        lambda: data(table())[:-1],
        "accept",
        "Many programs end files so; the last number has as many digits as its neighbors. It is told, because "
        "a cut file looks like it.",
        rows(),
        told=("line break|cut",),
    ),
    Case(
        "13",
        "last row cut",
        lambda: data(table())[: -len(",57,65\n")],
        "refuse",
        "The file ends within a row: more rows may be lost.",
        message=("row 25", "2 cells", NEXT),
    ),
    Case(
        "14",
        "last number cut, 57 to 5",
        cut_number,
        "ask",
        "No line break at the end, and the last number is shorter than all others of its column: the file was "
        "perhaps cut within it.",
        cut_rows(),
        key="end.*",
        answers=(("end.*", ("complete", "keep", "yes")),),
        message=("row 25", r"\b5\b"),
    ),
    Case(
        "15",
        "quote never closed",
        lambda: with_bytes(b"0107,2025-09-22", b'"0107,2025-09-22'),
        "refuse",
        "All rows after it would become one cell.",
        message=("row 10", "quote|cannot be read", NEXT),
    ),
    Case(
        "16",
        "line break in a cell",
        lambda: data(with_column("note", lambda n: "snow day\nbuses late" if n == 4 else "", at=4)),
        "accept",
        "In quotes it is part of the cell; the rows are counted as a spreadsheet shows them.",
        rows(),
        told=("note",),
    ),
    Case(
        "17",
        "comma after every row",
        lambda: b"school,week,present,enrolled\n" + data(table()[1:]).replace(b"\n", b",\n"),
        "accept",
        "The fifth cell is blank in every row, so nothing can stand under a wrong header.",
        rows(),
    ),
    Case(
        "18",
        "one more cell in every row than in the header",
        lambda: data([list(HEADER), *([*cells, "7"] for cells in table()[1:])]),
        "refuse",
        "A header is missing, and which one decides what every number means.",
        message=("row 2", "5 cells", "4", NEXT),
    ),
    Case(
        "19",
        "a row with too few cells",
        lambda: data([cells[:3] if number == 4 else cells for number, cells in enumerate(table())]),
        "refuse",
        "A cell is lost, and it need not be the last.",
        message=("row 5", "3 cells", "4", NEXT),
    ),
    Case(
        "20",
        "a row with too many cells",
        lambda: data([[*cells, "7"] if number == 1 else cells for number, cells in enumerate(table())]),
        "refuse",
        "A comma within a number or a name has moved the cells.",
        message=("row 2", "5 cells", "4", NEXT),
    ),
    Case(
        "21",
        "semicolons",
        lambda: data(table(), ";"),
        "accept",
        "Excel writes so in half of the world.",
        rows(),
        told=("semicolon|;",),
    ),
    Case(
        "22",
        "tabs",
        lambda: data(table(), "\t"),
        "accept",
        "Every row has the same number of tabs.",
        rows(),
        told=("tab",),
    ),
    Case(
        "23",
        "decimal comma",
        lambda: data(shares(comma=True), ";"),
        "accept",
        "90,0 between semicolons is a number of a country with decimal commas: one digit after the comma is "
        "no thousand.",
        share_rows(),
        told=("comma",),
    ),
    Case(
        "24",
        "the same header twice",
        lambda: data(with_column("present", lambda n: "30", at=3)),
        "refuse",
        "Two columns called present differ, and nothing says which is meant.",
        message=("row 1", "present", "twice|again|2 times|two", NEXT),
    ),
    Case(
        "25",
        "headers in capitals with blanks",
        lambda: data([[" School ", "WEEK", "Present ", "ENROLLED"], *table()[1:]]),
        "accept",
        "Capitals and blanks around a word do not change it.",
        rows(),
    ),
    Case(
        "26",
        "no column of dates",
        lambda: data([[cells[0], *cells[2:]] for cells in table()]),
        "stop",
        "Without a date no row can be placed in time, and six rows of a school cannot be of one day.",
        message=("row 1|header", "school, present, enrolled|enrolled", "period|date|week"),
    ),
    Case(
        "27",
        "numerator and denominator swapped",
        lambda: data([["school", "week", "enrolled", "present"], *table()[1:]]),
        "refuse",
        "More students present than enrolled in nearly every row: the headers are the wrong way round.",
        message=("row 2", "40 of 36|40 .*36", "swap", NEXT),
    ),
    Case(
        "28",
        "title rows",
        lambda: data([["Weekly attendance, Marrowby district"], ["Printed 2025-10-14"], [], *table()]),
        "accept",
        "The header is the first row with a name over every column; the rows above it have one cell.",
        rows(),
        told=("row 4",),
    ),
    Case(
        "29",
        "TOTAL row",
        lambda: data([*table(), ["TOTAL", "", "1026", "1122"]]),
        "accept",
        "It says itself that it is the sum, and it is no school.",
        rows(),
        told=("row 26", "TOTAL"),
    ),
    Case(
        "30",
        "footnote",
        lambda: data([*table(), ["Note: students on roll on Monday."]]),
        "accept",
        "One cell of words below the last row is no row.",
        rows(),
        told=("row 26",),
    ),
    Case(
        "31",
        "header repeated in the middle",
        lambda: data([*table()[:13], list(HEADER), *table()[13:]]),
        "accept",
        "A row that is the header word for word comes from pages glued together.",
        rows(),
        told=("row 14",),
    ),
    Case(
        "32",
        "leading zeros in a new network",
        lambda: data(table()),
        "accept",
        "A school's number is a name, not a quantity.",
        rows(),
        known=False,
    ),
    Case(
        "33",
        "number of a school lost, 1.2E+11",
        lambda: data(named(LOST)),
        "refuse",
        "A spreadsheet has thrown the digits away; no answer brings them back.",
        message=("row 2", r"1\.2E\+11", "text", NEXT),
        known=False,
    ),
    Case(
        "34",
        "20 digits",
        lambda: data(named(LONG)),
        "accept",
        "In a file of text all twenty digits are there, and they differ in the last.",
        named_rows(LONG),
        known=False,
    ),
    Case(
        "35",
        "number of a school as 12.0",
        lambda: data([list(HEADER), *([f"{int(cells[0])}.0", *cells[1:]] for cells in table()[1:])]),
        "ask",
        "A program has made numbers of names; 12.0 is probably 0012, but only somebody who knows the network "
        "can say so.",
        rows(),
        key="ids.*|same.*",
        answers=(("ids", ("whole",)), ("same.*", ("same",))),
        message=("row 2|school", r"12\.0"),
    ),
    Case(
        "36",
        "a group called NA",
        lambda: data(by_group("race", ("NA", "WH"))),
        "accept",
        "In a column of groups NA is a word (Native American), not a hole.",
        group_rows(("NA", "WH")),
    ),
    Case(
        "37",
        "a group called None",
        lambda: data(by_group("group", ("None", "SPED"))),
        "accept",
        "The group of students without a program.",
        group_rows(("None", "SPED")),
    ),
    Case(
        "38",
        "a school called True",
        lambda: data(named(("True", "North", "Elm", "Oak"))),
        "accept",
        "A name.",
        named_rows(("True", "North", "Elm", "Oak")),
        known=False,
    ),
    Case(
        "39",
        "no-break space behind a number",
        lambda: data(changed(school="0012\u00a0")),
        "accept",
        "Nobody sees it, and without it the school is one that the file and the network know.",
        rows(),
        told=("row 5|1 cell|1 text", "blank|space|invisible"),
    ),
    Case(
        "40",
        "zero-width space",
        lambda: data(changed(school="0012\u200b")),
        "accept",
        "Nobody sees it, and without it the school is one that the file and the network know.",
        rows(),
        told=("row 5|1 cell|1 text", "blank|space|invisible"),
    ),
    Case(
        "41",
        "the same name in two encodings of É",
        lambda: data(
            [
                [NFD if cells[0] == "0012" and number > 3 else NFC if cells[0] == "0012" else cells[0], *cells[1:]]
                for number, cells in enumerate(table())
            ]
        ),
        "accept",
        "To Unicode both are the same letters; a school that was typed on two machines stays one, and it is told.",
        named_rows((NFC, "0107", "0184", "0233")),
        told=("cole Nord",),
        known=False,
    ),
    Case(
        "42",
        "a Cyrillic letter in a name",
        lambda: data(
            [
                ["Оak" if number == 4 else "Oak", *cells[1:]] if cells[0] == "0012" else cells
                for number, cells in enumerate(table())
            ]
        ),
        "stop",
        "Two schools to a machine and one to every reader; only a person can say that they are one.",
        message=("row 5", "ak|u041e"),
        known=False,
    ),
    Case(
        "43",
        "blanks behind a number",
        lambda: data(changed(school="0012  ")),
        "accept",
        "Nobody sees them, and without them the school is one that the file and the network know.",
        rows(),
        told=("row 5|1 cell|1 text", "blank|space|invisible"),
    ),
    Case(
        "44",
        "03/04/2024: two orders",
        lambda: data(dated(lambda day: f"{day:%m/%d/%Y}", FIRST_MONDAYS)),
        "ask",
        "Every one of these texts is a day in both orders; that one order gives only Mondays is evidence, not proof.",
        dated_rows(FIRST_MONDAYS),
        key="dates.*",
        answers=(("dates.*", ("month-first",)),),
        message=("row 2|week", "07/07/2025|08/04/2025", "month-first", "day-first"),
    ),
    Case(
        "45",
        "three formats of dates, each certain",
        lambda: data(mixed_dates()),
        "accept",
        "09/15/2025 can only be 15 September, and the others say their month by a word or by their order.",
        rows(),
        told=("format|way",),
    ),
    Case(
        "46",
        "13/10 decides 06/10",
        lambda: data(dated(lambda day: f"{day:%d/%m/%Y}", backwards=True)),
        "accept",
        "One column is written in one order, and 13/10/2025 can only be day first.",
        rows(),
        told=("day",),
    ),
    Case(
        "47",
        "years of two digits",
        lambda: data(dated(lambda day: f"{day:%m/%d/%y}")),
        "accept",
        "09/15/25 can only be month, day, year; that 25 is 2025 is told.",
        rows(),
        told=("2025|century|two digits|two-digit|20xx",),
    ),
    Case(
        "48",
        "days as numbers of a spreadsheet, 45908",
        lambda: data(dated(lambda day: str((day - date(1899, 12, 30)).days))),
        "ask",
        "45908 is 2025-09-08 in most workbooks and four years later in some old ones; in a file of text "
        "nothing says which.",
        rows(),
        key="date.*|excel.*|serial.*|period.*|week.*",
        answers=(("date.*|excel.*|serial.*|period.*|week.*", ("1900", "serial", "yes")),),
        message=("row 2|week", "45908", "2025-09-08"),
    ),
    Case(
        "49",
        "30 February",
        lambda: data(changed(week="2025-02-30")),
        "refuse",
        "No such day: the row belongs to a week that only its author knows.",
        message=("row 5", "week", "2025-02-30", NEXT),
    ),
    Case(
        "50",
        "0000-00-00",
        lambda: data(changed(week="0000-00-00")),
        "refuse",
        "The blank of some databases: the row has no date.",
        message=("row 5", "week", "0000-00-00", NEXT),
    ),
    Case(
        "51",
        "year 2204",
        lambda: data(changed(week="2204-09-29")),
        "refuse",
        "A slip of the finger: 2024 or 2025 was meant, and only its author knows.",
        message=("row 5", "week", "2204-09-29", NEXT),
    ),
    Case(
        "52",
        "year 9999",
        lambda: data(changed(week="9999-12-31")),
        "refuse",
        'The "never" of some databases: the row has no date.',
        message=("row 5", "week", "9999-12-31", NEXT),
    ),
    Case(
        "53",
        "times with a zone",
        lambda: data(dated(lambda day: f"{day:%Y-%m-%d}T00:00:00Z")),
        "stop",
        "Midnight in Greenwich is the evening before in America: the day depends on who wrote it.",
        message=("row 2|week", "2025-09-08T00:00:00Z"),
    ),
    Case(
        "54",
        "blank date",
        lambda: data(changed(week="")),
        "refuse",
        "Numbers of an unknown week.",
        message=("row 5", "week", "blank", NEXT),
    ),
    Case(
        "55",
        "a week in the future",
        lambda: data(changed(week="2026-09-28")),
        "ask",
        "Nobody can have counted students in a week to come; but a plan or a wrong clock is possible.",
        one(period="2026-09-28"),
        key="future.*",
        answers=(("future.*", ("keep", "accept", "right", "yes", "plan", "read")),),
        message=("row 5|week", "2026-09-28", "2025-12-01"),
    ),
    Case(
        "56",
        "ISO weeks",
        lambda: data(dated(lambda day: "{}-W{:02d}".format(*day.isocalendar()[:2]))),
        "accept",
        "2025-W37 is the week of Monday 8 September by an international standard.",
        rows(),
    ),
    Case(
        "57",
        "Nov-24",
        lambda: data(dated(lambda day: f"{day:%b-%y}", MONTHS)),
        "stop",
        "24 turns to 25 after December, so these are months of two years; the workspace counts attendance by week, and "
        "a number of a month is none of a week.",
        message=("frequency", "week", "month"),
    ),
    Case(
        "58",
        "the same row twice",
        lambda: data([*table(), table()[4]]),
        "accept",
        "It says the same again; one is kept, and both rows are named.",
        rows(),
        told=("row 26|26", r"\b5\b"),
    ),
    Case(
        "59",
        "two rows that disagree",
        lambda: data([*table(), ["0012", "2025-09-29", "31", "40"]]),
        "refuse",
        "38 and 31 students cannot both be right, and the file does not say which row is newer.",
        message=("row 26", r"\b5\b", "31", "38", NEXT),
    ),
    Case(
        "60",
        "rows out of order",
        lambda: data([list(HEADER), *sorted(table()[1:], key=lambda cells: (cells[2], cells[0]))]),
        "accept",
        "Every row carries its own date.",
        rows(),
    ),
    Case(
        "61",
        '"1,018"',
        lambda: data(changed(present="1,011", enrolled="1,018")),
        "ask",
        "In a column of counts a comma before three digits is a thousand; in a school of 40 it is asked about.",
        one(numerator=1011.0, denominator=1018.0),
        key="outliers",
        answers=(("outliers", ("keep",)),),
        message=("row 5", "1018"),
    ),
    Case(
        "62",
        "90.0%",
        lambda: data(shares()),
        "accept",
        "The sign says that it is a percentage.",
        share_rows(),
    ),
    Case(
        "63",
        "17.5 students",
        lambda: data(changed(present="37.5")),
        "ask",
        "Half a student may be a half day or a slip; somebody must say whether these counts are averages.",
        one(numerator=37.5),
        key="whole.*",
        answers=(("whole.*", ("average", "averages", "half", "number", "keep", "yes")),),
        message=("row 5|present", r"37\.5"),
    ),
    bad_cell(64, "-1", "-1", "No count is below zero; it may be somebody's sign for missing."),
    Case(
        "65",
        "of 0 students",
        lambda: data([*table()[:4], ["0012", "2025-09-29", "36", "0"], ["0012", "2025-10-06", "0", "0"], *table()[6:]]),
        "accept",
        "36 of 0 cannot be and is set aside by name; 0 of 0 says that there was nobody to count.",
        rows({5: EXCLUDED, 6: {"numerator": 0.0, "denominator": 0.0, "status": "not_applicable"}}),
        told=("row 5", "36 of 0"),
    ),
    bad_cell(66, "of -40 students", "-40", "No count is below zero.", "enrolled", "error"),
    Case(
        "67",
        "44 of 40",
        lambda: data(changed(present="44")),
        "accept",
        "More present than enrolled cannot be: this one row is set aside by name, the others are good.",
        one(**EXCLUDED),
        told=("row 5", "44 of 40"),
    ),
    Case(
        "68",
        "*",
        lambda: data(changed(present="*")),
        "accept",
        "The usual sign of a hidden number; it is hidden, not missing, and not zero.",
        one(**blank("suppressed")),
        told=(r"\*", "suppressed|hidden"),
    ),
    Case(
        "69",
        "<10",
        lambda: data(changed(present="<10")),
        "accept",
        "Fewer than 10 of 40: a bound, drawn as one, and never the number 10.",
        one(numerator=ANY, denominator=ANY, value=0.25, status="bottom_coded"),
        told=("<10",),
    ),
    bad_cell(70, "-999", "-999", "Somebody's sign for something; guessing which is how it gets into averages."),
    bad_cell(71, "9999", "9999", "250 times as many as are enrolled: a sign for something, and not a count."),
    Case(
        "72",
        "n/a",
        lambda: data(changed(present="n/a")),
        "accept",
        "It says itself that it does not apply.",
        one(**blank("not_applicable")),
        told=("n/a",),
    ),
    Case(
        "73",
        "#DIV/0!",
        lambda: data(shares("#DIV/0!")),
        "accept",
        "An error of the spreadsheet that made the file: kept apart from missing, so that somebody mends it.",
        share_rows(status="error"),
        told=("#DIV/0!",),
    ),
    bad_cell(74, "inf", "inf", "No count is infinite."),
    bad_cell(75, "1e400", "1e400", "A number that no computer holds."),
    bad_cell(76, "0x12", "0x12", "18 to a programmer, nothing to a teacher."),
    bad_cell(77, "1_8", "1_8", "18 to one program and text to another."),
    bad_cell(
        78,
        "digits of another script",
        "٣٨",
        "38 in Arabic digits, but nobody in this file writes so: it must be confirmed.",
    ),
    bad_cell(79, "1O with the letter O", "3O", "Typed with a letter: 30 or something else."),
    bad_cell(80, "1 8", "3 8", "38, or two numbers, or a slip."),
    bad_cell(81, "another minus", "−1", "A minus below zero, in whatever sign it is written, is no count."),
    bad_cell(82, "(5)", "(5)", "Accountants mean minus five, others a footnote."),
    Case(
        "83",
        "more girls than students",
        part_above_whole,
        "accept",
        "45 girls among 40 students cannot be; the group's row is set aside by name, everything else is good.",
        part_rows(),
        told=("row 9", "45", "40"),
    ),
    Case(
        "84",
        "enrolled jumps a hundredfold",
        lambda: data(changed(enrolled="4000")),
        "ask",
        "4000 students for one week in a school of 40 is possible to a computer and to nobody else; the file "
        "cannot tell which digits are wrong.",
        one(numerator=ANY, denominator=ANY, value=ANY, status=("excluded", "error", "missing")),
        key="jump.*|outlier.*|value.*|implausible.*|break.*|mark.*",
        answers=((".*", ("exclude", "excluded", "error", "missing", "set-aside")),),
        message=("row 5", "enrolled", "4000", "40"),
    ),
    Case(
        "85",
        "a formula as a name",
        lambda: data(named(('=HYPERLINK("http://example.org","x")', "North", "Elm", "Oak"))),
        "accept",
        "It is text to us; what we write must not run in the spreadsheet of whoever opens it.",
        named_rows(('=HYPERLINK("http://example.org","x")', "North", "Elm", "Oak")),
        known=False,
    ),
    Case(
        "86",
        "a path as a name",
        lambda: data(named(("../../x", "North", "Elm", "Oak"))),
        "accept",
        "It is text to us, and no file is named after it outside the workspace.",
        named_rows(("../../x", "North", "Elm", "Oak")),
        known=False,
    ),
    Case(
        "87",
        "a script as a name",
        lambda: data(named(("<script>alert(1)</script>", "North", "Elm", "Oak"))),
        "accept",
        "It is text to us, and every page escapes it.",
        named_rows(("<script>alert(1)</script>", "North", "Elm", "Oak")),
        known=False,
    ),
    Case(
        "88",
        "100 kB in a cell",
        lambda: data(with_column("note", lambda n: "x" * 100_000 if n == 5 else "", at=4)),
        "refuse",
        "No spreadsheet holds it: something else than a table was pasted in, or a quote is missing.",
        message=("row 5", "100,?000|character|32,?767", NEXT),
    ),
    Case(
        "89",
        "100,000 columns",
        many_columns,
        "refuse",
        "No table of schools has so many; it would take the machine down.",
        message=("row 1", "columns", "100,?004", NEXT),
    ),
    Case(
        "90",
        "gzip named csv",
        lambda: gzip.compress(data(table()), mtime=0),
        "refuse",
        "The name says one thing and the content another: somebody's download went wrong.",
        message=("weekly.csv|row 1", "gzip", r"\.gz|unpack", NEXT),
    ),
    Case(
        "91",
        "workbook named csv",
        workbook_bytes,
        "refuse",
        "The name says one thing and the content another: renamed instead of saved as CSV.",
        message=("weekly.csv|row 1", "workbook|zip", r"\.xlsx", NEXT),
    ),
    Case(
        "92",
        "web page named xls",
        html,
        "refuse",
        "A web page that calls itself a workbook has lost its zeros on the way to anybody who opens it.",
        message=("weekly.xls|row 1", "web page|HTML", r"\.xlsx|CSV", NEXT),
        file="weekly.xls",
    ),
    Case(
        "93",
        "# comments",
        lambda: b"# exported 2025-10-14 by the district\n# one row per school and week\n" + data(table()),
        "accept",
        "Rows of one cell above the header are no rows of the table.",
        rows(),
        told=("row 3",),
    ),
    Case(
        "94",
        "quotes in quotes",
        lambda: data(named(('Oak "West"', "North", "Elm", "Oak"))),
        "accept",
        "Two quotes within quotes are one.",
        named_rows(('Oak "West"', "North", "Elm", "Oak")),
        known=False,
    ),
    Case(
        "95",
        "typographic quotes around a number",
        lambda: data(changed(school="“0012”")),
        "stop",
        "A word processor has been at work; to a machine it is another school.",
        message=("row 5", "“0012”|u201c0012"),
    ),
    Case(
        "96",
        "wide layout",
        wide,
        "accept",
        "A column for each week is how teams keep their tracker; the title says which measure it is.",
        share_rows(),
        file="attendance.csv",
    ),
)
