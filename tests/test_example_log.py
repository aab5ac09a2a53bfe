"""The example network's log: what stands in it, the same events each time, and what was planted is what is found."""

from __future__ import annotations

import csv
import dataclasses
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pdsa import cli
from pdsa.cycles import Evidence, all_questions, cadence, calibrate, gaps, hold_the_gain, modes, results
from pdsa.errors import InputError
from pdsa.example import journal, write_example
from pdsa.example.edits import edits
from pdsa.example.plan import IDEAS
from pdsa.inquiry import Change, State
from pdsa.inquiry.release import naming
from pdsa.inquiry.rules import check_changes
from pdsa.log import open_log
from pdsa.params.inquiry import read_fields, record_of
from pdsa.records.inquiry import Ask, Cycle, Person, Phase, Prediction
from pdsa.workspace import Workspace, dossier_for, open_workspace
from pdsa.workspace.diary import reference_of

TODAY = date(2026, 6, 12)
LOG = "pdsa.sqlite"


@pytest.fixture(scope="module")
def state(example: Path) -> State:
    with open_log(example / LOG, create=False) as log:
        return log.state()


@pytest.fixture(scope="module")
def network(example: Path) -> Workspace:
    return open_workspace(example / "params" / "example.yaml")


@pytest.fixture(scope="module")
def teams(network: Workspace) -> dict[str, tuple[State, Evidence]]:
    """What each team sees of the log, beside its own complete charts."""
    found = {}
    for school in network.schools:
        dossier = dossier_for(network, "team", school.id)
        charts = {one.measure.id: one for one in dossier.charts() if one.measure}
        found[school.id] = dossier.log, Evidence(charts, network.network.calendar, TODAY, network.measures)
    return found


def planted(folder: Path) -> list[dict[str, str]]:
    with (folder / "LOG-TRUTH.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_stands_in_it(state: State) -> None:
    counts = Counter(one.entity for one in state.held.values())
    assert counts == {
        "aim": 1,
        "driver": 15,
        "cause": 10,
        "change_idea": 14,
        "person": 30,
        "cycle": 74,
        "prediction": 104,
        "annotation": 4,
        "phase": 1,
        "interview": 8,
        "insight": 8,
        "ask": 10,
        "progress": 8,
    }
    assert len({one.school_id for one in state.cycles}) == 22
    decided = Counter(one.decision or one.status for one in state.cycles)
    assert decided == {"adapt": 47, "adopt": 10, "abandon": 8, "doing": 6, "planned": 3}
    kinds = Counter(one.type for one in state.records(Prediction))
    assert set(kinds) == {"value", "range", "direction", "probability", "text"} and min(kinds.values()) >= 3
    assert all(one.because and one.question for one in state.records(Prediction))
    seen = Counter(one.visibility for one in state.all("cycle"))
    assert {"team", "coach", "network", "district"} == set(seen)


def test_the_state_without_the_file_holds_the_same_records(state: State) -> None:
    made = journal.state_of(24)
    assert {key: one.record for key, one in made.held.items()} == {key: one.record for key, one in state.held.items()}
    assert list(made.held) == list(state.held)


def test_ideas_are_those_that_the_charts_carry(state: State) -> None:
    shared = {one.title for one in state.ideas.values() if one.driver_id}
    assert shared == {label for *_, label in IDEAS} | {"Handover page from eighth grade"}
    tried = {state.ideas[one.change_idea_id].title for one in state.cycles}
    assert tried == {label for *_, label in IDEAS} | {"Homework stickers"}


def test_ramps_climb_from_few_students(state: State) -> None:
    firsts = [one.scale for one in state.cycles if one.cycle_no == 1]
    assert set(firsts) == {"student", "few_students", "class", "school"} and firsts.count("school") == 1
    for cycle in state.cycles:
        before = state.get("cycle", cycle.parent_cycle_id)
        assert (cycle.cycle_no == 1) == (before is None)
        if before is not None and isinstance(before.record, Cycle):
            assert before.record.change_idea_id == cycle.change_idea_id and before.record.start < cycle.start
            assert before.record.cycle_no == cycle.cycle_no - 1 and before.record.decision


def test_events_are_the_same_each_time_and_in_order(example: Path, tmp_path: Path) -> None:
    journal._made.cache_clear()
    journal.write_log(tmp_path / LOG, 24)
    logs = []
    for path in (example / LOG, tmp_path / LOG):
        with open_log(path, create=False) as log:
            logs.append(log.events())
            assert log.verify().problems == ()
    assert logs[0] == logs[1]
    times = {(one.school, f"{one.at:%Y-%m-%dT%H:%M}", one.author) for one in journal.saves(24)}
    assert {(one.school, one.at[:16], one.author) for one in logs[0]} == times
    for school in {one.school for one in logs[0]}:
        order = [one.at for one in logs[0] if one.school == school]
        assert order == sorted(order)
    assert max(one.at for one in logs[0])[:10] <= "2026-06-12"
    assert (tmp_path / LOG).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("schools", [1, 3, 60])
def test_other_numbers_of_schools_have_the_log_of_those_that_exist(tmp_path: Path, schools: int) -> None:
    write_example(tmp_path, schools=schools)
    with open_log(tmp_path / LOG, create=False) as log:
        assert log.verify().problems == ()
        found = log.state()
    known = {f"{107 + 7 * position:04d}" for position in range(min(schools, 24))}
    assert {one.school for one in found.held.values()} - {""} <= known
    assert all(set(one.schools) <= known for one in found.records(Person))
    assert all(set(one.spread_to) <= known for one in found.cycles)
    assert {row["school"] for row in planted(tmp_path)} <= known
    assert all(one.cycle_id in {cycle.id for cycle in found.cycles} for one in found.records(Prediction))


@pytest.fixture(scope="module")
def bodies(example: Path) -> dict[tuple[str, str], dict[str, object]]:
    """The fields of each record as the log holds them."""
    with open_log(example / LOG, create=False) as log:
        events = sorted(log.events(), key=lambda one: one.version)
    return {(one.entity, one.record): one.fields for one in events}


def test_every_field_passes_the_door_and_every_record_the_rules(
    example: Path, state: State, bodies: dict[tuple[str, str], dict[str, object]]
) -> None:
    """Read as people would type them, nothing changes; saved again as it stands, nothing is refused."""
    again = []
    for (entity, record), held in state.held.items():
        fields, problems = read_fields(entity, bodies[entity, record], record)
        assert problems == ()
        assert record_of(entity, {**fields, "id": record}) == held.record
        again.append(Change(entity, record, held.school, fields, held.version))
    assert check_changes(state, again, reference_of(example, TODAY), "hub") == ()


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from texts(one)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if not field.name.endswith(("id", "_ids")) and field.name not in ("schools", "spread_to", "owner"):
                yield from texts(getattr(value, field.name))


def test_no_text_names_a_school_or_its_pseudonym(network: Workspace, state: State) -> None:
    real = naming(network.schools)
    assert real.search("as at tarnwick")
    trees = [school.pseudonym for school in network.schools]  # also within words such as First
    for held in state.held.values():
        for text in texts(held.record):
            assert not real.search(text.casefold()), text
            assert not [tree for tree in trees if tree in text], text


def test_some_texts_are_hostile_and_survive(state: State) -> None:
    everything = "\n".join(text for held in state.held.values() for text in texts(held.record))
    for piece in (
        "10% of the families ($5 a week)",
        "<2 absences> & prizes",
        "🙂",
        '"Somebody asked where I was"',
    ):
        assert piece in everything
    assert "<2 a month" in everything


def test_each_way_to_go_wrong_is_found_where_it_was_planted_and_nowhere_else(
    example: Path, teams: dict[str, tuple[State, Evidence]]
) -> None:
    names = [one.id for one in modes()]
    assert len(names) == 13
    wanted = [(row["school"], row["cycle"], row["planted"]) for row in planted(example)]
    wanted = [row for row in wanted if not row[2].startswith("gain_")]
    assert sorted(mode for *_, mode in wanted) == sorted(names)
    found = [
        (school, one.cycle, one.mode)
        for school, (log, evidence) in teams.items()
        for one in all_questions(log, evidence)
        if one.school == school
    ]
    assert sorted(found) == sorted(wanted)


def test_all_of_it_together_asks_the_same(example: Path, network: Workspace, state: State) -> None:
    """The whole log beside the charts of all schools, as the hub would have them if every team shared everything."""
    charts = {one.measure.id: one for one in dossier_for(network, "coach").charts() if one.measure}
    evidence = Evidence(charts, network.network.calendar, TODAY, network.measures)
    found = {(one.cycle, one.mode) for one in all_questions(state, evidence)}
    wanted = {(row["cycle"], row["planted"]) for row in planted(example) if not row["planted"].startswith("gain_")}
    assert found == wanted


def test_what_people_say_of_a_prediction_is_what_the_chart_says(teams: dict[str, tuple[State, Evidence]]) -> None:
    compared = 0
    for school, (log, evidence) in teams.items():
        for one in results(log, evidence):
            if one.school == school and one.outcome != "not_measured" and one.people:
                assert not one.differs, one.prediction
                said = one.prediction.result_value
                if said is not None and one.value is not None:
                    compared += 1
                    assert said == pytest.approx(one.value, abs=0.06), one.prediction
    assert compared >= 40


def test_gains_hold_slip_or_are_too_early(example: Path, teams: dict[str, tuple[State, Evidence]]) -> None:
    words = {"gain_slips": {"slipping"}, "gain_holds": {"holding"}, "gain_too_early": {"too_early"}}
    found: dict[str, set[str]] = {}
    for log, evidence in teams.values():
        for watch in hold_the_gain(log, evidence):
            found.setdefault(watch.cycle, set()).add(watch.state)
    wanted = {row["cycle"]: words[row["planted"]] for row in planted(example) if row["planted"] in words}
    assert found == wanted
    log, evidence = teams["0254"]
    slipping = {one.measure: one.since for one in hold_the_gain(log, evidence) if one.school == "0254"}
    assert slipping == {"check_ins": date(2026, 1, 5), "attendance": date(2026, 1, 5)}


def test_one_team_has_predictions_enough_to_calibrate_and_another_too_few(
    teams: dict[str, tuple[State, Evidence]],
) -> None:
    told = {}
    for school in ("0107", "0254"):
        log, evidence = teams[school]
        told[school] = calibrate([one for one in results(log, evidence) if one.school == school])
    assert (told["0107"].kind, told["0107"].n, told["0107"].hits, told["0107"].partly) == ("enough", 9, 8, 1)
    assert (told["0254"].kind, told["0254"].n, told["0254"].rate) == ("too_few", 2, None)


def test_some_cycles_are_past_their_end_and_some_asks_are_old(network: Workspace, state: State) -> None:
    schools = [one.id for one in network.schools]
    rhythm = cadence(state, schools, TODAY, network.network.calendar)
    assert {one.cycle.school_id: one.days for one in rhythm.overdue} == {
        "0149": 10, "0177": 10, "0191": 10, "0163": 5, "0184": 5
    }  # fmt: skip
    assert {one.cycle.school_id for one in rhythm.stalled} == {"0149", "0177", "0191", "0163", "0184"}
    old = [one for one in state.records(Ask) if one.is_open and one.raised_on and TODAY - one.raised_on > timedelta(30)]
    assert sorted(one.to for one in old) == ["coach", "district", "school_leader", "school_leader"]
    assert sum(not one.is_open for one in state.records(Ask)) == 3


def test_the_theory_has_one_gap_of_each_kind(state: State) -> None:
    found = sorted((node.id if node.kind != "idea" else node.text, gap) for node, gap in gaps(state))
    assert found == [
        ("Homework stickers", "no driver"),
        ("driver-entry", "no idea"),
        ("driver-families", "no measure"),
        ("driver-handover", "no cycle"),
    ]


def test_a_phase_is_declared_with_its_reason_and_an_adopted_cycle(state: State) -> None:
    (phase,) = state.records(Phase)
    evidence = state.get("cycle", phase.evidence_cycle_id)
    assert evidence is not None and isinstance(evidence.record, Cycle) and evidence.record.decision == "adopt"
    assert (phase.school_id, phase.measure_id, phase.start) == ("0142", "check_ins", date(2025, 9, 15))
    assert phase.reason


def test_the_commands_that_its_readme_shows_run(example: Path) -> None:
    shown = [line.strip() for line in (example / "README.txt").read_text(encoding="utf-8").splitlines()]
    of_log = [shlex.split(line)[1:] for line in shown if line.startswith(("pdsa ramp", "pdsa who", "pdsa cycle"))]
    assert len(of_log) == 3
    answers = [CliRunner().invoke(cli.pdsa, [*words, "--in", str(example), "--on", "2026-06-12"]) for words in of_log]
    assert [answer.exit_code for answer in answers] == [0, 0, 0]
    assert "the whole school, 2025-10-27 to 2025-12-19: adopted" in answers[0].output
    assert "Marchfell High School: 4 cycles" in answers[1].output
    assert "No question." in answers[2].output  # of the one cycle that is open there


def test_people_write_for_their_own_school_only(example: Path, tmp_path: Path) -> None:
    path = tmp_path / LOG
    path.write_bytes((example / LOG).read_bytes())
    change = Change("insight", "", "0107", {"text": "ours", "school_id": "0107"})
    for author in ("lead-0114", "advisory-0254", "district-1", "somebody"):
        with open_log(path, author=author, create=False) as log, pytest.raises(InputError):
            log.apply([change])
    with open_log(path, author="lead-0107", create=False) as log:
        assert len(log.apply([change])) == 1


def test_edits_are_by_day_and_of_people_who_were_there() -> None:
    found = edits(24)
    assert all(one.day <= TODAY for one in found)
    gone = [one for one in found if one.author == "advisory-0254"]
    assert gone and all(one.day <= date(2025, 12, 19) for one in gone)
    assert all(one.school == "0254" for one in gone)


@pytest.mark.parametrize("schools", [2, 24])
def test_the_readme_names_no_number_of_schools_that_another_size_has_not(schools: int, tmp_path: Path) -> None:
    write_example(tmp_path, schools=schools)
    told = (tmp_path / "README.txt").read_text(encoding="utf-8")
    assert "the cycles of the schools that test them" in told
    assert re.findall(r"\b\d+ schools\b", told) == []
