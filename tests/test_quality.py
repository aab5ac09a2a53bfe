"""Data quality: coverage, gaps, late data and imports in hand-made networks; the pages say it and nothing more."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pdsa.figures import coverage_axis, coverage_key, coverage_strip
from pdsa.privacy import release
from pdsa.publish import write_manifest
from pdsa.quality import LETTERS, _gaps, coverage, quality
from pdsa.records import Calendar, Measure
from pdsa.records.entries import Entry, InputFile, LeftOut, TotalNote
from pdsa.series import panel_of
from pdsa.site import render_index, render_quality, write_indexes
from pdsa.terms import OBSERVATION_COLUMNS, STATUSES
from test_site import HOSTILE, Page, all_reports, manifest_of

NAN = float("nan")
ABSENT = Measure("absent", "Days absent", "outcome", "proportion", "%", "down", "week", "d")
ZEAL = Measure("zeal", "Zeal", "outcome", "continuous", "points", "up", "month", "d")
W = ["2025-09-08", "2025-09-15", "2025-09-22", "2025-09-29", "2025-10-06"]
NAMES = {"a": "Ash", "b": "birch", "c": "Cedar", "d": "Dogwood"}


def rows(school: str, told: list[tuple[Any, ...] | str | None], measure: str = "absent") -> list[dict[str, Any]]:
    """A row per week: a pair of numbers, a status, or no row at all."""
    out = []
    for week, one in zip(W, told, strict=False):
        if one is None:
            continue
        row = {"school": school, "measure": measure, "period": week, "value": NAN, "numerator": NAN,
               "denominator": NAN, "group_dim": "", "group": "", "status": "reported", "source": "f.csv",
               "row": len(out) + 2}  # fmt: skip
        if isinstance(one, str):
            row["status"] = one
        elif len(one) == 3:
            row |= {"value": one[0], "denominator": one[1], "status": one[2]}
        else:
            row |= {"numerator": one[0], "denominator": one[1]}
        out.append(row)
    return out


def panel(*parts: list[dict[str, Any]], measure: Measure = ABSENT) -> Any:
    frame = pd.DataFrame([row for part in parts for row in part], columns=list(OBSERVATION_COLUMNS))
    frame["period"] = pd.to_datetime(frame["period"]).astype("datetime64[us]")
    return panel_of(frame, measure, Calendar("observed"))


# Ash reports throughout; birch begins later, hides a week and stops; Cedar has gaps and a bound; Dogwood never reports.
NETWORK = (
    rows("a", [(1.0, 30.0), (2.0, 30.0), (3.0, 30.0), (4.0, 30.0), (5.0, 30.0)]),
    rows("b", [None, (1.0, 30.0), "suppressed", None, None]),
    rows("c", [(1.0, 30.0), None, (0.95, 30.0, "top_coded"), None, (1.0, 4.0)]),
)


def released(audience: str = "coach", min_n: int = 10) -> dict[str, Any]:
    return dict(release({"absent": panel(*NETWORK)}, {"absent": ABSENT}, audience, min_n).panels)  # type: ignore[arg-type]


def entry(sequence: int, day: date, **more: Any) -> Entry:
    return Entry("days", day, (InputFile("days.csv", "0" * 64, 1, 1),), "days", sequence=sequence, **more)


class TestCoverage:
    def test_every_status_has_its_letter(self) -> None:
        assert set(STATUSES) <= set(LETTERS)
        assert len(set(LETTERS.values())) == len(LETTERS)

    def test_a_letter_for_each_school_and_period(self) -> None:
        found = coverage(released()["absent"], ABSENT, NAMES)
        assert found.periods == tuple(W)
        assert found.rows == (
            ("a", "Ash", "rrrrr"), ("b", "birch", " rsmm"), ("c", "Cedar", "rmtms"), ("d", "Dogwood", "     "),
        )  # fmt: skip
        assert {k: v for k, v in found.totals.items() if v} == {"r": 7, "t": 1, "s": 2, "m": 4}
        assert (found.step, found.through) == ("week", "2025-10-06")

    def test_without_a_mask_nothing_is_hidden_but_by_the_publisher(self) -> None:
        found = coverage(released("team")["absent"], ABSENT, NAMES)
        assert found.rows[2] == ("c", "Cedar", "rmtmr")

    def test_nothing_reported_at_all(self) -> None:
        found = coverage(panel([]), ABSENT, NAMES)
        assert (found.periods, found.through) == ((), "")
        assert [letters for _, _, letters in found.rows] == [""] * 4

    def test_schools_stand_by_name(self) -> None:
        found = coverage(panel(NETWORK[0]), ABSENT, {"z": "Ant", "y": "ant"})
        assert [row[:2] for row in found.rows] == [("a", "a"), ("y", "ant"), ("z", "Ant")]


class TestGaps:
    def gaps(self) -> Any:
        return quality(released(), [ABSENT], NAMES).gaps

    def test_the_oldest_missing_period_first(self) -> None:
        told = [(gap.since, gap.name, gap.count) for gap in self.gaps()]
        assert told == [("2025-09-08", "Dogwood", 5), ("2025-09-15", "Cedar", 2), ("2025-09-29", "birch", 2)]

    def test_which_since_when_and_how_far_behind(self) -> None:
        never, cedar, birch = self.gaps()
        assert (never.last, never.behind, never.spans) == ("", 5, (("2025-09-08", "2025-10-06"),))
        assert cedar.spans == (("2025-09-15", "2025-09-15"), ("2025-09-29", "2025-09-29"))
        assert (cedar.last, cedar.behind) == ("2025-10-06", 0)
        # a hidden week is a report: nobody has to ask for it
        assert (birch.last, birch.behind, birch.spans) == ("2025-09-22", 2, (("2025-09-29", "2025-10-06"),))

    def test_errors_of_the_source_are_lacking_and_counted(self) -> None:
        one = replace(coverage(released()["absent"], ABSENT, NAMES), rows=(("a", "Ash", "rmeen"),))
        (gap,) = _gaps([one])
        # 0 of 0 is a report: nobody was there to count
        assert (gap.count, gap.errors, gap.spans, gap.last, gap.behind) == (3, 2, ((W[1], W[3]),), W[4], 0)

    def test_a_district_gets_no_lists(self) -> None:
        found = quality(released(), [ABSENT], NAMES, [entry(1, date(2025, 10, 13), periods={"absent": ("2025-10-06",)},
                        refused=(LeftOut("days.csv", 4, "no number", "31"),))], lists=False)  # fmt: skip
        assert (found.gaps, found.delays, found.left_out) == ((), (), ())
        assert found.imports[0].refused == 1


class TestImports:
    def test_delays_count_from_the_end_of_the_period(self) -> None:
        entries = [
            # a first import brings all of the past: only its last period counts, which ended on Friday the 19th
            entry(1, date(2025, 9, 22), periods={"absent": ("2025-09-08", "2025-09-15")}),
            entry(2, date(2025, 10, 14), periods={"absent": ("2025-09-22", "2025-09-29", "2025-10-06")}),
        ]
        (found,) = quality(released(), [ABSENT], NAMES, entries).delays
        # 3 days; then 18, 11 and 4 days after the Fridays 26 September, 3 and 10 October
        assert (found.periods, found.median, found.longest, found.longest_period) == (4, 7.5, 18, "2025-09-22")

    def test_a_month_ends_with_its_last_day(self) -> None:
        panels = {"zeal": panel(rows("a", [(0.5, 30.0, "reported")], "zeal"), measure=ZEAL)}
        brought = [entry(2, date(2025, 10, 7), periods={"zeal": ("2025-09-08",)})]
        (found,) = quality(panels, [ZEAL], NAMES, brought).delays
        assert found.longest == 7

    def test_imports_in_counts_the_latest_first(self) -> None:
        entries = [
            entry(1, date(2025, 9, 22), counts={"read": 12, "stored": 10}),
            entry(2, date(2025, 10, 14), counts={"read": 20, "stored": 15},
                  set_aside=(LeftOut("days.csv", 14, "a total", "31 of 28"), LeftOut("days.csv", 15, "a total")),
                  duplicates=(LeftOut("days.csv", 3, "the same row"),), revision={"changed": 2},
                  totals=(TotalNote("x", True), TotalNote("y", False), TotalNote("z", None), TotalNote("z", None))),
        ]  # fmt: skip
        found = quality(released(), [ABSENT], NAMES, entries)
        assert [(one.as_of, one.counts["stored"]) for one in found.imports] == [("2025-10-14", 15), ("2025-09-22", 10)]
        first = found.imports[0]
        assert (first.set_aside, first.refused, first.duplicates, first.revision) == (2, 0, 1, {"changed": 2})
        assert (first.totals_equal, first.totals_differ, first.totals_open) == (1, 1, 2)
        assert [(one.what, one.reason, one.rows) for one in found.left_out] == [
            ("set_aside", "a total", (14, 15)), ("duplicates", "the same row", (3,)),
        ]  # fmt: skip

    def test_what_stands_in_a_row_stays_in_the_ledger(self) -> None:
        left = (LeftOut("days.csv", 14, "impossible", "31 of 28"),)
        told = (TotalNote("north: published 7 of 70", False),)
        entries = [entry(1, date(2025, 9, 22), set_aside=left, totals=told, verdicts=("b: worse",), told=("t 77",))]
        text = json.dumps(asdict(quality(released(), [ABSENT], NAMES, entries)))
        for secret in ("31 of 28", "7 of 70", "worse", "t 77"):
            assert secret not in text

    def test_many_imports_are_counted(self) -> None:
        entries = [entry(n, date(2025, 1, 1)) for n in range(1, 36)]
        found = quality(released(), [ABSENT], NAMES, entries)
        assert (len(found.imports), found.earlier_imports) == (30, 5)


class TestStrip:
    def test_each_status_has_a_shape_of_its_own(self) -> None:
        shapes = {}
        for letter in LETTERS.values():
            svg = coverage_strip(letter, ["p"], "x")
            (d,) = re.findall(r' d="([^"]+)"', svg)
            shapes[letter] = d
        # the two sorts of bounds are one shape
        assert len(set(shapes.values())) == len(LETTERS) - 1

    def test_pointing_tells_the_periods(self) -> None:
        svg = coverage_strip("rmmrm ", list("ABCDEF"), "Ash: 2 of 5")
        assert "<title>missing: B to C; E</title>" in svg
        assert "<title>reported: A; D</title>" in svg
        assert 'role="img" aria-label="Ash: 2 of 5"' in svg
        assert "<title>Dogwood: never reported</title>" in coverage_strip("  ", ["A", "B"], "Dogwood: never reported")

    def test_many_stretches_are_counted(self) -> None:
        svg = coverage_strip("rm" * 9, [str(n) for n in range(18)], "x")
        assert "<title>missing: 1; 3; 5; 7; 9; 11 and 3 more</title>" in svg

    @pytest.mark.parametrize(("count", "width"), [(10, "500"), (40, "560"), (52, "620"), (620, "620"), (2000, "1000")])
    def test_strips_fit_the_page(self, count: int, width: str) -> None:
        assert f'width="{width}"' in coverage_strip("r" * count, ["x"] * count, "x")

    def test_long_strips_stay_small(self) -> None:
        letters = "r" * 500 + "m" * 100 + "r" * 400
        assert len(coverage_strip(letters, ["2025-01-01"] * 1000, "x")) < 700

    def test_nothing_is_nothing(self) -> None:
        assert "<path" not in coverage_strip("", [], "x")
        assert "<path" not in coverage_strip("   ", list("abc"), "x")

    def test_months_stand_over_the_strips_without_touching(self) -> None:
        days = [f"{d:%Y-%m-%d}" for d in pd.date_range("2025-09-01", periods=52, freq="7D")]
        svg = coverage_axis(days)
        labels = re.findall(r'<text x="([\d.]+)"[^>]*>([\d-]+)</text>', svg)
        assert labels[0] == ("0", "2025-09")
        places = [float(x) for x, _ in labels]
        assert len(places) >= 6
        assert min(np.diff(places)) >= 45

    def test_the_key_names_every_mark(self) -> None:
        words = Page(coverage_key()).words
        for word in ("reported", "bound", "hidden", "missing", "error", "set aside", "not applicable"):
            assert f" {word}: " in words


def manifest(audience: str = "coach", **more: Any) -> dict[str, Any]:
    entries = [
        entry(1, date(2025, 9, 22), counts={"read": 12, "stored": 10}, periods={"absent": ("2025-09-15",)}),
        entry(2, date(2025, 10, 14), counts={"read": 20, "stored": 15}, revision={"changed": 2},
              set_aside=tuple(LeftOut("days.csv", row, "a total of others") for row in (14, 20, 21, 22)),
              refused=(LeftOut("b.csv", 0, "no header found"),)),
    ]  # fmt: skip
    told = quality(released(audience), [ABSENT], NAMES, entries, lists=audience == "coach")
    block = json.loads(json.dumps({**asdict(told), "unfinished": [], "as_of": "2025-10-14", "unread": [], **more}))
    return manifest_of(*all_reports(), quality={audience: block})


class TestPage:
    def test_the_coach_reads_what_is_missing_and_late(self) -> None:
        found = Page(render_quality(manifest(), "coach"))
        assert ["2025-09-15", "Cedar", "Days absent", "2", "2025-09-15, 2025-09-29"] in found.rows
        assert ["2025-09-29", "birch", "Days absent", "2", "2025-09-29 to 2025-10-06"] in found.rows
        assert ["2025-09-08", "Dogwood", "Days absent", "5", "never reported: 2025-09-08 to 2025-10-06"] in found.rows
        assert ["never", "Dogwood", "Days absent", "2025-10-06", "5"] in found.rows
        assert ["2025-09-22", "birch", "Days absent", "2025-10-06", "2"] in found.rows
        assert "days.csv, rows 14, 20 to 22: set aside; a total of others." in found.words
        assert "b.csv: refused; no header found." in found.words
        assert "3 days at the median from the end of a period to the import that first brought it" in found.words

    def test_words_stand_beside_every_strip(self) -> None:
        found = Page(render_quality(manifest(), "coach"))
        told = {row[0]: row[-1] for row in found.rows if len(row) == 3}
        assert told["Ash"] == "5 of 5"
        assert told["birch"] == "1 of 4; 2 missing, 1 hidden"
        assert told["Cedar"] == "1 of 5; 2 missing, 1 hidden, 1 bound"
        assert told["Dogwood"] == "never reported"

    def test_counts_by_measure(self) -> None:
        found = Page(render_quality(manifest(), "coach"))
        assert found.rows[0] == [
            "Measure", "Data through", "Periods of schools", "Reported", "Missing", "Hidden", "Bound",
            "Never reported, not in these counts",
        ]  # fmt: skip
        assert found.rows[1] == ["Days absent", "2025-10-06", "14", "7", "4", "2", "1", "1 school, 5 weeks"]

    def test_the_counts_and_the_list_of_what_is_missing_agree(self) -> None:
        """A school that never reported was in the list and in no count."""
        found = Page(render_quality(manifest(), "coach"))
        listed = [int(row[3]) for row in found.rows if len(row) == 5 and row[3].isdigit()]
        missing, never = found.rows[1][4], found.rows[1][7]
        assert sum(listed) == 9 == int(missing) + int(never.split()[2])

    def test_no_column_where_every_school_has_reported(self) -> None:
        everyone = quality(released(), [ABSENT], {key: name for key, name in NAMES.items() if key != "d"})
        block = json.loads(json.dumps({**asdict(everyone), "unfinished": [], "as_of": None, "unread": []}))
        assert "Never reported" not in render_quality(manifest_of(quality={"coach": block}), "coach")

    def test_the_way_back_says_to_whose_index_it_leads(self) -> None:
        for audience in ("coach", "district"):
            text = render_quality(manifest(audience), audience)
            assert f'<a href="index.html">All reports for the {audience}</a>' in text

    def test_a_district_reads_counts_only(self) -> None:
        text = render_quality(manifest("district"), "district")
        words = Page(text).words
        assert "Coverage by school and period" in words
        assert "1 of 4; 2 missing, 1 hidden" in words
        for told in ("Missing, oldest first", "Late", "left out", "a total of others", "rows 14", "median"):
            assert told not in words
        # the import stands there in counts
        assert ["2025-10-14", "days", "days", "20", "15", "4", "1", "", "2", "", ""] in Page(text).rows

    def test_no_value_of_a_school_is_on_it(self) -> None:
        for audience in ("coach", "district"):
            text = json.dumps(manifest(audience)["quality"])
            assert "0.95" not in text
            assert '"numerator"' not in text

    def test_an_import_that_was_broken_off(self) -> None:
        found = Page(render_quality(manifest(unfinished=["days"]), "coach"))
        assert "The last import of days was broken off before its end" in found.words

    def test_nothing_reported_and_nothing_imported(self) -> None:
        told = quality({"absent": panel([])}, [ABSENT], NAMES)
        block = json.loads(json.dumps({**asdict(told), "unfinished": [], "as_of": None, "unread": []}))
        found = Page(render_quality(manifest_of(quality={"coach": block}), "coach"))
        assert "Nothing was reported." in found.words
        assert "Nothing is missing." in found.words
        assert "Nothing was imported with pdsa import" in found.words

    def test_it_loads_nothing_and_runs_nothing(self) -> None:
        text = render_quality(manifest(), "coach")
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in text
        assert not re.search(r"https?://|@import|url\(|<script|<link|<iframe", text)
        assert text.startswith("<!doctype html>")
        assert not re.search(r"\b(rank|caused|weak|worst|best)\b", Page(text).words.casefold())

    def test_hostile_names_are_only_words(self) -> None:
        told = quality(released(), [replace(ABSENT, name=HOSTILE)], dict.fromkeys(NAMES, HOSTILE),
                       [entry(1, date(2025, 9, 22), refused=(LeftOut(HOSTILE, 1, HOSTILE),))])  # fmt: skip
        block = json.loads(json.dumps({**asdict(told), "unfinished": [HOSTILE], "as_of": None, "unread": [HOSTILE]}))
        found = Page(render_quality(manifest_of(quality={"coach": block}), "coach"))
        assert "script" not in found.elements
        assert found.words.count(HOSTILE) >= 8


class TestFiles:
    def test_it_stands_beside_the_index_and_is_linked(self, tmp_path: Path) -> None:
        write_manifest(tmp_path / "manifest.json", manifest())
        paths = write_indexes(tmp_path)
        assert [path.relative_to(tmp_path).as_posix() for path in paths] == ["coach/index.html", "district/index.html"]
        assert (tmp_path / "coach/data-quality.html").is_file()
        assert not (tmp_path / "district/data-quality.html").exists()
        assert "data-quality.html" in Page(paths[0].read_text(encoding="utf-8")).links
        assert "data-quality.html" not in Page(paths[1].read_text(encoding="utf-8")).links
        assert Page((tmp_path / "coach/data-quality.html").read_text(encoding="utf-8")).links == ["index.html"]

    def test_an_old_manifest_has_no_page(self) -> None:
        assert "data-quality" not in render_index(manifest_of(*all_reports()), "coach")

    def test_the_same_manifest_makes_the_same_page(self) -> None:
        assert render_quality(manifest(), "coach") == render_quality(manifest(), "coach")


class TestRun:
    def test_a_run_without_imports(self, example: Path, tmp_path: Path) -> None:
        from pdsa.runner.reports import make_reports, plan_run

        plan = replace(plan_run(example), reports=())
        run = make_reports(plan, tmp_path)
        write_indexes(run.folder)
        # a second run keeps the pages that the first one wrote
        run = make_reports(plan, tmp_path)
        assert (run.folder / "coach/data-quality.html").is_file()
        blocks = json.loads(run.manifest.read_text(encoding="utf-8"))["quality"]
        assert set(blocks) == {"coach", "district"}
        assert [len(part["rows"]) for part in blocks["coach"]["coverage"]] == [24] * 4
        assert blocks["coach"]["imports"] == []
        assert blocks["district"]["gaps"] == []
        since = [gap["since"] for gap in blocks["coach"]["gaps"]]
        assert since == sorted(since)
        assert since

    def test_imports_of_the_workspace_stand_in_it(self, example: Path, tmp_path: Path) -> None:
        import shutil

        from pdsa import ledger
        from pdsa.runner.reports import make_reports, plan_run

        folder = shutil.copytree(example, tmp_path / "network")
        data = next((folder / "observations").glob("*.csv"))
        content, name = data.read_bytes(), data.stem
        data.unlink()
        made = ledger.record(folder, Entry(name, date(2026, 6, 12), mapping="m", counts={"read": 5}), content)
        assert made is not None
        run = make_reports(replace(plan_run(folder), reports=()), tmp_path / "out")
        block = json.loads(run.manifest.read_text(encoding="utf-8"))["quality"]["coach"]
        assert [(one["name"], one["mapping"], one["counts"]) for one in block["imports"]] == [(name, "m", {"read": 5})]
        assert block["unfinished"] == []


def test_school_years_are_named_as_such() -> None:
    yearly = replace(ABSENT, frequency="year")
    years = [dict(row, period=f"{2016 + i}-07-01") for i, row in enumerate(rows("a", [(1.0, 30.0), (2.0, 30.0)]))]
    years += [dict(row, period="2016-10-01") for row in rows("b", [(3.0, 30.0)])]
    brought = [entry(2, date(2018, 9, 30), periods={"absent": ("2017-07-01",)})]
    told = quality({"absent": panel(years, measure=yearly)}, [yearly], {"a": "Ash", "b": "Birch"}, brought)
    assert told.coverage[0].rows == (("a", "Ash", "rr"), ("b", "Birch", "rm"))
    # the school year ended on June 30, 2018
    assert told.delays[0].longest == 92
    block = json.loads(json.dumps({**asdict(told), "unfinished": [], "as_of": None, "unread": []}))
    text = render_quality(manifest_of(quality={"coach": block}), "coach")
    assert ["2017-18", "Birch", "Days absent", "1", "2017-18"] in Page(text).rows
    assert "<title>missing: 2017-18</title>" in text
    assert re.findall(r"<text [^>]*>([^<]+)</text>", text) == ["2016-17", "2017-18"]
