"""The index pages: every school listed, failures first, each audience told what it may know, links that work."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pdsa.narrate import VERDICT_MEANINGS, VERDICT_WORDS
from pdsa.publish import write_manifest
from pdsa.site import render_index, write_indexes

HOSTILE = "<script>alert('x')</script> $5 & \"more\" {{ 7 * 7 }}"
PROBLEM = {
    "place": "school_report.ipynb, cell 5",
    "found": "KeyError: 'late'",
    "expected": "a cell that runs to its end",
}
NEXT = "mend the cell and run the same command again"


class Page(HTMLParser):
    """Elements, text, links and the rows of the table of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.words = ""
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.in_cell:
            self.rows[-1][-1] += data.strip()


def report(audience: str, school: str, **changes: Any) -> dict[str, Any]:
    place = {"team": f"team/{school}/report.html", "district": f"district/schools/{school}.html"}
    return {
        "name": f"{audience}, {school}" if school else f"network report for the {audience}",
        "audience": audience,
        "school": school,
        "title": school,
        "status": "ok",
        "path": place[audience] if school else f"{audience}/network.html",
        "stale": False,
        "problem": None,
        "next_step": "",
        "verdicts": {"zeal": "improvement", "attendance": "common_cause"} if school else {},
        "through": "2026-02-09",
        "missing": "",
        "hidden": 0,
    } | changes


def failed(audience: str, school: str, stale: bool = False) -> dict[str, Any]:
    nothing = {"verdicts": "", "through": "", "missing": "", "hidden": ""}
    return report(audience, school, status="failed", stale=stale, problem=PROBLEM, next_step=NEXT, **nothing)


def manifest_of(*reports: dict[str, Any], schools: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "network": {"id": "mini", "name": "Mini network", "synthetic": False},
        "params": {"audiences": ["team", "coach", "district"]},
        "schools": schools or {"007": "Birch School", "012": "ash School", "no": "Elm School"},
        "measures": [{"id": "zeal", "name": "Zeal"}, {"id": "attendance", "name": "Attendance"}],
        "reports": list(reports),
        "inputs": {"mini.yaml": "0" * 64, "observations/zeal.csv": "1" * 64},
        "sources": [{"source": "day.xml", "status": "set aside", "rows": 12, "reason": "fewer than 1000 rows"}],
        "left_out": ["network: 2 of 3 schools have no pseudonym in schools.csv"],
        "versions": {"pdsa-workbench": "0.1.0"},
    } | changes


def all_reports() -> list[dict[str, Any]]:
    made = [report(audience, school) for audience in ("team", "district") for school in ("007", "012", "no")]
    return [*made, report("coach", ""), report("district", "")]


def page(manifest: dict[str, Any], audience: str) -> Page:
    return Page(render_index(manifest, audience))


def replaced(*changed: dict[str, Any]) -> list[dict[str, Any]]:
    """All reports, some of them in another state."""
    by_name = {one["name"]: one for one in [*all_reports(), *changed]}
    return list(by_name.values())


class TestTable:
    def test_every_school_stands_there_by_name(self) -> None:
        found = page(manifest_of(*all_reports()), "coach")
        judged = ["School", "Zeal", "Attendance", "Data through", "Without a value", "Hidden periods"]
        assert found.rows[0] == [*judged, "Team pages"]
        assert [row[0] for row in found.rows[1:]] == ["ash School", "Birch School", "Elm School"]
        assert found.rows[1][1:4] == ["better", "steady", "2026-02-09"]
        assert page(manifest_of(*all_reports()), "district").rows[0] == ["School", "Zeal", "Attendance", "Data through"]

    def test_measures_stand_in_the_order_of_measures_csv(self, tmp_path: Path) -> None:
        """The manifest's keys are sorted, so an order cannot be one of keys."""
        write_manifest(tmp_path / "manifest.json", manifest_of(*all_reports()))
        (written, _) = write_indexes(tmp_path)
        assert Page(written.read_text(encoding="utf-8")).rows[0][1:3] == ["Zeal", "Attendance"]

    def test_a_verdict_of_values_that_ended_carries_their_last_day(self) -> None:
        reports = replaced(report("district", "007", old={"attendance": "2025-06-02"}))
        for audience in ("coach", "district"):
            found = page(manifest_of(*reports), audience)
            assert found.rows[2][:3] == ["Birch School", "better", "steady,to 2025-06-02"]
            assert found.rows[1][:3] == ["ash School", "better", "steady"]
            assert "A date beside a verdict is that of the last value" in found.words
        assert "A date beside a verdict" not in page(manifest_of(*all_reports()), "coach").words

    def test_schools_without_a_page_are_not_made_yet_and_one_sentence_says_why(self) -> None:
        for audience in ("coach", "district"):
            found = page(manifest_of(report("district", "007"), report("team", "007")), audience)
            assert [row[:2] for row in found.rows[1:]] == [
                ["ash School", "not made yet"], ["Birch School", "better"], ["Elm School", "not made yet"],
            ]  # fmt: skip
            assert (
                "Not made yet: the reports of 2 schools and the network report. The run was for some schools only; the "
                "next complete run makes the others." in found.words
            )
            assert "ot made yet" not in page(manifest_of(*all_reports()), audience).words

    def test_rows_are_whole_where_no_pages_of_schools_are_asked_for(self) -> None:
        found = page(manifest_of(report("coach", ""), params={"audiences": ["coach"]}), "coach")
        assert found.rows[1] == ["ash School", "no report", "no report", "", "", ""]
        assert "ot made yet" not in found.words

    def test_failures_come_first_then_names(self) -> None:
        found = page(manifest_of(*replaced(failed("team", "no"))), "coach")
        assert [row[0] for row in found.rows[1:]] == ["Elm School", "ash School", "Birch School"]
        assert found.words.index("Reports that could not be made") < found.words.index("Schools, by name")
        assert "3 schools, 1 with a report that could not be made." in found.words

    def test_schools_of_one_name_keep_an_order(self) -> None:
        schools = {"b": "Elm", "a": "Elm"}
        reports = [report("district", "a", through="first"), report("district", "b", through="second")]
        rows = page(manifest_of(*reports, schools=schools), "district").rows
        assert [row[3] for row in rows[1:]] == ["first", "second"]

    def test_missing_and_hidden_periods_are_for_the_coach(self) -> None:
        reports = replaced(report("district", "007", missing="Zeal, 3 weeks", hidden=5))
        row = next(row for row in page(manifest_of(*reports), "coach").rows if row[0] == "Birch School")
        assert row[4:] == ["Zeal, 3 weeks", "5", "report"]
        assert "Zeal, 3 weeks" not in render_index(manifest_of(*reports), "district")

    def test_what_was_not_reported_says_so(self) -> None:
        row = page(manifest_of(report("district", "007", verdicts={"zeal": "no_data"})), "district").rows[2]
        assert row[1:3] == ["no data", "no report"]
        rows = page(manifest_of(), "district").rows[1:]
        assert [row[0] for row in rows] == ["ash School", "Birch School", "Elm School"]

    def test_every_word_of_the_table_is_explained_below_it(self) -> None:
        text = render_index(manifest_of(*all_reports()), "district")
        below = " ".join(Page(text.partition("<footer>")[2]).words.split())
        told = [verdict for verdict, word in VERDICT_WORDS.items() if f"{word}: {VERDICT_MEANINGS[verdict]}" in below]
        assert told == [verdict for verdict in VERDICT_WORDS if verdict != "to_mend"]

    @pytest.mark.parametrize("audience", ["coach", "district"])
    def test_rows_to_mend_are_told_apart_from_nothing_sent(self, audience: str) -> None:
        silent = report("district", "no", verdicts={"zeal": "no_data", "attendance": "no_data"})
        manifest = manifest_of(*replaced(failed("district", "007"), silent), unread=["007"])
        rows = {row[0]: row[1:3] for row in page(manifest, audience).rows[1:]}
        assert rows["Birch School"] == ["rows to mend", "rows to mend"]
        assert rows["Elm School"] == ["no data", "no data"]
        assert f"rows to mend: {VERDICT_MEANINGS['to_mend']}" in " ".join(page(manifest, audience).words.split())

    def test_one_school(self) -> None:
        found = page(manifest_of(report("district", "007"), schools={"007": "Birch School"}), "district")
        assert "Reports for the district. 1 school." in found.words


class TestFailures:
    @pytest.fixture
    def manifest(self) -> dict[str, Any]:
        return manifest_of(*replaced(failed("district", "007"), failed("team", "012", stale=True)))

    def test_a_coach_sees_what_was_found_and_what_to_do(self, manifest: dict[str, Any]) -> None:
        words = page(manifest, "coach").words
        told = f"{PROBLEM['place']}: found {PROBLEM['found']}, expected {PROBLEM['expected']}. Next: {NEXT}."
        assert f"district, 007: {told}" in words
        assert f"team, 012: {told}" in words
        assert "Birch School (007)" in words

    def test_a_district_sees_that_and_no_more(self, manifest: dict[str, Any]) -> None:
        text = render_index(manifest, "district")
        words = Page(text).words
        assert "Birch School (007)" in words
        assert "The coach's index says what was found and what to do next." in words
        for secret in ("school_report.ipynb", "KeyError", "runs to its end", NEXT, "day.xml", "no pseudonym"):
            assert secret not in text

    def test_failures_of_a_teams_report_are_not_the_districts(self, manifest: dict[str, Any]) -> None:
        assert "ash School (012)" not in page(manifest, "district").words
        assert "ash School (012)" in page(manifest, "coach").words

    def test_a_stale_page_is_named_and_linked(self) -> None:
        manifest = manifest_of(*replaced(failed("district", "007", stale=True)))
        found = page(manifest, "district")
        assert "Birch School (007): the page that is there is from an earlier run." in re.sub(r"\s+", " ", found.words)
        assert "schools/007.html" in found.links

    def test_a_page_that_is_not_there_is_not_linked(self) -> None:
        found = page(manifest_of(*replaced(failed("district", "007"))), "district")
        assert "schools/007.html" not in found.links
        assert "earlier run" not in found.words
        assert next(row for row in found.rows if row[0] == "Birch School")[1:] == ["no report", "no report", ""]

    def test_a_coach_is_led_to_the_page_that_was_made(self) -> None:
        found = page(manifest_of(*replaced(failed("district", "007"))), "coach")
        assert "../team/007/report.html" in found.links
        # the team's page is complete: the coach's index does not tell what hidden weeks say
        assert next(row for row in found.rows if row[0] == "Birch School")[1] == "no report"

    def test_the_network_report_that_failed(self) -> None:
        new = manifest_of(*replaced(failed("coach", "")))
        assert "The network report could not be made." in page(new, "coach").words
        assert "KeyError" in page(new, "coach").words
        assert "network.html" not in page(new, "coach").links
        old = manifest_of(*replaced(failed("district", "", stale=True)))
        assert "The link leads to an older one." in page(old, "district").words
        assert "network.html" in page(old, "district").links
        assert "KeyError" not in page(old, "district").words

    def test_the_log_page_that_failed(self) -> None:
        about = {"name": "improvement log for the coach", "about": "log", "path": "coach/log.html"}
        found = page(manifest_of(*all_reports(), failed("coach", "") | about), "coach")
        assert "The improvement log could not be made." in found.words
        assert "KeyError" in found.words
        assert "log.html" not in found.links
        assert "network.html" in found.links

    def test_what_happened_to_the_input_is_for_the_coach(self) -> None:
        words = page(manifest_of(*all_reports()), "coach").words
        assert "Not made: network: 2 of 3 schools have no pseudonym in schools.csv." in words
        assert "day.xml: set aside, 12 rows; fewer than 1000 rows." in words


class TestFiles:
    def written(self, folder: Path, manifest: dict[str, Any]) -> tuple[Path, ...]:
        for one in manifest["reports"]:
            if one["status"] == "ok" or one["stale"]:
                (folder / one["path"]).parent.mkdir(parents=True, exist_ok=True)
                (folder / one["path"]).write_text("page")
        write_manifest(folder / "manifest.json", manifest)
        return write_indexes(folder)

    def test_links_are_relative_and_lead_somewhere(self, tmp_path: Path) -> None:
        manifest = manifest_of(*replaced(failed("district", "007"), failed("team", "012", stale=True)))
        paths = self.written(tmp_path, manifest)
        assert [path.relative_to(tmp_path).as_posix() for path in paths] == ["coach/index.html", "district/index.html"]
        for path in paths:
            links = Page(path.read_text(encoding="utf-8")).links
            assert len(links) >= 3
            for link in links:
                assert not re.match(r"[a-z]+:|/|#", link)
                target = (path.parent / link).resolve()
                assert target.is_file()
                assert target.is_relative_to(tmp_path.resolve())

    def test_a_district_is_never_led_to_a_teams_page(self, tmp_path: Path) -> None:
        manifest = manifest_of(*replaced(failed("district", "007")))
        links = Page(self.written(tmp_path, manifest)[1].read_text(encoding="utf-8")).links
        assert not [link for link in links if "team" in link or ".." in link]

    @pytest.mark.parametrize(
        ("audiences", "names"), [(["team"], []), (["team", "coach"], ["coach"]), (["network"], [])]
    )
    def test_only_audiences_of_the_run_have_an_index(
        self, tmp_path: Path, audiences: list[str], names: list[str]
    ) -> None:
        manifest = manifest_of(report("team", "007"), params={"audiences": audiences})
        assert [path.parent.name for path in self.written(tmp_path, manifest)] == names

    def test_a_coach_is_led_to_the_teams_own_pages_and_nobody_else(self, tmp_path: Path) -> None:
        log = {"name": "team, 012, improvement log", "about": "log", "path": "team/012/log.html"}
        gone = failed("team", "no")
        coach, district = self.written(tmp_path, manifest_of(*replaced(report("team", "012", **log), gone)))
        found = Page(coach.read_text(encoding="utf-8"))
        assert [link for link in found.links if "team" in link] == [
            "../team/012/report.html", "../team/012/log.html", "../team/007/report.html"
        ]  # fmt: skip
        assert [row[-1] for row in found.rows[1:]] == ["", "report,log", "report"]
        assert "complete, for the team and its own coach alone" in found.words
        assert "team/" not in district.read_text(encoding="utf-8")

    def test_a_coach_without_district_pages_follows_the_teams(self, tmp_path: Path) -> None:
        manifest = manifest_of(report("team", "007"), params={"audiences": ["team", "coach"]})
        (path,) = self.written(tmp_path, manifest)
        found = Page(path.read_text(encoding="utf-8"))
        assert found.links == ["../team/007/report.html"]

    def test_the_same_manifest_makes_the_same_bytes(self, tmp_path: Path) -> None:
        manifest = manifest_of(*all_reports())
        first = [path.read_bytes() for path in self.written(tmp_path, manifest)]
        assert first == [path.read_bytes() for path in write_indexes(tmp_path)]


class TestSafety:
    @pytest.mark.parametrize("audience", ["coach", "district"])
    def test_hostile_words_are_only_words(self, audience: str) -> None:
        problem = {"place": HOSTILE, "found": HOSTILE, "expected": HOSTILE}
        reports = replaced(
            report("district", "007", missing=HOSTILE, through=HOSTILE),
            failed("district", "no") | {"problem": problem, "next_step": HOSTILE},
            failed(audience, "") | {"problem": problem, "next_step": HOSTILE},
        )
        manifest = manifest_of(
            *reports,
            schools={"007": HOSTILE, "no": HOSTILE},
            network={"id": "x", "name": HOSTILE, "synthetic": True},
            measures=[{"id": "zeal", "name": HOSTILE}],
            sources=[{"source": HOSTILE, "status": HOSTILE, "rows": 1, "reason": HOSTILE}],
            left_out=[HOSTILE],
            inputs={HOSTILE: ""},
        )
        found = page(manifest, audience)
        assert "script" not in found.elements
        assert found.words.count(HOSTILE) >= 5

    def test_a_synthetic_network_says_so(self) -> None:
        manifest = manifest_of(network={"id": "x", "name": "X", "synthetic": True})
        assert "Synthetic example: schools and numbers are invented." in page(manifest, "coach").words
        assert "Synthetic" not in page(manifest_of(), "coach").words

    def test_it_loads_nothing(self) -> None:
        text = render_index(manifest_of(*all_reports()), "coach")
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in text
        assert not re.search(r"https?://|@import|url\(|<script|<link|<iframe", text)
        assert text.startswith("<!doctype html>")

    def test_words_of_the_house(self) -> None:
        text = Page(render_index(manifest_of(*all_reports()), "district")).words.casefold()
        assert not re.search(r"\b(rank|caused|weak|worst|best)\b", text)


def test_the_runner_writes_what_the_site_reads(example: Path, tmp_path: Path) -> None:
    """A manifest of no reports, as the runner makes it: the keys are those above."""
    from pdsa.runner.reports import Plan, make_reports, plan_run

    plan = plan_run(example)
    run = make_reports(Plan(plan.workspace, (), ("x",)), tmp_path)
    manifest = json.loads(run.manifest.read_text(encoding="utf-8"))
    assert set(manifest_of()) <= set(manifest)
    assert manifest["measures"] == [
        {"id": "on_track", "name": "On track in core courses"},
        {"id": "attendance", "name": "Present 90% of periods"},
        {"id": "check_ins", "name": "Advisory check-ins held"},
        {"id": "prep_minutes", "name": "Preparation time lost"},
    ]
    (coach, _) = write_indexes(run.folder)
    assert Page(coach.read_text(encoding="utf-8")).rows[0][1:5] == [one["name"] for one in manifest["measures"]]
