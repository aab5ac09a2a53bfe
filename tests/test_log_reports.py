"""A run of reports over a network with an improvement log: what stands on which page, and what on none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from logs import HOSTILE, OTHER, PLANTED, SCHOOL, add, write_log
from pdsa.errors import InputError
from pdsa.runner import Run, make_reports, plan_run
from pdsa.site import write_indexes
from pdsa.terms import VISIBILITIES
from pdsa.workspace import dossier_for, open_workspace
from pdsa.workspace.journal import ARCHIVE
from test_reports import harmless, select

# From which step of visibility on a folder may hold a text.
LEAST = {"coach": "coach", "network": "network", "district": "district"}


@pytest.fixture(scope="module")
def network(example: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logged") / "network"
    shutil.copytree(example, folder)
    for old in folder.glob("pdsa.sqlite*"):
        old.unlink()
    write_log(folder)
    select(folder, (SCHOOL, OTHER, "0121"))
    return folder


@pytest.fixture(scope="module")
def run(network: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    made = make_reports(plan_run(network), tmp_path_factory.mktemp("outputs"))
    write_indexes(made.folder)
    assert [result.problem for result in made.failed] == []
    return made


@pytest.fixture
def own(network: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(network, tmp_path / "network")
    yield tmp_path / "network"


def texts(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in folder.rglob("*") if p.is_file()}


class TestWhoReadsWhat:
    @pytest.mark.parametrize("folder", sorted(LEAST))
    def test_a_folder_holds_only_what_was_shared_that_far(self, run: Run, folder: str) -> None:
        steps = VISIBILITIES[: VISIBILITIES.index(LEAST[folder])]  # type: ignore[arg-type]
        found = [
            (name, level)
            for name, text in texts(run.folder / folder).items()
            for level in steps
            if PLANTED[level] in text
        ]
        assert found == []

    def test_nothing_that_is_not_shared_is_outside_the_teams_own_folder(self, run: Run) -> None:
        holding = [name for name, text in texts(run.folder).items() if PLANTED["team"] in text]
        assert {name.rpartition("/")[0] for name in holding} == {f"team/{SCHOOL}"}

    def test_what_was_shared_arrives(self, run: Run) -> None:
        archives = {name: (run.folder / name / "archive.json").read_text("utf-8") for name in LEAST}
        for folder, level in LEAST.items():
            assert PLANTED[level] in archives[folder], folder  # type: ignore[index]
        assert PLANTED["district"] in (run.folder / "district" / "schools" / f"{SCHOOL}.html").read_text("utf-8")

    def test_no_school_is_named_beside_pseudonyms(self, own: Path, tmp_path: Path) -> None:
        told = {"school_id": SCHOOL, "change_idea_id": "idea-a", "actual_start": "2026-01-05"}
        add(own, "insight", "insight-x", {"text": "Pellbrook helped us", "school_id": SCHOOL}, "network")
        add(own, "cycle", "cycle-x", {**told, "learning": "as at Tarnwick"}, "network")
        made = make_reports(plan_run(own), tmp_path / "out")
        for name, text in texts(made.folder / "network").items():
            if name.endswith(".csv"):
                continue  # digits of numbers may look like an id
            assert [word for word in ("Tarnwick", "Pellbrook", "0107", "0114") if word in text] == [], name

    def test_nobody_is_named_who_wrote(self, own: Path, tmp_path: Path) -> None:
        add(own, "insight", "insight-x", {"text": "word", "school_id": SCHOOL}, "public")
        dossier = dossier_for(open_workspace(own), "team", SCHOOL)
        assert {held.author for held in dossier.log.held.values()} == {""}


class TestPages:
    def test_texts_of_people_are_harmless_and_whole(self, run: Run) -> None:
        pages = [path for path in sorted(run.folder.rglob("*.html")) if path.name != ARCHIVE]
        for path in pages:
            harmless(path.read_text("utf-8"))
        page = harmless((run.folder / "team" / SCHOOL / "log.html").read_text("utf-8"))
        assert HOSTILE in page.words
        archive = (run.folder / "district" / ARCHIVE).read_text("utf-8")
        assert "<img src=x" not in archive and "&lt;img src=x onerror=alert(1)&gt;" in archive
        assert "default-src 'none'" in archive

    def test_the_log_says_the_day_up_to_which_it_counts(self, run: Run) -> None:
        for name in (f"team/{SCHOOL}/log.html", "coach/log.html"):
            assert "As of 2026-06-12: days are counted up to then." in (run.folder / name).read_text("utf-8")

    def test_a_team_without_a_log_has_no_page_of_it_and_one_line(self, run: Run) -> None:
        assert not (run.folder / "team" / OTHER / "log.html").exists()
        assert "No cycle has been planned yet" in (run.folder / "team" / OTHER / "report.html").read_text("utf-8")
        assert "has shared nothing" in (run.folder / "district" / "schools" / f"{OTHER}.html").read_text("utf-8")

    def test_a_declared_phase_has_lines_of_its_own(self, network: Path) -> None:
        charts = dossier_for(open_workspace(network), "team", SCHOOL).charts()
        phases = {chart.measure.id: len(chart.phases) for chart in charts if chart.measure}
        assert phases == {"on_track": 1, "attendance": 2, "check_ins": 1, "prep_minutes": 1}

    def test_a_phase_before_or_after_all_data_changes_nothing(self, own: Path) -> None:
        told = {"measure_id": "on_track", "school_id": SCHOOL, "reason": "r", "evidence_cycle_id": "cycle-1"}
        add(own, "phase", "phase-x", {**told, "start": "2020-01-01"})
        add(own, "phase", "phase-y", {**told, "start": "2027-01-01"})
        charts = dossier_for(open_workspace(own), "team", SCHOOL).charts()
        assert len(charts[0].phases) == 1

    def test_the_manifest_names_the_log_by_its_events(self, run: Run, network: Path) -> None:
        found = json.loads((run.folder / "manifest.json").read_text("utf-8"))["inputs"]
        assert len(found["improvement log"]) == 64
        assert dict(open_workspace(network).inputs)["improvement log"] == found["improvement log"]

    def test_a_log_that_somebody_changed_stops_the_run(self, own: Path) -> None:
        import sqlite3

        with sqlite3.connect(own / "pdsa.sqlite") as connection:
            connection.execute("DROP TRIGGER event_no_update")
            connection.execute("UPDATE event SET author = 'eve' WHERE record = 'cycle-1'")
        connection.close()
        with pytest.raises(InputError, match="another content than its hash vouches for"):
            open_workspace(own)

    def test_a_report_of_an_earlier_day_knows_no_later_decision(self, own: Path) -> None:
        params = own / "params" / "example.yaml"
        params.write_text(params.read_text().replace("as_of: 2026-06-12", "as_of: 2025-10-18"))
        workspace = open_workspace(own)
        cycles = {one.id: one.status for one in workspace.log.cycles}
        assert (cycles["cycle-1"], cycles["cycle-3"]) == ("closed", "doing")
        assert workspace.params.as_of == date(2025, 10, 18)
