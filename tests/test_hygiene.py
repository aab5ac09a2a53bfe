"""What people type into params files and school lists, through the whole command: a page in its place, or a refusal."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cases.yaml_cases import CASES, PARAMS
from faults import Tree, tree
from pdsa.cli import pdsa
from pdsa.kernels import check_parameters
from pdsa.runner import notebook_path, plan_run
from pdsa.runner.plan import NOTEBOOKS

WEEKS = ("2025-01-06", "2025-01-13", "2025-01-20")
# Ids that look like paths, devices, options, patterns or code; each becomes a folder of its own inside the run.
ODD = (
    "../x", "/etc/passwd", "..", ".", "a/../../b", "..\\..\\x", "CON", "NUL", "com1", "aux.html", "a.b", "Lincoln.",
    ".hidden", "~root", "-rf", "$(touch PWNED)", "`touch PWNED`", ";touch PWNED", "|touch PWNED", "%2e%2e%2f",
    "{school.__class__}", "=1+1", "é", "学校", "مدرسة", "🎒", "007", "x" * 80,
)  # fmt: skip
# Ids that nobody can tell apart, read or type; the list is refused with every row named.
UNREADABLE = (
    "", "   ", "Lincoln ", " Lincoln", "a\nb", "a\tb", "a\rb", "a\u200bb", "\u202eabc", "\ufeffx", "x" * 300, "\u00a0",
)  # fmt: skip


def table(path: Path, *rows: Sequence[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def network(folder: Path, ids: Sequence[str], params: str = "") -> Path:
    """A network of one measure with schools of these ids."""
    folder.mkdir(parents=True)
    (folder / "network.yaml").write_text("id: odd\nname: Odd network\nmin_n: 10\n", encoding="utf-8")
    (folder / "params").mkdir()
    text = params or "schema: 1\nname: report\nworkspace: ..\naudiences: [team]\nas_of: 2025-01-31\n"
    (folder / "params/report.yaml").write_text(text, encoding="utf-8")
    columns = ("id", "name", "type", "data_type", "unit", "direction", "frequency", "definition", "per", "target")
    words = ("at", "Attendance", "outcome", "proportion", "%", "up", "week", "Present of enrolled", 100, 0.8)
    table(folder / "measures.csv", columns, words)
    table(folder / "schools.csv", ("id", "name"), *((one, f"School {n}") for n, one in enumerate(ids, start=1)))
    rows = [(one, "at", week, 30 + n % 9, 40) for n, one in enumerate(ids) for week in WEEKS]
    table(folder / "observations/at.csv", ("school", "measure", "period", "numerator", "denominator"), *rows)
    return folder


def report(*words: object) -> Result:
    return CliRunner().invoke(pdsa, ["report", *map(str, words)])


def refused(answer: Result) -> str:
    """The message of a refusal; it is one that pdsa means, not an accident."""
    assert answer.exception is not None
    problem = answer.exception
    assert type(problem).__module__ == "pdsa.errors", repr(problem)
    assert problem.exit_code == 2  # type: ignore[attr-defined]
    assert "Next:" in str(problem)
    return str(problem)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tree, Tree, Result]:
    """The folder, everything in it before and after a run of all the odd ids, and what the run said."""
    top = tmp_path_factory.mktemp("odd")
    network(top / "place" / "network", ODD)
    for name in ("x", "b", "place/x", "place/b", "etc/passwd", "place/etc/passwd"):  # what a path that leads out hits
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text("untouched")
    before = tree(top)
    answer = report(top / "place/network", "--out", top / "place/out")
    return top, before, tree(top), answer


class TestIds:
    def test_every_report_is_made(self, made: tuple[Path, Tree, Tree, Result]) -> None:
        assert made[3].exit_code == 0, made[3].output
        assert f"{len(ODD)} reports made, 0 failed" in made[3].output

    def test_nothing_outside_the_folder_of_the_run_is_touched(self, made: tuple[Path, Tree, Tree, Result]) -> None:
        _, before, after, _ = made
        assert {name: after.get(name) for name in before} == before
        new = set(after) - set(before)
        assert [name for name in new if not re.fullmatch(r"place/out/report/[a-z0-9_/.-]+(README.txt)?", name)] == []
        assert not any("PWNED" in name or ".." in name for name in new)

    def test_each_has_a_page_with_its_own_numbers(self, made: tuple[Path, Tree, Tree, Result]) -> None:
        top, _, after, _ = made
        manifest = json.loads(after["place/out/report/manifest.json"])
        paths = {one["school"]: one["path"] for one in manifest["reports"]}
        assert set(paths) == set(ODD)
        assert len({path.casefold() for path in paths.values()}) == len(ODD)
        assert paths["007"] == "team/007/report.html"
        for n, school in enumerate(ODD, start=1):
            page = top / "place/out/report" / paths[school]
            assert re.search(rf"School {n}\b", page.read_text(encoding="utf-8"))
            with page.with_name("report-points.csv").open(newline="", encoding="utf-8") as file:
                shown = {row["school"] for row in csv.DictReader(file)}
            assert shown == {f"'{school}" if school[0] in "=-" else school}

    def test_ids_that_nobody_can_read_are_all_named(self, tmp_path: Path) -> None:
        folder = network(tmp_path / "network", ["good", *UNREADABLE])
        before = tree(tmp_path)
        message = refused(report(folder, "--out", tmp_path / "out"))
        for row in range(3, len(UNREADABLE) + 3):
            assert re.search(rf"row {row}, id", message) or row == len(UNREADABLE) + 2, row
        assert tree(tmp_path) == before

    @pytest.mark.parametrize(
        "twins", [("Lincoln", "LINCOLN"), ("\u00e9cole", "e\u0301cole"), ("\uff21", "A"), ("a", "a")]
    )
    def test_twins_are_one_school_written_twice(self, tmp_path: Path, twins: tuple[str, str]) -> None:
        folder = network(tmp_path / "network", twins)
        before = tree(tmp_path)
        assert "row 3, id" in refused(report(folder, "--out", tmp_path / "out"))
        assert tree(tmp_path) == before

    def test_a_byte_that_is_no_text(self, tmp_path: Path) -> None:
        folder = network(tmp_path / "network", ["good"])
        with (folder / "schools.csv").open("ab") as file:
            file.write(b"a\x00b,Nul\r\n")
        assert "row 3, cell 1: found the byte 0x00" in refused(report(folder, "--out", tmp_path / "out"))

    def test_a_school_that_is_asked_for_by_a_path(self, tmp_path: Path) -> None:
        folder = network(tmp_path / "network", ["good"])
        before = tree(tmp_path)
        for name in ("../network", "/etc/passwd", "{school}", ""):
            message = refused(report(folder, "--out", tmp_path / "out", "--only", name))
            assert "good" in message or "--only" in message
        assert tree(tmp_path) == before


BASE = "schema: 1\nname: report\nworkspace: ..\naudiences: [team]\n"


class TestParams:
    @pytest.mark.parametrize(
        "text",
        [case.text for case in CASES if case.file == PARAMS and case.decision == "refuse"],
        ids=[f"{case.id} {case.name}" for case in CASES if case.file == PARAMS and case.decision == "refuse"],
    )
    def test_a_trap_starts_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        """`pdsa check` refuses these with the right words (test_bad_inputs); `pdsa report` does, and writes nothing."""
        folder = network(tmp_path / "network", ["good"], text)
        if not text:
            (folder / "params/report.yaml").write_bytes(b"")
        before = tree(tmp_path)
        assert "report.yaml" in refused(report(folder / "params/report.yaml", "--out", tmp_path / "out"))
        assert tree(tmp_path) == before

    @pytest.mark.parametrize(
        "name",
        [
            "../report",
            "a/b",
            "/tmp/report",
            "..",
            ".",
            "CON",
            "a b",
            "x\u200b",
            "-rf",
            "{name}",
            "$(x)",
            "x" * 300,
            '""',
        ],
    )
    def test_the_name_of_a_run_is_no_path(self, tmp_path: Path, name: str) -> None:
        folder = network(tmp_path / "network", ["good"], BASE.replace("name: report", f"name: '{name}'"))
        before = tree(tmp_path)
        assert "name" in refused(report(folder / "params/report.yaml", "--out", tmp_path / "o/out"))
        assert tree(tmp_path) == before

    @pytest.mark.parametrize(
        "key", ["\"x=open('PWNED','w');y\"", "\"school\\nopen('PWNED','w')\"", "school", "source", "__class__"]
    )
    def test_code_in_a_name_is_an_unknown_key(self, tmp_path: Path, key: str) -> None:
        """papermill would run it: no name of a params file ever becomes the name of a parameter."""
        folder = network(tmp_path / "network", ["good"], f"{BASE}{key}: 1\n")
        before = tree(tmp_path)
        assert "unknown key" in refused(report(folder / "params/report.yaml", "--out", tmp_path / "out"))
        assert tree(tmp_path) == before
        assert not Path("PWNED").exists()

    @pytest.mark.parametrize("notebook", NOTEBOOKS)
    def test_the_notebooks_of_the_package_take_their_own_parameters_only(self, notebook: str) -> None:
        from pdsa.errors import ParamsError

        for name in ("schol", "x=open('PWNED','w');y", "school\n"):
            with pytest.raises(ParamsError, match="does not declare"):
                check_parameters(notebook_path(notebook), {"source": "release.npz", name: "x"})

    def test_texts_and_dates_stay_what_they_are(self, tmp_path: Path) -> None:
        """From YAML and CSV to page, table, manifest and file name."""
        ids = ["007", "0012", "1e5", "no", "12:30", "2025-01-06", "nan", "1_000", "NULL", "True"]
        listed = ", ".join(ids)
        text = (
            f"{BASE}as_of: 2025-01-31\nselect: {{schools: [{listed}]}}\nper_school: {{007: {{at: {{target: 0.9}}}}}}\n"
        )
        folder = network(tmp_path / "network", ids, text)
        plan = plan_run(folder / "params/report.yaml")
        assert [school.id for school in plan.workspace.schools] == ids
        answer = report(folder / "params/report.yaml", "--out", tmp_path / "out", "--workers", "2")
        assert answer.exit_code == 0, answer.output
        manifest = json.loads((tmp_path / "out/report/manifest.json").read_text(encoding="utf-8"))
        assert [one["school"] for one in manifest["reports"]] == ids
        assert manifest["params"]["as_of"] == "2025-01-31"
        paths = {one["school"]: one["path"] for one in manifest["reports"]}
        assert (paths["007"], paths["no"], paths["1_000"]) == tuple(
            f"team/{name}/report.html" for name in ("007", "no", "1_000")
        )
        for school in ids:
            page = tmp_path / "out/report" / paths[school]
            with page.with_name("report-points.csv").open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            assert {row["school"] for row in rows} == {school}
            assert [row["period"] for row in rows] == list(WEEKS)
