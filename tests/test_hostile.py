"""Files that want to take the machine with them are refused clearly, in the child process, and leave nothing behind."""

import gzip
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from pdsa.errors import InputError
from pdsa.read import Grid, ReadOptions, apart, grids_of, packages, read_grids
from test_grids import HEAD, book, cell, cells, fact, ods, tar_of, zip_of

SECONDS = 30
BYTES = 1.1 * 2**30
CELL = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'


def workbook_of(rows: str, extra: dict[str, bytes] | None = None, before: str = "", after: str = "") -> bytes:
    """A workbook whose one sheet has this XML as its rows."""
    plain = book(lambda found: found.active.append(["x"]))
    sheet = (
        f'{before}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if name.endswith("sheet1.xml") else old.read(name))
        for name, data in (extra or {}).items():
            new.writestr(name, data)
    return stream.getvalue()


def row(number: int, *texts: str) -> str:
    line = "".join(CELL.format(f"{'ABCDEFGH'[place]}{number}", text) for place, text in enumerate(texts))
    return f'<row r="{number}">{line}</row>'


PLAIN = row(1, "school", "n") + row(2, "0012", "5")


def far(place: str, number: int) -> bytes:
    return workbook_of(PLAIN + f'<row r="{number}">{CELL.format(place, "x")}</row>')


def merges(count: int) -> str:
    ranges = "".join(f'<mergeCell ref="A{k % 2 + 1}:H{k + 3}"/>' for k in range(count))
    return f"<mergeCells>{ranges}</mergeCells>"


def many_rows() -> bytes:
    return workbook_of("".join(f'<row r="{k}"><c r="A{k}"><v>1</v></c></row>' for k in range(1, 200_003)))


def zeros(name: str = "xl/worksheets/sheet1.xml", size: int = 40 * 2**20) -> bytes:
    """A workbook in which one part is a bomb: 40 MB of blanks in 40 kB."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("[Content_Types].xml", "<Types/>")
        new.writestr("xl/workbook.xml", "<workbook/>")
        with new.open(name, "w", force_zip64=True) as part:
            for _ in range(size // 2**20):
                part.write(b" " * 2**20)
    return stream.getvalue()


def deep_json() -> bytes:
    return b'{"a":' * 100_000 + b"1" + b"}" * 100_000


def entities() -> bytes:
    names = "".join(f'<!ENTITY e{k} "{f"&e{k - 1};" * 10}">' for k in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "ha">{names}]><d><i><a>&e9;</a></i></d>'.encode()


def repeated_rows(columns: int = 1, rows: int = 1_048_576) -> bytes:
    content = cell("float", "1", "1", more=f'table:number-columns-repeated="{columns}"')
    line = f'<table:table-row table:number-rows-repeated="{rows}">{content}</table:table-row>'
    return ods(f'<table:table table:name="Data">{HEAD}{line}</table:table>')


def old_workbook(marks: bytes = b"") -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + marks


def binary_workbook() -> bytes:
    return zip_of({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\x83\x01"})


def numbers_document() -> bytes:
    return zip_of({"Index/Document.iwa": b"x"})


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


NOISE = random.Random(1).randbytes(2**19)
CSV = b"school,n\n0012,5\n"
HOSTILE = {
    "far column": ("book.xlsx", lambda: far("XFD1048576", 1_048_576), "XFD1048576: found a cell in column 16384"),
    "too many rows": ("book.xlsx", many_rows, "more than 200000 rows"),
    "zip bomb": ("book.xlsx", zeros, "packed more than 100:1"),
    "zip bomb beside the sheets": ("book.xlsx", lambda: zeros("xl/media/image1.png"), "packed more than 100:1"),
    "zip bomb named zip": ("d.zip", lambda: zip_of({"a.csv": b"a,b\n" + b" " * (40 * 2**20)}), "unpacked"),
    "gzip bomb": ("d.csv.gz", lambda: gzip.compress(b"a,b\n" + b"0" * (40 * 2**20)), "more unpacked data"),
    "entities in a workbook": (
        "book.xlsx", lambda: workbook_of(PLAIN, before='<!DOCTYPE x [<!ENTITY a "b">]>'), "declares a document type"),
    "merges over everything": (
        "book.xlsx",
        lambda: workbook_of(
            "".join(row(k, "a" if k < 3 else "", *"bcdefg", "h") for k in range(1, 2000)),
            after=merges(2000),
        ),
        "",
    ),
    "a hundred thousand columns": (
        "days.csv", lambda: b",".join([b"c"] * 100_000) + b"\n" + b"1," * 99_999 + b"1", "100000 columns"),
    "a hundred thousand blank columns": ("days.csv", lambda: b"a,b\n1,2" + b"," * 10**6, ""),
    "cell of a megabyte": ("days.csv", lambda: CSV + b"x" * 2**20 + b",1\n", "row 3, cell 1: found a cell of 1048576"),
    "quoted cell of a megabyte": (
        "days.csv", lambda: CSV + b'"' + b"x" * 2**20 + b'",1\n', "row 3, cell 1: found a cell of 1048576"),
    "sheet cell of a megabyte": (
        "book.xlsx", lambda: workbook_of(PLAIN + row(3, NOISE.hex())), "row 3, cell 1: found a cell of 1048576"),
    "NUL": ("days.csv", lambda: CSV + b"\x00,1\n", "row 3, cell 1: found a NUL byte"),
    "gzip named csv": ("days.csv", lambda: gzip.compress(CSV), "rename it to days.csv.gz"),
    "zip named csv": ("days.csv", lambda: zip_of({"a.csv": CSV}), "rename it to days.zip"),
    "workbook named csv": ("days.csv", lambda: workbook_of(PLAIN), "rename it to days.xlsx"),
    "web page named csv": ("days.csv", lambda: b"\n<!DOCTYPE html><html><table></table>", "a web page (HTML)"),
    "web page named xls": ("days.xls", lambda: b"<html><body><table><tr><td>1</td></tr></table>", "a web page (HTML)"),
    "text named xls": ("days.xls", lambda: b"school\tn\n0012\t5\n", "rename it to days.csv"),
    "text named xlsx": ("days.xlsx", lambda: CSV, "text, although it is named .xlsx"),
    "text named zip": ("days.zip", lambda: CSV, "text, although it is named .zip"),
    "records named csv": ("days.csv", lambda: b'[{"a": 1}]', "rename it to days.json"),
    "old workbook": ("book.xls", old_workbook, "an old Excel workbook (.xls)"),
    "binary workbook": ("book.xlsb", binary_workbook, "a binary Excel workbook (.xlsb)"),
    "password": ("book.xlsx", lambda: old_workbook("EncryptedPackage".encode("utf-16-le")), "protected by a password"),
    "password of a document": (
        "book.ods", lambda: ods(HEAD, manifest="<manifest:encryption-data/>"), "protected by a password"),
    "Numbers": ("book.numbers", numbers_document, "a Numbers document"),
    "PDF": ("book.pdf", lambda: b"%PDF-1.7\n", "a PDF document"),
    "XML entities": ("day.xml", entities, "declares a document type"),
    "nested XML": ("day.xml", lambda: b"<a>" * 10**6 + b"</a>" * 10**6, ""),
    "nested JSON": ("day.json", deep_json, ""),
    "repeated rows": ("book.ods", repeated_rows, "more than 200000 rows"),
    "repeated cells": ("book.ods", lambda: repeated_rows(200, 100_000), "more than 1000000 cells"),
    "repeated far cells": ("book.ods", lambda: repeated_rows(16_384, 1), "a cell in column 201"),
    "cut workbook": ("book.xlsx", lambda: cut(workbook_of(PLAIN)), "damaged or cut short"),
    "cut archive": ("days.tar.xz", lambda: cut(tar_of({"a.csv": CSV * 1000})), "Next: "),
}  # fmt: skip


def run(paths: list[Path]) -> tuple[list[object], int, float]:
    """What the child says of files, its largest memory in bytes and the seconds it took."""
    code = (
        "import resource, subprocess, sys, json\n"
        "from pathlib import Path\n"
        "from pdsa.errors import InputError\n"
        "from pdsa.read import read_grids\n"
        "try:\n    read_grids(Path(sys.argv[1])); words = ''\n"
        "except InputError as error:\n    words = str(error)\n"
        "print(json.dumps([words, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024]))\n"
    )
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=True)
    words, memory = json.loads(done.stdout)
    return words, memory, time.monotonic() - begin


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_in_the_child(case: str, tmp_path: Path) -> None:
    name, make, expected = HOSTILE[case]
    path = tmp_path / name
    path.write_bytes(make())
    words, memory, seconds = run([path])
    assert expected in words
    if expected:
        assert words.startswith(name)
        assert "found" in words
        assert "Next: " in words
    assert memory < BYTES
    assert seconds < SECONDS
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_paths_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "d.zip").write_bytes(zip_of({"../../evil.csv": CSV, "/etc/evil.csv": CSV}))
    (grid,) = read_grids(folder / "d.zip")
    assert len(grid.rows) == 3
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "d.zip"]


def test_links_in_a_tar_are_facts(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "d.tar", "w") as archive:
        link = tarfile.TarInfo("a.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        info = tarfile.TarInfo("b.csv")
        info.size = len(CSV)
        archive.addfile(info, io.BytesIO(CSV))
    (grid,) = read_grids(tmp_path / "d.tar")
    assert cells(grid)[1] == ["0012", "5"]
    assert "a link or special file" in fact(grid, "unpacked").found


def test_macros_and_links_are_told_and_left_alone() -> None:
    extra = {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0", "xl/externalLinks/externalLink1.xml": b"<externalLink/>"}
    (grid,) = grids_of("book.xlsm", workbook_of(PLAIN, extra))
    assert cells(grid) == [["school", "n"], ["0012", "5"]]
    assert fact(grid, "macros").found == "macros, which were not run"
    assert "not followed" in fact(grid, "links").found


def test_a_far_cell_costs_nothing() -> None:
    (grid,) = grids_of("book.xlsx", far("B1048576", 1_048_576))
    assert grid.rows.tolist() == [1, 2, 3, 1_048_576]


def test_the_limits_of_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def message(**limits: int) -> str:
        with monkeypatch.context() as patch:
            for name, limit in limits.items():
                patch.setattr(packages, name, limit)
            with pytest.raises(InputError) as caught:
                grids_of("book.xlsx", workbook_of(PLAIN))
        return str(caught.value)

    assert "more than 3 cells" in message(MAX_CELLS=3)
    assert "at most 0 MB in a workbook" in message(PACKED_BYTES=1000)
    assert "unpacked" in message(UNPACKED_BYTES=1000)
    assert "parts, expected at most 3" in message(MAX_PARTS=3)


def test_a_folder_of_traps_is_not_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("numpy", "json", "pdsa"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('trap')")
    (tmp_path / "days.csv").write_bytes(CSV)
    monkeypatch.chdir(tmp_path)
    assert len(read_grids(Path("days.csv"))) == 1


@pytest.mark.parametrize(
    ("limit", "words"),
    [({"MEMORY": 2**27}, "1 GB of memory"), ({"SECONDS": 1}, "more than 1 seconds")],
)
def test_a_child_that_takes_too_much_is_stopped(
    limit: dict[str, int], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = "".join(f"<i><a>{k}</a><b>{k}</b></i>" for k in range(700_000))
    (tmp_path / "day.xml").write_text(f"<d>{days}</d>")
    monkeypatch.setattr(apart, "SECONDS_A_MB", 0)
    for name, most in limit.items():
        monkeypatch.setattr(apart, name, most)
    with pytest.raises(InputError) as caught:
        read_grids(tmp_path / "day.xml")
    assert words in str(caught.value)
    assert "Next: " in str(caught.value)


def test_a_child_that_cannot_start_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "days.csv").write_bytes(CSV)
    monkeypatch.setattr(apart, "MODULE", "pdsa.no_such_module")
    with pytest.raises(InputError) as caught:
        read_grids(tmp_path / "days.csv")
    assert "the reader gave up" in str(caught.value)


def test_random_bytes_through_the_child(tmp_path: Path) -> None:
    source = random.Random(4)
    starts = (b"", b"PK\x03\x04", b"a,b\n1,2\n", b"<d><i>", b"[{", b"\xff\xfe", b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0")
    endings = ("csv", "xlsx", "xml", "json", "zip", "gz", "tar", "ods", "txt", "")
    for place in range(20):
        path = tmp_path / f"f{place}.{source.choice(endings)}"
        path.write_bytes(source.choice(starts) + source.randbytes(source.randrange(400)))
        try:
            found = read_grids(path)
        except InputError as error:
            assert error.problems
        else:
            assert all(isinstance(grid, Grid) for grid in found)


def mutated(data: bytes, source: random.Random) -> bytes:
    """The bytes with one part changed, cut, doubled or left out."""
    found = bytearray(data)
    for _ in range(source.randrange(1, 4)):
        at = source.randrange(len(found) or 1)
        size = source.choice((1, 1, 2, 8, 60))
        way = source.randrange(4)
        if way == 0:
            found[at : at + size] = source.randbytes(size)
        elif way == 1:
            del found[at : at + size]
        elif way == 2:
            found[at:at] = found[at : at + size]
        else:
            found[at : at + 1] = source.choice((b"\0", b'"', b"\xef\xbb\xbf", b"<", b"9" * 30, b"\r", b"-1"))
    return bytes(found)


def inside(data: bytes, source: random.Random) -> bytes:
    """A zip file with one of its parts mutated: damage that checksums do not see."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        hit = source.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, mutated(part, source) if name == hit and part else part)
    return stream.getvalue()


def samples() -> dict[str, bytes]:
    def fill(found: openpyxl.Workbook) -> None:
        for line in (["school", "n", "rate"], ["0012", 5, 0.9], ["0107", "=1+1", "x"]):
            found.active.append(line)
        found.active.merge_cells("A2:A3")
        found.active.row_dimensions[2].hidden = True

    line = f"<table:table-row>{cell('float', '5', '5')}{cell('date', '2025-09-08')}</table:table-row>"
    return {
        "days.csv": b'school,n\n0012,"5"\n"01,07",6\n',
        "book.xlsx": book(fill),
        "book.ods": ods(f'<table:table table:name="D">{HEAD}{line}</table:table>'),
        "day.xml": b"<d><i a='1'><x>1</x><y>2</y></i><i a='2'><x>1</x><y>2</y></i></d>",
        "day.json": b'{"a": [{"b": 1, "c": {"d": [1]}}, {"b": "x"}]}',
        "d.zip": zip_of({"a.csv": CSV, "b.csv": CSV}),
        "d.tar": tar_of({"a.csv": CSV}, "w"),
    }


def test_mutated_files_are_grids_or_input_errors() -> None:
    source = random.Random(5)
    found = samples()
    for place in range(int(os.environ.get("PDSA_FUZZ_EXAMPLES", "300"))):
        name = list(found)[place % len(found)]
        packed = name.endswith(("xlsx", "ods")) and place % 3
        data = inside(found[name], source) if packed else mutated(found[name], source)
        begin = time.monotonic()
        try:
            grids = grids_of(name, data, ReadOptions())
        except InputError as error:
            assert error.problems
        else:
            assert all(len(column.codes) == len(grid.rows) for grid in grids for column in grid.columns)
        assert time.monotonic() - begin < 5
