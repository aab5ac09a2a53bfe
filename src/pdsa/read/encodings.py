"""Bytes -> text, with what is not certain about it."""

from __future__ import annotations

import codecs
import re

from pdsa.errors import InputError, Problem
from pdsa.read.columns import first_place
from pdsa.read.grid import Fact, Grid

__all__ = ["decoded", "encoding_fact"]

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACK = "cp1252"
FOREIGN = re.compile("[\udc80-\udcff]")
SAVE = "open it in a spreadsheet, save it as CSV UTF-8, and run the same command again"


def decoded(source: str, data: bytes, given: str) -> tuple[str, bool]:
    """The text, and whether its encoding is only a guess that somebody must confirm.

    Raises
    ------
    InputError
        If the bytes are no text in the encoding given or marked, or mix two encodings.
    """
    name = given or next((name for mark, name in MARKS if data.startswith(mark)), "")
    try:
        text = data.decode(name or "utf-8").removeprefix("\ufeff")
        if given:
            text.encode("utf-8")  # some encodings give halves of characters
        return text, False
    except (UnicodeError, LookupError) as error:
        if name:
            raise _undecodable(source, data, name, error) from error
    escaped = data.decode("utf-8", "surrogateescape")
    if proper := re.search("[^\0-\x7f\udc80-\udcff]+", escaped):
        raise _mixed(source, escaped, proper)
    try:
        return data.decode(FALLBACK), True
    except UnicodeDecodeError as error:
        raise _undecodable(source, data, FALLBACK, error) from error


def encoding_fact(grid: Grid) -> Fact:
    """The question whether text that is no UTF-8 is Windows text, with the first cell that shows it."""
    place, text = first_place(grid, lambda cell: not cell.isascii())
    found = f"text that is not UTF-8; read as {FALLBACK} (Windows, Western Europe) this cell is {text[:60]!r}"
    return Fact("encoding", place, found, ask=True)


def _line(before: str) -> str:
    return f"line {before.count(chr(10)) + 1 if chr(10) in before else before.count(chr(13)) + 1}"


def _undecodable(source: str, data: bytes, name: str, error: UnicodeError | LookupError) -> InputError:
    if not isinstance(error, UnicodeDecodeError):
        return _refused(source, source, f"the encoding {name!r} ({error})", "an encoding of text, such as cp1252")
    before = data[: error.start].decode("latin-1")  # as many lines, in any encoding that has bytes
    place, byte = _line(before), f"the byte 0x{data[error.start]:02X}" if error.start < len(data) else "an early end"
    return _refused(source, place, f"{byte}, which is no text in {name}", "text in UTF-8")


def _mixed(source: str, text: str, proper: re.Match[str]) -> InputError:
    foreign = FOREIGN.search(text)
    at = foreign.start() if foreign else 0
    found = (
        f"the byte 0x{ord(text[at]) & 0xFF:02X}, which is not UTF-8, although {_line(text[: proper.start()])} has "
        f"{proper[0][:20]!r} in UTF-8"
    )
    return _refused(source, _line(text[:at]), found, "one encoding in the whole file")


def _refused(source: str, place: str, found: str, expected: str) -> InputError:
    return InputError(source, (Problem(place, found, expected),), next_step=SAVE)
