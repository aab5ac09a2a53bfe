"""`pdsa check`: all problems of all files at once, with their places; what a workspace holds and what it lacks."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdsa.errors import ParamsError
from pdsa.example import write_example
from pdsa.workspace.grouping import Found
from pdsa.workspace.review import Review, review
from pdsa.workspace.start import new_workspace

MEASURES = """\
id,name,type,data_type,unit,direction,frequency,definition,per
zeal,Zeal,outcome,proportion,%,up,week,Zeal,100
minutes,Minutes lost,balancing,continuous,minutes,down,week,Minutes,1
"""
HEAD = "school,measure,period,numerator,denominator,value\n"


def pdsa(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pdsa", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two schools, two measures, three weeks."""
    path = tmp_path / "net"
    new_workspace(path, name="Net")
    (path / "measures.csv").write_text(MEASURES)
    (path / "schools.csv").write_text("id,name,district\n0107,Ash,East\n0208,Birch,West\n")
    days = ("2025-09-01", "2025-09-08", "2025-09-15")
    rows = [f"{school},zeal,{day},20,40,\n" for school in ("0107", "0208") for day in days]
    (path / "observations" / "zeal.csv").write_text(HEAD + "".join(rows))
    (path / "observations" / "minutes.csv").write_text(f"{HEAD}0107,minutes,2025-09-01,,,12\n")
    return path


def told(found: Review) -> list[str]:
    return [f"{one.file}, {one.place}: {one.found} -> {one.expected}" for one in found.found]


def add(folder: Path, name: str, text: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(text)


class TestClean:
    def test_what_it_holds(self, folder: Path) -> None:
        found = review(folder)
        assert found.found == ()
        assert found.holds == (
            *("Net (net)", "2 schools", "2 measures", "7 rows of observations in 2 files"),
            "periods from 2025-09-01 to 2025-09-15",
        )
        assert [line.split(",")[0] for line in found.to_do] == ["network.yaml"]

    def test_the_command_says_it_and_what_is_next(self, folder: Path) -> None:
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        answer = pdsa("check", folder)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.splitlines() == [
            "Nothing is wrong. Net (net): 2 schools, 2 measures, 7 rows of observations in 2 files, periods from "
            "2025-09-01 to 2025-09-15.",
            "  To fill in: network.yaml, contact: blank; readers of a report are told whom to ask where it is filled "
            "in.",
            f"Next: pdsa report {folder}",
        ]
        assert json.loads(pdsa("check", folder, "--json").stdout) == {"ok": True, "problems": [], "warnings": []}
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before

    def test_a_new_workspace_has_things_to_fill_in_and_no_mistakes(self, tmp_path: Path) -> None:
        new_workspace(tmp_path / "net")
        answer = pdsa("check", tmp_path / "net")
        assert answer.returncode == 0
        lines = answer.stdout.splitlines()
        assert lines[0] == "Nothing is wrong. net (net): 0 schools, 0 measures, no observations yet."
        assert [line.split(":")[1].strip() for line in lines[1:-1]] == [
            *("observations/", "schools.csv", "measures.csv", "network.yaml, contact"),
        ]
        assert lines[-1] == f"Next: pdsa import FILE --into {tmp_path / 'net'}"

    def test_the_example(self, example: Path) -> None:
        found = review(example)
        assert (found.found, found.to_do) == ((), ())
        log = "an improvement log with 14 change ideas and 74 cycles"
        assert found.holds[1:5] == ("24 schools", "4 measures", log, "6,878 rows of observations in 4 files")

    def test_a_folder_that_is_no_workspace(self, tmp_path: Path) -> None:
        with pytest.raises(ParamsError, match="pdsa new"):
            review(tmp_path)
        answer = pdsa("check", tmp_path / "nowhere")
        assert answer.returncode == 2
        assert "found no folder, expected a workspace" in answer.stderr

    def test_students_lists_that_git_would_take_are_told(self, folder: Path) -> None:
        (folder / "private" / "absences.csv").write_text("student\n1\n")
        assert not any("private" in line for line in review(folder).to_do)
        (folder / ".gitignore").write_text("outputs/\n")
        assert any(line.startswith(".gitignore: no line private/") for line in review(folder).to_do)


class TestProblems:
    def test_all_files_at_once(self, folder: Path) -> None:
        (folder / "network.yaml").write_text("id: net\nname: Net\nmin_n: 3\nmim: 1\n")
        add(folder, "measures.csv", "gap,Gap,outcom,continuous,points,down,weekly,Gap,1\n")
        add(folder, "schools.csv", "0107,Ash again,East\n")
        add(folder, "annotations.csv", "2025-09-31,Storm,weather,0999,zeall\n")
        add(folder, "observations/zeal.csv", "0107,zeal,09/22/2025,50,40,\n0999,gap,2025-09-22,,,3\n")
        add(folder, "observations/minutes.csv", "0208,minutes,2025-09-01,,,twelve\n")
        add(folder, "params/report.yaml", "per_measure:\n  zeel: {target: 0.8}\n")
        (folder / "mappings" / "days.yaml").write_text("name: days\nname: days\n")
        assert told(review(folder)) == [
            "annotations.csv, row 2, date: '2025-09-31' -> a day of the calendar",
            "annotations.csv, row 2, kind: 'weather' -> other perhaps? Known: change, holiday, policy, instrument, "
            "campaign, other",
            "annotations.csv, row 2, measure: 'zeall' -> zeal perhaps? Known: zeal, minutes, gap; blank for all",
            "annotations.csv, row 2, school: '0999' -> one of: 0107, 0208; blank for all",
            "mappings/days.yaml, line 2: name twice -> each key once",
            "measures.csv, row 4, frequency: 'weekly' -> week perhaps? Known: day, week, month, year",
            "measures.csv, row 4, type: 'outcom' -> outcome perhaps? Known: outcome, primary_driver, secondary_driver, "
            "process, balancing",
            "network.yaml, mim: an unknown key -> min_n perhaps? Known: id, name, min_n, contact, synthetic, calendar",
            "network.yaml, min_n: '3' -> greater than or equal to 5",
            "observations/minutes.csv, row 3, value: twelve -> a plain number such as 28 or 0.915, or a blank cell "
            "where nothing was reported",
            "observations/zeal.csv, row 8, numerator: 50 of 40 -> a numerator no greater than its denominator",
            "observations/zeal.csv, row 8, period: 09/22/2025 -> a date such as 2025-10-13",
            "observations/zeal.csv, row 9, school: 0999 -> a school id of this network",
            "params/report.yaml, per_measure: 'zeel' -> zeal perhaps? Known: zeal, minutes, gap",
            "schools.csv, row 4, id: 0107 again -> it once; see row 2",
        ]

    def test_a_broken_row_of_a_sheet_makes_no_mistakes_elsewhere(self, folder: Path) -> None:
        """The rows of a measure whose own row has a mistake are no mistakes."""
        text = (folder / "measures.csv").read_text().replace("proportion", "propotion").replace("weekk", "week")
        (folder / "measures.csv").write_text(text)
        schools = (folder / "schools.csv").read_text().replace("Ash", "")
        (folder / "schools.csv").write_text(schools)
        assert [one.file for one in review(folder).found] == ["measures.csv", "schools.csv"]

    @pytest.mark.parametrize("name", ["measures.csv", "schools.csv"])
    def test_a_sheet_that_cannot_be_read_hides_nothing_else(self, folder: Path, name: str) -> None:
        (folder / name).write_bytes(b"id,name\n007,Caf\xe9\n")
        add(folder, "observations/zeal.csv", "0107,zeal,2025-09-22,x,40,\n")
        found = {(one.file, one.row) for one in review(folder).found}
        assert found == {(name, 2), ("observations/zeal.csv", 8)}

    def test_missing_files_are_told(self, folder: Path) -> None:
        (folder / "schools.csv").unlink()
        (folder / "network.yaml").unlink()
        assert [(one.file, one.found.split(" at ")[0]) for one in review(folder).found] == [
            ("network.yaml", "nothing"),
            ("schools.csv", "nothing"),
        ]

    def test_a_short_row_hides_no_other_mistake_of_its_file(self, folder: Path) -> None:
        add(folder, "observations/zeal.csv", "0107,zeal,2025-09-22\n0208,zeal,2025-09-22,50,40,\n")
        assert told(review(folder)) == [
            "observations/zeal.csv, row 8: 3 cells -> 6 cells, as in the header",
            "observations/zeal.csv, row 9, numerator: 50 of 40 -> a numerator no greater than its denominator",
        ]

    def test_a_row_that_a_quote_may_have_broken_ends_the_reading(self, folder: Path) -> None:
        add(folder, "observations/zeal.csv", '0107,"zeal",2025-09-22\n0208,zeal,2025-09-22,50,40,\n')
        assert told(review(folder)) == ["observations/zeal.csv, row 8: 3 cells -> 6 cells, as in the header"]

    def test_the_same_rows_in_two_files(self, folder: Path) -> None:
        add(folder, "observations/minutes.csv", "0208,zeal,2025-09-08,20,40,\n")
        assert told(review(folder)) == [
            "observations/minutes.csv, row 3: 0208, zeal, 2025-09-08 again -> it once",
            "observations/zeal.csv, row 6: 0208, zeal, 2025-09-08 again -> it once",
        ]

    def test_files_that_are_not_read_are_told(self, folder: Path) -> None:
        for name in ("more.xlsx", "Zeal.CSV", ".hidden", "~$zeal.csv", "README.txt"):
            (folder / "observations" / name).write_text("x")
        (folder / "observations" / "~$zeal.csv").unlink()
        (folder / "observations" / "dir.csv").mkdir()
        assert [one.file for one in review(folder).found] == [
            *("observations/Zeal.CSV", "observations/dir.csv", "observations/more.xlsx"),
        ]

    def test_a_mapping_that_is_no_mapping(self, folder: Path) -> None:
        (folder / "mappings" / "days.yaml").write_text("schema: 1\nname: days\nlayout: broad\ncolour: red\n")
        assert [(one.file, one.place) for one in review(folder).found] == [
            ("mappings/days.yaml", "colour"),
            ("mappings/days.yaml", "layout"),
        ]

    def test_settings_that_make_no_chart(self, folder: Path) -> None:
        add(
            folder,
            "params/report.yaml",
            "chart: {kind: mr, limits: predictive}\nper_school: {'0999': {zeal: {target: 1}}}\n",
        )
        assert [one.place for one in review(folder).found if one.file == "params/report.yaml"] == [
            *("minutes, limits", "per_school", "zeal, limits"),
        ]


class TestManyRows:
    def test_lost_zeros_are_one_mistake(self, folder: Path) -> None:
        days = [f"2025-{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 27)]
        rows = [f"107,zeal,{day},20,40,\n" for day in days]
        (folder / "observations" / "zeal.csv").write_text(HEAD + "".join(rows))
        assert review(folder).found == (
            Found(
                "observations/zeal.csv",
                2,
                "school",
                "312 rows, school: rows 2-313",
                "107 written for 0107 in 312 rows",
                "0107: the zeros at its beginning were lost",
                "format the column as text in the spreadsheet, write the zeros again, and run pdsa check again",
            ),
        )

    def test_zeros_lost_by_many_schools(self, folder: Path) -> None:
        text = (folder / "observations" / "zeal.csv").read_text()
        days = [f"2026-01-{day:02d}" for day in range(1, 13)]
        more = [f"{school},zeal,{day},20,40,\n" for school in ("0107", "0208") for day in days]
        (folder / "observations" / "zeal.csv").write_text((text + "".join(more)).replace("\n0", "\n"))
        (one,) = review(folder).found
        assert (one.place, one.found, one.expected) == (
            "30 rows, school: rows 2-31",
            "107 written for 0107 in 15 rows, 208 written for 0208 in 15 rows",
            "ids with the zeros at their beginning",
        )

    def test_a_few_are_told_one_by_one(self, folder: Path) -> None:
        text = (folder / "observations" / "zeal.csv").read_text()
        (folder / "observations" / "zeal.csv").write_text(text.replace("\n0107", "\n107"))
        found = review(folder).found
        assert [(one.row, one.found, one.expected) for one in found] == [
            (row, "107", "0107: the zeros at its beginning were lost") for row in (2, 3, 4)
        ]

    def test_two_schools_that_would_be_one_are_not_guessed(self, folder: Path) -> None:
        add(folder, "schools.csv", "107,Elm,East\n")
        (folder / "schools.csv").write_text("id,name\n0107,Ash\n00107,Elm\n0208,Birch\n")
        add(folder, "observations/zeal.csv", "107,zeal,2025-10-06,20,40,\n")
        (one,) = review(folder).found
        assert one.expected.startswith("a school id of this network; the nearest is")

    def test_other_mistakes_of_one_kind(self, folder: Path) -> None:
        rows = [f"0107,zeal,{day}/9/2025,20,40,\n" for day in range(1, 29)]
        add(folder, "observations/zeal.csv", "".join(rows) + "0107,zeal,soon,x,40,\n")
        period, number = review(folder).found
        assert (period.row, period.place) == (8, "29 rows, period: rows 8-36")
        assert period.found == (
            "1/9/2025 in row 8, 2/9/2025 in row 9, 3/9/2025 in row 10, 4/9/2025 in row 11, 5/9/2025 in row 12 and 24 "
            "other texts"
        )
        assert period.expected == "a date such as 2025-10-13"
        assert (number.row, number.found) == (36, "x")

    def test_rows_apart(self, folder: Path) -> None:
        rows = [f"0107,minutes,{2000 + k}-01-01,,,{'n/a' if k % 2 else k}\n" for k in range(60)]
        add(folder, "observations/minutes.csv", "".join(rows))
        (one,) = review(folder).found
        spans = ", ".join(str(row) for row in range(4, 28, 2))
        assert one.place == f"30 rows, value: rows {spans} and 18 more stretches"
        assert one.found == "n/a in 30 rows"


def test_the_command_prints_every_file_and_the_json_every_problem(folder: Path) -> None:
    add(folder, "schools.csv", ",Nameless,East\n")
    add(folder, "observations/zeal.csv", "0107,zeal,2025-09-22,50,40,\n")
    answer = pdsa("check", folder)
    assert (answer.returncode, answer.stderr) == (2, "")
    assert answer.stdout.splitlines() == [
        "observations/zeal.csv: 1 problem",
        "  row 8, numerator: found 50 of 40, expected a numerator no greater than its denominator.",
        "  Next: mend these cells in a spreadsheet, save as CSV (UTF-8), and run pdsa check again.",
        "schools.csv: 1 problem",
        "  row 4, id: found nothing, expected a value.",
        "  Next: mend these cells in a spreadsheet, save as CSV (UTF-8), and run pdsa check again.",
        "2 problems in 2 files.",
    ]
    found = pdsa("check", folder, "--json")
    assert found.returncode == 2
    data = json.loads(found.stdout)
    assert (data["ok"], len(data["problems"])) == (False, 2)
    assert data["problems"][0] == {
        "file": "observations/zeal.csv",
        "row": 8,
        "column": "numerator",
        "place": "row 8, numerator",
        "found": "50 of 40",
        "expected": "a numerator no greater than its denominator",
        "next": "mend these cells in a spreadsheet, save as CSV (UTF-8), and run pdsa check again",
    }


def test_the_example_spoiled_in_every_file(example: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(example, tmp_path / "copy"))
    for path in sorted((copy / "observations").glob("*.csv")):
        add(copy, f"observations/{path.name}", "0107,zeal,2025-10-13,1,2,reported\n")
    assert {one.file for one in review(copy).found} == {
        f"observations/{p.name}" for p in (copy / "observations").glob("*")
    }


FILES = (
    "network.yaml",
    "measures.csv",
    "schools.csv",
    "annotations.csv",
    "observations/zeal.csv",
    "params/report.yaml",
)
PIECES = st.sampled_from(
    [
        *(
            b"id,name\n",
            b"0107,Ash\n",
            b'"',
            b",",
            b"\n",
            b"\r",
            b"\x00",
            b"\xff",
            b"\xef\xbb\xbf",
            b"\t",
            b"2025-09-01",
        ),
        *(b": ", b"- ", b"&a ", b"*a", b"[", b"#", b"min_n: 1e9\n", b"schema: 1\n"),
        *(b"school,measure,period,value\n", b"0107,zeal,2025-09-01,0.5\n"),
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FILES), pieces=st.lists(PIECES | st.binary(max_size=12), max_size=12), keep=st.booleans())
def test_whatever_a_file_holds_it_is_told(folder: Path, name: str, pieces: list[bytes], keep: bool) -> None:
    """Nothing but a review, and never a place without words."""
    path = folder / name
    before = path.read_bytes()
    path.write_bytes((before if keep else b"") + b"".join(pieces))
    try:
        for one in review(folder).found:
            assert one.file in FILES or one.file.startswith("observations/")
            assert one.place
            assert one.found
            assert one.expected
            assert one.next
    finally:
        path.write_bytes(before)


def test_an_import_that_was_broken_off_is_a_problem(tmp_path: Path) -> None:
    from datetime import date

    from pdsa import ledger
    from pdsa.records.entries import Entry

    write_example(tmp_path / "network", schools=3)
    folder = tmp_path / "network"
    path = folder / "observations" / "attendance.csv"
    old = path.read_bytes()
    path.unlink()
    ledger.record(folder, Entry("attendance", date(2026, 5, 1)), old)
    new = old.replace(b"reported", b"reported", 1).replace(b",92,118,", b",93,118,", 1)
    ledger.record(folder, Entry("attendance", date(2026, 6, 1)), new)
    assert review(folder).found == ()
    path.write_bytes(old)
    (one,) = review(folder).found
    assert (one.file, one.found) == ("observations/attendance.csv", "the rows before the last import")
