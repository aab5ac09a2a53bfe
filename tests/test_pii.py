"""Personal data: found in columns of many kinds, never in those of schools, and never told by value."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pandas as pd
import pytest

from pdsa.check import coded
from pdsa.errors import InputError
from pdsa.pii import Personal, check_personal, header_words, personal_columns

# Invented persons.
PERSONS = ("Maria Lopez", "Jamal Brown", "Emily Nguyen", "Wei Zhang", "Fatima Haddad", "Noah Miller", "Sofia Ramirez")
SCHOOLS = ("Flintstone Elementary", "P.S. 015 Roberto Clemente", "Martin Luther King Jr. High", "Anna Silver School")


def found(**columns: list[str]) -> tuple[Personal, ...]:
    """What is found in columns, headed by their names with blanks for underscores."""
    return headed({name.replace("_", " "): cells for name, cells in columns.items()})


def headed(columns: dict[str, list[str]], **more: set[str]) -> tuple[Personal, ...]:
    cells = [coded(pd.Series(texts, dtype="str")) for texts in columns.values()]
    return personal_columns(list(columns), cells, **more)


def times(texts: tuple[str, ...], count: int) -> list[str]:
    return list(islice(cycle(texts), count))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("studentUniqueId", "student unique id"),
        ("STUDENT_NUMBER", "student number"),
        ("Student's Name", "students name"),
        ("[1]Student_Number", "1 student number"),
        ("# Students", "students"),
    ],
)
def test_headers_are_read_as_words(header: str, words: str) -> None:
    assert header_words(header) == words


@pytest.mark.parametrize(
    ("header", "cells", "what"),
    [
        ("First Name", ["Quorra", "Zylo"], "names of persons"),
        ("LAST_NAME", ["Okonkwo-Silva", ""], "names of persons"),
        ("lastFirst", ["Okonkwo, Quorra"], "names of persons"),
        ("Parent/Guardian", ["Quorra Okonkwo"], "names of persons"),
        ("DOB", ["2011-04-05", "2010-12-31"], "birth dates"),
        ("birthDate", ["4/5/2011"], "birth dates"),
        ("SSN", ["123456789"], "social security or tax numbers"),
        ("Email", ["quorra@example.org"], "e-mail addresses"),
        ("notes", ["ask quorra.o@mail.example.org about it", "fine"], "e-mail addresses"),
        ("code", ["123-45-6789"], "social security numbers"),
        ("remark", ["see 123-45-6789"], "social security numbers"),
        ("Home Phone", ["5551234567"], "phone numbers"),
        ("x", ["(555) 123-4567", "555-123-4568"], "phone numbers"),
        ("Address", ["12 Elm Street"], "addresses of homes"),
        ("student_id", ["10001"], "numbers that name single students"),
        ("StudentID", ["77", "780"], "numbers that name single students"),
        ("SASID", ["1000000001"], "numbers that name single students"),
        ("studentUniqueId", ["604822"], "numbers that name single students"),
        ("Student Number", ["100231", "100232"], "numbers that name single students"),
        ("District Student ID", ["231", "100232"], "numbers that name single students"),
        ("Student", list(PERSONS), "names of persons"),
        ("Who", ["Maria", "Jamal", "Emily", "Noah"], "names of persons"),
        ("", list(PERSONS), "names of persons"),
        ("x", ["Lopez, Maria", "Brown, Jamal T.", "NGUYEN, EMILY", "Zhang, Wei"], "names of persons"),
        ("Teacher", list(PERSONS), "names of persons"),
    ],
)
def test_a_column_is_known_by_its_header_or_by_its_cells(header: str, cells: list[str], what: str) -> None:
    (one,) = headed({header: cells, "present": ["12"] * len(cells)})
    assert one.what == what
    assert one.column == (header or "column A")


def test_names_that_are_not_common_are_known_by_being_whole_and_all_different() -> None:
    people = ["Qurra Tesk", "Zyl Wulm", "Brex Yorr", "Vond Plimov", "Drak Simm", "Olx Umber", "Ptar Wix", "Yula Korr"]
    assert [one.what for one in headed({"Participant": people, "School": ["0012"] * 8})] == ["names of persons"]


def test_birth_dates_are_known_without_their_header() -> None:
    born = [
        "2009-03-14",
        "2010-11-02",
        "2008-07-23",
        "2011-01-30",
        "2009-09-09",
        "2010-05-17",
        "2008-12-25",
        "2011-06-08",
    ]
    day = ["2024-09-03"] * 8
    (one,) = headed({"school": ["0012"] * 8, "field 7": born, "period": day})
    assert (one.column, one.what) == ("field 7", "birth dates")
    assert headed({"school": ["0012"] * 8, "school opened": born, "period": day}) == ()
    # days of one year, or without anything later to compare them with, are periods
    assert headed({"school": ["0012"] * 8, "week": [f"2024-09-0{n}" for n in range(1, 9)], "present": ["5"] * 8}) == ()
    assert headed({"week": born, "present": ["5"] * 8}) == ()


def test_numbers_of_students_are_known_by_coming_again() -> None:
    students, days = [f"71{n:03}" for n in range(20)], ["2024-09-03", "2024-09-04", "2024-09-05"]
    rows = [(student, day, "0012" if student < "71010" else "0107") for student in students for day in days]
    ids, when, where = (list(column) for column in zip(*rows, strict=True))
    (one,) = headed({"id": ids, "date": when, "school": where})
    assert one == Personal(
        "id",
        "numbers that name single students",
        "60 of 60 cells look like numbers that name single students, and a school has many of them on each day",
    )
    # a number of the row, and a few sections that every day has, are none
    assert headed({"id": [str(90000 + n) for n in range(60)], "date": when, "school": where}) == ()
    assert headed({"section id": ids, "date": when, "school": where}) == ()


def test_ids_beside_traits_of_single_students() -> None:
    columns = {
        "id": ["100001", "100002", "100003", "100004"],
        "gender": list("FMFM"),
        "GPA": ["3.1", "2.2", "4.0", "3.0"],
    }
    assert [one.column for one in headed(columns)] == ["id"]
    assert headed({**columns, "number of students": list("1234")}) == ()
    assert headed({**columns, "id": list("1234")}) == ()


@pytest.mark.parametrize(
    "columns",
    [
        {"School Name": list(SCHOOLS), "Number of Students": ["120", "95", "88", "1018"]},
        {"Name": list(SCHOOLS), "Student Number": ["120", "95", "88", "1018"]},
        {"School": ["Roberto Clemente", "Anna Silver", "Asher Levy"], "present": ["1", "2", "3"]},
        {"School": ["Lincoln", "Madison", "Roosevelt"], "Teacher": ["Teacher 1", "Teacher 2", "T. 3"]},
        {"": ["Lincoln", "Jefferson", "Madison", "Jackson", "Carter"], "Wk 1": ["5", "6", "7", "8", "9"]},
        {"District Name": ["Anne Arundel", "Howard", "Charles"], "% email sent": ["5", "6", "7"]},
        {"Student Group": ["African American", "American Indian", "Two or More Races"], "n": ["5", "6", "7"]},
        {"Students": ["All", "Girls", "Boys"], "n": ["5", "6", "7"]},
        {"District": ["a", "b", "c", "d"], "Students": ["12345", "38095", "10144", "8449"], "Year": ["2024"] * 4},
        {"District": ["a", "b", "c", "d"], "Student Number": ["12345", "938", "1014", "8449"], "Year": ["2024"] * 4},
        {"School": ["a", "b", "c"], "Office": ["(301) 478-2434", "(301) 478-2435", "(301) 478-2436"]},
        {"Entity Name": ["Cesar Chavez", "Rosa Parks", "Harvey Milk"], "n": ["5", "6", "7"]},
        {"First": ["5", "6", "7"], "Last": ["5", "6", "7"], "Email opened": ["4", "5", "6"]},
        {"school": ["0012", "0107", "0184"], "SSN": ["", "", ""], "DOB": ["n/a", "*", ""]},
        {"school": ["0012", "0107", "0184"], "Address": ["1 A St", "2 B St", "3 C St"], "Phone": ["5551234567"] * 3},
        {"Note": ["snow day on Monday", "Spring break", "Maria asked for more time", ""]},
        {"Zip": ["215300000", "215023856", "215024249"], "date": ["2024-09-03", "2024-09-04", "2024-09-05"]},
    ],
)
def test_schools_places_groups_and_counts_stop_nothing(columns: dict[str, list[str]]) -> None:
    assert headed(columns) == ()


def test_persons_as_headers_are_told_by_letter() -> None:
    names = ("Date", *PERSONS[:4])
    table = {name: ["P", "A"] for name in names}
    assert headed(table) == (Personal("header", "names of persons", "3 of 5 headers look like names of persons"),)
    assert headed({**table, "Maria Lopez": ["m@example.org", ""]})[1].column == "column B"


def test_a_column_that_somebody_said_names_schools_is_left() -> None:
    assert headed({"Team": list(PERSONS)}, exempt={"Team"}) == ()
    assert len(headed({"Team": list(PERSONS)})) == 1


def test_the_message_names_every_column_and_no_value() -> None:
    columns = {
        "School": ["0012"] * 7,
        "Student Name": list(PERSONS),
        "DOB": times(("4/5/2011",), 7),
        "present": ["1"] * 7,
    }
    cells = [coded(pd.Series(texts, dtype="str")) for texts in columns.values()]
    with pytest.raises(InputError) as caught:
        check_personal("days.csv", list(columns), cells)
    assert str(caught.value) == (
        "days.csv: 2 problems found; nothing was imported, and nothing of these columns was kept.\n"
        "  Student Name: found names of persons (7 of 7 cells look like names of persons, and the header says so), "
        "expected no data of single persons outside private/.\n"
        "  DOB: found birth dates (7 of 7 cells look like birth dates, and the header says so), "
        "expected no data of single persons outside private/.\n"
        "  Next: remove these columns from the file, or put the file into the folder private/ of the workspace, where "
        "rows of single students are added up to schools and never kept; a column named here that holds schools or "
        "places is let in under a header that says so (School, District, City)."
    )
    assert not any(part in str(caught.value) for person in PERSONS for part in person.split())


def test_a_clean_table_passes() -> None:
    check_personal("days.csv", ["school"], [coded(pd.Series(["0012"], dtype="str"))])
    check_personal("days.csv", [], [])
    check_personal("days.csv", ["school", "present"], [coded(pd.Series([], dtype="str"))] * 2)


def _tables(folder: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Every file of text and every sheet, as rows."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".csv" or path.name.endswith(".csv.gz"):
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            yield path.name, list(csv.reader(io.StringIO(data.decode("utf-8-sig", errors="replace"))))
        elif path.suffix == ".xlsx":
            book = pd.read_excel(path, sheet_name=None, header=None, dtype="str", na_filter=False, engine="openpyxl")
            for name, sheet in book.items():
                yield f"{path.name}, {name}", sheet.to_numpy().tolist()


@pytest.mark.data
@pytest.mark.filterwarnings("ignore:Cannot parse header or footer")
def test_no_file_of_the_real_data_is_stopped(real_data: Path) -> None:
    """Directories with addresses and telephone numbers of schools among them; whichever row is taken as the header."""
    stopped, count = [], 0
    for name, rows in _tables(real_data):
        width = max(map(len, rows), default=0)
        padded = [[*row, *[""] * (width - len(row))] for row in rows]
        for start in range(min(6 if len(rows) < 5000 else 1, len(rows) - 1)):
            body = padded[start + 1 :]
            cells = [coded(pd.Series([row[column] for row in body], dtype="str")) for column in range(width)]
            count += 1
            if found := personal_columns(padded[start], cells):
                stopped.append((name, start, found))
    assert stopped == []
    assert count > 800
