"""What a mapping already knows about the files it reads."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ReadOptions"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is known beforehand; whatever is not given is found out, and told or asked.

    Parameters
    ----------
    encoding
        Of files of text, a name that Python knows: `utf-8`, `cp1252`.
    delimiter
        Of files of text: one character.
    row
        XML: the element that is a row. JSON: the member that holds the list of rows.
    strip
        Byte values removed from text and XML before reading.
    members
        Pattern of the names of archive members.
    sheets
        Names of the sheets to read; () for every visible one.
    """

    encoding: str = ""
    delimiter: str = ""
    row: str = ""
    strip: tuple[int, ...] = ()
    members: str = "*"
    sheets: tuple[str, ...] = ()
