"""The log as sheets and back without loss; forms by a mapping that is kept; a slice that proves itself."""

from __future__ import annotations

import csv
import doctest
import io
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from logs import HOSTILE, SCHOOL, write_log
from pdsa.errors import InputError
from pdsa.exchange import cells as cells_module
from pdsa.exchange import export_folder, export_workbook, forms, read_events, slice_of, tables, verify_events
from pdsa.exchange.cells import cell_of, fields_of
from pdsa.exchange.heads import read_heads, write_heads
from pdsa.exchange.taken import Side, changes_of, read_sheets
from pdsa.inquiry import Change, broken_links
from pdsa.inquiry.rules import Reference
from pdsa.log import Conflict, Log, open_log
from pdsa.params.inquiry import read_fields
from pdsa.records import Measure, School
from pdsa.records.inquiry import Task
from pdsa.workspace import diary

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

    @given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), min_size=1), max_size=5))
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
        log.apply([Change("change_idea", "idea-other", "0114", {"title": "Cited"}, visibility="network")])
        log.apply([Change("cycle", "cycle-x", SCHOOL, {"school_id": SCHOOL, "change_idea_id": "idea-other"})])
        state = slice_of(log.state(), SCHOOL)
        assert (state.ideas["idea-other"].title, state.get("change_idea", "idea-other").school) == ("Cited", "")
        export_folder(state, log.events(school=SCHOOL), tmp_path / "out")
        assert "theirs" not in "".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())
        ends, problems = verify_events(tmp_path / "out")
        assert (ends, problems) == ({SCHOOL: log.verify().heads[SCHOOL]}, ())
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
    date(2026, 2, 2),
    (School("0107", "Tarnwick High School"), School("0114", "Pellbrook High School")),
    (Measure("attendance", "Attendance", "outcome", "proportion", "%", "up", "week", "Days present of days enrolled"),),
    not_personal=("*",),
)


class TestNamedAndMended:
    """With a reference an import knows titles, other edits and the rules, and names the rows."""

    def told(self, log: Log, folder: Path, settle: Side = "") -> list[str]:
        with pytest.raises(InputError) as caught:
            changes_of(read_sheets(folder), log.events(), REFERENCE, settle=settle)
        return [str(one) for one in caught.value.problems]

    def written(self, folder: Path, **sheets: str) -> Path:
        folder.mkdir()
        for name, text in sheets.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
        return folder

    def test_new_rows_name_each_other_by_their_titles(self, log: Log, tmp_path: Path) -> None:
        folder = self.written(
            tmp_path / "in",
            change_idea="title,driver_id,school\nRide board,every student HAS an adult,0107\n",
            cycle="school_id,change_idea_id,title,start\n107,ride board,First rides,2026-02-02\n",
            prediction="cycle_id,question,because,school\nFirst rides,More come,they see who drives,0107\n",
        )
        for expected in (3, 0):  # the second time nothing is new
            changes = changes_of(read_sheets(folder), log.events(), REFERENCE)
            assert len(changes) == expected
            log.apply(changes, REFERENCE)
        (cycle,) = [one for one in log.state().cycles if one.title == "First rides"]
        idea = log.state().ideas[cycle.change_idea_id]
        assert (idea.title, idea.driver_id, cycle.school_id) == ("Ride board", "driver-a", "0107")
        assert [one.question for one in log.state().predictions(cycle.id)] == ["More come"]

    def test_the_rules_of_the_log_name_the_rows(self, log: Log, tmp_path: Path) -> None:
        folder = self.written(
            tmp_path / "in",
            cycle="school_id,change_idea_id,start,planned_end,learning\n"
            "0107,idea-a,2026-02-02,2026-01-30,\n0107,no such idea,2026-02-02,,All of it\n",
        )
        told = self.told(log, folder)
        assert [one for one in told if one.startswith("cycle, row 2, planned_end: found 2026-01-30")] != []
        assert [one for one in told if one.startswith("cycle, row 3, change_idea_id: found 'no such idea'")] != []
        assert [one for one in told if one.startswith("cycle, row 3, learning: found a study of a test")] != []

    def test_edits_of_other_fields_go_together(self, log: Log, tmp_path: Path) -> None:
        export_folder(log.state(), (), tmp_path / "out")
        log.apply([Change("driver", "driver-a", "", {"text": "Every student has an adult", "owner": "Lin"}, 1)])
        file = tmp_path / "out" / "driver.csv"
        file.write_text(file.read_text("utf-8").replace("Every student has an adult", "Each has two"), "utf-8")
        (change,) = changes_of(read_sheets(tmp_path / "out"), log.events(), REFERENCE)
        assert (change.kind, change.based_on) == ("merge", 2)
        log.apply([change], REFERENCE)
        driver = log.state().drivers["driver-a"]
        assert (driver.text, driver.owner) == ("Each has two", "Lin")

    @pytest.mark.parametrize(("settle", "text"), [("mine", "Each has two"), ("theirs", "Their words")])
    def test_edits_of_one_field_are_told_with_their_row_and_settled(
        self, log: Log, tmp_path: Path, settle: Side, text: str
    ) -> None:
        export_workbook(log.state(), tmp_path / "out.xlsx")
        book = openpyxl.load_workbook(tmp_path / "out.xlsx")
        book["driver"]["B2"] = "Each has two"
        book.save(tmp_path / "out.xlsx")
        log.apply([Change("driver", "driver-a", "", {"text": "Their words"}, 1)])
        (told,) = self.told(log, tmp_path / "out.xlsx")
        assert told == (
            "driver, row 2, text: found 'Each has two', expected what ana saved since as version 2: 'Their words'."
        )
        log.apply(changes_of(read_sheets(tmp_path / "out.xlsx"), log.events(), REFERENCE, settle=settle), REFERENCE)
        assert log.state().drivers["driver-a"].text == text

    def test_an_edit_of_what_was_taken_out_is_told(self, log: Log, tmp_path: Path) -> None:
        export_folder(log.state(), (), tmp_path / "out")
        log.retire("ask", "ask-team", based_on=1)
        file = tmp_path / "out" / "ask.csv"
        file.write_text(
            file.read_text("utf-8").replace("A printer planted-team", "A big printer planted-team"), "utf-8"
        )
        (told,) = self.told(log, tmp_path / "out")
        assert told.startswith("ask, row 6: found an edit of a record that ana took out of the log since")

    def test_what_is_decided_elsewhere_is_told(self, log: Log, tmp_path: Path) -> None:
        export_folder(log.state(), (), tmp_path / "out")
        file = tmp_path / "out" / "driver.csv"
        text = file.read_text("utf-8")
        file.write_text(text.replace(",,1,ana", ",0114,1,ana").replace(",network,", ",public,"), "utf-8")
        told = self.told(log, tmp_path / "out")
        assert [one.partition(": ")[0] for one in told] == ["driver, row 2, visibility", "driver, row 2, school"]
        assert "pdsa log share" in told[0]

    def test_an_id_that_was_changed_and_a_row_that_stands_twice_are_told(self, log: Log, tmp_path: Path) -> None:
        export_folder(log.state(), (), tmp_path / "out")
        file = tmp_path / "out" / "ask.csv"
        file.write_text(file.read_text("utf-8").replace("ask-team", "ask-taem"), "utf-8")
        assert self.told(log, tmp_path / "out")[0].startswith(
            "ask, row 6, id: found 'ask-taem', expected ask-team perhaps?"
        )
        idea = self.written(tmp_path / "in", change_idea="title,school\nSame,0107\nSame,0107\n")
        assert self.told(log, idea) == [
            "change_idea, row 3: found the same record twice, expected each record once: it stands in "
            "change_idea, row 2 too."
        ]

    def test_a_log_goes_whole_into_a_new_workspace(self, log: Log, tmp_path: Path) -> None:
        state = full(log).state()
        export_folder(state, (), tmp_path / "out")
        with open_log(tmp_path / "new.sqlite", author="bo") as other:
            other.apply(changes_of(read_sheets(tmp_path / "out"), other.events()))
            assert {key: held.record for key, held in other.state().held.items()} == {
                key: held.record for key, held in state.held.items()
            }
            assert [held.visibility for held in other.state().held.values()].count("public") > 3


class TestOtherPrograms:
    """Files as spreadsheets save them."""

    def saved(self, log: Log, folder: Path) -> tuple[Change, ...]:
        return changes_of(read_sheets(folder), log.events(), REFERENCE)

    @pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8"])
    @pytest.mark.parametrize("delimiter", [";", "\t", ","])
    def test_semicolons_tabs_and_letters_of_windows(
        self, tmp_path: Path, log: Log, encoding: str, delimiter: str
    ) -> None:
        rows = [["title", "description", "school"], ["Café talk", 'Every "first" Monday; 10, or later', "0107"]]
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows(rows)
        (tmp_path / "change_idea.csv").write_bytes(text.getvalue().encode(encoding))
        (change,) = self.saved(log, tmp_path / "change_idea.csv")
        assert (change.fields["title"], change.fields["description"]) == (rows[1][0], rows[1][1])

    def test_days_and_numbers_that_a_spreadsheet_holds_as_such(self, tmp_path: Path, log: Log) -> None:
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.title = "cycle"
        sheet.append(["school_id", "change_idea_id", "start", "students_n", "learning"])
        sheet.append([107, "idea-a", datetime(2026, 2, 2), 12, None])
        book.save(tmp_path / "in.xlsx")
        (change,) = self.saved(log, tmp_path / "in.xlsx")
        assert (change.school, change.fields["start"], change.fields["students_n"]) == ("0107", "2026-02-02", 12)

    def test_a_formula_somebody_typed_is_its_result_or_nothing_and_text_stays_text(
        self, tmp_path: Path, log: Log
    ) -> None:
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.title = "insight"
        sheet.append(["text", "school_id"])
        sheet.append(["'=1+1", "0107"])
        book.save(tmp_path / "in.xlsx")
        (change,) = self.saved(log, tmp_path / "in.xlsx")
        assert change.fields["text"] == "'=1+1"

    def test_a_cell_without_a_header_is_told(self, tmp_path: Path, log: Log) -> None:
        (tmp_path / "insight.csv").write_text("text,school_id\nOne,0107,more\n", "utf-8")
        with pytest.raises(InputError, match="insight, row 2: found a cell in a column without a header"):
            self.saved(log, tmp_path / "insight.csv")

    def test_a_text_too_long_for_a_cell_is_told_and_csv_holds_it(self, log: Log, tmp_path: Path) -> None:
        fields, _ = read_fields(
            "cycle", {"school_id": SCHOOL, "change_idea_id": "idea-a", "questions": ["q" * 19_000] * 3}
        )
        log.apply([Change("cycle", "cycle-long", SCHOOL, fields)])
        with pytest.raises(InputError, match="cycle cycle-long, questions: found 57,002 characters"):
            export_workbook(log.state(), tmp_path / "out.xlsx")
        assert not (tmp_path / "out.xlsx").exists()
        export_folder(log.state(), (), tmp_path / "out")
        assert changes_of(read_sheets(tmp_path / "out"), log.events()) == ()

    def test_csv_tells_spreadsheets_its_letters(self, log: Log, tmp_path: Path) -> None:
        export_folder(log.state(), (), tmp_path / "out")
        assert (tmp_path / "out" / "ask.csv").read_bytes().startswith(b"\xef\xbb\xbfid,text,")


ANY = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffe\uffff"), max_size=12)
ODD = st.sampled_from(
    [*WORDS, "_x0041_", "_x000D_\nb", "_x005F_", " lead", "trail ", "\nfirst", "last\n", "0012", "1e5", "TRUE"]
)
TEXTS = st.one_of(ODD, ANY, st.lists(st.one_of(ODD, ANY), max_size=3).map("\n".join))
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31)).map(date.isoformat)
NUMBERS = st.floats(-1e9, 1e9)


class TestAnyRecord:
    @given(
        rows=st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "learning": TEXTS,
                    "questions": st.lists(TEXTS, max_size=3),
                    "tasks": st.lists(st.fixed_dictionaries({"what": TEXTS, "who": TEXTS, "when": TEXTS}), max_size=2),
                    "start": DAYS,
                    "students_n": st.integers(0, 10**6),
                    "measure_ids": st.lists(st.sampled_from(["attendance", "grades"]), max_size=2),
                },
            ),
            min_size=1,
            max_size=8,
        ),
        numbers=st.lists(NUMBERS, max_size=4),
    )
    @settings(max_examples=25, deadline=None)
    def test_what_the_log_takes_comes_back_from_folders_and_workbooks(
        self, rows: list[dict[str, object]], numbers: list[float]
    ) -> None:
        taken = [("cycle", {"school_id": SCHOOL, "change_idea_id": "idea-a", **row}) for row in rows]
        taken += [("prediction", {"cycle_id": "c", "question": "q", "because": "b", "value": one}) for one in numbers]
        read = [(entity, *read_fields(entity, texts)) for entity, texts in taken]
        changes = [
            Change(entity, f"{entity}-{place}", SCHOOL, fields)
            for place, (entity, fields, problems) in enumerate(read)
            if not problems
        ]
        assume(changes)  # an empty log has no sheets
        with TemporaryDirectory() as folder, open_log(Path(folder) / "log.sqlite", author="ana") as log:
            log.apply(changes)
            state = log.state()
            export_folder(state, log.events(), Path(folder) / "out")
            export_workbook(state, Path(folder) / "out.xlsx")
            for name in ("out", "out.xlsx") if changes else ("out",):  # a workbook without a row is told
                assert changes_of(read_sheets(Path(folder) / name), log.events()) == (), name
            assert verify_events(Path(folder) / "out")[1] == ()


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

    def test_a_slice_is_proved_by_itself_and_against_noted_ends(self, log: Log, tmp_path: Path) -> None:
        noted = dict(log.verify().heads)
        log.apply([Change("insight", "insight-later", SCHOOL, {"text": "two\u2028lines", "school_id": SCHOOL})])
        export_folder(log.state(), log.events(school=SCHOOL), tmp_path / "out")
        assert verify_events(tmp_path / "out", noted)[1] == ()
        with open_log(tmp_path / "anew.sqlite", author="ana") as other:
            other.apply([Change("insight", "insight-x", SCHOOL, {"text": "x", "school_id": SCHOOL})])
            export_folder(other.state(), other.events(), tmp_path / "anew")
        (problem,) = verify_events(tmp_path / "anew", noted)[1]
        assert "none, or another than was noted" in str(problem)

    def test_letters_of_another_encoding_are_told(self, tmp_path: Path) -> None:
        (tmp_path / "events.jsonl").write_bytes(b"\xff\xfe{}")
        with pytest.raises(InputError, match="another encoding"):
            read_events(tmp_path / "events.jsonl")


@pytest.mark.parametrize("module", [cells_module, tables, forms, diary])
def test_examples_of_docstrings_run(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert (found.failed, found.attempted > 0) == (0, True)
