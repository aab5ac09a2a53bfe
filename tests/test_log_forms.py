"""Answers of forms and rows of trackers become cycles: asked once, each row taken once, and filled in as they grow."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import yaml

from pdsa.errors import InputError, ParamsError
from pdsa.exchange.form_rows import changes_of_forms
from pdsa.exchange.forms import LogMapping, check_mapping, drafted, proposed
from pdsa.inquiry import Change, State
from pdsa.inquiry.rules import Reference
from pdsa.log import Log, open_log
from pdsa.records import Measure, School
from pdsa.records.inquiry import Cycle
from pdsa.workspace.answers import Said, form_changes, save_mapping

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
            ("What do you predict, and why?", "prediction"),
            ("Hypothesis", "prediction"),
            ("Why do you think so?", "because"),
            ("What will you do differently?", "idea"),
            ("What data will you collect?", "how"),
            ("Start date", "start"),
            ("End date", "planned_end"),
            ("Date(s) of test", "when"),
            ("Cycle #", "cycle_no"),
            ("What happened?", "observations"),
            ("What surprised you?", "unexpected_observations"),
            ("How do the results compare to the prediction?", "what_data_show"),
            ("Adopt, adapt or abandon?", "decision"),
            ("Why did you decide this?", "rationale"),
            ("What will you do next?", "next_test"),
            ("How many students took part?", "students_n"),
            ("Name", "ignore"),
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


TODAY = date(2026, 1, 30)
ATTENDANCE = Measure("attendance", "Attendance", "outcome", "proportion", "%", "up", "week", "Days present")
OF_FEBRUARY = Reference(TODAY, REFERENCE.schools, (ATTENDANCE,))
TRACKER = [
    *(["Our PDSA tracker"], ["", "PLAN", "", "", "", "", "DO", "", "STUDY", "ACT"]),
    *(["School", "Cycle #", "Change idea", "Prediction(s)", "Measure", "Start date", "What happened?"],),
]
TRACKER[2] += ["Carried out as planned?", "What did you learn?", "Decision"]
FIRST_CYCLE = ["107", "1", "Text reminders", "More reply because texts are read", "attendance", date(2026, 1, 12)]
SECOND_CYCLE = ["107", "2", "text  reminders", "More reply because it is in Spanish", "attendance", date(2026, 1, 26)]
DONE = ["All sent", "yes", "Texts work", "Adapt"]


def tracker(file: Path, *rows: Sequence[object], sheets: int = 1) -> Path:
    """A workbook with titles above the headers, a band of merged cells, and the rows."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Tracker"
    for row in (*TRACKER, *rows):
        sheet.append([cell or None for cell in row])
    sheet.merge_cells("A1:J1")
    sheet.merge_cells("B2:F2")
    for number in range(1, sheets):
        book.create_sheet(f"More {number}").append(["Only a remark"])
        book.worksheets[number].append(["and another"])
    book.save(file)
    return file


class TestWholeForms:
    """From the file to the log, through the mapping that the workspace keeps."""

    @pytest.fixture
    def log(self, tmp_path: Path) -> Log:
        return open_log(tmp_path / "pdsa.sqlite", author="ana")

    def taken(
        self, log: Log, file: Path, said: Said = ({}, {}), name: str = "tracker", reference: Reference = OF_FEBRUARY
    ) -> tuple[Change, ...]:
        """The changes of an import, saved with the mapping."""
        found = form_changes(file, file.parent, name, said, log, reference)
        log.apply(found.changes, reference)
        save_mapping(file.parent, found.mapping)
        return found.changes

    def problems(self, log: Log, file: Path, said: Said = ({}, {})) -> list[str]:
        with pytest.raises(InputError) as caught:
            form_changes(file, file.parent, "tracker", said, log, OF_FEBRUARY)
        return [str(one) for one in caught.value.problems]

    def test_a_tracker_fills_its_cycles_as_it_is_filled_in(self, log: Log, tmp_path: Path) -> None:
        file = tracker(tmp_path / "t.xlsx", [*FIRST_CYCLE, *DONE], SECOND_CYCLE)
        assert [one.entity for one in self.taken(log, file)].count("cycle") == 2
        assert self.taken(log, file) == ()
        log.apply([_edited(log, 2, objective="What a person wrote in the log")])
        later = tracker(
            tmp_path / "t.xlsx", [*FIRST_CYCLE[:-1], date(2026, 1, 13), *DONE], [*SECOND_CYCLE, "Half", "partly"]
        )
        (change,) = self.taken(log, later)
        first, second = sorted(log.state().cycles, key=lambda one: one.cycle_no)
        assert (first.start, first.decision, first.actual_start) == (date(2026, 1, 12), "adapt", date(2026, 1, 12))
        assert (second.parent_cycle_id, second.observations, second.carried_out_as_planned) == (
            first.id,
            "Half",
            "partly",
        )
        assert second.objective == "What a person wrote in the log"
        assert (change.record, second.actual_start) == (second.id, date(2026, 1, 26))
        assert [one.made_on for one in log.state().predictions(second.id)] == [date(2026, 1, 26)]

    def test_a_decision_was_made_on_the_last_day_unless_a_row_says_otherwise(self, log: Log, tmp_path: Path) -> None:
        file = tmp_path / "form.csv"
        file.write_text(
            "School,Idea,Prediction,Start date,End date,What did you learn?,Decision,Decided on\n"
            "0107,Ride board,More come because of it,2026-01-12,2026-01-16,A lot,adopt,\n"
            "0107,Late bus,Fewer late because of it,2026-01-12,2026-01-16,A little,abandon,2026-01-20\n",
            "utf-8",
        )
        self.taken(log, file, ({"Decided on": "decided_on"}, {}))
        days = {one.title: one.decided_on for one in log.state().cycles}
        assert days == {"Ride board": date(2026, 1, 16), "Late bus": date(2026, 1, 20)}

    def test_what_people_wrote_in_the_log_is_not_written_over(self, log: Log, tmp_path: Path) -> None:
        self.taken(log, tracker(tmp_path / "t.xlsx", [*FIRST_CYCLE, *DONE]))
        log.apply([_edited(log, 1, learning="Said better in the log")])
        rows = [*FIRST_CYCLE, *DONE[:2], "Another lesson", "Adapt"]
        assert self.taken(log, tracker(tmp_path / "t.xlsx", rows)) == ()
        assert log.state().cycles[0].learning == "Said better in the log"

    def test_a_cycle_that_was_retired_does_not_come_back(self, log: Log, tmp_path: Path) -> None:
        file = tracker(tmp_path / "t.xlsx", [*SECOND_CYCLE[:1], "1", *SECOND_CYCLE[2:]])
        self.taken(log, file)
        cycle = log.state().all("cycle")[0]
        log.retire("cycle", cycle.id, based_on=cycle.version)
        assert self.taken(log, file) == ()

    def test_several_sheets_and_rows_of_headers_are_asked_and_kept(self, log: Log, tmp_path: Path) -> None:
        file = tracker(tmp_path / "t.xlsx", [*SECOND_CYCLE[:1], "1", *SECOND_CYCLE[2:]], sheets=2)
        (problem,) = self.problems(log, file)
        assert "found the sheets Tracker, More 1" in problem and "--field sheet=NAME" in problem
        assert len(self.taken(log, file, ({"sheet": "Tracker", "header": "3"}, {}))) == 3
        kept = yaml.safe_load((tmp_path / "mappings" / "tracker.log.yaml").read_text("utf-8"))
        assert (kept["sheet"], kept["header"], kept["columns"]["Cycle #"]) == ("Tracker", 3, "cycle_no")
        assert self.taken(log, file) == ()

    def test_words_of_a_form_are_said_once(self, log: Log, tmp_path: Path) -> None:
        file = tmp_path / "form.csv"
        file.write_text(
            "School,Change idea,Prediction,Start date,Size of test\n"
            "Tarnwick HS,Ride board,More come because of it,2026-02-02,One room\n",
            "utf-8",
        )
        assert [one.partition(": found")[0] for one in self.problems(log, file)] == ["row 2, school"]
        school = {"school:Tarnwick HS": "0107"}
        assert [one.partition(": found")[0] for one in self.problems(log, file, ({}, school))] == ["row 2, scale"]
        self.taken(log, file, ({}, {**school, "scale:One room": "class"}))
        assert (log.state().cycles[0].scale, log.state().cycles[0].school_id) == ("class", "0107")
        assert self.taken(log, file) == ()

    def test_several_predictions_and_texts_of_one_row(self, log: Log, tmp_path: Path) -> None:
        file = tmp_path / "form.csv"
        file.write_text(
            "School,Idea,Prediction 1,Prediction 2,When?,Questions,What else do we ask?,Measure,Data plan\n"
            "0107,Ride board,More come because of rides,Fewer are late because of rides,2026-02-02,"
            "Who rides?,Who drives?,attendance,A tally at the door\n",
            "utf-8",
        )
        said: Said = ({"What else do we ask?": "questions"}, {})
        self.taken(log, file, said)
        (cycle,) = log.state().cycles
        assert cycle.questions == ("Who rides?", "Who drives?")
        assert (cycle.measure_ids, cycle.data_plan_detail) == (("attendance",), "A tally at the door")
        made = log.state().predictions(cycle.id)
        assert [one.question for one in made] == ["More come", "Fewer are late"]
        assert {one.because for one in made} == {"of rides"}

    def test_one_field_in_two_columns_is_told_where_it_cannot_be_both(self, log: Log, tmp_path: Path) -> None:
        file = tmp_path / "form.csv"
        file.write_text("School,Idea,Begin,Start\n0107,Ride board,2026-02-02,2026-02-03\n", "utf-8")
        (problem,) = self.problems(log, file, ({"Begin": "start", "Start": "start"}, {}))
        assert problem.startswith("columns 'Begin' and 'Start': found start, of both")

    def test_answers_that_fit_nothing_are_told(self, log: Log, tmp_path: Path) -> None:
        file = tmp_path / "form.csv"
        file.write_text("School,Idea\n0107,Ride board\n", "utf-8")
        told = self.problems(log, file, ({"Colour": "ignore", "School": "shool"}, {"skale:x": "class"}))
        assert [one.partition(": found")[0] for one in told] == [
            "column 'School'",
            "--field Colour",
            "--word skale",
            "school",
        ]
        assert "month-first or day-first" in self.problems(log, file, ({"dates": "german"}, {}))[0]

    def test_days_that_say_themselves_which_part_is_the_month(self, tmp_path: Path, log: Log) -> None:
        file = tmp_path / "form.csv"
        rows = "Timestamp,School,Idea,When\n1/9/2026 9:14:22,0107,Ride board,{}\n"
        file.write_text(rows.format("1/9/2026 - 1/10/2026"), "utf-8")
        assert self.problems(log, file)[0].startswith("dates: found days such as 1/12/2026")
        file.write_text(rows.format("1/23/2026 - 24/1/2026"), "utf-8")  # both ways in one file
        assert self.problems(log, file)[0].startswith("dates: found days such as 1/12/2026")
        file.write_text(rows.format("1/9/2026 - 1/23/2026"), "utf-8")
        self.taken(log, file)
        assert (log.state().cycles[0].start, log.state().cycles[0].planned_end) == (date(2026, 1, 9), date(2026, 1, 23))

    def test_the_rules_name_the_rows_and_nothing_personal_is_taken_unasked(self, log: Log, tmp_path: Path) -> None:
        file = tracker(tmp_path / "t.xlsx", [*FIRST_CYCLE, "Wrote to maria.lopez@example.org", "yes"], SECOND_CYCLE)
        told = self.problems(log, file)
        assert [one for one in told if one.startswith("row 4, observations")] != [] and "maria" not in str(told)
        assert log.state().cycles == ()
        gap = tracker(tmp_path / "u.xlsx", SECOND_CYCLE)
        assert self.problems(log, gap)[0].startswith("row 4, cycle_no: found 2, without the cycle before it")

    def test_rows_that_nothing_tells_apart_are_told_and_copies_are_taken_once(self, log: Log, tmp_path: Path) -> None:
        first, other = [*FIRST_CYCLE, "Seen"], [*FIRST_CYCLE, "Seen otherwise"]
        (problem,) = self.problems(log, tracker(tmp_path / "t.xlsx", first, other))
        assert problem.startswith("row 5, the same cycle: found another row than row 4")
        changes = self.taken(log, tracker(tmp_path / "t.xlsx", first, first, ["107"]))
        assert [one.entity for one in changes].count("cycle") == 1

    def test_two_schools_with_the_same_idea_have_each_their_own(self, log: Log, tmp_path: Path) -> None:
        self.taken(log, tracker(tmp_path / "t.xlsx", FIRST_CYCLE, ["Pellbrook High School", *FIRST_CYCLE[1:]]))
        assert sorted(held.school for held in log.state().all("change_idea")) == ["0107", "0114"]

    def test_hostile_texts_of_a_form_survive(self, log: Log, tmp_path: Path) -> None:
        hostile = "It costs $5 <img src=x onerror=alert(1)> \u202eאבג\u202c \U0001f600"
        file = tmp_path / "form.csv"
        rows = [["School", "Idea", "Prediction", "Measure"], ["0107", "=1+1", "More because " + hostile, "'+5"]]
        with file.open("w", newline="", encoding="utf-8") as text:
            csv.writer(text).writerows(rows)
        self.taken(log, file)
        (cycle,) = log.state().cycles
        assert [one.title for one in log.state().ideas.values()] == ["=1+1"]
        assert log.state().predictions(cycle.id)[0].because == hostile
        assert cycle.data_plan_detail == "'+5"

    def test_an_empty_form_and_doubled_headers_are_told(self, log: Log, tmp_path: Path) -> None:
        file = tmp_path / "form.csv"
        file.write_text("School,Idea,Idea\n0107,a,b\n", "utf-8")
        assert self.problems(log, file) == ["row 1: found the header 'Idea' twice, expected each header once."]
        file.write_text("School,Idea\n", "utf-8")
        assert "no rows below it" in self.problems(log, file)[0]


def _edited(log: Log, number: int, **fields: object) -> Change:
    """An edit that somebody makes of the cycle with this number."""
    from pdsa.inquiry import steps

    state = log.state()
    cycle = next(one.id for one in state.cycles if one.cycle_no == number)
    (change,) = steps.edit("cycle", cycle, fields, state=state)
    return change
