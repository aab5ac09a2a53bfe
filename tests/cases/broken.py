"""Bytes that are almost a file: hypothesis strategies for tests that nothing but rows, questions or refusals follow."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from functools import cache

from hypothesis import strategies as st

from cases import data, table
from cases.csv_cases import by_group, shares, wide
from cases.xlsx_cases import book, percents, two_headers

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
    for _ in range(draw(st.integers(1, 4))):
        change = draw(st.sampled_from(CHANGES))
        whole = change(whole, draw(st.integers(0, 100_000)), draw(PIECES))[:200_000]
    return name, whole


def files() -> st.SearchStrategy[tuple[str, bytes]]:
    """Random bytes under any name, or a changed good file."""
    random = st.tuples(st.sampled_from(NAMES), st.binary(max_size=600))
    letters = st.tuples(st.sampled_from(NAMES), st.text('school,week;\n"0123456789%<*\t', max_size=200).map(str.encode))
    return st.one_of(random, letters, mutated(), mutated(), mutated())
