"""What is inside a workbook's zip file, looked at before any library opens it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from pdsa.errors import InputError, Problem
from pdsa.read.unpack import UNPACKING_ERRORS, counted, named_errors

__all__ = ["check_package", "names_in"]

PACKED_BYTES = 20 * 2**20
UNPACKED_BYTES = 200 * 2**20
RATIO = 100
RATIO_FROM = 2**20
MAX_PARTS = 5_000
MAX_CELLS = 1_000_000
BLOCK = 2**20
CELL = re.compile(rb"<(?:[A-Za-z0-9_]+:)?(?:c|table-cell)[ />]")
MARKUP = re.compile(rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff\0?)?\s*<")
DANGER = re.compile(rb"<!DOCTYPE|<!ENTITY|<\0!\0D\0O\0C|<\0!\0E\0N")
SHORTEN = "save the sheet that holds the numbers as CSV UTF-8, and run the same command with that file"


def names_in(data: bytes) -> tuple[str, ...]:
    """Names of the parts of a zip file; none if it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return tuple(package.namelist())
    except UNPACKING_ERRORS:
        return ()


def check_package(source: str, data: bytes) -> int:
    """The number of cells in all sheets, if the workbook is not too large to be read.

    Every part is unpacked piece by piece and forgotten, so that a bomb is known before it goes off.

    Raises
    ------
    InputError
        If the file is damaged, too large packed or unpacked, packed too tightly, has too many cells, declares a
        document type, or is protected by a password.
    """
    if len(data) > PACKED_BYTES:
        raise _too_large(source, f"{len(data) // 2**20} MB", f"at most {PACKED_BYTES // 2**20} MB in a workbook")
    cells = unpacked = 0
    with named_errors(source), zipfile.ZipFile(io.BytesIO(data)) as package:
        infos = package.infolist()
        if len(infos) > MAX_PARTS:
            raise _too_large(source, counted(len(infos), "part"), f"at most {MAX_PARTS}")
        for info in infos:
            if info.flag_bits & 0x1:
                raise locked(source)
            for size, found in _scanned(source, package, info, UNPACKED_BYTES - unpacked):
                cells += found
                unpacked += size
                if cells > MAX_CELLS:
                    raise _too_large(source, f"more than {MAX_CELLS} cells", f"at most {MAX_CELLS} cells")
    return cells


def locked(source: str) -> InputError:
    """A workbook that a password protects, as the error that says so."""
    problem = Problem(source, "a workbook protected by a password", "a workbook that opens without one")
    return InputError(
        source, (problem,), next_step="open it, save a copy without password, and run the same command with the copy"
    )


def _scanned(source: str, package: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> Iterator[tuple[int, int]]:
    """Bytes and cells of one part, block by block."""
    total, tail, markup = 0, b"", False
    with package.open(info) as part:
        while block := part.read(BLOCK):
            # by content, because a part may have any name; pictures in SVG may declare a document type
            markup = markup or (not total and bool(MARKUP.match(block)) and not info.filename.lower().endswith(".svg"))
            total += len(block)
            if total > left:
                raise _too_large(source, f"more than {UNPACKED_BYTES // 2**20} MB unpacked", "a smaller workbook")
            if total > RATIO_FROM and total > RATIO * info.compress_size:
                found = f"{info.filename} packed more than {RATIO}:1"
                raise _too_large(source, found, "a workbook as spreadsheets save it")
            joined = tail + block
            if markup and DANGER.search(joined):
                found = f"{info.filename} declares a document type"
                raise _too_large(source, found, "a workbook as spreadsheets save it")
            yield len(block), len(CELL.findall(joined)) if markup else 0
            tail = joined[-20:] if not CELL.search(joined[-20:]) else b""


def _too_large(source: str, found: str, expected: str) -> InputError:
    return InputError(source, (Problem(source, found, expected),), next_step=SHORTEN)
