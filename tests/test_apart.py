"""One school's mistakes stop its own reports and no others: whose rows are wrong is known, or nothing is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pdsa.errors import InputError
from pdsa.runner import Plan, Run, make_reports, plan_run
from pdsa.site import write_indexes
from pdsa.workspace import Workspace, dossier_for, open_workspace
from test_placing import Ready
from test_reports import change
from test_workspace import rows_of, write_mini

RATIO = "school,measure,period,numerator,denominator\n"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Three schools, a file for each in `zeal`, and one file of minutes for all."""
    folder = write_mini(tmp_path / "net")
    (folder / "observations/zeal.csv").unlink()
    for school in ("007", "012", "no"):
        rows = "\n".join(rows_of(school, "zeal"))
        (folder / f"observations/{school}.csv").write_text(f"{RATIO}{rows}\n")
    with (folder / "params/mini.yaml").open("a") as file:
        file.write("audiences: [team, coach, district]\n")
    return folder


def opened(folder: Path) -> Workspace:
    return open_workspace(folder, apart=True)


def told(workspace: Workspace) -> dict[str, list[str]]:
    return {school: [str(problem) for problem in found] for school, found in workspace.unread.items()}


def made(plan: Plan, out: Path) -> Run:
    return make_reports(plan, out, pool=Ready(), finish=write_indexes)


class TestWhoseRows:
    def test_nothing_is_wrong(self, network: Path) -> None:
        assert opened(network).unread == {}

    def test_a_row_of_a_school_in_the_file_of_all(self, network: Path) -> None:
        change(network / "observations/minutes.csv", (rows_of("012", "minutes")[2], "012,minutes,15.9.2025,x"))
        found = opened(network)
        assert told(found) == {
            "012": [
                "minutes.csv, row 28, period: found 15.9.2025, expected a date such as 2025-10-13.",
                "minutes.csv, row 28, value: found x, expected a plain number such as 28 or 0.915, or a blank cell "
                "where nothing was reported.",
            ]
        }
        assert {name: sorted(panel.keys["school"]) for name, panel in found.panels.items()} == {
            "zeal": ["007", "no"],
            "minutes": ["007", "no"],
        }

    def test_a_short_row_that_names_its_school(self, network: Path) -> None:
        old = rows_of("012", "minutes")[2]
        change(network / "observations/minutes.csv", (old, old.rpartition(",")[0]))
        found = opened(network)
        assert told(found) == {"012": ["minutes.csv, row 28: found 3 cells, expected 4 cells, as in the header."]}
        assert sorted(found.panels["minutes"].keys["school"]) == ["007", "no"]
        assert sorted(found.panels["zeal"].keys["school"]) == ["007", "no"]

    @pytest.mark.parametrize("ending", [b"\r", b"\r\n", b"\n"])
    def test_rows_below_a_short_one_keep_their_numbers(self, network: Path, ending: bytes) -> None:
        lines = [b"school,measure,period,value", b"007,minutes,2025-09-01", b"007,minutes,soon,12", b""]
        (network / "observations/minutes.csv").write_bytes(ending.join(lines))
        places = [str(problem.place) for problem in opened(network).unread["007"]]
        assert places == ["minutes.csv, row 2", "minutes.csv, row 3, period"]

    def test_short_rows_and_other_mistakes_of_the_file_are_told_by_school(self, network: Path) -> None:
        with (network / "schools.csv").open("a") as file:
            file.write("020,Cedar,East,\n")
        first, second = rows_of("012", "minutes")[2], rows_of("007", "minutes")[3]
        file = network / "observations/minutes.csv"
        change(file, (first, first.rpartition(",")[0]), (second, f"{second.rpartition(',')[0]},x"))
        assert {school: len(problems) for school, problems in told(opened(network)).items()} == {"007": 1, "012": 1}

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("012,minutes,2025-09-15,", "013,minutes,2025-09-15\n#"),  # of a school that there is not
            ("012,minutes,2025-09-15,", "012\n#"),  # the school's own cell may have been broken off
            ("012,minutes,2025-09-15,", '012,minutes,2025-09-15\n007,"minutes",2027-01-04,'),  # a quote
            ("school,measure,period,value", "measure,period,value,school"),  # breaks off before its school
        ],
    )
    def test_a_short_row_of_which_nobody_knows_what_is_lost_stops_all(self, network: Path, old: str, new: str) -> None:
        file = network / "observations/minutes.csv"
        text = file.read_text()
        assert old in text
        before, _, after = text.partition(old)
        if old.startswith("school"):
            rows = [f"{row.partition(',')[2]},{row.partition(',')[0]}" for row in after.split()]
            after = "\n".join(["", rows[0].rpartition(",")[0], *rows[1:], ""])
        file.write_text(f"{before}{new}{after}")
        with pytest.raises(InputError, match="expected 4 cells, as in the header"):
            opened(network)

    def test_a_file_that_breaks_off_stops_all(self, network: Path) -> None:
        file = network / "observations/minutes.csv"
        file.write_text(file.read_text().rstrip().rpartition(",")[0])
        with pytest.raises(InputError, match="row 73: found 3 cells, expected 4 cells"):
            opened(network)

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"\x00\x01\x02", "012.csv, "),
            (b"", "012.csv, "),
            (b"school,measure\n012,zeal\n", "012.csv, header: found the columns school, measure"),
            (f'{RATIO}012,zeal,2025-09-01,1,2\n"012,zeal,2025'.encode(), "012.csv, row 3"),
            (f"{RATIO}O12,zeal,2025-09-01,1,2\n".encode(), "012.csv, row 2, school: found O12, expected a school id"),
            (f"{RATIO},zeal,2025-09-01,1,2\n".encode(), "012.csv, row 2, school: found a blank cell, expected"),
        ],
    )
    def test_a_file_that_is_named_for_the_school(self, network: Path, content: bytes, problem: str) -> None:
        (network / "observations/012.csv").write_bytes(content)
        found = told(opened(network))
        assert list(found) == ["012"]
        assert found["012"][0].startswith(problem)

    def test_a_file_by_the_name_of_the_school(self, network: Path) -> None:
        (network / "observations/012.csv").rename(network / "observations/birch school.csv")
        (network / "observations/birch school.csv").write_bytes(b"\xff\xfe\x00")
        assert list(told(opened(network))) == ["012"]

    def test_a_file_that_cannot_be_opened(self, network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = Path.read_bytes

        def read_bytes(path: Path) -> bytes:
            if path.name == "012.csv":
                raise PermissionError(13, "Permission denied", str(path))
            return whole(path)

        monkeypatch.setattr(Path, "read_bytes", read_bytes)
        assert told(opened(network)) == {
            "012": [
                "012.csv, the file: found what cannot be read (Permission denied), expected a file that can be read."
            ]
        }

    def test_the_same_row_in_two_files(self, network: Path) -> None:
        (network / "observations/more.csv").write_text(f"{RATIO}012,zeal,2025-09-01,1,2\n")
        assert told(opened(network)) == {
            "012": [
                "012.csv, row 2: found 012, zeal, 2025-09-01 again, expected it once.",
                "more.csv, row 2: found 012, zeal, 2025-09-01 again, expected it once.",
            ]
        }


def spoil(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "observations" / name).write_bytes(content)


class TestNothingIsMade:
    @pytest.mark.parametrize(
        "damage",
        [
            spoil("minutes.csv", b"\x00\x01"),  # of all schools
            spoil("012.csv", b'school\n"no,zeal'),  # named for one, and names another
            spoil("more.csv", f"{RATIO}O12,zeal,2025-09-01,1,2\n".encode()),  # of nobody
            spoil("minutes.csv", b"school,measure,period\n007,minutes,x\n012,minutes,x\n"),  # of most schools
        ],
    )
    def test_where_nobody_knows_whose_rows_are_wrong_or_most_are(
        self, network: Path, damage: Callable[[Path], object]
    ) -> None:
        damage(network)
        with pytest.raises(InputError) as whole:
            open_workspace(network)
        with pytest.raises(InputError) as apart:
            opened(network)
        assert apart.value.args == whole.value.args

    def test_whoever_does_not_ask_for_it_is_told_of_all(self, network: Path) -> None:
        spoil("012.csv", b"\x00")(network)
        with pytest.raises(InputError, match="no report was started"):
            open_workspace(network)


class TestRun:
    def test_the_others_are_made_and_the_index_says_where_and_how(self, network: Path, tmp_path: Path) -> None:
        first = made(plan_run(network), tmp_path / "out")
        before = {result.job.name: result.path and result.path.read_bytes() for result in first.results}
        good = (network / "observations/012.csv").read_bytes()
        row = rows_of("012", "zeal")[0]
        change(network / "observations/012.csv", (row, "012,zeal,2025-09-01,47,3"))
        run = made(plan_run(network), tmp_path / "out")
        names = {status: [r.job.name for r in run.results if r.status == status] for status in ("ok", "failed")}
        assert names == {
            "ok": ["network report for the coach", "network report for the district"],
            "failed": ["team, 012", "district, 012"],
        }
        stood = ["team, 007", "team, no", "district, 007", "district, no"]
        assert [result.job.name for result in run.unchanged] == stood
        page = (run.folder / "coach/index.html").read_text("utf-8")
        assert (
            "<p>team, 012; district, 012: 012.csv, row 2, numerator: found a value that stands in .logs "
            "alone, expected a numerator no greater than its denominator. Next: fix these rows in the spreadsheet, "
            "save as CSV, run the same command again.</p>" in page
        )
        assert "row 2, numerator: found 47 of 3, expected a numerator no greater" in (
            run.folder / ".logs/team/012.report.txt"
        ).read_text("utf-8")
        assert "<strong>Birch School</strong> (012): the page that is there is from an earlier run." in page
        assert (run.folder / "team/012/report.html").read_bytes() == before["team, 012"]
        # what the row holds stays with whoever runs the batch
        everywhere = [path for path in run.folder.rglob("*") if path.is_file() and b"47 of 3" in path.read_bytes()]
        assert {path.relative_to(run.folder).parts[0] for path in everywhere} == {".logs"}
        assert page.count("rows to mend</td>") == 2
        assert (run.folder / "district/index.html").read_text("utf-8").count("rows to mend</td>") == 2
        quality = (run.folder / "coach/data-quality.html").read_text("utf-8")
        assert "Not on this page: Birch School. Their rows have to be mended first. The index says which." in quality
        # mended, everything is as it was
        (network / "observations/012.csv").write_bytes(good)
        last = made(plan_run(network), tmp_path / "out")
        assert not last.failed
        assert {r.job.name: r.path and r.path.read_bytes() for r in last.results} == before

    @pytest.mark.parametrize(
        ("content", "found"),
        [
            (
                f"{RATIO}012,zeal,2025-09-01,47,3\n012,zeal,2025-09-08,48,3\n".encode(),
                "012.csv, row 2, numerator: found a value that stands in .logs alone (the first of 2 places to mend), "
                "expected a numerator no greater than its denominator.",
            ),
            (
                f"{RATIO}012,zeal\n".encode(),
                "012.csv, row 2: found 2 cells, expected 5 cells, as in the header.",
            ),
            (
                b"school,measure\n012,zeal\n",
                "012.csv, header: found the columns school, measure (the first of 2 places to mend), expected ",
            ),
        ],
    )
    def test_of_several_places_the_first_is_told_and_their_number(
        self, network: Path, tmp_path: Path, content: bytes, found: str
    ) -> None:
        spoil("012.csv", content)(network)
        failed = made(plan_run(network), tmp_path / "out").failed
        assert {str(one.problem).startswith(found) for one in failed} == {True}, failed[0].problem

    def test_pages_of_the_network_say_who_is_not_in_them(self, network: Path) -> None:
        whole = open_workspace(network)
        spoil("012.csv", b"\x00")(network)
        apart = opened(network)
        assert "Birch" not in str(dossier_for(whole, "district").facts().items)
        (facts,) = dossier_for(apart, "district").facts().items
        assert "Without the numbers of Birch School: their rows have to be mended first." in facts.text
        (facts,) = dossier_for(apart, "network").facts().items
        assert "Without the numbers of Wren: their rows" in facts.text
        assert dossier_for(apart, "district").header.unread == ("012",)
        assert sorted(dossier_for(apart, "district").links) == ["007", "no"]
        assert dossier_for(apart, "network").header.unread == ("Wren",)
        assert dossier_for(apart, "team", "007").facts() == dossier_for(whole, "team", "007").facts()
