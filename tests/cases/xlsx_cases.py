"""Workbooks, 97 to 120; made here with openpyxl, or by hand where it writes no such thing."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from cases import PRESENT, Case, Row, blank, one, rows, table

NEXT = "Next:"
XLSX = "weekly.xlsx"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def filled(sheet: Any, first: int = 1, text_ids: bool = True) -> None:
    """The good file in a sheet, its header in row `first`: numbers as text, days as days, counts as numbers."""
    for number, (school, week, present, enrolled) in enumerate(table()):
        cells = [school, week, present, enrolled]
        if number:
            cells = [school if text_ids else int(school), date.fromisoformat(week), int(present), int(enrolled)]
        for column, value in enumerate(cells, start=1):
            sheet.cell(first + number, column, value)


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def book(change: Callable[[Any], None] | None = None, **how: Any) -> Callable[[], bytes]:
    """A maker of the good workbook with a change to its only sheet."""

    def make() -> bytes:
        made = openpyxl.Workbook()
        made.active.title = "Weekly"
        filled(made.active, **how)
        if change:
            change(made.active)
        return saved(made)

    return make


def repacked(whole: bytes, change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> bytes:
    """A workbook with some of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def zeros_shown(sheet: Any) -> None:
    for number in range(2, 26):
        sheet.cell(number, 1).number_format = "0000"


def all_text(sheet: Any) -> None:
    for cells in sheet.iter_rows(min_row=2):
        for cell in cells:
            cell.value = cell.value.strftime("%Y-%m-%d") if cell.is_date else str(cell.value)


def merged_schools(sheet: Any) -> None:
    for first in range(2, 26, 6):
        sheet.merge_cells(start_row=first, end_row=first + 5, start_column=1, end_column=1)


def formula(sheet: Any) -> None:
    sheet["D5"] = "=20+20"


def hidden_row(sheet: Any) -> None:
    sheet.row_dimensions[5].hidden = True


def second_sheet() -> bytes:
    made = openpyxl.Workbook()
    made.active.title = "Read me"
    made.active["A1"] = "Weekly attendance of four schools. Questions: the district office."
    filled(made.create_sheet("Weekly"))
    made.create_sheet("Sheet3")
    return saved(made)


def percents() -> bytes:
    made = openpyxl.Workbook()
    made.active.append(["school", "week", "attendance"])
    for number, (school, week, present, enrolled) in enumerate(table()[1:], start=2):
        made.active.append([school, date.fromisoformat(week), int(present) / int(enrolled)])
        made.active.cell(number, 3).number_format = "0%"
    return saved(made)


def percent_rows() -> tuple[Row, ...]:
    return tuple(Row(r.school, r.period, None, None, (r.numerator or 0) / (r.denominator or 1)) for r in rows())


def grade_as_day(sheet: Any) -> None:
    """A column of grades in which one "3-4" has become 4 March."""
    sheet.insert_cols(3)
    sheet["C1"] = "grade"
    for number in range(2, 26):
        sheet.cell(number, 3).value = "3-4"
    sheet["C5"] = datetime(2025, 3, 4)
    sheet["C5"].number_format = "d-mmm"


def old_epoch() -> bytes:
    made = openpyxl.Workbook()
    made.epoch = CALENDAR_MAC_1904
    filled(made.active)
    return saved(made)


def text_days(sheet: Any) -> None:
    for number in (3, 5, 9):
        sheet.cell(number, 2).value = sheet.cell(number, 2).value.strftime("%Y-%m-%d")
        sheet.cell(number, 2).number_format = "@"


def not_available(sheet: Any) -> None:
    sheet["C5"] = "#N/A"
    sheet["C5"].data_type = "e"


def two_headers() -> bytes:
    made = openpyxl.Workbook()
    filled(made.active, first=2)
    made.active["C1"] = "Students"
    made.active.merge_cells("C1:D1")
    return saved(made)


def formatted_blanks(sheet: Any) -> None:
    for number in range(26, 1026):
        for column in range(1, 5):
            sheet.cell(number, column).number_format = "0.0"


def nearly_whole(sheet: Any) -> None:
    sheet["C5"] = 38.000000001


def struck(sheet: Any) -> None:
    for column in range(1, 5):
        sheet.cell(5, column).font = Font(strike=True)


def subtotals() -> bytes:
    made = openpyxl.Workbook()
    made.active.append(list(table()[0]))
    for school, counts in PRESENT.items():
        for cells in table()[1:]:
            if cells[0] == school:
                made.active.append([school, date.fromisoformat(cells[1]), int(cells[2]), int(cells[3])])
        made.active.append([f"{school} Total", None, sum(counts), None])
    return saved(made)


def ole(stream: str) -> bytes:
    """The first bytes of an old compound file with one named stream: what a reader sees before it gives up."""
    header = OLE + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 0x1000, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (108 * 4)
    table_of_sectors = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE) + b"\xff" * 504

    def entry(name: str, kind: int, child: int) -> bytes:
        raw = (name + "\0").encode("utf-16-le")
        line = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return (line + bytes(36) + struct.pack("<IQ", 0xFFFFFFFE, 0)).ljust(128, b"\0")

    return header + table_of_sectors + entry("Root Entry", 5, 1) + entry(stream, 2, 0xFFFFFFFF) + bytes(256)


def binary_workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(
            "[Content_Types].xml",
            '<Types><Default Extension="bin" '
            'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        )
        made.writestr("xl/workbook.bin", b"\x83\x01\x00")
        made.writestr("xl/worksheets/sheet1.bin", b"\x81\x01\x00")
    return out.getvalue()


def macros() -> bytes:
    plain, enabled = b"spreadsheetml.sheet.main+xml", b"vnd.ms-excel.sheet.macroEnabled.main+xml"

    def change(name: str, content: bytes) -> bytes:
        if name == "[Content_Types].xml":
            content = content.replace(b"vnd.openxmlformats-officedocument." + plain, enabled)
            bin_type = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
            content = content.replace(b"</Types>", bin_type)
        return content

    return repacked(book()(), change, {"xl/vbaProject.bin": OLE + bytes(504)})


def linked() -> bytes:
    """D5 is 40, taken from another workbook when this one was last calculated."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def change(name: str, content: bytes) -> bytes:
        if name == "xl/worksheets/sheet1.xml":
            old = b'<c r="D5" t="n"><v>40</v></c>'
            assert old in content
            return content.replace(old, b'<c r="D5"><f>[1]Roll!$B$2</f><v>40</v></c>')
        if name == "xl/workbook.xml":
            return content.replace(
                b"</sheets>",
                (
                    f'</sheets><externalReferences><externalReference xmlns:r="{relation}" r:id="rId99"/>'
                    "</externalReferences>"
                ).encode(),
            )
        if name == "xl/_rels/workbook.xml.rels":
            link = f'<Relationship Id="rId99" Type="{relation}/externalLink" Target="externalLinks/externalLink1.xml"/>'
            return content.replace(b"</Relationships>", f"{link}</Relationships>".encode())
        if name == "[Content_Types].xml":
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
            part = f'<Override PartName="/xl/externalLinks/externalLink1.xml" ContentType="{kind}"/></Types>'
            return content.replace(b"</Types>", part.encode())
        return content

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book_part = (
        f'<externalLink xmlns="{main}"><externalBook xmlns:r="{relation}" r:id="rId1"><sheetNames>'
        '<sheetName val="Roll"/></sheetNames></externalBook></externalLink>'
    )
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{relation}/externalLinkPath" Target="file:///H:/office/roll.xlsx" '
        'TargetMode="External"/></Relationships>'
    )
    return repacked(
        book()(),
        change,
        {
            "xl/externalLinks/externalLink1.xml": book_part.encode(),
            "xl/externalLinks/_rels/externalLink1.xml.rels": rels.encode(),
        },
    )


def far_cell(sheet: Any) -> None:
    sheet["XFD1048576"] = "x"


def zip_bomb() -> bytes:
    """A sheet of a gigabyte of blanks in a megabyte."""

    class Blanks(io.RawIOBase):
        def __init__(self) -> None:
            self.left = 1 << 30

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            count = min(len(buffer), self.left)
            buffer[:count] = b" " * count
            self.left -= count
            return count

    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book()())) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, content)
                continue
            with new.open(name, "w") as part:
                part.write(content[: -len("</worksheet>")])
                blanks = Blanks()
                block = bytearray(1 << 20)
                while count := blanks.readinto(block):
                    part.write(block[:count])
                part.write(b"</worksheet>")
    return out.getvalue()


def two_tables(sheet: Any) -> None:
    below = [
        ["school", "month", "suspensions", "enrolled"],
        ["0012", date(2025, 9, 1), 2, 40],
        ["0107", date(2025, 9, 1), 1, 52],
    ]
    for number, cells in enumerate(below, start=28):
        for column, value in enumerate(cells, start=1):
            sheet.cell(number, column, value)


CASES: tuple[Case, ...] = (
    Case(
        "97",
        "12 shown as 0012",
        book(zeros_shown, text_ids=False),
        "accept",
        "Whoever made the sheet sees 0012; that is the school's number.",
        rows(),
        file=XLSX,
    ),
    Case(
        "98",
        "numbers as text",
        book(all_text),
        "accept",
        "A spreadsheet that keeps 0012 as text often keeps the counts as text too; they are plain numbers.",
        rows(),
        file=XLSX,
    ),
    Case(
        "99",
        "a school's cells merged",
        book(merged_schools),
        "accept",
        "One name drawn over six rows stands for all six.",
        rows(),
        file=XLSX,
    ),
    Case(
        "100",
        "formula never calculated",
        book(formula),
        "stop",
        "The cell has no value yet; who opens the book in Excel and saves it puts one there.",
        message=("D5",),
        file=XLSX,
    ),
    Case(
        "101",
        "hidden row",
        book(hidden_row),
        "ask",
        "Hidden may mean taken back or only out of sight.",
        rows(),
        key="hidden.*",
        answers=(("hidden.*", ("use", "keep", "read", "yes")),),
        message=("row 5|rows? 5",),
        file=XLSX,
    ),
    Case(
        "102",
        "rows on the second sheet",
        second_sheet,
        "accept",
        "Only one sheet has a table; it is named.",
        rows(),
        told=("Weekly",),
        file=XLSX,
    ),
    Case(
        "103",
        "0.9 shown as 90%",
        percents,
        "accept",
        "The format says that it is a percentage; all digits behind it count.",
        percent_rows(),
        file=XLSX,
    ),
    Case(
        "104",
        "3-4 became 4 March",
        book(grade_as_day),
        "stop",
        "A date among grades is a spreadsheet's mistake; what stood there only its author knows.",
        message=("C5|row 5", "grade", "2025-03-04|4 March|date"),
        file=XLSX,
    ),
    Case(
        "105",
        "days counted from 1904",
        old_epoch,
        "accept",
        "The book says from which day it counts.",
        rows(),
        file=XLSX,
    ),
    Case(
        "106",
        "days as text beside days",
        book(text_days),
        "accept",
        "Both are the same kind of day, written year first.",
        rows(),
        file=XLSX,
    ),
    Case(
        "107",
        "#N/A",
        book(not_available),
        "accept",
        "An error of the spreadsheet, kept apart from missing.",
        one(**blank("error")),
        told=("#N/A",),
        file=XLSX,
    ),
    Case(
        "108",
        "two header rows",
        two_headers,
        "accept",
        "The upper row is a heading over two columns; the names stand in row 2.",
        rows(),
        told=("row 2|rows 1",),
        file=XLSX,
    ),
    Case(
        "109",
        "1000 formatted blank rows",
        book(formatted_blanks),
        "accept",
        "A format without a value is nothing.",
        rows(),
        file=XLSX,
    ),
    Case(
        "110",
        "38.000000001 students",
        book(nearly_whole),
        "accept",
        "A spreadsheet that computes leaves such dust; no reader would see another number than 38, and it is told.",
        rows(),
        told=(r"38\.000000001",),
        file=XLSX,
    ),
    Case(
        "111",
        "row struck through",
        book(struck),
        "ask",
        "Struck through usually means taken back, but the numbers are there.",
        rows({5: None}),
        key="struck.*",
        answers=(("struck.*", ("leave-out", "leave out", "skip", "drop", "omit", "no")),),
        message=("row 5|rows? 5",),
        file=XLSX,
    ),
    Case(
        "112",
        "subtotal rows",
        subtotals,
        "accept",
        "Each says itself that it is the total of the school above it.",
        rows(),
        told=("0012 Total|Total", "row 8|8"),
        file=XLSX,
    ),
    Case(
        "113",
        "password",
        lambda: ole("EncryptedPackage"),
        "refuse",
        "It cannot be read without its password, and pdsa asks for none.",
        message=(XLSX, "password", NEXT),
        file=XLSX,
    ),
    Case(
        "114",
        "old .xls",
        lambda: ole("Workbook"),
        "refuse",
        "A format of 1997 that no kept library here reads; Excel saves it anew in a minute.",
        message=("weekly.xls", r"\.xlsx|CSV", NEXT),
        file="weekly.xls",
    ),
    Case(
        "115",
        ".xlsb",
        binary_workbook,
        "refuse",
        "A binary workbook; Excel saves it anew in a minute.",
        message=("weekly.xlsb", r"\.xlsx|CSV", NEXT),
        file="weekly.xlsb",
    ),
    Case(
        "116",
        "macros",
        macros,
        "accept",
        "The cells are what they are without them; macros are never run.",
        rows(),
        told=("macro",),
        file="weekly.xlsm",
    ),
    Case(
        "117",
        "links to another book",
        linked,
        "accept",
        "The value that was last calculated stands in the cell; that it came from elsewhere is told.",
        rows(),
        told=("link",),
        file=XLSX,
    ),
    Case(
        "118",
        "a cell in the last row and column",
        book(far_cell),
        "refuse",
        "Somebody pressed End and typed: the sheet would have 17 billion cells.",
        message=("XFD1048576|row 1,?048,?576|1,?048,?576", NEXT),
        file=XLSX,
    ),
    Case(
        "119",
        "zip bomb",
        zip_bomb,
        "refuse",
        "A gigabyte in a megabyte: no workbook of a school is like that.",
        message=(XLSX, "unpack|compress|packed|bytes|MB", NEXT),
        file=XLSX,
    ),
    Case(
        "120",
        "two tables on a sheet",
        book(two_tables),
        "stop",
        "The second table has other columns; its rows must not end up under the headers of the first.",
        message=("row 28|28",),
        file=XLSX,
    ),
)
