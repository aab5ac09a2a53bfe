"""Bytes that are almost a file: hypothesis strategies for tests that nothing but rows, questions or refusals follow."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from functools import cache

import openpyxl
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from cases import Cells, data, table
from cases.csv_cases import by_group, shares, wide
from cases.xlsx_cases import book, percents, saved, two_headers

# What breaks readers: ends of lines, quotes, marks of order and of nothing, numbers that are none, other scripts.
TOKENS = (
    *(b"\x00", b'"', b"\xef\xbb\xbf", b"\xff\xfe", b"\n", b"\r", b"\r\n\r\n", b",", b";", b"\t", b"|", b"'"),
    *(b"\x1a", b"\xe9", b"\xc3\x89", b"\xe2\x80\x8b", b"\xc2\xa0", b"<", b">= ", b"%", b"-", b"1e400", b"NaN", b"="),
    *(b"<![CDATA[", b"&a;", b"<!DOCTYPE a>", b"{", b"[", b"}", b"]", b"\\u0000", b"*", b"0x1F", b"9" * 400, b"#REF!"),
)
NAMES = ("a.csv", "a.tsv", "a.txt", "a.xlsx", "a.xlsm", "a.ods", "a.xml", "a.json", "a.jsonl", "a.csv.gz", "a.zip", "a")


def tidy() -> bytes:
    """The good file with our own column names."""
    body = [[school, "attendance", week, present, enrolled, ""] for school, week, present, enrolled in table()[1:]]
    return data([["school", "measure", "period", "numerator", "denominator", "status"], *body])


def records() -> list[dict[str, str]]:
    """The good file as records."""
    header, *body = table()
    return [dict(zip(header, cells, strict=True)) for cells in body]


def xml() -> bytes:
    """The good file as elements."""
    rows = "".join("<row>" + "".join(f"<{k}>{v}</{k}>" for k, v in one.items()) + "</row>" for one in records())
    return f"<?xml version='1.0'?><rows>{rows}</rows>".encode()


def zipped() -> bytes:
    """Two files in an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.csv", data(table()[:13]))
        archive.writestr("two.csv", data([table()[0], *table()[13:]]))
    return out.getvalue()


@cache
def valid() -> tuple[tuple[str, bytes], ...]:
    """Names and bytes of good files of every kind."""
    return (
        ("a.csv", data(table())),
        ("a.csv", tidy()),
        ("a.csv", data(by_group("race", ("NA", "WH")))),
        ("a.csv", data(shares(comma=True), ";")),
        ("a.csv", wide()),
        ("a.tsv", data(table(), "\t", "\r\n", "utf-16")),
        ("a.xml", xml()),
        ("a.json", json.dumps(records()).encode()),
        ("a.jsonl", "\n".join(map(json.dumps, records())).encode()),
        ("a.csv.gz", gzip.compress(data(table()), mtime=0)),
        ("a.zip", zipped()),
        ("a.xlsx", book()()),
        ("a.xlsx", percents()),
        ("a.xlsx", two_headers()),
    )


def flip(whole: bytes, at: int, piece: bytes) -> bytes:
    """One byte with another bit."""
    at %= max(len(whole), 1)
    return whole[:at] + bytes(byte ^ (1 << (len(piece) % 8)) for byte in whole[at : at + 1]) + whole[at + 1 :]


def cut(whole: bytes, at: int, piece: bytes) -> bytes:
    """The beginning only."""
    return whole[: at % (len(whole) + 1)]


def without(whole: bytes, at: int, piece: bytes) -> bytes:
    """Some bytes lost in the middle."""
    at %= len(whole) + 1
    return whole[:at] + whole[at + len(piece) :]


def double(whole: bytes, at: int, piece: bytes) -> bytes:
    """The file twice, or its end twice."""
    return whole + whole[at % (len(whole) + 1) :]


def insert(whole: bytes, at: int, piece: bytes) -> bytes:
    """Something between two bytes."""
    at %= len(whole) + 1
    return whole[:at] + piece + whole[at:]


def swap(whole: bytes, at: int, piece: bytes) -> bytes:
    """Two cells of one line exchanged."""
    lines = whole.split(b"\n")
    place = at % len(lines)
    cells = lines[place].split(b",")
    if len(cells) > 1:
        one, two = at % len(cells), (at + 1 + len(piece)) % len(cells)
        cells[one], cells[two] = cells[two], cells[one]
    lines[place] = b",".join(cells)
    return b"\n".join(lines)


def replace_cell(whole: bytes, at: int, piece: bytes) -> bytes:
    """Another text in one cell."""
    cells = whole.split(b",")
    cells[at % len(cells)] = piece
    return b",".join(cells)


CHANGES = (flip, cut, without, double, insert, swap, replace_cell)
PIECES = st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=12), st.text(max_size=6).map(str.encode))


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good file that was changed one to four times; a cell is changed more often than the whole."""
    name, whole = draw(st.sampled_from(valid()))
    for _ in range(draw(st.integers(1, 3))):
        change = draw(st.sampled_from(CHANGES))
        whole = change(whole, draw(st.integers(0, 100_000)), draw(PIECES))[:200_000]
    return name, whole


# What people and programs type into cells of every column.
CELLS = (
    *(
        "",
        " ",
        "0",
        "00",
        "012",
        "12.0",
        "1.2E+11",
        "-1",
        "-999",
        "9999",
        "1,018",
        "1.018",
        "17.5",
        "17,5",
        "90%",
        "90 %",
        "0.9",
    ),
    *(
        "<10",
        "<5%",
        ">= 95.0",
        "≥95%",
        "*",
        "s",
        "DS",
        "NS",
        "n/a",
        "NA",
        "None",
        "-",
        "–",
        ".",
        "x",
        "#DIV/0!",
        "#N/A",
        "12/30",
    ),
    *(
        "inf",
        "nan",
        "1e400",
        "0x12",
        "1_8",
        "٣٨",
        "3O",
        "3 8",
        "−1",
        "(5)",
        "21-39",
        "38*",
        "+5",
        "1 018",
        "38.000000001",
        "1e-320",
    ),
    *(
        "2025-02-30",
        "0000-00-00",
        "2204-01-01",
        "09/15/2025",
        "03/04/2025",
        "15.09.2025",
        "2025-W37",
        "Sep-25",
        "45908",
        "2025",
    ),
    *(
        "2016-17",
        "9/15",
        "Week 3",
        "2025-09-08T00:00:00Z",
        "2025-09-08 00:00",
        "Q1",
        "TOTAL",
        "Total",
        "All Schools",
        "0012 Total",
    ),
    *(
        "=1+1",
        "../../x",
        "<script>",
        "O\u0301ak",
        "Оak",
        "0012\u200b",
        "0012\u00a0",
        "“0012”",
        "'0012",
        "school",
        "present",
        "enrolled",
    ),
    *(
        "attendance",
        "chronic absence",
        "All Students",
        "a@b.org",
        "Note: counted on Monday",
        "TRUE",
        "x" * 300,
        "a\nb",
        '"',
        ";",
        "\t",
    ),
)
WORDS = st.one_of(st.sampled_from(CELLS), st.sampled_from(CELLS), st.text(max_size=5), st.integers(0, 2000).map(str))


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good table of which cells, rows and columns were changed one to four times, as text, workbook or records."""
    cells = [list(row) for row in draw(st.sampled_from(tables()))]
    for _ in range(draw(st.integers(1, 4))):
        change = draw(st.sampled_from(EDITS))
        change(cells, draw(st.integers(0, 200)), draw(st.integers(0, 8)), draw(WORDS))
    return draw(st.sampled_from(WRITERS))(cells)


@cache
def tables() -> tuple[Cells, ...]:
    """Good tables to change."""
    body = [[school, "attendance", week, present, enrolled, ""] for school, week, present, enrolled in table()[1:]]
    names = ["school", "measure", "period", "numerator", "denominator", "status"]
    return (table(), table(), by_group("race", ("NA", "WH")), shares(), [names, *body], table()[:8])


def put(cells: Cells, row: int, column: int, word: str) -> None:
    """Another text in a cell."""
    line = cells[row % len(cells)]
    if line:
        line[column % len(line)] = word


def put_down(cells: Cells, row: int, column: int, word: str) -> None:
    """The same text in a whole column, its header aside."""
    for line in cells[1:]:
        if line:
            line[column % len(line)] = word


def drop_row(cells: Cells, row: int, column: int, word: str) -> None:
    """A row lost; the header perhaps."""
    if len(cells) > 1:
        del cells[row % len(cells)]


def add_row(cells: Cells, row: int, column: int, word: str) -> None:
    """A row of one text."""
    cells.insert(row % (len(cells) + 1), ["", word, ""][column % 2 :])


def copy_row(cells: Cells, row: int, column: int, word: str) -> None:
    """A row twice, one cell of it different."""
    line = list(cells[row % len(cells)])
    cells.append(line)
    if column % 2:
        put(cells, len(cells) - 1, column, word)


def drop_column(cells: Cells, row: int, column: int, word: str) -> None:
    """A column lost."""
    for line in cells:
        if len(line) > 1:
            del line[column % len(line)]


def add_column(cells: Cells, row: int, column: int, word: str) -> None:
    """A column of one text under that text."""
    for line in cells:
        line.insert(column % (len(line) + 1), word)


def swap_columns(cells: Cells, row: int, column: int, word: str) -> None:
    """Two neighbors exchanged, with or without their headers."""
    for line in cells[row % 2 :]:
        if len(line) > 1:
            k = column % (len(line) - 1)
            line[k], line[k + 1] = line[k + 1], line[k]


EDITS = (put, put, put, put, put_down, drop_row, add_row, copy_row, drop_column, add_column, swap_columns)


def as_csv(cells: Cells) -> tuple[str, bytes]:
    return "a.csv", data(cells).replace(b"\x00", b"")


def as_semicolons(cells: Cells) -> tuple[str, bytes]:
    return "a.csv", data(cells, ";", "\r\n", "utf-8-sig")


def as_workbook(cells: Cells) -> tuple[str, bytes]:
    """Numbers as numbers, all else as text."""
    made = openpyxl.Workbook()
    for row, line in enumerate(cells, start=1):
        for column, text in enumerate(line, start=1):
            plain = ILLEGAL_CHARACTERS_RE.sub("", text)
            cell = made.active.cell(row, column, int(plain) if plain.isascii() and plain.isdigit() else plain)
            if plain.startswith("="):
                cell.data_type = "s"
    return "a.xlsx", saved(made)


def as_records(cells: Cells) -> tuple[str, bytes]:
    header = cells[0]
    return "a.json", json.dumps([dict(zip(header, line, strict=False)) for line in cells[1:]]).encode()


WRITERS = (as_csv, as_csv, as_csv, as_semicolons, as_workbook, as_records)


def files() -> st.SearchStrategy[tuple[str, bytes]]:
    """Random bytes under any name, a good file with changed bytes, or a good table with changed cells."""
    random = st.tuples(st.sampled_from(NAMES), st.binary(max_size=600))
    letters = st.tuples(st.sampled_from(NAMES), st.text('school,week;\n"0123456789%<*\t', max_size=200).map(str.encode))
    return st.one_of(random, letters, mutated(), mutated(), *[edited()] * 4)
