"""New York's daily attendance from the publisher's archive to published pages, by the committed params file."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pdsa.runner import make_reports, plan_run
from pdsa.site import write_indexes
from test_reports import Made, harmless, rows_of

ROOT = Path(__file__).resolve().parents[1]
PARAMS = ROOT / "params" / "nyc_attendance.yaml"
# Two with enrollment in both years, one that opened in 2014-15, one that hardly reported, two without enrollment,
# of which one reported in half of its weeks.
SCHOOLS = ("01M015", "01M448", "02M177", "02M575", "01M137", "04M635")
WITHOUT_ENROLLMENT = ("01M137", "04M635")
OPENED_LATER = "02M177"
WEEKS = ("2014-10-20", "2015-03-02", "2014-02-10")
ITEM = re.compile(rb"<item>(.*?)</item>", re.DOTALL)

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def made(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    data = real_data / "nyc_daily_attendance"
    params = tmp_path_factory.mktemp("params") / PARAMS.name
    chosen = ", ".join(f'"{school}"' for school in SCHOOLS)
    params.write_text(PARAMS.read_text("utf-8").replace("select:\n", f"select:\n  schools: [{chosen}]\n"), "utf-8")
    run = make_reports(plan_run(params, data=str(data)), tmp_path_factory.mktemp("nyc"))
    write_indexes(run.folder)
    return Made(data, run)


@pytest.fixture(scope="module")
def manifest(made: Made) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.text("manifest.json"))
    return found


@pytest.fixture(scope="module")
def days(real_data: Path) -> dict[str, dict[str, str]]:
    """Percent present as printed in the publisher's files, by school and day, of usable days; no pdsa in it."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    wanted = [name.encode() for name in SCHOOLS]
    with tarfile.open(next((real_data / "nyc_daily_attendance").glob("xml_*.tar.xz"))) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            content = file.read() if file else b""
            if content.count(b"<item>") < 1000:
                continue
            for item in ITEM.findall(content):
                if any(name in item for name in wanted):
                    fields = dict(re.findall(rb"<(\w+)>([^<]*)</", item))
                    day = datetime.strptime(fields[b"ATTN_DATE_YMD"].decode().strip(), "%Y%m%d")
                    if datetime(2013, 7, 1) <= day <= datetime(2015, 6, 30):
                        found[fields[b"DBN"].decode().strip()][f"{day:%Y-%m-%d}"] = fields[b"ATTN_PCT"].decode().strip()
    return found


def week_of(day: str) -> str:
    there = datetime.strptime(day, "%Y-%m-%d")
    return f"{there - timedelta(days=there.weekday()):%Y-%m-%d}"


def by_week(days: dict[str, str]) -> dict[str, list[str]]:
    weeks: dict[str, list[str]] = defaultdict(list)
    for day, percent in sorted(days.items()):
        weeks[week_of(day)].append(percent)
    return weeks


def points(made: Made, school: str, audience: str = "team") -> dict[str, dict[str, str]]:
    name = f"team/{school.lower()}" if audience == "team" else f"district/schools/{school.lower()}"
    stem = next((made.folder / name).parent.glob(f"{Path(name).name}*"))
    path = next(stem.glob("*-points.csv")) if stem.is_dir() else next(stem.parent.glob(f"{stem.stem}*-points.csv"))
    return {row["period"]: row for row in rows_of(path)}


def test_every_report_is_made(made: Made) -> None:
    assert [str(result.problem) for result in made.run.failed] == []
    assert len(made.run.results) == 6 + 1 + 6 + 1
    for result in made.run.results:
        assert result.path is not None
        harmless(result.path.read_text(encoding="utf-8"))


def test_the_chart_kind_follows_from_what_is_known(made: Made) -> None:
    kinds = {row["school"]: row["kind"] for row in rows_of(made.folder / "coach/network-summary.csv")}
    assert set(kinds) == set(SCHOOLS)
    assert {school for school, kind in kinds.items() if kind == "i"} == set(WITHOUT_ENROLLMENT)
    assert kinds["01M015"] == kinds["01M448"] == "p_prime"


def test_verdicts(made: Made) -> None:
    words = {row["school"]: row["verdict"] for row in rows_of(made.folder / "coach/network-summary.csv")}
    assert words["02M575"] == "too_few"
    assert set(words.values()) <= {"too_few", "improvement", "concern", "change", "common_cause"}


def test_weeks_of_a_school_are_the_means_of_its_days(made: Made, days: dict[str, dict[str, str]]) -> None:
    found, expected = points(made, "01M015"), by_week(days["01M015"])
    assert set(found) == set(expected)
    for week in WEEKS:
        percents = [float(text) for text in expected[week]]
        assert len(percents) >= 3
        assert float(found[week]["value"]) == pytest.approx(sum(percents) / len(percents), rel=1e-9)
    # the yearly table says 183 students in 2014-15: five days of them
    assert float(found["2015-03-02"]["denominator"]) == 183 * len(expected["2015-03-02"])


def test_every_week_of_every_school(made: Made, days: dict[str, dict[str, str]]) -> None:
    """Enrollment is constant within a school year, so that weighting by it changes nothing."""
    checked = 0
    for school in SCHOOLS:
        for week, row in points(made, school).items():
            told = [float(text) for text in by_week(days[school]).get(week, []) if text != "NS"]
            if told:
                assert float(row["value"]) == pytest.approx(sum(told) / len(told), rel=1e-9)
                checked += 1
            else:
                assert row["value"] == ""
    assert checked > 200


def test_not_submitted_is_never_zero(made: Made, days: dict[str, dict[str, str]]) -> None:
    for school in SCHOOLS:
        zeros = {week_of(day) for day, percent in days[school].items() if percent != "NS" and float(percent) == 0}
        shown = {week for week, row in points(made, school).items() if row["value"] and float(row["value"]) == 0}
        assert shown <= zeros
    blank = [week for week, row in points(made, "01M448").items() if not row["value"]]
    assert len(blank) == 3
    assert all(set(by_week(days["01M448"]).get(week, [])) <= {"NS"} for week in blank)


def test_numerators_that_were_computed_are_not_printed(made: Made) -> None:
    for path in made.folder.rglob("*.html"):
        assert not re.search(r"\([\d,.]+ of [\d,.]+\)", path.read_text(encoding="utf-8")), path


def test_a_school_that_opened_later_has_no_earlier_weeks(made: Made) -> None:
    weeks = points(made, OPENED_LATER)
    assert min(weeks) == "2014-10-20"
    assert len(weeks) == 33


def test_the_coach_reads_what_happened_to_the_files(made: Made, manifest: dict[str, Any]) -> None:
    words = harmless(made.text("coach/index.html")).words
    status = [note["status"] for note in manifest["sources"]]
    assert (status.count("cleaned"), status.count("set aside"), status.count("dropped rows")) == (70, 85, 1)
    assert "What happened to the input" in words
    assert "20130315" in words
    assert "set aside" in words
    assert "What happened to the input" not in harmless(made.text("district/index.html")).words


def test_the_inputs_are_in_the_manifest(manifest: dict[str, Any]) -> None:
    assert set(manifest["inputs"]) == {
        "nyc_attendance.yaml",
        "xml_2009-09-11_to_2015-06-26.tar.xz",
        "2013_-_2018_Demographic_Snapshot_School.csv.gz",
    }


def test_without_the_data_the_message_says_so(tmp_path: Path) -> None:
    from pdsa.errors import InputError

    shutil.copy(PARAMS, tmp_path)
    with pytest.raises(InputError, match=re.escape("xml_*.tar.xz")):
        plan_run(tmp_path / PARAMS.name, data=str(tmp_path / "nothing"))
