"""The commands of the improvement log, as a team, a coach and a program call them; never a traceback."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from pdsa import cli
from pdsa.errors import PdsaError
from places import Place

PLAN = (
    *("cycle", "plan", "--school", "0107", "--idea", "Call home on the first absence", "--how", "attendance"),
    *("--predict", "Attendance rises to 85% because families learn of it the same day", "--low", "82", "--high", "88"),
    *("--when", "2026-01-12..2026-01-23", "--who", "two advisers", "--on", "2026-01-09"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network of two schools and one measure, without any log."""
    (tmp_path / "network.yaml").write_text("id: test\nname: Test network\n")
    (tmp_path / "schools.csv").write_text("id,name\n0107,Tarnwick High School\n0114,Pellbrook High School\n")
    (tmp_path / "measures.csv").write_text(
        "id,name,type,data_type,unit,direction,frequency,definition,per\n"
        "attendance,Attendance,outcome,proportion,%,up,week,Days present of days enrolled,100\n"
    )
    return tmp_path


def call(folder: Path, *words: str, author: str = "ana") -> Result:
    return CliRunner().invoke(cli.pdsa, [*words, "--in", str(folder), "--as", author])


def told(folder: Path, *words: str, author: str = "ana") -> str:
    """What a command prints that goes well."""
    found = call(folder, *words, author=author)
    assert found.exception is None, found.exception
    return found.output


def answer(folder: Path, *words: str, author: str = "ana") -> Any:
    """The JSON document that a command prints."""
    found = call(folder, *words, "--json", author=author)
    assert found.exception is None, found.exception
    return json.loads(found.stdout)


def refused(folder: Path, *words: str, author: str = "ana") -> str:
    """Why a command is refused; the exit code is that of a wrong input."""
    found = call(folder, *words, author=author)
    assert isinstance(found.exception, PdsaError), found.output
    assert found.exception.exit_code == 2
    return str(found.exception)


def planned(folder: Path) -> str:
    return str(answer(folder, *PLAN)["cycle"])


class TestTurn:
    def test_plan_do_study_act_and_the_next_cycle_of_the_ramp(self, folder: Path) -> None:
        cycle = planned(folder)
        assert cycle.startswith("cycle-")
        told(folder, "cycle", "do", cycle, "--started", "2026-01-12", "--as-planned", "yes", "--observed", "All called")
        told(folder, "cycle", "study", cycle, "--learned", "Before ten", "--result", "held", "--on", "2026-01-26")
        out = told(folder, "cycle", "act", cycle, "--decision", "adapt", "--next-scale", "class", "--on", "2026-01-27")
        assert "cycle 2; 1 class" in out
        first, second = answer(folder, "cycle", "list")
        assert (first["fields"]["decision"], second["fields"]["parent_cycle_id"]) == ("adapt", cycle)
        assert second["fields"]["scale"] == "class"
        ramp = told(folder, "ramp").splitlines()
        assert ramp[0] == "Call home on the first absence (0107)"
        assert "1. a few students" in ramp[1] and "adapted" in ramp[1]
        assert "2. 1 class" in ramp[2] and "planned" in ramp[2]

    def test_five_typed_fields_are_enough_and_their_lack_is_told_at_once(self, folder: Path) -> None:
        message = refused(folder, "cycle", "plan", "--school", "0107")
        assert [
            name for name in ("idea", "prediction", "how", "when", "who") if f"  {name}: found nothing" in message
        ] == [*("idea", "prediction", "how", "when", "who")]
        assert not (folder / "pdsa.sqlite").exists() or answer(folder, "cycle", "list") == []

    def test_a_prediction_says_because(self, folder: Path) -> None:
        words = [word if not word.startswith("Attendance rises") else "Attendance rises" for word in PLAN]
        assert "because" in refused(folder, *words)

    def test_a_plan_brings_its_questions_the_size_and_the_next_command(self, folder: Path) -> None:
        out = told(folder, *PLAN, "--belief", "low", "--cost", "low", "--readiness", "ready")
        assert "Plan question: " in out and "weak" not in out
        assert "Size of the test: " in out
        assert "Next: pdsa cycle do cycle-" in out

    def test_a_cycle_is_named_by_its_tail_or_title(self, folder: Path) -> None:
        cycle = planned(folder)
        assert answer(folder, "cycle", "show", cycle.partition("-")[2])["id"] == cycle
        assert answer(folder, "cycle", "show", "call home  ON the first absence")["id"] == cycle
        assert "cycle-zzzzz" in refused(folder, "cycle", "show", "cycle-zzzzz")

    def test_a_save_on_an_older_version_is_a_conflict_in_words(self, folder: Path) -> None:
        cycle = planned(folder)
        told(folder, "cycle", "edit", cycle, "--set", "objective=Find out who calls", "--based-on", "1")
        message = refused(folder, "cycle", "edit", cycle, "--set", "objective=Other words", "--based-on", "1")
        assert "objective: they saved 'Find out who calls'; you want 'Other words'" in message
        assert "--merge mine or --merge theirs" in message
        assert answer(folder, "cycle", "show", cycle)["version"] == 2

    @pytest.mark.parametrize(("side", "objective"), [("mine", "Other words"), ("theirs", "Find out who calls")])
    def test_both_edits_are_put_together(self, folder: Path, side: str, objective: str) -> None:
        cycle = planned(folder)
        told(folder, "cycle", "edit", cycle, "--set", "objective=Find out who calls", "--set", "students_n=12")
        words = ("cycle", "edit", cycle, "--set", "objective=Other words", "--set", "sites_n=2", "--based-on", "1")
        message = refused(folder, *words)
        assert "students_n: they saved 12." in message and "sites_n: only you changed it, to 2." in message
        told(folder, *words, "--merge", side)
        held = answer(folder, "cycle", "show", cycle)
        assert (held["version"], held["fields"]["objective"]) == (3, objective)
        assert (held["fields"]["students_n"], held["fields"]["sites_n"]) == (12, 2)
        found = call(folder, *words[:-1], "9")
        assert found.exit_code == 2 and "expected 1 to 3" in found.output

    def test_edits_of_other_fields_fit_together(self, folder: Path) -> None:
        idea = answer(folder, "idea", "add", "Ride board", "--school", "0107")["record"]
        told(folder, "log", "edit", "change_idea", idea, "owner=Lin")
        words = ("log", "edit", "change_idea", idea, "description=On the wall", "--based-on", "1")
        assert "both fit together" in refused(folder, *words)
        told(folder, *words, "--merge", "mine")
        fields = answer(folder, "idea", "show", idea)["fields"]
        assert (fields["owner"], fields["description"]) == ("Lin", "On the wall")

    def test_a_terminal_asks_for_what_is_missing(self, folder: Path) -> None:
        """Three of the five fields are typed when they are asked for, one by one."""
        words = [word for word in PLAN if word not in ("--how", "attendance", "--who", "two advisers")]
        words = [word for word in words if word not in ("--when", "2026-01-12..2026-01-23")]
        main, desk = pty.openpty()
        command = [sys.executable, "-m", "pdsa", *words, "--in", str(folder), "--as", "ana"]
        with subprocess.Popen(
            command, stdin=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            os.close(desk)
            os.write(main, b"attendance\n2026-01-12\ntwo advisers\n")
            out, err = process.communicate(timeout=120)
        os.close(main)
        assert process.returncode == 0, err
        asked = [out.find(question) for question in ("How will you know?", "When?", "Who will do it?")]
        assert asked == sorted(asked) and -1 not in asked
        assert "What do you predict" not in out
        fields = answer(folder, "cycle", "list")[0]["fields"]
        assert (fields["planned_end"], fields["measure_ids"]) == ("2026-01-25", ["attendance"])
        assert fields["tasks"][0]["who"] == "two advisers"

    def test_questions_of_open_cycles(self, folder: Path) -> None:
        planned(folder)
        found = answer(folder, "cycle", "check")
        assert [len(asked) > 0 for asked in found.values()] == [True]


class TestRecords:
    def test_every_kind_can_be_added_listed_and_shown(self, folder: Path) -> None:
        cycle = planned(folder)
        told(folder, "cycle", "do", cycle, "--started", "2026-01-12")
        told(folder, "cycle", "study", cycle, "--learned", "Before ten", "--on", "2026-01-26")
        added = {
            "aim": ["statement=90% by June", "measure_id=attendance", "population=grade 9", "target_value=90",
                    "by_date=2026-06-12"],
            "driver": ["text=Families know the same day", "measure_ids=attendance"],
            "cause": ["category=Home", "cause=Nobody calls"],
            "annotation": ["date=2026-01-20", "label=Snow day"],
            "phase": ["measure_id=attendance", "start=2026-01-12", "reason=All advisers call",
                      f"evidence_cycle_id={cycle}"],
            "interview": ["date=2026-01-08", "heard=The bus is late", "themes=bus"],
            "insight": ["text=Call before ten", f"cycle_ids={cycle}"],
            "ask": ["text=A second phone", "to=school_leader"],
            "progress": ["on=2026-01-30", "score=2.5"],
        }  # fmt: skip
        for entity, fields in added.items():
            answer(folder, "log", "add", entity, *fields, "--school", "0107", "--on", "2026-02-02")
            (held,) = answer(folder, "log", "list", entity)
            assert told(folder, "log", "show", entity, held["id"]).startswith(entity.replace("_", " "))
        assert answer(folder, "log", "verify")["ok"]

    def test_an_aim_without_number_day_or_people_is_refused(self, folder: Path) -> None:
        message = refused(folder, "log", "add", "aim", "statement=We get better")
        assert [name for name in ("measure_id", "population", "target_value", "by_date") if name not in message] == []

    def test_fields_of_a_kind_are_listed(self, folder: Path) -> None:
        out = told(folder, "log", "fields", "prediction")
        assert "direction: up | down" in out
        assert "because: text (needed: why: a prediction says because)" in out

    def test_undo_brings_back_what_was_there_and_history_keeps_both(self, folder: Path) -> None:
        idea = answer(folder, "idea", "add", "Ride board", "--school", "0107")["record"]
        told(folder, "log", "edit", "change_idea", idea, "title=Ride list")
        told(folder, "log", "undo", "change_idea", "Ride list")
        assert answer(folder, "idea", "show", idea)["fields"]["title"] == "Ride board"
        kinds = [one["kind"] for one in answer(folder, "log", "history", "change_idea", idea)]
        assert kinds == ["create", "change", "undo"]

    def test_sharing_takes_the_predictions_along_and_can_be_taken_back(self, folder: Path) -> None:
        cycle = planned(folder)
        told(folder, "log", "share", "cycle", cycle, "--with", "district")
        assert answer(folder, "log", "list", "prediction")[0]["visibility"] == "district"
        told(folder, "log", "share", "cycle", cycle, "--with", "team")
        assert {one["visibility"] for one in answer(folder, "log", "list", "cycle")} == {"team"}
        assert {one["visibility"] for one in answer(folder, "log", "list", "prediction")} == {"team"}

    def test_what_is_cited_is_not_retired(self, folder: Path) -> None:
        planned(folder)
        assert "cycle" in refused(folder, "log", "retire", "change_idea", "Call home on the first absence")
        idea = answer(folder, "idea", "add", "Ride board", "--school", "0107")["record"]
        told(folder, "log", "retire", "change_idea", idea)
        assert [one["id"] for one in answer(folder, "idea", "list")] != [] and idea not in told(folder, "idea", "list")
        told(folder, "log", "undo", "change_idea", idea)
        assert idea in told(folder, "idea", "list")

    def test_people_are_who_may_write_once_there_are_any(self, folder: Path) -> None:
        told(folder, "log", "add", "person", "id=hub", "name=Hub", "role=hub")
        told(folder, "log", "add", "person", "id=lin", "name=Team lead", "role=team", "schools=0107", author="hub")
        assert "found 'ana'" in refused(folder, *PLAN)
        found = call(folder, *PLAN, author="lin")
        assert found.exception is None
        words = [word if word != "0107" else "0114" for word in PLAN]
        assert "their own school" in refused(folder, *words, author="lin")

    def test_a_named_person_reads_what_they_may_see(self, folder: Path) -> None:
        """Nobody named is whoever keeps the file: the whole of it. Both engines let a person see the same."""
        cycle = planned(folder)
        told(folder, "log", "add", "ask", "text=A phone", "--school", "0107")
        people = {"hub": "hub", "lin": "team", "kim": "team", "cam": "coach", "dee": "district"}
        schools = {"lin": "0107", "kim": "0114", "cam": "0107;0114"}
        for person, role in people.items():
            fields = [f"id={person}", f"name={person}", f"role={role}", f"schools={schools.get(person, '')}"]
            told(folder, "log", "add", "person", *fields, author="ana" if person == "hub" else "hub")
        told(folder, "log", "share", "cycle", cycle, "--with", "coach", author="lin")
        seen = {person: cycle in told(folder, "cycle", "list", author=person) for person in people}
        assert seen == {"hub": False, "lin": True, "kim": False, "cam": True, "dee": False}
        asks = {person: "A phone" in told(folder, "log", "list", "ask", author=person) for person in people}
        assert asks == {"hub": False, "lin": True, "kim": False, "cam": False, "dee": False}
        assert "found 'eve', expected one of: cam, dee, hub, kim, lin" in refused(folder, "ramp", author="eve")
        whole = CliRunner().invoke(cli.pdsa, ["cycle", "list", "--in", str(folder)], env={"PDSA_AUTHOR": ""})
        assert cycle in whole.output
        versions = {
            person: [one["version"] for one in answer(folder, "log", "history", "cycle", cycle, author=person)]
            for person in ("lin", "cam")
        }
        assert versions == {"lin": [1, 2], "cam": [2]}
        assert cycle in refused(folder, "cycle", "show", cycle, author="kim")
        told(folder, "log", "export", "--to", str(folder / "of-cam"), author="cam")
        handed = "".join(path.read_text("utf-8") for path in (folder / "of-cam").iterdir())
        assert cycle in handed and "A phone" not in handed
        told(folder, "log", "export", "--to", str(folder / "of-lin"), author="lin")
        assert "A phone" in (folder / "of-lin" / "events.jsonl").read_text("utf-8")
        assert answer(folder, "log", "verify", str(folder / "of-lin"))["heads"].keys() == {"0107"}

    def test_the_hub_writes_for_the_network(self, folder: Path) -> None:
        told(folder, "log", "add", "person", "id=hub", "name=Hub", "role=hub")
        told(folder, "idea", "add", "Ride board", author="hub")
        told(folder, "log", "add", "insight", "text=Small first", "--school", "network", author="hub")
        rows = [*answer(folder, "log", "list", "insight", author="hub"), *answer(folder, "idea", "list", author="hub")]
        assert [one["school"] for one in rows] == ["", ""]
        assert "hub" in told(folder, "log", "people", author="hub")

    def test_personal_data_are_asked_about_and_not_repeated(self, folder: Path) -> None:
        cycle = planned(folder)
        words = ("cycle", "do", cycle, "--started", "2026-01-12", "--observed", "Write to maria.lopez@example.org")
        message = refused(folder, *words)
        assert "--not-personal observations" in message and "maria" not in message
        told(folder, *words, "--not-personal", "observations")

    @pytest.mark.parametrize("words", [("drivers",), ("idea", "list"), ("ramp",), ("cycle", "list")])
    def test_views_speak_to_people_and_to_programs(self, folder: Path, words: tuple[str, ...]) -> None:
        planned(folder)
        assert "Call home on the first absence" in told(folder, *words)
        assert "idea-" in json.dumps(answer(folder, *words))

    def test_who_tried_names_schools(self, folder: Path) -> None:
        planned(folder)
        words = ("who-tried", "Call home on the first absence")
        assert told(folder, *words).startswith("Tarnwick High School: 1 cycle")
        assert [one["school"] for one in answer(folder, *words)] == ["0107"]

    def test_the_driver_diagram_is_written(self, folder: Path, tmp_path: Path) -> None:
        planned(folder)
        told(folder, "drivers", "--svg", str(tmp_path / "drivers.html"))
        assert "<svg" in (tmp_path / "drivers.html").read_text("utf-8")

    def test_a_theory_is_written_and_read_as_a_tree(self, folder: Path) -> None:
        aim = ("statement=90% come by June", "measure_id=attendance", "population=grade 9", "target_value=90")
        told(folder, "log", "add", "aim", *aim, "by_date=2026-06-12")
        told(folder, "drivers", "add", "Families know", "--aim", "90% come by june", "--measure", "attendance")
        told(folder, "drivers", "add", "In their language", "--under", "families KNOW")
        told(folder, "idea", "add", "Call home", "--driver", "in their language", "--school", "0107")
        assert told(folder, "drivers").splitlines() == [
            "Aim: 90% come by June",
            "  Families know  [no cycle]",
            "    In their language  [no measure, no cycle]",
            "      Idea: Call home (0 cycles)",
        ]
        levels = [one["fields"]["level"] for one in answer(folder, "log", "list", "driver")]
        assert levels == ["primary", "secondary"]


class TestWhole:
    def test_export_import_and_backup(self, folder: Path, tmp_path: Path) -> None:
        planned(folder)
        for target in ("out", "log.xlsx"):
            told(folder, "log", "export", "--to", str(tmp_path / target))
            assert answer(folder, "log", "import", str(tmp_path / target)) == []
        assert "pdsa.sqlite.backup-20" in told(folder, "log", "backup")
        told(folder, "log", "backup", "--to", str(tmp_path / "copy.sqlite"))
        assert "there already" in refused(folder, "log", "backup", "--to", str(tmp_path / "copy.sqlite"))

    def test_verify_tells_of_a_row_that_somebody_changed(self, folder: Path) -> None:
        import sqlite3

        planned(folder)
        heads = folder / "heads.json"
        assert "no problems" in told(folder, "log", "verify", "--heads", str(heads))
        with sqlite3.connect(folder / "pdsa.sqlite") as connection:
            connection.execute("DROP TRIGGER event_no_update")
            connection.execute("UPDATE event SET body = replace(body, '85', '95') WHERE entity = 'prediction'")
        connection.close()
        found = call(folder, "log", "verify", "--heads", str(heads))
        assert found.exit_code == 2
        assert "another content than its hash vouches for" in found.output

    def test_an_edited_workbook_comes_back_and_a_stale_one_is_told_by_its_row(self, folder: Path) -> None:
        cycle = planned(folder)
        file = folder / "log.xlsx"
        told(folder, "log", "export", "--to", str(file))
        book = openpyxl.load_workbook(file)
        column = [cell.value for cell in book["cycle"][1]].index("objective") + 1
        book["cycle"].cell(2, column, "Find out who calls")
        book.save(file)
        assert "1 record (1 cycle) would be saved" in told(folder, "log", "import", str(file), "--dry-run")
        assert [one["version"] for one in answer(folder, "log", "import", str(file))] == [2]
        assert "Nothing new" in told(folder, "log", "import", str(file))
        told(folder, "cycle", "edit", cycle, "--set", "objective=Other words")
        book["cycle"].cell(2, column, "Words of mine")
        book.save(file)
        message = refused(folder, "log", "import", str(file))
        assert "cycle, row 2, objective: found 'Words of mine'" in message and "'Other words'" in message
        told(folder, "log", "import", str(file), "--merge", "mine")
        assert answer(folder, "cycle", "show", cycle)["fields"]["objective"] == "Words of mine"

    def test_a_slice_is_proved_by_itself(self, folder: Path) -> None:
        planned(folder)
        told(folder, "log", "add", "insight", "text=Secret of the other school", "--school", "0114")
        told(folder, "log", "export", "--school", "0107", "--to", str(folder / "slice"))
        handed = "".join(path.read_text("utf-8") for path in (folder / "slice").iterdir())
        assert "Secret" not in handed and "Call home" in handed
        assert "no problems" in told(folder, "log", "verify", str(folder / "slice"))
        file = folder / "slice" / "events.jsonl"
        file.write_text(file.read_text("utf-8").replace("85%", "95%"), "utf-8")
        found = call(folder, "log", "verify", str(file))
        assert found.exit_code == 2 and "another content than its hash vouches for" in found.output

    @pytest.mark.parametrize("name", ["sheet.html", "sheet.xlsx"])
    def test_a_worksheet_is_written_and_holds_what_was_typed_harmless(self, folder: Path, name: str) -> None:
        cycle = planned(folder)
        hostile = '=HYPERLINK("x") $5 <img src=x onerror=alert(1)> \u202eאב\u202c \U0001f600'
        told(folder, "cycle", "edit", cycle, "--set", f"objective={hostile}")
        told(folder, "log", "worksheet", "Call home on the first absence", "--to", str(folder / name))
        if name.endswith("html"):
            page = (folder / name).read_text("utf-8")
            assert "<img src=x" not in page and "&lt;img src=x onerror=alert(1)&gt;" in page
            assert "\u202eאב\u202c \U0001f600" in page
        else:
            cells = [cell for row in openpyxl.load_workbook(folder / name).worksheets[0].iter_rows() for cell in row]
            assert [cell.data_type for cell in cells if cell.value == hostile] == ["s"]
            assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert "there already" in refused(folder, "log", "worksheet", cycle, "--to", str(folder / name))

    def test_hostile_texts_survive_every_command(self, folder: Path) -> None:
        hostile = 'two\nlines =1+1 $5 <b>&amp;</b> \u202eאב\u202c \U0001f600 "quoted" \\n'
        cycle = planned(folder)
        told(folder, "cycle", "do", cycle, "--started", "2026-01-12", "--observed", hostile)
        assert answer(folder, "cycle", "show", cycle)["fields"]["observations"] == hostile
        told(folder, "log", "export", "--to", str(folder / "out"))
        assert answer(folder, "log", "import", str(folder / "out")) == []

    def test_what_is_no_part_of_a_log_is_told_with_what_to_do(self, folder: Path) -> None:
        planned(folder)
        (folder / "form.csv").write_text("Idea,Who\na,b\n")
        assert "comes with --mapping NAME" in refused(folder, "log", "import", str(folder / "form.csv"))
        words = ("log", "import", str(folder / "form.csv"), "--mapping", "../plans")
        assert "--mapping: found '../plans'" in refused(folder, *words)
        assert "events that pdsa log export" in refused(folder, "log", "verify", str(folder))
        (folder / "cycle.csv").write_bytes(bytes(range(256)))
        assert "Traceback" not in refused(folder, "log", "import", str(folder / "cycle.csv"))

    def test_a_form_is_taken_by_the_command(self, folder: Path) -> None:
        form = folder / "form.csv"
        form.write_text(
            "Timestamp,School,What will you try?,What do you predict?,How will you know?,When?,Who?,Color?\n"
            "2026-01-09 10:00,0107,Ride board,More come because of it,attendance,2026-01-12,us,red\n"
        )
        assert "column 'Color?'" in refused(folder, "log", "import", str(form), "--mapping", "plans")
        words = ("log", "import", str(form), "--mapping", "plans")
        assert len(answer(folder, *words, "--field", "Color?=ignore")) == 3
        assert answer(folder, *words) == []
        assert (folder / "mappings" / "plans.log.yaml").is_file()

    def test_without_a_workspace_the_command_says_what_to_name(self, tmp_path: Path) -> None:
        message = refused(tmp_path / "nowhere", "cycle", "list")
        assert "network.yaml" in message and "--in FOLDER" in message

    def test_without_a_log_nothing_is_made_by_reading(self, folder: Path) -> None:
        assert "pdsa cycle plan begins one" in refused(folder, "cycle", "list")
        assert not (folder / "pdsa.sqlite").exists()

    def test_every_command_explains_itself(self) -> None:
        """No command is without words, and none starts anything to print them."""
        groups = {name: cli.pdsa.get_command(None, name) for name in ("idea", "cycle", "log", "drivers")}  # type: ignore[arg-type]
        names = [(group, name) for group, found in groups.items() for name in getattr(found, "commands", {})]
        assert {name for group, name in names if group == "log"} >= {
            *("add", "edit", "fields", "list", "show", "history", "share", "undo", "retire", "verify", "export"),
            *("import", "worksheet", "backup", "people", "install", "grant"),
        }
        for words in (*names, ("ramp",), ("who-tried",)):
            found = CliRunner().invoke(cli.pdsa, [*words, "--help"])
            assert found.exit_code == 0 and "--json" in found.output and "--in" in found.output, words

    def test_a_machine_without_a_login_name(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def nobody() -> str:
            raise KeyError("uid not found")

        monkeypatch.setattr("getpass.getuser", nobody)
        found = CliRunner().invoke(cli.pdsa, [*PLAN, "--in", str(folder)])
        assert found.exception is None, found.exception

    def test_a_day_that_is_none(self, folder: Path) -> None:
        found = call(folder, "cycle", "list", "--on", "1/2/2026")
        assert found.exit_code == 2 and "2026-01-12" in found.output

    def test_as_a_program_with_the_environment(self, folder: Path) -> None:
        env = os.environ | {"PDSA_AUTHOR": "ana", "PDSA_NO_SKIP": ""}
        done = subprocess.run(
            [sys.executable, "-m", "pdsa", *PLAN, "--json"], cwd=folder, env=env, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        assert (done.returncode, json.loads(done.stdout)["saved"][0]["author"]) == (0, "ana"), done.stderr
        done = subprocess.run(
            [sys.executable, "-m", "pdsa", "cycle", "do", "nothing"], cwd=folder, env=env, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 2 and "Traceback" not in done.stderr


class TestBothEngines:
    """The same commands on a file and on a database, whose address a team gives once, in the environment."""

    def test_a_turn_an_export_and_what_another_login_sees(
        self, folder: Path, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if place.engine == "postgresql":
            monkeypatch.setenv("PDSA_LOG_URL", str(place.where("ana")))
        (folder / "schools.csv").write_text("id,name\ns1,Tarnwick High School\ns2,Pellbrook High School\n")
        words = [word if word != "0107" else "s1" for word in PLAN]
        cycle = str(answer(folder, *words)["cycle"])
        told(folder, "cycle", "do", cycle, "--started", "2026-01-12")
        told(folder, "cycle", "study", cycle, "--learned", "Before ten", "--result", "86", "--on", "2026-01-26")
        told(folder, "cycle", "act", cycle, "--decision", "adapt", "--on", "2026-01-27")
        told(folder, "log", "share", "cycle", cycle, "--with", "network")
        assert [one["decision"] for one in answer(folder, "ramp")[0]["cycles"]] == ["adapt", None]
        told(folder, "log", "export", "--school", "s1", "--to", str(folder / "slice"))
        assert answer(folder, "log", "verify", str(folder / "slice"))["ok"]
        assert answer(folder, "log", "verify")["ok"]
        assert answer(folder, "log", "import", str(folder / "slice")) == []
        answer(folder, "log", "undo", "cycle", cycle)
        assert answer(folder, "cycle", "show", cycle)["fields"]["decision"] is None

    def test_an_export_of_a_login_holds_only_chains_that_it_reads_whole(
        self, folder: Path, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the others shared goes along as records; their events are no chain without the rest."""
        if place.engine == "sqlite" or place.server is None:
            return  # whoever has the file has all of it
        (folder / "schools.csv").write_text("id,name\ns1,Tarnwick High School\ns2,Pellbrook High School\n")
        place.server.run("DELETE FROM member WHERE db_user = 'ben' AND school = 's2'", place.database)
        monkeypatch.setenv("PDSA_LOG_URL", str(place.where("ana")))
        for title, level in (("Shared", "network"), ("Kept", "team")):
            told(folder, "idea", "add", title, "--school", "s2")
            told(folder, "log", "share", "change_idea", title, "--with", level)
        told(folder, "idea", "add", "Own", "--school", "s1")
        monkeypatch.setenv("PDSA_LOG_URL", str(place.where("ben")))
        told(folder, "log", "export", "--to", str(folder / "of-ben"), author="ben")
        sheet = (folder / "of-ben" / "change_idea.csv").read_text("utf-8")
        assert "Shared" in sheet and "Own" in sheet and "Kept" not in sheet
        assert answer(folder, "log", "verify", str(folder / "of-ben"))["heads"].keys() == {"s1"}
