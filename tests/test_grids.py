"""Every kind of file becomes a grid of texts as a spreadsheet would show them; what is uncertain is a fact."""

import csv
import datetime as dt
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from pdsa.errors import InputError
from pdsa.read import KINDS, Fact, Grid, ReadOptions, grids_of, read_grids, read_many, separated
from pdsa.read.cells import number_text
from pdsa.read.sheets import letters, spans

EXAMPLES = int(os.environ.get("PDSA_FUZZ_EXAMPLES", "300"))
WEEKS = "school,week,present\n0012,2025-09-08,NA\n0107,2025-09-08,\n"


def cells(grid: Grid) -> list[list[str]]:
    return [[column.at(row) for column in grid.columns] for row in range(len(grid.rows))]


def kinds(grid: Grid) -> list[list[str]]:
    return [[KINDS[column[row]] for column in grid.kinds] for row in range(len(grid.rows))]


def text(content: str | bytes, name: str = "days.csv", **options: object) -> Grid:
    data = content if isinstance(content, bytes) else content.encode()
    (grid,) = grids_of(name, data, ReadOptions(**options))
    return grid


def fact(grid: Grid, kind: str) -> Fact:
    (found,) = [one for one in grid.facts if one.kind == kind]
    return found


def refused(data: str | bytes, name: str = "days.csv", **options: object) -> str:
    with pytest.raises(InputError) as caught:
        grids_of(name, data if isinstance(data, bytes) else data.encode(), ReadOptions(**options))
    return str(caught.value)


def same(one: Grid, other: Grid) -> bool:
    columns = zip(one.columns, other.columns, strict=True)
    return (
        all(a.texts == b.texts and (a.codes == b.codes).all() for a, b in columns)
        and one.rows.tolist() == other.rows.tolist()
        and one.widths.tolist() == other.widths.tolist()
        and [kind.tolist() for kind in one.kinds] == [kind.tolist() for kind in other.kinds]
        and (one.source, one.name, one.header, one.facts) == (other.source, other.name, other.header, other.facts)
    )


# Text


def test_cells_of_text_stay_as_they_are() -> None:
    grid = text(WEEKS)
    assert cells(grid) == [["school", "week", "present"], ["0012", "2025-09-08", "NA"], ["0107", "2025-09-08", ""]]
    assert (grid.source, grid.name, grid.header, grid.kinds) == ("days.csv", "days.csv", -1, ())
    assert grid.rows.tolist() == [1, 2, 3]
    assert grid.widths.tolist() == [3, 3, 3]
    assert grid.facts == (Fact("delimiter", "", "columns separated by commas (3 in most rows)"),)


def test_titles_blank_lines_and_ragged_rows_are_kept_with_their_widths() -> None:
    grid = text('Attendance 2025\n\n# preliminary\nschool,n\n0012,"a\nb",x\n0107\n\n,,\n\n')
    assert cells(grid)[3:] == [["school", "n", ""], ["0012", "a\nb", "x"], ["0107", "", ""]]
    assert grid.rows.tolist() == [1, 2, 3, 4, 5, 6]
    assert grid.widths.tolist() == [1, 0, 1, 2, 3, 1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_line_ends(end: str, quote: str) -> None:
    grid = text(end.join([f"a,{quote}b{quote}", "1,2", "", "3,4"]) + end)
    assert cells(grid) == [["a", "b"], ["1", "2"], ["", ""], ["3", "4"]]
    assert [one.kind for one in grid.facts] == ["delimiter"]


def test_no_final_line_break_is_told() -> None:
    assert fact(text("a,b\n1,10"), "no final line break").place == "row 2"


@pytest.mark.parametrize(
    ("content", "delimiter", "words"),
    [
        ("id;rate\n0012;17,5\n0107;18,2\n", ";", "semicolons"),
        ("id\trate\n0012\t17,5\n0107\t18,2\n", "\t", "tabs"),
        ("id|name\n0012|Lee, North\n", "|", "vertical bars"),
        ('id,"a;b"\n0012,"c;d;e"\n', ",", "commas"),
        ("Report; made in May\nid,n\n0012,1\n0107,2\n", ",", "commas"),
    ],
)
def test_the_delimiter_that_most_rows_agree_on(content: str, delimiter: str, words: str) -> None:
    grid = text(content)
    assert fact(grid, "delimiter").found.startswith(f"columns separated by {words}")
    assert not fact(grid, "delimiter").ask
    assert len(grid.columns) == content.splitlines()[1].count(delimiter) + 1


def test_two_delimiters_that_do_as_well_are_a_question_unless_told() -> None:
    both = "a,b;c\n1,2;3\n"
    assert fact(text(both), "delimiter").ask
    assert "semicolons would do as well" in fact(text(both), "delimiter").found
    told = text(both, delimiter=";")
    assert cells(told) == [["a,b", "c"], ["1,2", "3"]]
    assert not fact(told, "delimiter").ask


def test_the_hint_that_excel_reads_is_taken() -> None:
    grid = text("sep=;\na,b;c\n1,2;3\n")
    assert cells(grid) == [["sep=", ""], ["a,b", "c"], ["1,2", "3"]]
    assert not fact(grid, "delimiter").ask


def test_one_column_is_one_column() -> None:
    assert cells(text("school\n0012\n\n0107\n")) == [["school"], ["0012"], [""], ["0107"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_marked_encodings(encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    grid = text(mark + "école\tn\n0012\t5\n".encode(encoding))
    assert cells(grid) == [["école", "n"], ["0012", "5"]]
    assert [one.kind for one in grid.facts] == ["delimiter"]


def test_windows_text_is_a_question_with_the_cell_that_shows_it() -> None:
    data = "school,n\nLincoln,5\nSão José,6\n".encode("cp1252")
    found = fact(text(data), "encoding")
    assert (found.ask, found.place) == (True, "row 3, cell 1")
    assert "'São José'" in found.found
    told = text(data, encoding="cp1252")
    assert cells(told)[2] == ["São José", "6"]
    assert [one.kind for one in told.facts] == ["delimiter"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("é,n\n1,2\n".encode() + b"caf\xe9,3\n", ["line 3: found the byte 0xE9", "line 1 has 'é' in UTF-8"]),
        (b"a,b\n1,\x81\n", ["line 2: found the byte 0x81", "cp1252"]),
        (b"\xff\xfea\x00,\x00b\x00\n\x00\x00", ["found the byte 0x00"]),
        (b"a,b\n1,2\x00\n\x00,3\n", ["row 2, cell 2: found a NUL byte in '2\\x00'", "row 3, cell 1"]),
        ('a,b\n1,2\n3,"4\n5,6\n', ["row 3, cell 2: found a quote that is never closed, at '4"]),
        ('a,b\n"1"x,2\n', ["row 2: found a cell that cannot be read"]),
        ("a,b\n1," + "x" * 32_768 + "\n", ["row 2, cell 2: found a cell of 32768 characters, expected at most 32767"]),
        ('a,b\n1\n1,"' + "x" * 200_000 + '"\n', ["row 3: found a cell of more than 131072 characters"]),
        (
            'a,b\n1,"' + "x" * 200_000 + '"\n',
            ["row 2, cell 2: found a cell of 200000 characters, expected at most 32767"],
        ),
        (",".join("c" * 501) + "\n" + "1," * 500 + "1\n", ["row 1: found 501 columns, expected at most 500"]),
        ("a,b\n", ["row 1: found a header and no rows below it"]),
        ("\n\n", ["found no text"]),
        ("", ["found an empty file"]),
    ],
)
def test_text_that_is_refused(data: str | bytes, words: list[str]) -> None:
    message = refused(data)
    for word in words:
        assert word in message
    assert "Next: " in message


def test_an_unknown_encoding_and_text_that_is_not_in_it() -> None:
    for name in ("klingon", "hex", "unicode_escape"):
        assert f"found the encoding '{name}'" in refused("a.b,\\ud800\n..,2\n", encoding=name)
    assert "line 2: found the byte 0xE9" in refused(b"a,b\n1,\xe9\n", encoding="utf-8")


def test_control_characters_in_text_are_left_out_and_asked_about() -> None:
    grid = text(b"school,n\nBUSH\x16WICK,5\n\x1a\n")
    found = fact(grid, "control characters")
    assert (found.ask, found.place) == (True, "row 2, cell 1")
    assert "(0x16, 0x1A)" in found.found
    assert cells(grid) == [["school", "n"], ["BUSHWICK", "5"]]
    told = text(b"school,n\nBUSH\x16WICK,5\n", strip=(0x16,))
    assert cells(told) == cells(grid)
    assert not fact(told, "control characters").ask


def test_far_columns_without_text_are_no_columns() -> None:
    grid = text("a,b\n1,2" + "," * 600 + "\n")
    assert len(grid.columns) == 500
    assert grid.widths.tolist() == [2, 602]


# The three ways through text give the same grid


def written(rows: list[list[str]], delimiter: str = ",", end: str = "\n", quoted: bool = False) -> str:
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return stream.getvalue()


TABLE = st.integers(2, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.text("ab0é€𝒳 .#'", max_size=30), min_size=width, max_size=width), min_size=2, max_size=12
    )
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(TABLE, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]))
@example([["a", "b"], ["", "x" * 60], ["y" * 17, ""]], ",", "\n")
def test_quick_and_careful_ways_agree(rows: list[list[str]], delimiter: str, end: str) -> None:
    rows = [[*row[:-1], row[-1] or "x"] for row in rows]
    content = written(rows, delimiter, end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(separated, "QUICK_FROM", -1)
        quick = text(content, delimiter=delimiter)
        patch.setattr(separated, "QUICK_FROM", 10**9)
        patch.setattr(separated, "CHUNK", 20)
        even = text(content, delimiter=delimiter)
    careful = text(written(rows, delimiter, end, quoted=True), delimiter=delimiter)
    assert same(quick, even)
    assert same(quick, careful)
    assert cells(quick) == rows


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.lists(st.text('a",\n\r é', max_size=8), min_size=2, max_size=2), min_size=2, max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
@example([['5" pipe', "x"], ['6"', "y"]], "\n", False)
@example([["a", "b"], ["a\r\nb", 'say ""hi""']], "\r\n", True)
def test_quotes_are_read_the_same_both_ways(rows: list[list[str]], end: str, quoted: bool) -> None:
    content = written([[*row[:-1], row[-1] or "x"] for row in rows], ",", end, quoted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(separated, "QUICK_FROM", -1)
        quick = outcome(content, ",")
        patch.setattr(separated, "QUICK_FROM", 10**9)
        careful = outcome(content, ",")
    assert quick == careful if isinstance(quick, str) else same(quick, careful)


def outcome(content: str, delimiter: str = "") -> Grid | str:
    """The grid of a text, or why there is none."""
    try:
        return text(content, delimiter=delimiter)
    except InputError as error:
        return str(error)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text('a,;"\n\r#\t0é', max_size=60))
def test_irregular_text_is_the_same_in_pieces(content: str) -> None:
    whole = outcome(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(separated, "CHUNK", 3)
        patch.setattr(separated, "RECORDS", 2)
        patch.setattr(separated, "QUICK_FROM", -1)
        pieces = outcome(content)
    assert pieces == whole if isinstance(whole, str) else same(whole, pieces)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=4), min_size=2, max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_written_again_it_is_the_same_grid(rows: list[list[str]], encoding: str) -> None:
    content = written([[cell.replace("\0", "") for cell in row] for row in rows])
    try:
        (grid,) = grids_of("days.csv", content.encode(encoding, "replace"), ReadOptions(delimiter=","))
    except InputError:
        return
    stream = [row[: grid.widths[place]] for place, row in enumerate(cells(grid))]
    again = text(written(stream), delimiter=",")
    assert cells(again) == cells(grid)
    assert again.rows.tolist() == grid.rows.tolist()


def test_quick_columns_of_many_distinct_and_long_cells() -> None:
    rows = [["id", "name", "n"]] + [
        [f"{k * 7919 % 40_000:05d}", f"School {'x' * (k % 60)}{k}", "1"] for k in range(40_000)
    ]
    grid = text(written(rows))
    assert cells(grid) == rows
    assert len(grid.columns[0].texts) == 40_001


# Workbooks


def book(fill: object, name: str = "book.xlsx") -> bytes:
    found = openpyxl.Workbook()
    fill(found)
    stream = io.BytesIO()
    found.save(stream)
    return stream.getvalue()


def sheet_of(rows: list[list[object]], then: object = lambda sheet: None) -> Grid:
    def fill(found: openpyxl.Workbook) -> None:
        for row in rows:
            found.active.append(row)
        then(found.active)

    (grid,) = grids_of("book.xlsx", book(fill))
    return grid


def formatted(value: object, number_format: str) -> tuple[str, str]:
    grid = sheet_of([["x", "y"], [value, 1]], lambda sheet: setattr(sheet["A2"], "number_format", number_format))
    return cells(grid)[1][0], kinds(grid)[1][0]


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (12, "General", ("12", "number")),
        (12, "0000", ("0012", "number")),
        (12.0, "00000", ("00012", "number")),
        (123456, "0000", ("123456", "number")),
        (123456789, "000-00-0000", ("123-45-6789", "number")),
        (42, '"S-"000', ("S-042", "number")),
        (42, r"00\-00", ("00-42", "number")),
        (0.9, "0%", ("90%", "percent")),
        (0.91234, "0%", ("91.234%", "percent")),
        (1, "0.0%", ("100%", "percent")),
        (0.07, "0.00%", ("7%", "percent")),
        (90.5, '0.0"%"', ("90.5%", "percent")),
        (90, r"0\%", ("90%", "percent")),
        (18.000000001, "0", ("18.000000001", "number")),
        (17.5, "0000", ("17.5", "number")),
        (0.00001, "General", ("0.00001", "number")),
        (-3, "0000", ("-3", "number")),
        (1018, "#,##0", ("1018", "number")),
        (12.0, "0.00", ("12", "number")),
        (5, '0 "% of all"', ("5", "number")),
        (dt.datetime(2024, 3, 4), "d-mmm", ("2024-03-04", "date")),
        (dt.datetime(2024, 3, 4, 8, 30), "yyyy-mm-dd hh:mm", ("2024-03-04T08:30:00", "date")),
        (dt.date(2024, 3, 4), "mm-dd-yy", ("2024-03-04", "date")),
        (dt.time(8, 30), "h:mm", ("08:30:00", "date")),
        (dt.timedelta(hours=26, minutes=5), "[h]:mm:ss", ("26:05:00", "date")),
        (True, "General", ("TRUE", "boolean")),
        (False, "General", ("FALSE", "boolean")),
        ("0012", "General", ("0012", "text")),
        ("90%", "@", ("90%", "text")),
        ("#N/A", "General", ("#N/A", "error")),
        (" x ", "General", (" x ", "text")),
        (None, "0.00", ("", "blank")),
    ],
)
def test_what_a_cell_shows(value: object, number_format: str, shown: tuple[str, str]) -> None:
    assert formatted(value, number_format) == shown


def test_number_text_never_rounds() -> None:
    assert number_text(0.1 + 0.2) == ("0.30000000000000004", 2)
    assert number_text(1e22) == ("10000000000000000000000", 2)
    assert number_text(-0.0) == ("0", 2)


def test_both_date_systems_show_the_same_day() -> None:
    def fill(found: openpyxl.Workbook) -> None:
        found.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        found.active.append(["day", "n"])
        found.active.append([dt.datetime(2025, 9, 8), 1])

    (grid,) = grids_of("book.xlsx", book(fill))
    assert cells(grid)[1] == ["2025-09-08", "1"]


def test_every_visible_sheet_with_content_is_a_grid() -> None:
    def fill(found: openpyxl.Workbook) -> None:
        found.active.title = "Empty"
        for name in ("Data", "Old", "Notes"):
            found.create_sheet(name).append([f"{name} 1", "n"])
            found[name].append(["0012", 5])
        found["Old"].sheet_state = "hidden"

    data = book(fill)
    grids = grids_of("book.xlsx", data)
    assert [(grid.source, grid.name) for grid in grids] == [
        ("book.xlsx!Data", "book.xlsx"),
        ("book.xlsx!Notes", "book.xlsx"),
    ]
    assert fact(grids[0], "sheet").found == "not read, because hidden or not asked for: the sheets Old"
    assert grids[1].facts == ()
    (old,) = grids_of("book.xlsx", data, ReadOptions(sheets=("Old",)))
    assert old.source == "book.xlsx!Old"
    assert "found the sheets Empty, Data, Old, Notes, expected a sheet No" in refused(data, "book.xlsx", sheets=("No",))


def test_blank_rows_between_tables_stay_as_one_and_formatted_ones_are_nothing() -> None:
    def far(sheet: object) -> None:
        sheet["A5"] = "b"
        for row in range(6, 1006):
            sheet.cell(row, 3).number_format = "0%"
        sheet["A1048576"] = "end"

    grid = sheet_of([["a"], ["1"]], far)
    assert cells(grid) == [["a"], ["1"], [""], ["b"], [""], ["end"]]
    assert grid.rows.tolist() == [1, 2, 3, 5, 6, 1048576]
    assert grid.widths.tolist() == [1, 1, 0, 1, 0, 1]


def test_merged_texts_are_everywhere_and_merged_numbers_a_question() -> None:
    def merge(sheet: object) -> None:
        sheet.merge_cells("A1:C1")
        sheet.merge_cells("A3:A4")
        sheet.merge_cells("C3:C4")
        sheet.merge_cells("A5:A500")

    rows = [["Fall"], ["school", "week", "n"], ["0012", "1", 30], [None, "2"], ["0107", "1", 25]]
    grid = sheet_of(rows, merge)
    assert cells(grid) == [
        ["Fall", "Fall", "Fall"],
        ["school", "week", "n"],
        ["0012", "1", "30"],
        ["0012", "2", ""],
        ["0107", "1", "25"],
    ]
    found = fact(grid, "merged")
    assert (found.ask, found.place, found.rows) == (True, "C3:C4", (3, 4))


def test_formulas_show_their_results_and_those_without_one_are_a_question() -> None:
    grid = sheet_of([["school", "n"], ["0012", "=1+1"], ["0107", 5]])
    assert cells(grid)[1] == ["0012", ""]
    assert kinds(grid)[1] == ["text", "formula"]
    assert (fact(grid, "uncalculated").ask, fact(grid, "uncalculated").place) == (True, "B2")
    data = rewritten(book(lambda found: found.active.append(["x", "y"]) or found.active.append(["=1+1", '=""'])))
    (grid,) = grids_of("book.xlsx", data)
    assert (cells(grid)[1], kinds(grid)[1]) == (["2", ""], ["number", "blank"])
    assert grid.facts == ()


def rewritten(data: bytes) -> bytes:
    """The book with results beside its formulas, as a spreadsheet saves them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                for empty in (b"<v></v>", b"<v />", b"<v/>"):
                    part = part.replace(b"<f>1+1</f>" + empty, b"<f>1+1</f><v>2</v>")
                part = part.replace(b'<c r="B2"><f>""</f>', b'<c r="B2" t="str"><f>""</f>')
            new.writestr(name, part)
    return stream.getvalue()


def test_numbers_beyond_fifteen_digits_are_a_question() -> None:
    grid = sheet_of([["id", "n"], [12345678901234567, 5]])
    assert (fact(grid, "precision").ask, fact(grid, "precision").place) == (True, "A2")


def test_hidden_and_struck_rows_with_numbers_are_a_question() -> None:
    def hide(sheet: object) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[1].hidden = True
        sheet.column_dimensions["B"].hidden = True
        sheet["A4"].font = Font(strike=True)

    grid = sheet_of([["school", "n"], ["0012", 5], ["0107", 6], ["0184", 7]], hide)
    assert (fact(grid, "hidden rows").ask, fact(grid, "hidden rows").rows) == (True, (1, 3))
    assert fact(grid, "hidden rows").place == "rows 1, 3"
    assert (fact(grid, "struck rows").ask, fact(grid, "struck rows").place) == (True, "row 4")
    assert (fact(grid, "hidden columns").ask, fact(grid, "hidden columns").place) == (False, "columns B")
    texts = sheet_of([["school", "n"], ["0012", 5]], lambda sheet: setattr(sheet.row_dimensions[1], "hidden", True))
    assert not fact(texts, "hidden rows").ask


def test_names_of_columns_and_spans_of_rows() -> None:
    assert [letters(column) for column in (1, 26, 27, 702, 703, 16384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert spans((4,)) == "row 4"
    assert spans((3, 4, 5, 9)) == "rows 3 to 5, 9"


# OpenDocument

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)


def ods(tables: str, styles: str = "", manifest: str = "<manifest/>") -> bytes:
    content = (
        f"<office:document-content {SPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", manifest)
    return stream.getvalue()


def cell(kind: str, value: str = "", shown: str = "", more: str = "") -> str:
    name = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}.get(kind, "value")
    number = f'office:{name}="{value}"' if value else ""
    words = "".join(f"<text:p>{line}</text:p>" for line in shown.split("\n")) if shown else ""
    return f'<table:table-cell office:value-type="{kind}" {number} {more}>{words}</table:table-cell>'


HEAD = f"<table:table-row>{cell('string', shown='x')}{cell('string', shown='y')}</table:table-row>"


@pytest.mark.parametrize(
    ("written_cell", "shown"),
    [
        (cell("float", "12", "12"), ("12", "number")),
        (cell("float", "12", "0012"), ("0012", "number")),
        (cell("float", "18.000000001", "18"), ("18.000000001", "number")),
        (cell("percentage", "0.91234", "91%"), ("91.234%", "percent")),
        (cell("currency", "1018", "$1,018"), ("1018", "number")),
        (cell("date", "2024-03-04", "03/04/24"), ("2024-03-04", "date")),
        (cell("date", "2024-03-04T00:00:00", "03/04/24"), ("2024-03-04", "date")),
        (cell("time", "PT08H30M00S", "08:30"), ("08:30:00", "date")),
        (cell("boolean", "true", "TRUE"), ("TRUE", "boolean")),
        (cell("string", shown="0012"), ("0012", "text")),
        (cell("string", shown="two\nlines"), ("two\nlines", "text")),
        (cell("string", shown='a<text:s text:c="2"/>b<text:tab/>c<text:span>d</text:span>'), ("a  b\tcd", "text")),
        (cell("string", shown="#DIV/0!", more='table:formula="of:=1/0"'), ("#DIV/0!", "error")),
        ('<table:table-cell table:formula="of:=1+1"/>', ("", "formula")),
        (cell("float", "2", "2", more='table:formula="of:=1+1"'), ("2", "number")),
        ("<table:table-cell><text:p/></table:table-cell>", ("", "blank")),
    ],
)
def test_what_a_cell_of_a_document_shows(written_cell: str, shown: tuple[str, str]) -> None:
    row = f"<table:table-row>{written_cell}{cell('float', '1', '1')}</table:table-row>"
    (grid,) = grids_of("book.ods", ods(f'<table:table table:name="Data">{HEAD}{row}</table:table>'))
    assert (cells(grid)[1][0], kinds(grid)[1][0]) == shown
    assert grid.source == "book.ods!Data"


def test_sheets_repeats_merges_and_hidden_parts_of_a_document() -> None:
    styles = (
        '<style:style style:name="gone"><style:table-properties table:display="false"/></style:style>'
        '<style:style style:name="no"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    )
    merged = cell("string", shown="0012", more='table:number-rows-spanned="2"')
    struck = cell("float", "9", "9", more='table:style-name="no"')
    seven = cell("float", "7", "7", more='table:number-columns-repeated="2"')
    rows = (
        '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
        f'{HEAD}<table:table-row table:number-rows-repeated="3"/>'
        f'<table:table-row table:visibility="filter">{merged}{cell("float", "5", "5")}</table:table-row>'
        f"<table:table-row><table:covered-table-cell/>{struck}{cell('string', shown='z')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/>'
        f"{seven}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    hidden = f'<table:table table:name="Old" table:style-name="gone">{HEAD}{HEAD}</table:table>'
    (grid,) = grids_of("book.ods", ods(f'{hidden}<table:table table:name="Data">{rows}</table:table>', styles))
    assert cells(grid) == [
        ["x", "y", "", ""],
        ["", "", "", ""],
        ["0012", "5", "", ""],
        ["0012", "9", "z", ""],
        ["", "", "7", "7"],
        ["", "", "7", "7"],
    ]
    assert grid.rows.tolist() == [1, 2, 5, 6, 7, 8]
    assert (fact(grid, "hidden rows").ask, fact(grid, "hidden rows").rows) == (True, (5,))
    assert fact(grid, "struck rows").rows == (6,)
    assert fact(grid, "hidden columns").place == "columns C"
    assert "Old" in fact(grid, "sheet").found


# XML and JSON


def test_xml_rows_are_found_and_told() -> None:
    item = "<item><id>01</id><pct>90.1</pct></item>"
    grid = text(f"<day><date>x</date><items>{item}{item.replace('01', '02')}</items></day>", "day.xml")
    assert cells(grid) == [["id", "pct"], ["01", "90.1"], ["02", "90.1"]]
    assert (grid.header, grid.rows.tolist()) == (0, [0, 1, 2])
    assert grid.facts == (Fact("row element", "", "rows are the 2 elements <item>"),)


def test_xml_attributes_namespaces_and_encodings() -> None:
    document = '<?xml version="1.0" encoding="iso-8859-1"?><d xmlns="urn:x"><r a="é" b="2"/><r a="3" b="4"/></d>'
    grid = text(document.encode("iso-8859-1"), "day.xml")
    assert cells(grid) == [["@a", "@b"], ["é", "2"], ["3", "4"]]
    assert cells(text(document.encode("iso-8859-1"), "day.xml", row="r")) == cells(grid)


def test_xml_questions() -> None:
    two = "<d>" + "<a><x>1</x><y>2</y></a><b><x>1</x><y>2</y></b>" * 2 + "</d>"
    assert "<b> would do as well" in fact(text(two, "d.xml"), "row element").found
    assert fact(text(two, "d.xml"), "row element").ask
    assert text(two, "d.xml", row="b").facts == ()
    lost = "<d>" + '<s id="1" n="2"><w><x>1</x><y>2</y></w><w><x>1</x><y>2</y></w></s>' * 2 + "</d>"
    assert "fields of <s> around them are not read" in fact(text(lost, "d.xml"), "row element").found
    assert fact(text(lost, "d.xml"), "row element").ask
    nested = "<d>" + "<p><n><f>a</f><l>b</l></n><i>1</i><j>2</j></p>" * 3 + "</d>"
    assert cells(text(nested, "d.xml"))[:2] == [["n.f", "n.l", "i", "j"], ["a", "b", "1", "2"]]
    mixed = "<d>" + '<p><n>A &amp; <b>B</b></n><r unit="%">5</r></p>' * 2 + "</d>"
    assert cells(text(mixed, "d.xml"))[:2] == [["n", "r.@unit", "r"], ["A & B", "%", "5"]]


def test_xml_control_characters_are_asked_about_or_stripped_as_told() -> None:
    document = b"<d>\n<i><a>x\x1ay</a><b>1</b></i><i><a>z</a><b>2</b></i></d>"
    found = fact(text(document, "d.xml"), "control characters")
    assert (found.ask, found.place) == (True, "line 2")
    assert "(0x1A)" in found.found
    told = text(document, "d.xml", strip=(0x1A,))
    assert cells(told)[1] == ["xy", "1"]
    assert not fact(told, "control characters").ask


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("<d><i><a>1</a><b>2</b></i>", "no element found"),
        ("<d><i>1</i><i>2</i></d>", "found no rows, expected an element that is repeated"),
        ("<d><i><a>1</a><a>2</a><b/></i><i><a>1</a></i></d>", "row 1 has two fields a"),
        ('<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>', "declares a document type"),
        ("a,b\n1,2\n", "cannot be read"),
        ("<a><b>" * 5000 + "<c/>" + "</b></a>" * 5000, "nested"),
    ],
)
def test_xml_that_is_refused(document: str, words: str) -> None:
    assert words in refused(document, "d.xml")


RECORDS = [
    {"id": "0012", "n": 5, "ok": True, "school": {"id": 255901001, "name": "Lee"}, "codes": []},
    {"id": "0107", "rate": 17.50, "none": None, "codes": ["a", 1]},
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.json", json.dumps(RECORDS)),
        ("events.json", json.dumps({"count": 2, "page": {"items": RECORDS}})),
        ("events.jsonl", "\n".join(map(json.dumps, RECORDS)) + "\n"),
        ("events.json", "\n\n".join(map(json.dumps, RECORDS))),
    ],
)
def test_records_of_json(name: str, content: str) -> None:
    grid = text(content.replace("17.5", "17.50"), name)
    assert cells(grid) == [
        ["id", "n", "ok", "school.id", "school.name", "codes", "rate", "none"],
        ["0012", "5", "true", "255901001", "Lee", "", "", ""],
        ["0107", "", "", "", "", '["a", "1"]', "17.50", ""],
    ]
    assert (grid.header, grid.rows.tolist()) == (0, [0, 1, 2])


def test_several_lists_of_records_are_a_question() -> None:
    grid = text(json.dumps({"a": RECORDS, "b": [*RECORDS, *RECORDS]}), "events.json")
    assert fact(grid, "row element").ask
    assert len(grid.rows) == 5
    assert len(text(json.dumps({"a": RECORDS, "b": [*RECORDS, *RECORDS]}), "events.json", row="a").rows) == 3


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ('[{"a": 1, "a": 2}]', "the name 'a' twice"),
        ('{"a": 1}', "no list of records"),
        ("[1, 2]", "no list of records"),
        ('[{"a": 1},', "line 1, character 11"),
        ('{"a": 1}\n{"a": \n', "line 2, character"),
        ("[" * 100_000, "nested|maximum recursion|recursion"),
        ('[{"a": "\\ud800"}, {"a": "x"}]', "half a character"),
        ("[{}]", "no records"),
    ],
)
def test_json_that_is_refused(document: str, words: str) -> None:
    message = refused(document, "events.json")
    assert any(word in message for word in words.split("|")), message


# Archives


def tar_of(members: dict[str, bytes], mode: str = "w:xz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def zip_of(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_packed_text_is_named_as_the_file() -> None:
    (grid,) = grids_of("days.csv.gz", gzip.compress(WEEKS.encode()))
    assert (grid.source, cells(grid)[1][0]) == ("days.csv.gz", "0012")
    (grid,) = grids_of("book.xlsx.xz", lzma.compress(book(lambda b: b.active.append(["a"]) or b.active.append(["b"]))))
    assert grid.source == "book.xlsx.xz!Sheet"


def test_members_of_one_shape_are_one_table_with_their_names() -> None:
    days = {f"2025/{k}.csv": f"school,n\n0012,{k}\n0107,{k % 2}\n".encode() for k in range(3)}
    other = {"2025/z.csv": b"other,n\n1,2\n", "readme.txt": b"hello", "__MACOSX/2025/._0.csv": b"junk"}
    for name, data in (("d.zip", zip_of({**days, **other})), ("d.tar.xz", tar_of({**days, **other}))):
        joined, alone = grids_of(name, data)
        assert cells(joined) == [
            ["school", "n", "source"],
            ["0012", "0", "2025/0.csv"],
            ["0107", "0", "2025/0.csv"],
            ["0012", "1", "2025/1.csv"],
            ["0107", "1", "2025/1.csv"],
            ["0012", "2", "2025/2.csv"],
            ["0107", "0", "2025/2.csv"],
        ]
        assert joined.rows.tolist() == [1, 2, 3, 2, 3, 2, 3]
        assert joined.widths.tolist() == [3] * 7
        assert (joined.source, alone.source) == (name, f"{name}!2025/z.csv")
        assert "3 members with the same columns" in joined.facts[0].found
        assert any("readme.txt" in one.found for one in joined.facts)


def test_a_table_with_a_column_source_keeps_it() -> None:
    members = {f"{k}.csv": f"source,n\nsurvey,{k}\n".encode() for k in range(2)}
    (grid,) = grids_of("d.zip", zip_of(members))
    assert cells(grid)[0] == ["source", "n", "source (member)"]


def test_xml_members_keep_one_header_and_broken_ones_are_facts() -> None:
    day = "<d><i><id>01</id><n>{}</n></i><i><id>02</id><n>{}</n></i></d>"
    members = {f"{k}.xml": day.format(k, k).encode() for k in range(4)}
    members["1.xml"] = members["1.xml"][:-4]
    members["2.xml"] = members["2.xml"].replace(b">2<", b">2\x1a<")
    members["3.xml"] = members["3.xml"].replace(b">3<", b">3\x1a<")
    (grid,) = grids_of("d.tar.gz", tar_of(members, "w:gz"))
    assert cells(grid)[0] == ["id", "n", "source"]
    assert grid.rows.tolist() == [0, 1, 2, 1, 2, 1, 2]
    assert grid.header == 0
    found = fact(grid, "control characters")
    assert (found.ask, found.place) == (True, "2.xml, line 1 and 1 more member")
    assert any(one.place == "1.xml" and "cannot be read" in one.found for one in grid.facts)


def test_members_are_chosen_by_pattern() -> None:
    data = zip_of({"a.csv": b"a,b\n1,2\n", "b.txt": b"c;d\n3;4\n"})
    (grid,) = grids_of("d.zip", data, ReadOptions(members="*.txt"))
    assert cells(grid) == [["c", "d"], ["3", "4"]]
    assert "expected members named *.xml" in refused(data, "d.zip", members="*.xml")


def test_archives_without_tables_are_refused_with_what_is_in_them() -> None:
    assert "found the members readme.txt" in refused(zip_of({"readme.txt": b"x"}), "d.zip")
    inner = zip_of({"a.zip": zip_of({"a.csv": b"a,b\n1,2\n"})})
    assert "an archive inside an archive" in refused(inner, "d.zip", members="*.zip")
    assert "d.zip!a.csv: found an empty file" in refused(zip_of({"a.csv": b"", "b.csv": b""}), "d.zip")


# Through the child process


def test_the_child_gives_the_same_grids(tmp_path: Path) -> None:
    def fill(found: openpyxl.Workbook) -> None:
        found.active.append(["school", "rate"])
        found.active.append(["0012", 0.9])
        found.active["B2"].number_format = "0%"
        found.active.row_dimensions[2].hidden = True

    files = {
        "days.csv": "école,n\n0012,5\n".encode("cp1252"),
        "book.xlsx": book(fill),
        "day.xml": b"<d><i><a>1</a><b>2</b></i><i><a>3</a><b>4</b></i></d>",
        "many.csv": b"a,b\n" + b"".join(b"%d,%d\n" % (k, k % 7) for k in range(70_000)),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    found = read_many([tmp_path / name for name in files])
    for (name, data), (grid,) in zip(files.items(), found, strict=True):
        assert same(grid, grids_of(name, data)[0])
        assert all(column.codes.dtype == np.int64 for column in grid.columns)
        assert all(kind.dtype == np.int8 for kind in grid.kinds)


def test_errors_of_several_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    (tmp_path / "b.csv").write_text(WEEKS)
    (tmp_path / "c.csv").write_bytes(b"a,b\n1,\0\n")
    with pytest.raises(InputError) as caught:
        read_many([tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv", tmp_path / "no.csv"])
    assert caught.value.source == "a.csv, c.csv, no.csv"
    assert [problem.place for problem in caught.value.problems] == ["a.csv, row 1", "c.csv, row 2, cell 2", "no.csv"]
    with pytest.raises(InputError) as caught:
        read_grids(tmp_path / "a.csv")
    assert (caught.value.source, caught.value.problems[0].place) == ("a.csv", "row 1")


def test_options_reach_the_child(tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_bytes(b"<d><i><a>1\x1a</a><b>2</b></i><j><a>1</a><b>2</b></j></d>")
    (grid,) = read_grids(tmp_path / "d.xml", ReadOptions(row="j", strip=(0x1A,)))
    assert cells(grid) == [["a", "b"], ["1", "2"]]


# Real files


@pytest.mark.data
def test_the_archive_of_new_york_is_one_table(real_data: Path) -> None:
    path = real_data / "nyc_daily_attendance" / "xml_2009-09-11_to_2015-06-26.tar.xz"
    (grid,) = read_grids(path, ReadOptions(strip=(0x1A,)))
    assert len(grid.rows) == 656_402
    assert len(grid.columns[-1].texts) == 500
    assert [column.at(0) for column in grid.columns] == [
        "DBN", "ATTN_DATE_YMD", "ATTN_PCT", "LOC_CODE", "SCHOOL_NAME", "Borough", "DistrictCode", "source",
    ]  # fmt: skip
    assert len(grid.columns[0].texts) == 1_710


@pytest.mark.data
def test_every_real_file_is_read(real_data: Path) -> None:
    folders = ("co_chronic_absence_xlsx", "md_school_attendance")
    paths = [path for folder in folders for path in sorted((real_data / folder).iterdir()) if path.suffix != ".md"]
    for path, grids in zip(paths, read_many(paths), strict=True):
        assert max(len(grid.rows) for grid in grids) > 40, path.name
