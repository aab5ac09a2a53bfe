"""A whole run, from a params file to pages, as a reader, an attacker and an unlucky operator meet it."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from click.testing import CliRunner

from pdsa import cli
from pdsa.runner import Job, Run, make_reports, notebook_path, plan_run, run_jobs
from pdsa.runner import plan as plan_module
from pdsa.site import write_indexes
from pdsa.workspace import Workspace, dossier_for, open_workspace, pack

# 0135 is small, 0184 joined late, 0198 stopped reporting, 0212 has no balancing measure, 0247 is constant.
SCHOOLS = ("0107", "0135", "0184", "0198", "0212", "0247")
LOGGED = SCHOOLS[:5]  # all but one have written into the improvement log
SMALL, LATE = "0135", "0184"
FAILED = {f"team, {LATE}", f"team, {LATE}, improvement log", f"district, {LATE}"}
PSEUDONYMS = {"0107": "Juniper", "0135": "Sycamore", "0184": "Elm", "0198": "Larch", "0212": "Poplar", "0247": "Aspen"}
NAMED = "Planted High School Zq7f3a"
NOTED = "planted note Zq9c41"
DISTRICTS = ("Marrowby", "Veldane")
WITH_DENOMINATORS = ("on_track", "attendance", "check_ins")
MIN_N = 10
VOID = {"meta", "br", "img", "hr", "input", "link", "col", "wbr"}
# What a page of past cycles has besides, to choose among them.
CHOICE = {"label", "select", "option"}
# Elements of SVG that are always written closed in themselves.
FOREIGN = {"svg", "g", "path", "line", "rect", "circle", "text", "title", "desc", "tspan", "use"}


class Page(HTMLParser):
    """Elements, attributes and visible text of a page; a tag that is closed out of order is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self.open: list[str] = []
        self.untold: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data

    def values(self, *names: str) -> list[str]:
        return [value for _, name, value in self.attributes if name in names]


def harmless(text: str) -> Page:
    """The page, after checking that nothing in it runs, loads or leaves, whatever people wrote into it."""
    page = Page(text)
    known = {*CHOICE} if "<select" in text else set()  # the page of past cycles chooses by CSS alone
    known |= {"html", "head", "body", "header", "main", "footer", "section", "div", "p", "span", "b", "strong", "bdi"}
    known |= {"h1", "h2", "h3", "ul", "ol", "li", "figure", "figcaption", "style", "a", "table", "caption", "thead"}
    known |= {"details", "summary", "tbody", "tfoot", "tr", "th", "td", *FOREIGN, *VOID - {"img", "link", "input"}}
    assert set(page.elements) <= known
    assert [name for _, name, _ in page.attributes if name.startswith("on")] == []
    assert page.values("src", "srcset", "action", "background", "poster", "data", "xlink:href") == []
    for address in page.values("href"):
        assert re.fullmatch(r"(\.\./((team|district)/)?)?[a-z0-9_/-]*(\.html)?(#[\w-]+)?", address), address
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page.values("content")
    return page


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder that people read, by its path; names of all else begin with a point."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith(".")}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def change(path: Path, *changes: tuple[str, str]) -> None:
    """Replace texts in a file; each must be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def pdsa(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """The command, in a process of its own."""
    command = [sys.executable, "-m", "pdsa", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@dataclass(frozen=True)
class Made:
    """A network and the run that was made of it."""

    network: Path
    run: Run

    @property
    def folder(self) -> Path:
        return self.run.folder

    @property
    def files(self) -> dict[str, bytes]:
        return tree(self.folder)

    def text(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")


def made_once(config: pytest.Config, name: str, network: Path, outputs: Path) -> Made:
    """The run of a network with its indexes, made once for all test files."""
    runs: dict[str, Made] = config.__dict__.setdefault("pdsa_runs", {})
    if name not in runs:
        run = make_reports(plan_run(network), outputs, finish=write_indexes)
        runs[name] = Made(network, run)
    return runs[name]


def select(network: Path, schools: tuple[str, ...]) -> None:
    """Let the params file of the example choose these schools."""
    chosen = ", ".join(f'"{school}"' for school in schools)
    change(network / "params/example.yaml", ("schema: 1\n", f"schema: 1\nselect: {{schools: [{chosen}]}}\n"))


def make_shared(config: pytest.Config, example: Path, factory: pytest.TempPathFactory) -> Made:
    """Six schools for every audience, with planted texts that belong to one school alone."""
    network = factory.mktemp("planted") / "network"
    shutil.copytree(example, network)
    change(network / "schools.csv", ("Tarnwick High School", NAMED))
    change(network / "annotations.csv", ("0107,,change,Advisory check-in every Monday", f"0107,,change,{NOTED}"))
    select(network, SCHOOLS)
    return made_once(config, "shared", network, factory.mktemp("out"))


@pytest.fixture(scope="session")
def made(pytestconfig: pytest.Config, example: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_shared(pytestconfig, example, tmp_path_factory)


@pytest.fixture(scope="session")
def workspace(made: Made) -> Workspace:
    return open_workspace(made.network)


def expected_files() -> set[str]:
    beside = ("{}.html", "{}-points.csv", "{}-summary.csv")
    wholes = [f"{audience}/network" for audience in ("coach", "district", "network")]
    teams = [f"team/{school}/report" for school in SCHOOLS]
    schools = [f"district/schools/{school}" for school in SCHOOLS]
    reports = {name.format(stem) for stem in (*wholes, *teams, *schools) for name in beside}
    pages = {f"{audience}/{page}.html" for audience in ("coach", "district") for page in ("index", "data-quality")}
    pages |= {"coach/log.html", *(f"team/{school}/log.html" for school in LOGGED)}
    past = {
        f"{audience}/archive.{ending}" for audience in ("coach", "district", "network") for ending in ("html", "json")
    }
    return reports | pages | past | {"manifest.json"}


class TestFiles:
    def test_every_expected_file_and_no_other(self, made: Made) -> None:
        assert not made.run.failed
        assert set(made.files) == expected_files()

    def test_every_page_is_one_file_that_runs_loads_and_leaves_nothing(self, made: Made) -> None:
        pages = {name: data for name, data in made.files.items() if name.endswith(".html")}
        assert len(pages) == 28
        for name, data in pages.items():
            text = data.decode()
            assert len(data) < 3_000_000
            assert text.startswith("<!doctype html>"), name
            assert text.endswith("</html>") or text.endswith("</html>\n"), name
            harmless(text)
            assert not re.search(r"https?://|[\"'(=\s]//\w", text.replace("http://www.w3.org/2000/svg", "")), name
            assert not re.search(r"<script|javascript:|@import|url\(|<iframe", text), name

    def test_no_code_is_shown(self, made: Made) -> None:
        for name, data in made.files.items():
            if name.endswith(".html"):
                assert not re.search(rb"import |dossier|workspace\.|narrate|In \[|&gt;&gt;&gt;", data), name

    def test_every_drawing_says_what_it_shows(self, made: Made) -> None:
        for name, data in made.files.items():
            if not name.endswith(".html"):
                continue
            for drawing in re.findall(r"<svg.*?</svg>", data.decode(), re.DOTALL):
                opening = drawing.partition(">")[0]
                if 'role="img"' in opening:
                    assert "<title" in drawing, name
                    assert re.search(r"<desc [^>]*>[^<]{30}", drawing) or re.search(r'aria-label="[^"]{8}', opening)
                else:
                    assert 'aria-hidden="true"' in opening, name

    def test_charts_of_a_school_have_a_title_and_a_description(self, made: Made) -> None:
        for school in SCHOOLS:
            text = made.text(f"team/{school}/report.html")
            charts = re.findall(r'<figure class="pdsa-figure pdsa-chart.*?</figure>', text, re.DOTALL)
            assert len(charts) == 4
            for chart in charts:
                assert re.search(r"<title id=[^>]*>[^<]+</title><desc id=[^>]*>[^<]{30,}</desc>", chart)

    def test_pages_hold_no_clock_path_or_user(self, made: Made) -> None:
        forbidden = [
            str(made.network),
            str(made.folder),
            tempfile.gettempdir() + "/",
            str(Path.home()),
            str(Path.cwd()),
        ]
        forbidden += [".npz", str(Path(__file__).resolve().parents[1]), "/tmp", os.uname().nodename]
        for name, data in made.files.items():
            if name == "manifest.json":
                continue
            text = data.decode()
            assert [word for word in forbidden if word in text] == [], name
            assert not re.search(r"\d{1,2}:\d\d(:\d\d)?\b", re.sub(r"<style>.*?</style>|[\w-]+:[\d.]+", "", text)), name
            assert time.strftime("%Y-%m-%d") not in text, name

    def test_no_temporary_file_is_left(self, made: Made) -> None:
        assert not list(made.folder.rglob(".tmp-*"))


@pytest.fixture(scope="module")
def manifest(made: Made) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.text("manifest.json"))
    return found


class TestManifest:
    def test_inputs_by_hash(self, made: Made, manifest: dict[str, Any]) -> None:
        names = ["network.yaml", "measures.csv", "schools.csv", "annotations.csv"]
        names += [f"observations/{name}.csv" for name in (*WITH_DENOMINATORS, "prep_minutes")]
        expected = {name: sha256((made.network / name).read_bytes()).hexdigest() for name in names}
        expected["example.yaml"] = sha256((made.network / "params/example.yaml").read_bytes()).hexdigest()
        inputs = dict(manifest["inputs"])
        assert re.fullmatch("[0-9a-f]{64}", inputs.pop("improvement log"))
        assert inputs == expected

    def test_notebooks_by_hash(self, manifest: dict[str, Any]) -> None:
        names = ("improvement_log.ipynb", "network_report.ipynb", "school_report.ipynb")
        assert manifest["notebooks"] == {n: sha256(notebook_path(n).read_bytes()).hexdigest() for n in names}

    def test_every_report_is_listed_with_the_hash_of_its_page(self, made: Made, manifest: dict[str, Any]) -> None:
        about = Counter(report["about"] for report in manifest["reports"])
        assert about == {"data": 15, "log": 6}
        for report in manifest["reports"]:
            page = made.folder / report["path"]
            assert (report["status"], report["stale"], report["problem"]) == ("ok", False, None)
            assert report["sha256"] == sha256(page.read_bytes()).hexdigest()
            beside = [f"{page.stem}-points.csv", f"{page.stem}-summary.csv"]
            assert report["files"] == (beside if report["about"] == "data" else [])
            assert 0 < report["seconds"] < manifest["seconds"] + 1

    def test_versions_and_params(self, manifest: dict[str, Any]) -> None:
        assert manifest["versions"]["pdsa-workbench"] == "0.1.0"
        assert manifest["versions"]["python"] == sys.version.split()[0]
        assert "not installed" not in manifest["versions"].values()
        assert manifest["params"]["name"] == "example"
        assert manifest["run"] == "example"
        assert manifest["params"]["as_of"] == "2026-06-12"
        assert manifest["params"]["audiences"] == ["team", "coach", "district", "network"]

    def test_verdicts_of_known_schools(self, manifest: dict[str, Any]) -> None:
        told = {(r["audience"], r["school"]): r["verdicts"] for r in manifest["reports"] if r["school"]}
        assert set(told["team", LATE].values()) == {"too_few"}
        assert told["district", "0212"]["prep_minutes"] == "no_data"
        assert told["team", "0247"]["on_track"] == "too_few"
        assert told["team", "0107"]["attendance"] == "improvement"


class TestAudiences:
    """What belongs to one folder is in no other: read as a stranger would, with a search in the files."""

    def test_a_planted_string_stays_where_it_belongs(self, made: Made) -> None:
        for planted in (NAMED, NOTED):
            found = {name for name, data in made.files.items() if planted.encode() in data}
            places = {name.rpartition("/")[0] for name in found}
            assert "team/0107" in places
            assert places <= {"team/0107", "coach", "district", "district/schools", ""}
            assert {name for name in found if "/schools/" in name} <= {"district/schools/0107.html"}

    def test_notes_of_a_school_are_on_its_own_pages_only(self, made: Made) -> None:
        found = {name for name, data in made.files.items() if NOTED.encode() in data}
        assert found == {"team/0107/report.html", "district/schools/0107.html"}

    def test_a_team_sees_no_other_school(self, made: Made) -> None:
        names = {row["id"]: row["name"] for row in rows_of(made.network / "schools.csv")}
        for name, data in made.files.items():
            if not name.startswith("team/"):
                continue
            own = name.split("/")[1]
            for school, other in names.items():
                if school != own:
                    assert other not in data.decode(), name
                    assert not re.search(rf'(^|[">,\s]){school}[",<]', data.decode(), re.MULTILINE), name

    def test_the_network_sees_pseudonyms_only(self, made: Made) -> None:
        schools = rows_of(made.network / "schools.csv")
        for name, data in made.files.items():
            if name.startswith("network/"):
                text = data.decode()
                for row in schools:
                    assert row["name"] not in text
                    assert not re.search(rf'(^|[">,\s]){row["id"]}[",<]', text, re.MULTILINE)
                assert not any(district in text for district in DISTRICTS)
        assert {row["school"] for row in rows_of(made.folder / "network/network-summary.csv")} == set(
            PSEUDONYMS.values()
        )

    def test_pseudonyms_stand_nowhere_beside_names(self, made: Made) -> None:
        for name, data in made.files.items():
            if not name.startswith("network/"):
                assert not re.search(rb"\b(Juniper|Sycamore|Larch|Poplar|Aspen)\b", data), name

    def test_order_of_the_network_is_that_of_pseudonyms(self, made: Made) -> None:
        shown = re.findall(r'<div class="pdsa-panel" id="chart-on-track-(\w+)"', made.text("network/network.html"))
        assert shown[:6] == sorted(name.casefold() for name in PSEUDONYMS.values())


class TestTheCsvAndThePage:
    def test_a_target_that_the_page_does_not_judge_is_not_judged_in_the_csv(self, made: Made) -> None:
        """`by_chance` stood beside a school's verdict whose sentence put the judgement off."""
        words = {
            "met": "is met reliably",
            "by_chance": "lies within ordinary variation",
            "not_expected": "cannot be expected of this process",
            "not_judged_yet": "is judged once the new level has limits of its own",
        }
        seen = Counter[str]()
        for school in SCHOOLS:
            findings = re.search(
                r'<ul class="pdsa-findings">(.*?)</ul>', made.text(f"team/{school}/report.html"), re.DOTALL
            )
            assert findings is not None
            told = [key for one in findings[1].split("<li>") for key, said in words.items() if said in one]
            rows = rows_of(made.folder / f"team/{school}/report-summary.csv")
            judged = [row for row in rows if row["verdict"] != "too_few"]
            assert sorted(filter(None, (row["assurance"] for row in judged))) == sorted(told), school
            assert {row["assurance"] for row in rows if row["verdict"] == "too_few"} <= {"", "not_judged_yet"}
            seen.update(row["assurance"] for row in rows)
        assert seen["not_judged_yet"] and seen["by_chance"] and seen["not_expected"]
        whole = {(row["school"], row["measure"]): row for row in rows_of(made.folder / "district/network-summary.csv")}
        assert whole["0107", "on_track"]["assurance"] == "not_judged_yet"


def test_every_log_page_with_judged_predictions_says_the_rule_once(made: Made) -> None:
    for school in LOGGED:
        text = made.text(f"team/{school}/log.html")
        judged = re.search("It (held|held in part|did not hold)\\.", text) is not None
        assert text.count("How the charts judge a prediction: ") == judged, school
    assert made.text("team/0107/log.html").count("In part: at least half of the way there was made") == 1
    assert made.text("coach/log.html").count("How the charts judge a prediction: ") == 1


class TestOldValues:
    def test_page_of_the_school_table_and_index_say_the_same(self, made: Made) -> None:
        sentence = re.compile(r"The last value is that of week of ([\d-]+)")
        said = {school: set(sentence.findall(made.text(f"district/schools/{school}.html"))) for school in SCHOOLS}
        assert said == {school: {"2025-06-02"} if school == "0198" else set() for school in SCHOOLS}
        name = next(row["name"] for row in rows_of(made.network / "schools.csv") if row["id"] == "0198")
        for path in ("district/network.html", "coach/network.html", "district/index.html", "coach/index.html"):
            text = made.text(path)
            cells = re.findall(r'<span class="pdsa-old">to ([\d-]+)</span>', text)
            assert cells == ["2025-06-02"], path
            row = next(row for row in text.split("<tr>") if 'class="pdsa-old"' in row)
            assert name in row, path


def hidden_weeks(made: Made) -> dict[str, dict[str, tuple[int, int]]]:
    """By measure and week, numerator and denominator of the small school where they must be hidden."""
    found = {}
    for measure in WITH_DENOMINATORS:
        rows = rows_of(made.network / f"observations/{measure}.csv")
        small = [row for row in rows if row["school"] == SMALL and 0 < int(row["denominator"] or 0) < MIN_N]
        found[measure] = {row["period"]: (int(row["numerator"]), int(row["denominator"])) for row in small}
    return found


class TestHiddenWeeks:
    def outside(self, made: Made, ending: str) -> Iterator[tuple[str, Path]]:
        for name in made.files:
            if not name.startswith("team/") and name.endswith(ending):
                yield name, made.folder / name

    def test_there_are_some(self, made: Made) -> None:
        assert [len(weeks) for weeks in hidden_weeks(made).values()] == [17, 17, 17]

    def test_their_team_sees_them(self, made: Made) -> None:
        text = made.text(f"team/{SMALL}/report.html")
        assert "hidden for privacy" not in text
        rows = rows_of(made.folder / f"team/{SMALL}/report-points.csv")
        complete = {(row["measure"], row["period"]): (row["numerator"], row["denominator"]) for row in rows}
        for measure, weeks in hidden_weeks(made).items():
            for week, (numerator, denominator) in weeks.items():
                assert complete[measure, week] == (f"{numerator}.0", f"{denominator}.0")
                assert re.search(rf"week of {week}: [^<]*\({numerator} of {denominator}\)", text)

    def test_no_page_outside_the_team_prints_a_small_group(self, made: Made) -> None:
        for name, path in self.outside(made, ".html"):
            sizes = [int(n.replace(",", "")) for n in re.findall(r"of ([\d,]+)\)", path.read_text(encoding="utf-8"))]
            assert min(sizes, default=MIN_N) >= MIN_N, name

    def test_no_csv_outside_the_team_holds_them(self, made: Made) -> None:
        hidden = hidden_weeks(made)
        blank = ("value", "numerator", "denominator", "lower", "upper", "lower_2s", "upper_2s", "reasons")
        checked = 0
        for name, path in self.outside(made, "-points.csv"):
            for row in rows_of(path):
                assert not row["denominator"] or float(row["denominator"]) >= MIN_N, name
                if row["school"] in (SMALL, PSEUDONYMS[SMALL]) and row["period"] in hidden.get(row["measure"], ()):
                    checked += 1
                    assert [row[column] for column in blank] == [""] * len(blank), name
        assert checked == 4 * 51  # coach, district, network, and the school's page for the district

    def test_tooltips_say_hidden_and_no_value(self, made: Made) -> None:
        text = made.text(f"district/schools/{SMALL}.html")
        for measure, weeks in hidden_weeks(made).items():
            chart = re.search(rf'id="measure-{measure.replace("_", "-")}".*?</figure>', text, re.DOTALL)
            assert chart is not None
            tips = dict(re.findall(r"<title>week of ([\d-]+): ([^<]*)</title>", chart[0]))
            assert {week for week, tip in tips.items() if tip == "hidden for privacy"} == set(weeks)
            # no mark and no vertex of the line stands where a hidden value would be
            assert chart[0].count('class="pdsa-point') == len(tips) - len(weeks)
            line = re.search(r'<path d="([^"]*)"[^>]*class="pdsa-line"', chart[0])
            assert line is not None
            assert len(re.findall(r"[ML]", line[1])) <= len(tips) - len(weeks)

    def test_extremes_in_the_description_are_those_of_shown_weeks(self, made: Made) -> None:
        text = made.text(f"district/schools/{SMALL}.html")
        for measure, weeks in hidden_weeks(made).items():
            rows = rows_of(made.network / f"observations/{measure}.csv")
            own = [row for row in rows if row["school"] == SMALL and row["period"] not in weeks and row["numerator"]]
            rates = [100 * int(row["numerator"]) / int(row["denominator"]) for row in own]
            assert f"values from {min(rates):.1f}" in text
            assert re.search(rf"values from {min(rates):.1f}%? to {max(rates):.1f}", text)

    def test_lines_come_from_shown_weeks_only(self, made: Made) -> None:
        """A center that a hidden week moved would give it away."""
        (summary,) = [
            row
            for row in rows_of(made.folder / f"district/schools/{SMALL}-summary.csv")
            if row["measure"] == "attendance"
        ]
        weeks = hidden_weeks(made)["attendance"]
        rows = rows_of(made.network / "observations/attendance.csv")
        first = [row for row in rows if row["school"] == SMALL][:20]
        used = [row for row in first if row["period"] not in weeks]
        # counts are small, so the center is the median of the weeks that are shown
        shares = [100 * int(row["numerator"]) / int(row["denominator"]) for row in used]
        assert float(summary["center"]) == pytest.approx(statistics.median(shares))
        assert len(used) < 20

    def test_the_number_of_hidden_weeks_is_told(self, made: Made) -> None:
        assert "51 periods hidden on this page" in made.text(f"district/schools/{SMALL}.html")
        assert "complete: nothing is hidden" in made.text(f"team/{SMALL}/report.html").lower()


class TestWrongSchoolIsNeverPublished:
    """A page that shows another school's data is the worst that a batch can do."""

    def job(self, workspace: Workspace, folder: Path, held: str, **changes: Any) -> Job:
        source = folder / f"{held}.npz"
        source.write_bytes(pack(dossier_for(workspace, "team", held)))
        made = Job(
            name="team, 0107",
            notebook=notebook_path("school_report.ipynb"),
            parameters={"source": str(source), "school": "0107", "audience": "team"},
            audience="team",
            school="0107",
            target=Path("team/0107/report.html"),
            title="x",
            banner="",
            expected="0107",
        )
        return replace(made, **changes)

    def notebook(self, folder: Path, old: str, new: str) -> Path:
        book = nbformat.read(notebook_path("school_report.ipynb"), as_version=4)
        (cell,) = [cell for cell in book.cells if old in cell.source]
        cell.source = cell.source.replace(old, new)
        nbformat.write(book, folder / f"{sha256(new.encode()).hexdigest()[:8]}.ipynb")
        return folder / f"{sha256(new.encode()).hexdigest()[:8]}.ipynb"

    def test_never(self, workspace: Workspace, tmp_path: Path) -> None:
        other = tmp_path / "0212.npz"
        loads = "workspace.load(source, school=school, audience=audience)"
        forged = f"workspace.load({str(other)!r}, school='0212', audience='team')"
        one = self.job(workspace, tmp_path, "0107")
        jobs = [
            # the release holds another school than the parameter says
            self.job(workspace, tmp_path, "0212"),
            # the notebook ignores its parameter
            replace(one, notebook=self.notebook(tmp_path, loads, forged)),
            # the header is the right school's, the charts are another's
            replace(one, notebook=self.notebook(tmp_path, "dossier.charts()", f"{forged}.charts()")),
            # the job itself was made for another school
            replace(one, expected="0198"),
        ]
        jobs = [replace(job, target=Path(f"team/{n}/report.html")) for n, job in enumerate(jobs)]
        results = run_jobs(jobs, tmp_path / "out")
        told = [str(result.problem) for result in results]
        assert [result.status for result in results] == ["failed"] * 4
        assert "0212 for audience team, which this release holds" in told[0]
        assert "made for '0212', expected '0107'; it was not published." in told[1]
        assert "made for '0212', expected '0107'; it was not published." in told[2]
        assert "made for '0107', expected '0198'; it was not published." in told[3]
        assert tree(tmp_path / "out") == {}

    def test_not_for_another_audience_either(self, workspace: Workspace, tmp_path: Path) -> None:
        """A complete release cannot become a page for the district."""
        job = self.job(workspace, tmp_path, "0107")
        job = replace(job, parameters={**job.parameters, "audience": "district"})
        (result,) = run_jobs([job], tmp_path / "out")
        assert result.status == "failed"
        assert tree(tmp_path / "out") == {}


@pytest.fixture(scope="module")
def failed(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run over the pages of an earlier one, with the release file of the late joiner damaged."""
    outputs = tmp_path_factory.mktemp("failing")
    shutil.copytree(made.folder, outputs / "example")
    network = tmp_path_factory.mktemp("changed") / "network"
    shutil.copytree(made.network, network)
    change(network / "schools.csv", (NAMED, "Renamed High School"))
    with (network / "annotations.csv").open("a", encoding="utf-8") as file:
        file.write(f"2026-03-02,{LATE},,change,A new bell\n")
    change(network / "params/example.yaml", ("[team, coach, district, network]", "[team, coach, district]"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            plan_module,
            "pack",
            lambda dossier: b"damaged" if dossier.header.school == LATE else pack(dossier),
        )
        arguments = ["report", str(network), "--out", str(outputs)]
        answer = CliRunner().invoke(cli.pdsa, arguments)
    manifest = json.loads((outputs / "example/manifest.json").read_text(encoding="utf-8"))
    return {"answer": answer, "manifest": manifest, "folder": outputs / "example"}


class TestOneFailingSchool:
    def test_exit_code_and_last_line(self, failed: dict[str, Any]) -> None:
        assert failed["answer"].exit_code == 1
        # the coach's index says what was found and what to do
        assert failed["answer"].stdout.splitlines()[-1] == str(failed["folder"] / "coach/index.html")

    def test_the_others_are_made(self, failed: dict[str, Any]) -> None:
        status = {report["name"]: report["status"] for report in failed["manifest"]["reports"]}
        assert {name for name, word in status.items() if word == "failed"} == FAILED
        assert len(status) == 20
        assert "Renamed High School" in (failed["folder"] / "team/0107/report.html").read_text(encoding="utf-8")

    def test_place_found_expected_next(self, failed: dict[str, Any]) -> None:
        for report in failed["manifest"]["reports"]:
            if report["status"] == "failed":
                assert all(report["problem"][part] for part in ("place", "found", "expected"))
                assert "a release made by pdsa report" in json.dumps(report["problem"])
                assert report["next_step"]
        assert failed["answer"].stderr.count("Next: ") == 2  # each problem once, of two notebooks
        assert "6 reports made, 11 unchanged, 3 failed" in failed["answer"].stdout

    def test_the_old_page_is_kept_and_marked(self, failed: dict[str, Any], made: Made) -> None:
        for name in (f"team/{LATE}/report.html", f"district/schools/{LATE}.html", f"team/{LATE}/report-points.csv"):
            assert (failed["folder"] / name).read_bytes() == made.files[name]
        stale = {report["name"] for report in failed["manifest"]["reports"] if report["stale"]}
        assert stale == FAILED

    def test_the_coach_reads_it_first(self, failed: dict[str, Any]) -> None:
        text = (failed["folder"] / "coach/index.html").read_text(encoding="utf-8")
        page = harmless(text)
        heading, table = text.index("Reports that could not be made"), text.index("Schools, by name")
        assert heading < text.index("Rookstead Early College") < table
        assert "the page that is there is from an earlier run" in page.words
        assert f"team, {LATE}; district, {LATE}: school_report.ipynb, cell" in page.words
        assert page.words.count("Next: ") == 2
        assert "1 with a report that could not be made" in page.words

    def test_the_district_reads_that_not_why(self, failed: dict[str, Any]) -> None:
        words = harmless((failed["folder"] / "district/index.html").read_text(encoding="utf-8")).words
        assert "Rookstead Early College (0184): the page that is there is from an earlier run." in words
        assert "school_report.ipynb" not in words
        assert "release" not in words


@pytest.fixture
def own_tmp() -> Iterator[Path]:
    """A temporary folder of short name for one process, so that what it leaves there can be seen."""
    folder = Path(tempfile.mkdtemp(prefix="t-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def started_by(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The warm parent and its children: everything that the run started and that lives."""
    return psutil.Process(process.pid).children(recursive=True)


def ended(processes: list[psutil.Process], seconds: float) -> bool:
    """Whether all end in time; a zombie that nobody waits for has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes):
            return True
        time.sleep(0.05)
    return False


def mid_run(made: Made, outputs: Path, own_tmp: Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A run of the same reports that has published one page and is at the next, with its kernels."""
    options = {"env": os.environ | {"TMPDIR": str(own_tmp)}, "start_new_session": True}
    process = pdsa("report", made.network, "--out", outputs, **options)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        # os.walk passes over folders that the run takes away meanwhile
        pages = [name for _, _, names in os.walk(outputs) for name in names if name.endswith(".html")]
        if len(pages) > 1 and (kernels := started_by(process)):
            return process, kernels
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"the run never came to its middle: {process.communicate()}")


def whole(made: Made, outputs: Path) -> int:
    """How many files there are, after checking that each is, to the byte, what an undisturbed run writes."""
    found = tree(outputs / "example")
    for name, data in found.items():
        assert data == made.files[name], name
    return len(found)


@pytest.mark.skipif(os.name != "posix", reason="signals")
class TestStopped:
    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_ctrl_c_and_a_polite_end(
        self, made: Made, tmp_path: Path, own_tmp: Path, number: signal.Signals, code: int
    ) -> None:
        process, kernels = mid_run(made, tmp_path, own_tmp)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == code
        assert "Traceback" not in errors
        assert ended(kernels, 5)
        assert list(own_tmp.iterdir()) == []
        assert 0 < whole(made, tmp_path) < len(expected_files())
        assert not (tmp_path / "example/manifest.json").exists()

    def test_killed_and_run_again(self, made: Made, tmp_path: Path, own_tmp: Path) -> None:
        process, kernels = mid_run(made, tmp_path, own_tmp)
        process.kill()
        process.communicate(timeout=30)
        assert ended(kernels, 20)
        assert 0 < whole(made, tmp_path) < len(expected_files())
        again = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "TMPDIR": str(own_tmp), "PYTHONHASHSEED": "7"}
        process = pdsa("report", made.network, "--out", "o", "--quiet", cwd=tmp_path, env=os.environ | again)
        (tmp_path / "o").symlink_to(tmp_path)
        output, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")
        assert output.splitlines()[-1] == "o/example/district/index.html"
        self.same(made.files, tree(tmp_path / "example"))

    def same(self, one: dict[str, bytes], other: dict[str, bytes]) -> None:
        """Two runs give the same bytes; their manifests differ in times only."""
        assert set(one) == set(other)
        assert [name for name in one if name != "manifest.json" and one[name] != other[name]] == []
        first, second = (json.loads(files["manifest.json"]) for files in (one, other))
        for manifest in (first, second):
            for part, when in ((manifest, "started"), *((report, "made") for report in manifest["reports"])):
                assert part.pop("seconds") > 0
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", part.pop(when))
        told = [manifest.pop("this_run") for manifest in (first, second)]
        counts = [[one[name] for name in ("executed", "unchanged", "failed")] for one in told]
        assert counts[0] == [21, 0, 0] and counts[1][0] + counts[1][1] == 21 and counts[1][1] > 0
        assert first == second


SCRIPT = "<script>alert(1)</script>"
BREAKOUT = "</title><img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://x")'
MONEY = "$5 (10%) $10 to $x^{$"
LINK = "[x](javascript:alert(1)) javascript:alert(1) {{ 7 * 7 }} {% raw %}"
RIGHT = "مدرسة النور \u202egnp.exe \u2066"
LONG = ("Very long name of a school " * 3)[:79] + "🎓"
# (id, name); the file names that they get must be eight, all inside
HOSTILE_SCHOOLS = (
    ("../../x", SCRIPT),
    ("CON", BREAKOUT),
    ("a/b", FORMULA),
    ("network", RIGHT + " 🎓"),
    ("index", LONG),
    ("=1+1", "Ring & Co \"quoted\" 'single' <b>"),
)
NOTES = (SCRIPT, MONEY, LINK, BREAKOUT, RIGHT, FORMULA, "👩‍🏫" * 40 + "x" * 140)
HOSTILE_MEASURES = ((SCRIPT + MONEY, BREAKOUT), (FORMULA, LINK + SCRIPT))


def hostile_network(folder: Path) -> Path:
    """A network whose every text was written by somebody who means harm, or by accident."""
    (folder / "observations").mkdir(parents=True)
    (folder / "params").mkdir()

    def table(name: str, *rows: tuple[object, ...]) -> None:
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    network = {"id": SCRIPT, "name": BREAKOUT + "⚠", "min_n": 10, "contact": "</footer><script>x</script>"}
    (folder / "network.yaml").write_text(json.dumps(network | {"calendar": {"mode": "observed"}}), encoding="utf-8")
    params = {"schema": 1, "name": "hostile", "workspace": "..", "audiences": ["team", "coach", "district", "network"]}
    (folder / "params/hostile.yaml").write_text(json.dumps(params), encoding="utf-8")
    columns = ("id", "name", "type", "data_type", "unit", "direction", "frequency", "definition", "per", "target")
    units = ("%", "<i>per</i> $1")
    measures = [
        (f"={n}<&'", name, "outcome", kind, units[n], "up", "week", text, 100, 0.8)
        for n, ((name, text), kind) in enumerate(zip(HOSTILE_MEASURES, ("proportion", "rate"), strict=True))
    ]
    table("measures.csv", columns, *measures)
    trees = [(*school, f"</td>{n}") for n, school in enumerate(HOSTILE_SCHOOLS)]
    table("schools.csv", ("id", "name", "pseudonym"), *trees)
    notes = [("2025-02-03", "", "", note) for note in NOTES[:3]]
    notes += [("2025-03-03", "CON", f"={n % 2}<&'", note) for n, note in enumerate(NOTES[3:])]
    table("annotations.csv", ("date", "school", "measure", "label"), *notes)
    weeks = [f"2025-{day}" for day in ("01-06", "01-13", "01-20", "01-27", "02-03", "02-10", "02-17", "02-24")]
    weeks += [f"2025-{day}" for day in ("03-03", "03-10", "03-17", "03-24", "03-31", "04-07")]
    for n in range(2):
        rows = [
            (school, f"={n}<&'", week, 20 + (7 * w + s) % 11, 40)
            for s, (school, _) in enumerate(HOSTILE_SCHOOLS)
            for w, week in enumerate(weeks)
        ]
        table(f"observations/{n}.csv", ("school", "measure", "period", "numerator", "denominator"), *rows)
    return folder


def make_hostile(config: pytest.Config, factory: pytest.TempPathFactory) -> Made:
    network = hostile_network(factory.mktemp("hostile") / "network")
    return made_once(config, "hostile", network, factory.mktemp("hostile-out"))


@pytest.fixture(scope="module")
def hostile(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_hostile(pytestconfig, tmp_path_factory)


class TestHostileText:
    def test_every_report_is_made(self, hostile: Made) -> None:
        assert [str(result.problem) for result in hostile.run.failed] == []
        assert len(hostile.run.results) == 15

    def test_each_school_has_files_of_its_own_inside_the_run(self, hostile: Made) -> None:
        outputs = hostile.folder.parent
        assert [path.name for path in outputs.iterdir()] == ["hostile"]
        targets = [result.path for result in hostile.run.results]
        assert len({str(path).casefold() for path in targets}) == 15
        assert all(path and path.is_relative_to(hostile.folder) for path in targets)
        assert all(re.fullmatch(r"[a-z0-9_/.-]+", name) for name in hostile.files)
        for school, _ in HOSTILE_SCHOOLS:
            (team,) = [r for r in hostile.run.results if (r.job.audience, r.job.school) == ("team", school)]
            assert {row["school"] for row in rows_of(team.files[0])} == {f"'{school}" if school[0] == "=" else school}

    def test_pages_hold_the_texts_escaped_only(self, hostile: Made) -> None:
        for name, data in hostile.files.items():
            if name.endswith(".html"):
                page = harmless(data.decode())
                assert page.elements.count("h1") == page.elements.count("main") == 1, name
                assert page.elements.count("title") >= 1
                assert "javascript:" not in "".join(page.values("href"))

    def test_texts_are_shown_as_typed(self, hostile: Made) -> None:
        (result,) = [r for r in hostile.run.results if (r.job.audience, r.job.school) == ("team", "CON")]
        assert result.path is not None
        words = harmless(result.path.read_text(encoding="utf-8")).words
        for text in (*NOTES, BREAKOUT, SCRIPT + MONEY, FORMULA, LINK + SCRIPT, "</footer><script>x</script>"):
            assert text in words
        index = harmless(hostile.text("coach/index.html")).words
        assert all(name in index for _, name in HOSTILE_SCHOOLS)

    def test_no_cell_of_a_csv_is_a_formula(self, hostile: Made) -> None:
        number = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
        cells = 0
        for name, data in hostile.files.items():
            if name.endswith(".csv"):
                for row in csv.reader(data.decode().splitlines()):
                    cells += len(row)
                    assert [
                        cell for cell in row if cell[:1] in "=+-@\t\r" and cell and not number.fullmatch(cell)
                    ] == []
        assert cells > 1000

    def test_the_pseudonyms_hide_ids_and_names(self, hostile: Made) -> None:
        words = harmless(hostile.text("network/network.html")).words
        assert "</td>3" in words
        assert not any(name in words for _, name in HOSTILE_SCHOOLS if name not in (SCRIPT, BREAKOUT, FORMULA))


class TestIds:
    def test_names_of_300_letters_and_ids_that_differ_in_case_are_refused(self, tmp_path: Path) -> None:
        network = hostile_network(tmp_path / "network")
        with (network / "schools.csv").open("a", encoding="utf-8") as file:
            file.write(f"con,Another,Tree\nlong,{'n' * 300},Bush\n")
        process = pdsa("report", network, "--out", tmp_path / "out")
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "row 8, id: found con again, expected it once; see row 3" in errors
        assert "row 9, name" in errors
        assert not (tmp_path / "out").exists()

    def test_no_two_ids_share_a_file(self) -> None:
        ids = ("A", "a", "CON", "con", "é", "e\u0301", "network", "index", "../x", "x", "a/b", "a-b", "a b", "report")
        for audience in ("team", "district"):
            wanted = [plan_module.Wanted(audience, one, plan_module.SCHOOL_NOTEBOOK) for one in ids]
            targets = [one.target.as_posix().casefold() for one in wanted]
            assert len(set(targets)) == len(ids)
            assert all(re.fullmatch(r"[a-z0-9_/-]+(/report)?\.html", target) for target in targets)
            network = plan_module.Wanted("district", "", plan_module.NETWORK_NOTEBOOK)
            assert network.target.as_posix() not in targets
