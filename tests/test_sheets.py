"""Sheets of a workspace: read quickly or carefully, they hold the same cells; a header alone is an empty sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdsa.errors import InputError
from pdsa.workspace import files
from pdsa.workspace.files import plain_frame, read_sheet

HEAD = "school,measure,period,value,row"
CELL = st.sampled_from(
    ["", "0107", "007", "NA", "nan", "True", "1e5", " x ", "é", "a b", "0.50", "-", "'", "#", "\\", "\u00a0"]
)


def both(tmp_path: Path, data: bytes) -> tuple[list[list[str]] | None, list[list[str]] | None]:
    """Rows as the quick way and as the careful way give them; None where it gives none."""
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    quick = plain_frame(data)
    try:
        careful = read_sheet(path, reserved=True)
    except InputError:
        return None if quick is None else quick.to_numpy().tolist(), None
    return None if quick is None else quick.to_numpy().tolist(), careful.frame.to_numpy().tolist()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELL, min_size=5, max_size=5), min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
    last=st.booleans(),
)
def test_quick_and_careful_give_the_same(
    tmp_path: Path, rows: list[list[str]], end: str, mark: bool, last: bool
) -> None:
    rows = [["0107", "zeal", "2025-09-01", "1", ""], *rows]
    lines = [HEAD, *map(",".join, rows)]
    text = end.join(lines) + (end if last else "")
    quick, careful = both(tmp_path, ("\ufeff" * mark + text).encode())
    assert quick == careful == rows


@pytest.mark.parametrize(
    "body",
    [
        b'0107,zeal,"2025-09-01",1,2\n',
        b"0107,zeal,2025-09-01,1\n",
        b"0107,zeal,2025-09-01,1,2,3\n",
        b"0107,zeal,2025-09-01,1,2\n\n0107,zeal,2025-09-08,1,2\n",
        b"0107,ze\x00l,2025-09-01,1,2\n",
        b"0107,zeal\r,2025-09-01,1,2\n",
        b"0107,z\xe9al,2025-09-01,1,2\n",
        b"0107," + b"z" * 120_000 + b",2025-09-01,1,2\n",
        b"",
        b"\n",
    ],
)
def test_what_needs_care_is_not_read_quickly(body: bytes) -> None:
    assert plain_frame(f"{HEAD}\n".encode() + body) is None


@pytest.mark.parametrize("head", ["school,measure,school", "School,measure", "school;measure", "school", ""])
def test_nor_are_headers_that_are_not_ours(head: str) -> None:
    assert plain_frame(f"{head}\n{head}\n".encode()) is None


def test_a_large_file_is_read_quickly_and_its_rows_are_numbered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{HEAD}\n0107,zeal,2025-09-01,1,\n0107,zeal,2025-09-08,1,9\n")
    careful = read_sheet(path, reserved=True)
    monkeypatch.setattr(files, "MANY_BYTES", 10)
    monkeypatch.delattr(files, "CsvReader")
    quick = read_sheet(path, reserved=True)
    assert quick.records() == careful.records()
    assert quick.rows.tolist() == careful.rows.tolist() == [2, 3]
    assert (quick.frame.dtypes == careful.frame.dtypes).all()


@pytest.mark.parametrize("text", ["id,name\n", "id,name", "\ufeffid,name\r\n\r\n", "id,name\n,\n"])
def test_a_header_alone_is_an_empty_sheet(tmp_path: Path, text: str) -> None:
    path = tmp_path / "schools.csv"
    path.write_text(text, encoding="utf-8")
    found = read_sheet(path)
    assert (found.records(), found.frame.columns.tolist()) == ([], ["id", "name"])


def test_blank_lines_count_as_rows(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text('id,name\n\n007,"Ash\nSchool"\n012,Birch\n')
    assert read_sheet(path).records() == [
        (3, {"id": "007", "name": "Ash\nSchool"}),
        (4, {"id": "012", "name": "Birch"}),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", 'id,"name\n', "id,id\n1,2\n", "id;name\n1;2\n"])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "schools.csv"
    path.write_text(text)
    with pytest.raises(InputError):
        read_sheet(path)
