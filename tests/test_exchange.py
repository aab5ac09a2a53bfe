"""The log as sheets and back without loss; forms by a mapping that is kept; a slice that proves itself."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logs import HOSTILE, SCHOOL, write_log
from pdsa.errors import InputError, ParamsError
from pdsa.exchange import export_folder, export_workbook, read_events
from pdsa.exchange.cells import cell_of, fields_of
from pdsa.exchange.form_rows import changes_of_forms
from pdsa.exchange.forms import LogMapping, check_mapping, drafted, proposed
from pdsa.exchange.heads import read_heads, write_heads
from pdsa.exchange.taken import changes_of, read_sheets
from pdsa.inquiry import Change, State, Viewer, broken_links
from pdsa.inquiry.rules import Reference
from pdsa.log import Conflict, Log, open_log
from pdsa.params.inquiry import read_fields
from pdsa.records import School
from pdsa.records.inquiry import Cycle, Task

WORDS = [
    "=1+1",
    "@cmd",
    "+5",
    "-5",
    "'quoted",
    "two\nlines",
    "a;b",
    "a | b",
    "[1]",
    '["x"]',
    "$5",
    "\u202eאב",
    "\U0001f600",
]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    write_log(tmp_path)
    return open_log(tmp_path / "pdsa.sqlite", author="ana")


def full(log: Log) -> Log:
    """The log with every kind of cell."""
    fields, problems = read_fields(
        "cycle",
        {
            "school_id": SCHOOL,
            "change_idea_id": "idea-a",
            "learning": HOSTILE,
            "questions": WORDS,
            "tasks": [{"what": "Print | copy", "who": "adviser"}, {"what": "Tell\nall"}],
            "start": "2025-09-01",
            "students_n": 12,
        },
    )
    assert problems == ()
    log.apply([Change("cycle", "cycle-full", SCHOOL, fields)])
    for number, word in enumerate(WORDS):
        told, _ = read_fields("insight", {"text": word, "school_id": SCHOOL})
        log.apply([Change("insight", f"insight-{number:05d}", SCHOOL, told)])
    return log


class TestRoundTrip:
    @pytest.mark.parametrize("kind", ["folder", "workbook"])
    def test_an_export_that_nobody_edited_changes_nothing(self, log: Log, tmp_path: Path, kind: str) -> None:
        state = full(log).state()
        target = tmp_path / ("out" if kind == "folder" else "out.xlsx")
        if kind == "folder":
            export_folder(state, log.events(), target)
        else:
            export_workbook(state, target)
        assert changes_of(read_sheets(target), log.events()) == ()

    def test_no_cell_of_a_workbook_is_a_formula(self, log: Log, tmp_path: Path) -> None:
        file = export_workbook(full(log).state(), tmp_path / "out.xlsx")
        kinds = {cell.data_type for sheet in openpyxl.load_workbook(file) for row in sheet.iter_rows() for cell in row}
        assert kinds <= {"s", "n"}
        numbers = [
            c.value
            for sheet in openpyxl.load_workbook(file)
            for r in sheet.iter_rows()
            for c in r
            if c.data_type == "n"
        ]
        assert set(numbers) <= {None}

    def test_no_cell_of_a_csv_is_run_by_a_spreadsheet(self, log: Log, tmp_path: Path) -> None:
        export_folder(full(log).state(), (), tmp_path / "out")
        with (tmp_path / "out" / "insight.csv").open(newline="", encoding="utf-8") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        assert "'=1+1" in texts and "'@cmd" in texts and "''quoted" not in texts
        assert [text for text in texts if text[:1] in "=@\t\r"] == []

    @given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1), max_size=5))
    @settings(max_examples=200, deadline=None)
    def test_lists_come_back_as_they_were(self, items: list[str]) -> None:
        held = tuple(item for item in items if item.strip())
        row = {"questions": cell_of(held)}
        found = fields_of("cycle", row).get("questions", [])
        read, problems = read_fields("cycle", {"school_id": "1", "change_idea_id": "i", "questions": found})
        assert [one for one in problems if "control" not in one.found] == []
        expected, _ = read_fields("cycle", {"school_id": "1", "change_idea_id": "i", "questions": list(held)})
        assert read.get("questions") == expected.get("questions")

    def test_cells_are_what_people_can_read(self) -> None:
        tasks = (Task("Call home", "adviser", "Monday"), Task("Note it"))
        assert cell_of(tasks) == "Call home | adviser | Monday\nNote it"
        assert fields_of("cycle", {"tasks": cell_of(tasks)})["tasks"] == [
            {"what": "Call home", "who": "adviser", "when": "Monday"},
            {"what": "Note it"},
        ]
        assert (cell_of(90.0), cell_of(2.5), cell_of(None), cell_of(date(2026, 1, 5))) == (
            "90",
            "2.5",
            "",
            "2026-01-05",
        )

    def test_a_slice_holds_what_the_team_may_see_and_its_own_chain(self, log: Log, tmp_path: Path) -> None:
        log.apply([Change("insight", "insight-other", "0114", {"text": "theirs", "school_id": "0114"})])
        state = log.state(Viewer("team", (SCHOOL,)))
        export_folder(state, log.events(school=SCHOOL), tmp_path / "out")
        assert "theirs" not in "".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())
        events = read_events(tmp_path / "out" / "events.jsonl")
        assert list(broken_links(events)) == []
        assert {one.school for one in events} == {SCHOOL}

    def test_a_line_that_somebody_changed_breaks_the_chain(self, log: Log, tmp_path: Path) -> None:
        export_folder(log.state(), log.events(), tmp_path / "out")
        file = tmp_path / "out" / "events.jsonl"
        file.write_text(file.read_text("utf-8").replace('"author": "ana"', '"author": "eve"', 1), "utf-8")
        assert "another content" in str(next(iter(broken_links(read_events(file)))))
        file.write_text("no event\n", "utf-8")
        with pytest.raises(InputError, match="line 1: found no event"):
            read_events(file)

    def test_nothing_is_written_over(self, log: Log, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").write_text("mine")
        (tmp_path / "out.xlsx").write_text("mine")
        with pytest.raises(InputError, match="new or an empty folder"):
            export_folder(log.state(), (), tmp_path / "out")
        with pytest.raises(InputError, match="there already"):
            export_workbook(log.state(), tmp_path / "out.xlsx")
        assert (tmp_path / "out.xlsx").read_text() == "mine"


class TestEdited:
    def edited(self, log: Log, folder: Path, name: str, old: str, new: str) -> tuple[Change, ...]:
        export_folder(log.state(), log.events(), folder)
        file = folder / f"{name}.csv"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        return changes_of(read_sheets(folder), log.events())

    def test_a_changed_cell_changes_that_record(self, log: Log, tmp_path: Path) -> None:
        changes = self.edited(log, tmp_path / "out", "driver", "Every student has an adult", "Each student has two")
        log.apply(changes)
        assert [one.text for one in log.state().drivers.values()] == ["Each student has two"]
        assert [one.version for one in log.history("driver", "driver-a")] == [1, 2]

    def test_an_edit_of_an_old_version_is_a_conflict_told_field_by_field(self, log: Log, tmp_path: Path) -> None:
        changes = self.edited(log, tmp_path / "out", "driver", "Every student has an adult", "Each student has two")
        log.apply([Change("driver", "driver-a", "", {"text": "Their words"}, 1)])
        with pytest.raises(Conflict, match="text: they saved 'Their words'; you want 'Each student has two'"):
            log.apply(changes)

    def test_a_row_without_an_id_is_a_new_record(self, log: Log, tmp_path: Path) -> None:
        file = tmp_path / "change_idea.csv"
        file.write_text("title,school\nRide board,0107\n", "utf-8")
        log.apply(changes_of(read_sheets(file), log.events()))
        assert "Ride board" in [one.title for one in log.state().ideas.values()]

    def test_all_mistakes_are_named_at_once_with_their_rows(self, log: Log, tmp_path: Path) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        (folder / "aim.csv").write_text("statement\nBetter\n", "utf-8")
        (folder / "cycle.csv").write_text(
            "school_id,change_idea_id,start,visibility\n0107,idea-a,13/10/2025,all\n", "utf-8"
        )
        with pytest.raises(InputError) as caught:
            changes_of(read_sheets(folder), log.events())
        told = [f"{one.place}: {one.found}" for one in caught.value.problems]
        assert told == [
            "aim, row 2, measure_id: nothing",
            "aim, row 2, population: nothing",
            "aim, row 2, target_value: nothing",
            "aim, row 2, by_date: nothing",
            "cycle, row 2, start: '13/10/2025'",
            "cycle, row 2, visibility: 'all'",
        ]

    def test_sheets_and_columns_that_are_none_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "cycles.csv").write_text("id\n1\n", "utf-8")
        (tmp_path / "in" / "insight.csv").write_text("text,colour,text\nx,y,z\n", "utf-8")
        with pytest.raises(InputError) as caught:
            read_sheets(tmp_path / "in")
        assert [one.place for one in caught.value.problems] == ["sheet cycles", "insight, row 1", "insight, row 1"]
        assert "cycle perhaps?" in caught.value.problems[0].expected


REFERENCE = Reference(
    date(2026, 1, 9), (School("0107", "Tarnwick High School"), School("0114", "Pellbrook High School"))
)
HEADERS = ["Timestamp", "Email Address", "School", "What will you try?", "What do you predict?", "When?", "Who?"]
FIRST = ["1/9/2026 9:14", "a@b.c", "0107", "Call home", "More come because we call", "1/12/2026", "us"]
SECOND = ["1/9/2026 9:20", "a@b.c", "Pellbrook High School", "call  HOME", "Less because of it", "1/19/2026", "us"]
ROWS = [(2, dict(zip(HEADERS, FIRST, strict=True))), (3, dict(zip(HEADERS, SECOND, strict=True)))]


class TestForms:
    def mapping(self) -> LogMapping:
        return drafted(LogMapping("plans", dates="month-first"), HEADERS)

    @pytest.mark.parametrize(
        ("header", "field"),
        [
            ("What do you predict will happen and why? (because)", "prediction"),
            ("Why do you think so?", "because"),
            ("Which school are you from?", "school"),
            ("E-mail", "ignore"),
            ("How will you know?", "how"),
            ("What did you learn?", "learning"),
            ("decision", "decision"),
            ("Was it carried out as planned?", "carried_out_as_planned"),
        ],
    )
    def test_headers_propose_fields(self, header: str, field: str) -> None:
        assert proposed(header)[0] == field

    def test_what_no_word_says_is_asked(self) -> None:
        mapping = drafted(LogMapping("plans"), [*HEADERS, "Favorite color"])
        with pytest.raises(ParamsError) as caught:
            check_mapping(mapping, [*HEADERS, "Favorite color"], [row for _, row in ROWS])
        assert [one.place for one in caught.value.problems] == ["column 'Favorite color'"]
        assert "'Who?' is who" in caught.value.next_step

    def test_a_form_without_a_school_is_asked(self) -> None:
        with pytest.raises(ParamsError, match="no column that says whose"):
            check_mapping(LogMapping("plans", {"Idea": "idea"}), ["Idea"], [])

    def test_each_row_is_a_cycle_and_a_second_school_finds_the_same_idea(self) -> None:
        changes = changes_of_forms(self.mapping(), ROWS, State(), REFERENCE, lambda record: False)
        assert [one.entity for one in changes] == [
            "change_idea",
            "cycle",
            "prediction",
            "change_idea",
            "cycle",
            "prediction",
        ]
        assert [one.school for one in changes if one.entity == "cycle"] == ["0107", "0114"]
        assert changes[1].fields["start"] == "2026-01-12"
        assert changes[2].fields["made_on"] == "2026-01-09"

    def test_a_row_is_taken_once(self, tmp_path: Path) -> None:
        with open_log(tmp_path / "pdsa.sqlite", author="ana") as log:
            for expected in (2, 2):
                known = {one.record for one in log.events(entity="cycle")}
                log.apply(changes_of_forms(self.mapping(), ROWS, log.state(), REFERENCE, known.__contains__), REFERENCE)
                assert len(log.state().records(Cycle)) == expected

    def test_every_mistake_of_every_row_is_named(self) -> None:
        bad = [(2, {**ROWS[0][1], "School": "0170"}), (3, {**ROWS[1][1], "When?": "soon"})]
        with pytest.raises(InputError) as caught:
            changes_of_forms(self.mapping(), bad, State(), REFERENCE, lambda record: False)
        assert [one.place.split(",")[0] for one in caught.value.problems] == ["row 2", "row 3"]


class TestHeads:
    def test_heads_come_back_as_they_were(self, tmp_path: Path) -> None:
        heads = {"0107": (5, "aa"), "": (2, "bb")}
        assert read_heads(tmp_path / "heads.json") == {}
        write_heads(tmp_path / "heads.json", heads)
        assert read_heads(tmp_path / "heads.json") == heads

    @pytest.mark.parametrize("text", ["", "[]", '{"0107": 5}', '{"0107": ["x", "y"]}'])
    def test_another_file_is_refused(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "heads.json").write_text(text)
        with pytest.raises(InputError, match="no heads of a log"):
            read_heads(tmp_path / "heads.json")

    def test_a_log_that_was_made_anew_or_put_back_is_seen(self, log: Log, tmp_path: Path) -> None:
        known = dict(log.verify().heads)
        assert log.verify(known).problems == ()
        log.apply([Change("insight", "insight-later", SCHOOL, {"text": "later", "school_id": SCHOOL})])
        assert log.verify(known).problems == ()
        with open_log(tmp_path / "anew.sqlite", author="ana") as other:
            other.apply([Change("insight", "insight-x", SCHOOL, {"text": "x", "school_id": SCHOOL})])
            assert len(other.verify(known).problems) >= 2
