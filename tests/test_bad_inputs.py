"""Files as people really send them, through the public command: nothing silently wrong, nothing good refused.

The cases and what is right for each stand in `tests/cases`; the decisions were written before the code.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from cases import (
    AS_OF,
    ENROLLED,
    Case,
    Row,
    changed,
    csv_cases,
    data,
    one,
    rows,
    table,
    xlsx_cases,
    yaml_cases,
)
from cases.judge import (
    ASKED,
    WORDS,
    Outcome,
    Ran,
    contents,
    counted,
    differences,
    imported,
    judge,
    judge_next_month,
    lacking,
    naive,
    ran,
    stored,
)
from cases.yaml_cases import MAPPING, NETWORK, YamlCase
from pdsa.params import NetworkModel, ParamsModel, build
from pdsa.read import Grid, ReadOptions, grids_of
from pdsa.workspace import intake
from pdsa.workspace.files import read_yaml

TABLES = (*csv_cases.CASES, *xlsx_cases.CASES)
# Twenty of them once more, read in a child process as everybody's files are.
APART = tuple(
    case
    for case in TABLES
    if case.id
    in [
        "1",
        "4",
        "6",
        "15",
        "24",
        "42",
        "44",
        "59",
        "68",
        "85",
        "88",
        "90",
        "97",
        "99",
        "101",
        "113",
        "117",
        "118",
        "119",
        "120",
    ]
)
SCHOOLS = "id,name,district,pseudonym\n" + "".join(
    f"{number},{name},Marrowby,\n"
    for number, name in (("0012", "Ash"), ("0107", "Birch"), ("0184", "Cedar"), ("0233", "Dogwood"))
)
OBSERVATIONS = "school,measure,period,numerator,denominator\n0012,attendance,2025-09-08,36,40\n"


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two workspaces without observations: `known` lists the four schools, `fresh` none."""
    top = tmp_path_factory.mktemp("cases")
    made = ran("new", top / "fresh", "--name", "Autumn network", "--measures", "attendance")
    assert made.code == 0, made.output
    shutil.copytree(top / "fresh", top / "known")
    (top / "known" / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    return top


@pytest.fixture
def reading_here() -> Iterator[None]:
    """Files are read in this process, which is quicker than in one of their own."""

    def read_here(paths: Sequence[Path], options: ReadOptions | None = None) -> tuple[tuple[Grid, ...], ...]:
        return tuple(grids_of(path.name, path.read_bytes(), options) for path in paths)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "read_many", read_here)
        yield


@pytest.fixture(scope="module")
def remembered() -> dict[Case, Outcome]:
    return {}


@pytest.fixture
def judged(
    workspaces: Path, remembered: dict[Case, Outcome], reading_here: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Case], Outcome]:
    """A function from a case to its outcome, each judged once."""

    def outcome(case: Case) -> Outcome:
        if case not in remembered:
            remembered[case] = judge(case, room(workspaces, case, tmp_path_factory))
        return remembered[case]

    return outcome


def room(workspaces: Path, case: Case, rooms: pytest.TempPathFactory) -> Path:
    """A copy of the case's workspace."""
    folder = rooms.mktemp(f"case{case.id}") / "network"
    shutil.copytree(workspaces / ("known" if case.known else "fresh"), folder)
    return folder


def identity(case: Case | YamlCase) -> str:
    return f"{case.id} {case.name}"


@pytest.mark.parametrize("case", TABLES, ids=identity)
def test_a_file_is_read_asked_about_or_refused_as_decided(case: Case, judged: Callable[[Case], Outcome]) -> None:
    outcome = judged(case)
    assert outcome.word == "right", f"{outcome.word}: {outcome.detail}\nRight would be: {case.decision}. {case.why}"


@pytest.mark.parametrize("case", APART, ids=identity)
def test_the_same_in_a_process_of_its_own(
    case: Case, workspaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outcome = judge(case, room(workspaces, case, tmp_path_factory), apart)
    assert outcome.word == "right", f"{outcome.word}: {outcome.detail}\nRight would be: {case.decision}. {case.why}"


# 104 goes wrong in a column that the mapping of the good file does not use: see the test of new columns.
@pytest.mark.parametrize("case", [case for case in TABLES if case.id != "104"], ids=identity)
def test_nothing_wrong_comes_in_by_a_kept_mapping(
    case: Case, workspaces: Path, tmp_path_factory: pytest.TempPathFactory, reading_here: None
) -> None:
    outcome = judge_next_month(case, room(workspaces, case, tmp_path_factory))
    assert outcome.word == "right", f"{outcome.word}: {outcome.detail}\nRight would be: {case.decision}. {case.why}"


def test_next_month_adds_its_weeks_and_changes_one_number(workspaces: Path, tmp_path: Path, reading_here: None) -> None:
    """The same command with a longer file: no question, ids as they were, what was revised is named."""
    shutil.copytree(workspaces / "known", tmp_path / "network")
    file = tmp_path / "weekly.csv"
    common = ("import", file, "--into", tmp_path / "network", "--batch")
    file.write_bytes(data(table()))
    assert ran(*common, "--as-of", "2025-10-14", "--answer", ASKED).code == 0
    more = [[school, "2025-10-20", "30", str(enrolled)] for school, enrolled in ENROLLED.items()]
    file.write_bytes(data([*changed(present="39"), *more]))
    run = ran(*common, "--as-of", "2025-10-21")
    assert run.code == 0, run.output
    added = tuple(Row(school, "2025-10-20", 30.0, float(enrolled)) for school, enrolled in ENROLLED.items())
    assert differences((*one(numerator=39.0), *added), stored(tmp_path / "network")) == []
    assert not lacking(("4 added", "1 changed", "0 withdrawn", "23 unchanged", "0012", r"38 of 40|38\b"), run.output)
    assert ran("check", tmp_path / "network").code == 0


def test_a_column_that_the_mapping_does_not_know_is_told(workspaces: Path, tmp_path: Path, reading_here: None) -> None:
    """Next month's file has one column more: the rows are read as before, and somebody can see that it is there."""
    shutil.copytree(workspaces / "known", tmp_path / "network")
    file = tmp_path / "weekly.csv"
    common = ("import", file, "--into", tmp_path / "network", "--as-of", AS_OF, "--batch")
    file.write_bytes(data(table()))
    assert ran(*common, "--answer", ASKED).code == 0
    file.write_bytes(data(csv_cases.with_column("snow_days", lambda row: "1", at=4)))
    run = ran(*common)
    assert run.code == 0, run.output
    assert differences(rows(), stored(tmp_path / "network")) == []
    assert "snow_days" in run.output


@pytest.mark.parametrize(
    ("number", "answer", "message"),
    [
        ("64", "mark:-1=foo", ("mark:-1", "foo", "missing", "suppressed")),
        ("44", "dates=foo", ("dates", "month-first", "day-first")),
        ("63", "whole:present=foo", ("whole:present", "averages")),
        ("101", "hidden-rows=foo", ("hidden-rows", "keep", "leave-out")),
        ("35", "ids=foo", ("ids", "whole", "keep")),
        ("14", "end=foo", ("end", "foo|complete")),
    ],
)
def test_an_answer_that_is_no_choice_is_refused_with_the_choices(
    number: str, answer: str, message: tuple[str, ...], workspaces: Path, tmp_path: Path, reading_here: None
) -> None:
    shutil.copytree(workspaces / "known", tmp_path / "network")
    case = next(case for case in TABLES if case.id == number)
    run = imported(case, tmp_path / "network", [answer])
    assert run.code == 2, run.output
    assert not lacking((*message, "Next:"), run.output)


def test_an_answer_to_no_question_is_told(workspaces: Path, tmp_path: Path, reading_here: None) -> None:
    """A slip of the finger in a key must not look like an answer that was heard."""
    shutil.copytree(workspaces / "known", tmp_path / "network")
    run = imported(csv_cases.CASES[0], tmp_path / "network", ["datez=month-first"])
    assert "datez" in run.output


def test_what_is_suggested_after_next_can_be_typed(workspaces: Path, tmp_path: Path, reading_here: None) -> None:
    """The flags that a message proposes for an unknown column are the ones that work."""
    shutil.copytree(workspaces / "known", tmp_path / "network")
    file = tmp_path / "weekly.csv"
    file.write_bytes(data([["school", "week", "here", "enrolled"], *table()[1:]]))
    common = ("import", file, "--into", tmp_path / "network", "--as-of", AS_OF, "--batch")
    run = ran(*common)
    assert run.code == 2, run.output
    keys = {"measure": "attendance", "use:here": "attendance", "use": "here"}
    given: list[str] = []
    for _ in range(3):
        if run.code == 0:
            break
        assert not lacking(("--answer '?(measure|use)",), run.output), run.output
        given += [part for key in run.keys for part in ("--answer", f"{key}={keys.get(key, 'attendance')}")]
        run = ran(*common, *given)
    assert run.code == 0, run.output


def apart(*arguments: object) -> Ran:
    """The command as people start it."""
    command = [sys.executable, "-m", "pdsa", *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return Ran(answer.returncode, answer.stdout + answer.stderr)


def judged_yaml(case: YamlCase, workspaces: Path, rooms: pytest.TempPathFactory, file: str = "") -> Outcome:
    """What `pdsa check` says of a workspace that holds the case's file."""
    folder = rooms.mktemp(f"case{case.id}") / "network"
    shutil.copytree(workspaces / "known", folder)
    (folder / "observations" / "attendance.csv").write_text(OBSERVATIONS, encoding="utf-8")
    for path in (folder / "params").glob("*.yaml"):
        path.unlink()
    (folder / "params" / "report.yaml").write_text(yaml_cases.GOOD[yaml_cases.PARAMS], encoding="utf-8")
    target = folder / (file or case.file)
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(case.data)
    before = contents(folder)
    run = ran("check", folder)
    if run.code not in (0, 2) or "Traceback" in run.output:
        return Outcome("crashed", run.output[-1500:])
    if contents(folder) != before or any(one in run.output for one in case.hidden):
        return Outcome("silently wrong", "it wrote, or printed what must not be printed")
    if case.decision == "accept":
        return _held(case, target, run)
    if run.code == 0:
        return Outcome("silently wrong", run.output[:800])
    patterns = [one.replace("report.yaml", target.name) for one in (case.file.split("/")[-1], *case.message)]
    absent = lacking(patterns, run.output)
    return Outcome("message incomplete", f"lacks {absent} in: {run.output[:1500]}") if absent else Outcome("right")


def _held(case: YamlCase, target: Path, run: Ran) -> Outcome:
    """Whether an accepted file is understood as it was typed."""
    if run.code != 0:
        return Outcome("wrongly refused", run.output[:1500])
    model = NetworkModel if case.file == NETWORK else ParamsModel
    found = build(model, read_yaml(target.read_text(encoding="utf-8"), target.name), target.name)
    wrong = [key for key, value in case.holds if str(getattr(found, key)) != value]
    return Outcome("silently wrong", f"holds another {wrong}") if wrong else Outcome("right")


@pytest.fixture(scope="module")
def judged_files(workspaces: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[YamlCase], Outcome]:
    """The same for files of YAML."""
    return cache(lambda case: judged_yaml(case, workspaces, tmp_path_factory))


@pytest.mark.parametrize("case", yaml_cases.CASES, ids=identity)
def test_yaml_is_what_was_typed_or_refused(case: YamlCase, judged_files: Callable[[YamlCase], Outcome]) -> None:
    outcome = judged_files(case)
    assert outcome.word == "right", f"{outcome.word}: {outcome.detail}\nRight would be: {case.decision}. {case.why}"


@pytest.mark.parametrize("case", [case for case in yaml_cases.CASES if case.syntax], ids=identity)
def test_a_mapping_with_the_same_mistake_is_refused(
    case: YamlCase, workspaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outcome = judged_yaml(case, workspaces, tmp_path_factory, MAPPING)
    assert outcome.word == "right", f"{outcome.word}: {outcome.detail}"


def test_every_number_of_the_list_has_its_case() -> None:
    assert [case.id for case in (*TABLES, *yaml_cases.CASES)] == [str(number) for number in range(1, 158)]
    assert len(APART) == 20


@pytest.mark.filterwarnings("ignore")
def test_the_table(
    judged: Callable[[Case], Outcome],
    judged_files: Callable[[YamlCase], Outcome],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Prints how many cases of each family came out how, beside what the usual `read_csv` makes of the same bytes."""
    families = {
        "CSV": [judged(case) for case in csv_cases.CASES],
        "XLSX": [judged(case) for case in xlsx_cases.CASES],
        "YAML": [judged_files(case) for case in yaml_cases.CASES],
        "read_csv": [naive(case) for case in csv_cases.CASES],
    }
    with capsys.disabled():
        print(f"\n{'':22}" + "".join(f"{name:>10}" for name in families))
        for position, word in enumerate(WORDS):
            print(f"{word:22}" + "".join(f"{counted(found)[position]:10d}" for found in families.values()))
    assert [counted(families[name])[1:] for name in ("CSV", "XLSX", "YAML")] == [(0, 0, 0, 0)] * 3
    usual = counted(families["read_csv"])
    assert usual[1] > 40  # what this test exists for: most of these files go through the usual reader unnoticed
