"""What a file is, told by its content and checked against its name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from pdsa.errors import InputError, Problem
from pdsa.read.packages import locked, names_in

__all__ = ["ARCHIVES", "PACKED", "kind_of", "unpacked_name"]

PACKED = ("gz", "xz", "bz2")
ARCHIVES = ("zip", "tar")
# What each kind is called, and how a file of it is named; the first ending is the one advised.
KINDS = {
    "text": ("text", (".csv", ".tsv", ".txt", ".tab", ".psv", ".dat")),
    "xlsx": ("an Excel workbook", (".xlsx", ".xlsm")),
    "ods": ("an OpenDocument spreadsheet", (".ods",)),
    "xml": ("an XML document", (".xml",)),
    "json": ("a JSON document", (".json", ".jsonl", ".ndjson")),
    "zip": ("a zip file", (".zip",)),
    "tar": ("a tar archive", (".tar",)),
    "gz": ("a gzip file", (".gz", ".tgz")),
    "xz": ("a file packed with xz", (".xz", ".txz")),
    "bz2": ("a file packed with bzip2", (".bz2", ".tbz2")),
}
ENDINGS = {ending: kind for kind, (_, endings) in KINDS.items() for ending in endings}
SIGNATURES = ((b"\x1f\x8b", "gz"), (b"\xfd7zXZ\x00", "xz"), (b"BZh", "bz2"))
TAPE = slice(257, 262)  # where a tar archive says that it is one
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
RESAVE = "open it in a spreadsheet, save it as .xlsx or as CSV UTF-8, and run the same command with that file"
# Files that hold no table pdsa reads: how they begin, what they are, what to do.
FOREIGN = (
    (b"%PDF", "a PDF document", "ask for the table as a workbook or CSV; numbers are not read from pages"),
    (b"{\\rtf", "a document of a word processor", RESAVE),
    (b"\x89PNG", "a picture", "ask for the table as a workbook or CSV"),
    (b"\xff\xd8\xff", "a picture", "ask for the table as a workbook or CSV"),
    (b"SQLite format 3", "a database", "export the table as CSV UTF-8, and run the same command with that file"),
    (b"PAR1", "a Parquet file", "export the table as CSV UTF-8, and run the same command with that file"),
    (b"7z\xbc\xaf", "a file packed with 7-Zip", "unpack it, and run the same command with the files in it"),
    (b"Rar!", "a file packed with RAR", "unpack it, and run the same command with the files in it"),
)
WEB = re.compile(rb"<(!doctype\s+html|html|head|body|table)\b", re.IGNORECASE)
OLD_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
XML = re.compile(rb"<(\?xml|[A-Za-z_][\w.:-]*(\s[^<>]*)?/?>)")
JSON = re.compile(rb'\{\s*"|\[\s*[\[{]')
HEAD = 4096


def kind_of(name: str, data: bytes, source: str = "") -> str:
    """The kind of a file, one of `KINDS`: its content decides, and its name must agree.

    Parameters
    ----------
    name
        The name of the file, or of what is packed in it.
    data
        Its bytes.
    source
        What it is called in messages, if not by its name: `archive.zip!days.csv`.

    Raises
    ------
    InputError
        If it is empty, of a kind that is not read, or named like another kind; says what to do.
    """
    source = source or name
    if not data:
        raise _refused(source, "an empty file", "a file with a table", "export the table again and look into the file")
    _refuse_foreign(source, data)
    named = ENDINGS.get(PurePosixPath(name).suffix.lower(), "")
    kind = _by_content(source, data)
    if kind == "text" and named in ("xml", "json"):
        return named  # whose readers say what is wrong with it
    ending = PurePosixPath(name).suffix.lower()
    if named != kind and (named or ending in (".xls", ".xlsb", ".html", ".htm", ".numbers", ".pdf")):
        what, endings = KINDS[kind]
        better = f"{name}{endings[0]}" if kind in PACKED else f"{name.removesuffix(name[-len(ending) :])}{endings[0]}"
        step = f"rename it to {PurePosixPath(better).name}, and run the same command with that name"
        raise _refused(source, f"{what}, although it is named {ending}", f"a name that ends in {endings[0]}", step)
    return kind


def unpacked_name(name: str) -> str:
    """The name of what a packed file holds: days.csv.gz holds days.csv."""
    suffix = PurePosixPath(name).suffix.lower()
    stem = name[: -len(suffix)]
    return f"{stem}.tar" if suffix in (".tgz", ".txz", ".tbz2") else stem


def _by_content(source: str, data: bytes) -> str:
    if kind := next((kind for signature, kind in SIGNATURES if data.startswith(signature)), ""):
        return kind
    if data[TAPE] == b"ustar":
        return "tar"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _by_parts(source, data)
    head = _head(data)
    if XML.match(head):
        return "xml"
    return "json" if JSON.match(head) else "text"


def _head(data: bytes) -> bytes:
    """The first characters without marks, blanks and the NULs of UTF-16."""
    return data[:HEAD].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")


def _by_parts(source: str, data: bytes) -> str:
    parts = names_in(data)
    if not parts and not source.lower().endswith(".zip"):
        step = "download or export it again; if it opens in a spreadsheet, save it again as .xlsx or CSV UTF-8"
        raise _refused(source, "a workbook or zip file that is damaged or cut short", "an undamaged file", step)
    if "xl/workbook.xml" in parts:
        return "xlsx"
    if "xl/workbook.bin" in parts:
        raise _refused(source, "a binary Excel workbook (.xlsb)", "an .xlsx workbook or CSV", RESAVE)
    if "content.xml" in parts and "mimetype" in parts:
        return "ods"
    if any(part.endswith(".iwa") for part in parts):
        raise _refused(source, "a Numbers document", "an .xlsx workbook or CSV", RESAVE)
    if "[Content_Types].xml" in parts:
        if any(part.startswith("xl/") for part in parts):
            return "xlsx"
        raise _refused(source, "an Office document that is no workbook", "an .xlsx workbook or CSV", RESAVE)
    return "zip"


def _refuse_foreign(source: str, data: bytes) -> None:
    if data.startswith(OLD):
        if ENCRYPTED in data:
            raise locked(source)
        raise _refused(source, "an old Excel workbook (.xls)", "an .xlsx workbook or CSV", RESAVE)
    for signature, what, step in FOREIGN:
        if data.startswith(signature):
            raise _refused(source, what, "a workbook, CSV, XML or JSON file", step)
    head = _head(data)
    if head.startswith(b"<"):
        if WEB.search(head):
            raise _refused(source, "a web page (HTML)", "a workbook or CSV", f"if it opens in a spreadsheet: {RESAVE}")
        if OLD_XML in head:
            raise _refused(source, "an Excel 2003 XML spreadsheet", "an .xlsx workbook or CSV", RESAVE)


def _refused(source: str, found: str, expected: str, next_step: str) -> InputError:
    return InputError(source, (Problem(source, found, expected),), next_step=next_step)
