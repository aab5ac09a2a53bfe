"""Files are read as found, with the row numbers of a spreadsheet, or refused with every problem."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdsa.errors import InputError
from pdsa.read import RawTable, read_csv, read_input, texts, unpack
from pdsa.records import InputSpec, SourceNote

DAY = "<day><item><id>01</id><pct>90.1</pct></item><item><id>02</id><pct>NS</pct></item></day>"
XML = InputSpec(files="*.xml", format="xml", row="item", fields=(("school", "id"), ("value", "pct")))
CSV = InputSpec(files="*.csv", format="csv", fields=(("school", "id"), ("value", "n")))


def csv_file(folder: Path, content: str | bytes, name: str = "week.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems_of(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        read_csv(path)
    assert caught.value.source == path.name
    return [(problem.place, problem.found) for problem in caught.value.problems]


def refused(folder: Path, spec: InputSpec) -> str:
    with pytest.raises(InputError) as caught:
        read_input(folder, spec)
    return str(caught.value)


def rows(raw: RawTable) -> list[tuple[object, ...]]:
    return list(raw.frame.itertuples(index=False, name=None))


def tar_of(path: Path, members: dict[str, str | bytes], mode: str = "w:xz") -> None:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def test_csv_keeps_text_as_found(tmp_path: Path) -> None:
    raw = read_csv(csv_file(tmp_path, "\ufeffschool,n\r\n0012,NA\r\n 1e5 ,\r\n"))
    assert list(raw.frame.columns) == ["school", "n", "source", "row"]
    assert rows(raw) == [("0012", "NA", "week.csv", 2), (" 1e5 ", "", "week.csv", 3)]
    assert raw.frame["row"].dtype == "int64"
    assert raw.frame["school"].dtype == "str"
    assert raw.sources == (SourceNote("week.csv", "used", 2),)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_row_numbers_count_records_and_empty_lines(tmp_path: Path, end: str) -> None:
    text = end.join(["id,note", '1,"two', 'lines"', "", "2,b", '3,"say ""hi"""'])
    raw = read_csv(csv_file(tmp_path, text))
    assert raw.frame["row"].tolist() == [2, 4, 5]
    assert raw.frame["note"].tolist() == [f"two{end}lines", "b", 'say "hi"']


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1\n1,2\n1,2,3\n", [("row 2", "1 cell"), ("row 4", "3 cells")]),
        ('a,b\n1,2\n3,"4\n', [("row 3", "a cell that cannot be read (unexpected end of data)")]),
        ("a,b\n1,2\x00\n", [("row 2, cell 2", "the byte 0x00")]),
        (b"a,b\n1,caf\xe9\nx,y\n\xff,1\n", [("row 2, cell 2", "the byte 0xE9"), ("row 4, cell 1", "the byte 0xFF")]),
        ("", [("week.csv", "an empty file")]),
        ("\n\n", [("row 1", "no text")]),
        ("a,b\n", [("row 1", "a header and no rows below it")]),
        ("a,b,a\n1,2,3\n", [("row 1, cell 3", "the column name 'a' again")]),
        ("a,\n1,2\n", [("row 1, cell 2", "a column without a name")]),
        ("a;b\n1;2\n", [("row 1", "one column 'a;b'")]),
        ("a,row\n1,2\n", [("row 1, cell 2", "a column row")]),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), [("row 1", "a file packed with gzip")]),
        (b"PK\x03\x04rest", [("row 1", "a zip file or an Excel workbook")]),
        ("<!doctype html><table>", [("row 1", "a web page or XML")]),
        ("a,b\n".encode("utf-16"), [("row 1", "text in UTF-16")]),
        ("a\n" + "x" * 140_000, [("row 2", "a cell that cannot be read (field larger than field limit (131072))")]),
        (",".join(f"c{k}" for k in range(501)) + "\n" + "1," * 500 + "1", [("row 1", "501 columns")]),
    ],
)
def test_csv_tells_every_problem(tmp_path: Path, content: str | bytes, expected: list[tuple[str, str]]) -> None:
    assert problems_of(csv_file(tmp_path, content)) == expected


def test_csv_message_reads_as_sentences(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_csv(csv_file(tmp_path, "a,b\n1\n"))
    assert "  row 2: found 1 cell, expected 2 cells, as in the header.\n" in str(caught.value)


def test_csv_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "no.csv")[0][0] == "no.csv"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text('a,"\n\r\x00é;', max_size=80).map(lambda text: text.encode())))
def test_random_bytes_are_rows_or_an_input_error(tmp_path: Path, content: bytes) -> None:
    path = csv_file(tmp_path, content)
    try:
        raw = read_csv(path)
    except InputError as error:
        assert error.problems
    else:
        assert len(raw.frame) > 0
        assert raw.frame.notna().all(axis=None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=st.lists(st.lists(st.text('ab,"\n é', max_size=4), min_size=2, max_size=2), min_size=1, max_size=6))
def test_quoted_cells_come_back_as_written(tmp_path: Path, cells: list[list[str]]) -> None:
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["x", "y"], *cells]]
    raw = read_csv(csv_file(tmp_path, "\n".join(lines)))
    assert raw.frame[["x", "y"]].to_numpy().tolist() == cells
    assert raw.frame["row"].tolist() == list(range(2, len(cells) + 2))


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)])
def test_packed_csv_keeps_only_the_named_fields(tmp_path: Path, ending: str, pack: object) -> None:
    (tmp_path / f"s.csv{ending}").write_bytes(pack(b"other,n,id\nx,5,01\n"))
    raw = read_input(tmp_path, InputSpec(f"*.csv{ending}", "csv", fields=CSV.fields))
    assert raw.frame.columns.tolist() == ["id", "n", "source", "row"]
    assert rows(raw) == [("01", "5", f"s.csv{ending}", 2)]


def test_several_csv_files_are_read_in_order_and_named_in_problems(tmp_path: Path) -> None:
    (tmp_path / "obs").mkdir()
    spec = InputSpec("obs/*.csv", "csv", fields=CSV.fields)
    csv_file(tmp_path, "id,n\n2,3\n", "obs/b.csv")
    csv_file(tmp_path, "n,id\n1,1\n", "obs/a.csv")
    assert rows(read_input(tmp_path, spec)) == [("1", "1", "obs/a.csv", 2), ("2", "3", "obs/b.csv", 2)]
    csv_file(tmp_path, "id,m\n2,3\n", "obs/b.csv")
    csv_file(tmp_path, "n,id\n1\n", "obs/a.csv")
    message = refused(tmp_path, spec)
    assert "obs/a.csv, row 2: found 1 cell, expected 2 cells" in message
    assert "obs/b.csv, row 1: found the columns id, m, expected also a column n." in message


def test_nothing_to_read_names_folder_pattern_and_files(tmp_path: Path) -> None:
    csv_file(tmp_path, "a\n1\n", "other.txt")
    message = refused(tmp_path, CSV)
    assert str(tmp_path) in message
    assert "found the files other.txt, expected files named *.csv" in message
    assert "found no such folder" in refused(tmp_path / "none", CSV)


@pytest.mark.parametrize("pattern", ["", "../*.csv", "/etc/*"])
def test_patterns_stay_below_the_folder(tmp_path: Path, pattern: str) -> None:
    assert "expected a pattern of names below this folder" in refused(tmp_path, InputSpec(pattern, "csv"))


def test_a_spec_without_fields_or_with_reserved_names_is_refused(tmp_path: Path) -> None:
    csv_file(tmp_path, "row\n1\n")
    assert "found no fields" in refused(tmp_path, InputSpec("*.csv", "csv"))
    assert "found the fields row" in refused(tmp_path, InputSpec("*.csv", "csv", fields=(("school", "row"),)))


def test_xml_rows_and_numbers(tmp_path: Path) -> None:
    csv_file(tmp_path, DAY, "day.xml")
    raw = read_input(tmp_path, XML)
    assert rows(raw) == [("01", "90.1", "day.xml", 1), ("02", "NS", "day.xml", 2)]
    assert raw.sources == (SourceNote("day.xml", "used", 2),)


def test_xml_that_is_not_regular_is_read_the_same(tmp_path: Path) -> None:
    document = """<?xml version="1.0"?><r><w>
      <item at="1"><pct>5</pct><id>A &amp; <b>B</b></id></item>
      <item><!-- c --><id><![CDATA[<x>]]></id></item><item/></w></r>"""
    csv_file(tmp_path, document, "day.xml")
    spec = InputSpec("*.xml", "xml", row="item", fields=(*XML.fields, ("district", "@at")))
    found = [("A & B", "5", "1"), ("<x>", "", ""), ("", "", "")]
    assert [row[:3] for row in rows(read_input(tmp_path, spec))] == found


def test_nested_texts_and_attributes_of_rows_that_are_all_alike() -> None:
    document = b"<day><item n='1'><id>a<b>b</b></id></item><item n='2'><id>c<b/></id></item></day>"
    assert texts.read_xml(document, "item") == (2, {"@n": ["1", "2"], "id": ["ab", "c"]})
    assert texts.read_xml(document.replace(b" n='1'", b"").replace(b" n='2'", b""), "item")[1] == {"id": ["ab", "c"]}
    assert texts.read_xml(b"<day><item n='1'><id>a</id></item></day>", "item")[1] == {"@n": ["1"], "id": ["a"]}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(*[st.text("ab &<é", max_size=3)] * 2), min_size=1, max_size=5), st.booleans())
def test_regular_and_pretty_xml_agree(cells: list[tuple[str, str]], pretty: bool) -> None:
    gap, start = ("\n  ", '<item n="1">') if pretty else ("", "<item>")
    lines = [f"{start}{gap}<id>{_xml(a)}</id>{gap}<pct>{_xml(b)}</pct></item>" for a, b in cells]
    count, columns = texts.read_xml(f"<day>{gap.join(lines)}</day>".encode(), "item")
    assert count == len(cells)
    assert list(zip(columns["id"], columns["pct"], strict=True)) == cells


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def test_archive_members_are_noted_one_by_one(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaa">]><d><item><id>&a;</id></item></d>'
    tar_of(
        tmp_path / "days.tar.xz",
        {
            "x/1.xml": DAY,
            "x/2.xml": DAY.replace("NS", "N\x1aS\x1a"),
            "x/3.xml": DAY[:-3],
            "x/4.xml": bomb,
            "x/5.xml": bomb.encode("utf-16"),
            "x/6.xml": "<day><item><id>9</id></item></day>",
            "x/7.xml": "<day><other/></day>",
            "x/8.xml": "<day><item><id>9</id><id>8</id></item></day>",
            "x/9.xml": "<?xml version='1.0' encoding='no-such'?><day/>",
            "readme.txt": "hello",
        },
    )
    spec = InputSpec("*.tar.xz", "xml", members="*.xml", row="item", fields=XML.fields, strip=(0x1A,), min_rows=2)
    raw = read_input(tmp_path, spec)
    name = "days.tar.xz!x/"
    assert raw.frame["source"].astype(str).tolist() == [f"{name}1.xml"] * 2 + [f"{name}2.xml"] * 2
    assert raw.frame["pct"].tolist() == ["90.1", "NS", "90.1", "NS"]
    assert raw.frame["row"].tolist() == [1, 2, 1, 2]
    assert raw.sources == (
        SourceNote(f"{name}1.xml", "used", 2),
        SourceNote(f"{name}2.xml", "cleaned", 2, "2 unwanted bytes removed"),
        SourceNote(f"{name}3.xml", "broken", 0, "unclosed token: line 1, column 81"),
        SourceNote(f"{name}4.xml", "broken", 0, "declares a document type, which pdsa does not read"),
        SourceNote(f"{name}5.xml", "broken", 0, "declares a document type, which pdsa does not read"),
        SourceNote(f"{name}6.xml", "set aside", 1, "1 row, fewer than 2"),
        SourceNote(f"{name}7.xml", "set aside", 0, "no <item> element"),
        SourceNote(f"{name}8.xml", "broken", 0, "row 1 has two fields id"),
        SourceNote(f"{name}9.xml", "broken", 0, "unknown encoding: no-such"),
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["days.tar.xz"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2"])
def test_other_tars(tmp_path: Path, mode: str) -> None:
    ending = mode.replace("w", ".tar").replace(":", ".")
    tar_of(tmp_path / f"d{ending}", {"a.csv": "id,n\n1,2\n"}, mode)
    assert rows(read_input(tmp_path, InputSpec("d*", "csv", fields=CSV.fields))) == [("1", "2", f"d{ending}!a.csv", 2)]


def test_zip_members_and_those_that_cannot_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "d.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../one.xml", DAY)
        archive.writestr("two.xml", DAY.replace("01", "TWO"))
    path.write_bytes(path.read_bytes().replace(b"TWO", b"TOO"))
    raw = read_input(tmp_path, InputSpec("*.zip", "xml", row="item", fields=XML.fields))
    assert [(note.source, note.status) for note in raw.sources] == [
        ("d.zip!../../one.xml", "used"),
        ("d.zip!two.xml", "broken"),
    ]
    assert "Bad CRC-32" in raw.sources[1].reason
    assert len(raw.frame) == 2


@pytest.mark.parametrize(
    ("sound", "broken"), [("é".encode(), b"\xc3("), (b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xf0")]
)
def test_a_damaged_zip_directory_is_refused(tmp_path: Path, sound: bytes, broken: bytes) -> None:
    path = tmp_path / "d.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("é.xml", DAY)
    whole = path.read_bytes()
    assert sound in whole
    path.write_bytes(whole.replace(sound, broken))
    message = refused(tmp_path, InputSpec("*.zip", "xml", row="item", fields=XML.fields))
    assert "d.zip: found a file that cannot be read" in message


def test_links_in_a_tar_are_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "d.tar", "w") as archive:
        link = tarfile.TarInfo("a.xml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    spec = InputSpec("*.tar", "xml", row="item", fields=XML.fields)
    assert "found it broken (a link or special file, not a plain one)" in refused(tmp_path, spec)


def test_csv_problems_in_members_name_the_member(tmp_path: Path) -> None:
    tar_of(tmp_path / "d.tar.xz", {"a.csv": "id,n\n1\n", "b.csv": "id,n\n1,2\n"})
    message = refused(tmp_path, InputSpec("*.tar.xz", "csv", fields=CSV.fields))
    assert "d.tar.xz!a.csv, row 2: found 1 cell" in message


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.xz", "a.csv.bz2", "a.tar.xz", "a.tar", "a.zip", "a.xml"])
@pytest.mark.parametrize("content", [b"", b"\x00broken\xff" * 40])
def test_empty_and_corrupt_files_are_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    csv_file(tmp_path, content, name)
    spec = InputSpec("a.*", "xml" if name.endswith("xml") else "csv", row="item", fields=CSV.fields)
    message = refused(tmp_path, spec)
    assert name in message or "row 1" in message


@pytest.mark.parametrize("ending", ["tar.xz", "tar.gz", "tar"])
def test_truncated_archives_are_refused(tmp_path: Path, ending: str) -> None:
    members = {f"{k}.csv": "id,n\n" + f"{k},2\n" * 200 for k in range(5)}
    path = tmp_path / f"a.{ending}"
    tar_of(path, members, f"w:{ending[4:]}")
    whole = path.read_bytes()
    for share in (0.3, 0.5):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert f"a.{ending}: found a file that cannot be read" in refused(
            tmp_path, InputSpec("a.*", "csv", fields=CSV.fields)
        )


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    tar_of(path, {"1.csv": "id,n\n1,2\n", "2.csv": "id,n\n1,2\n"}, "w")
    data = bytearray(path.read_bytes())
    data[1024 + 150] ^= 1
    path.write_bytes(data)
    assert "damaged or cut short" in refused(tmp_path, InputSpec("a.tar", "csv", fields=CSV.fields))


def test_an_archive_without_matching_members_lists_them(tmp_path: Path) -> None:
    tar_of(tmp_path / "d.tar.xz", {f"{k}.txt": "x" for k in range(10)})
    message = refused(tmp_path, InputSpec("*.tar.xz", "xml", members="*.xml", row="item", fields=XML.fields))
    assert "found the members 0.txt, 1.txt" in message
    assert "and 2 more, expected members named *.xml" in message


def test_all_members_broken_is_refused(tmp_path: Path) -> None:
    tar_of(tmp_path / "d.tar.xz", {"a.xml": "<a>", "b.xml": ""})
    message = refused(tmp_path, InputSpec("*.tar.xz", "xml", row="item", fields=XML.fields))
    assert "2 problems found" in message
    assert "d.tar.xz!a.xml: found it broken (no element found: line 1, column 3)" in message


def test_a_field_that_occurs_nowhere_is_refused(tmp_path: Path) -> None:
    csv_file(tmp_path, DAY, "day.xml")
    spec = InputSpec("*.xml", "xml", row="item", fields=(("value", "pct"), ("school", "DBN")))
    assert "found the fields id, pct, expected also a field DBN" in refused(tmp_path, spec)


def test_limits_of_unpacked_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = "id,n\n" + "1,2\n" * 5000
    spec = InputSpec("d.*", "csv", fields=CSV.fields)
    monkeypatch.setattr(unpack, "RATIO_FROM", 1000)
    monkeypatch.setattr(unpack, "RATIO", 3)
    for name in ("d.tar.xz", "d.csv.gz", "d.zip"):
        path = tmp_path / name
        if name.endswith("gz"):
            path.write_bytes(gzip.compress(big.encode()))
        elif name.endswith("zip"):
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("a.csv", big)
        else:
            tar_of(path, {"a.csv": big})
        assert "more unpacked data than a file of its size should hold" in refused(tmp_path, spec)
        path.unlink()


def test_limits_per_member_and_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "id,n\n" + "1,2\n" * 500
    tar_of(tmp_path / "d.tar", {f"{k}.csv": content for k in range(3)}, "w")
    spec = InputSpec("d.*", "csv", fields=CSV.fields)
    assert len(read_input(tmp_path, spec).frame) == 1500
    monkeypatch.setattr(unpack, "FILE_BYTES", 4000)
    assert "more unpacked data" in refused(tmp_path, spec)
    monkeypatch.setattr(unpack, "FILE_BYTES", 10**6)
    monkeypatch.setattr(unpack, "MEMBER_BYTES", 2000)
    assert "d.tar!0.csv: found 2005 bytes" in refused(tmp_path, spec)


def test_limit_of_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    csv_file(tmp_path, DAY, "day.xml")
    monkeypatch.setattr(texts, "MAX_TAGS", 5)
    assert "found it broken (more than 5 tags)" in refused(tmp_path, XML)
