"""Every `pdsa` command that README shows runs as it stands there, and its Python example too."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest

import pdsa
from pdsa.params import ChartModel
from pdsa.terms import Kind, LimitsMethod, RuleSet, Status

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [line for language, text in BLOCKS if not language for line in text.splitlines() if line.startswith("pdsa ")]
DATA = "path/to/nyc_daily_attendance"
MADE = "pdsa example my-network"  # what the other commands need: run before them, and not over what they wrote


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the committed params, and the example network."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "params").symlink_to(ROOT / "params")
    assert run(MADE, folder).returncode == 0
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", *shlex.split(command)]
    return subprocess.run(
        words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False
    )


def test_readme_shows_the_commands_that_are_run_here() -> None:
    data = {"check", "example", "import", "lab", "new", "report"}
    assert {command.split()[1] for command in COMMANDS} == data | {*OF_LOG}
    assert len(COMMANDS) >= 12 and MADE in COMMANDS


OF_LOG = ("cycle", "drivers", "idea", "log", "ramp", "who-tried")
LOGGED = [command for command in COMMANDS if command.split()[1] in OF_LOG]


def test_the_improvement_log_is_written_and_read_as_shown(desk: Path) -> None:
    """One after the other; at the end the cycle stands on the school's charts, and what was shared with its readers."""
    assert len(LOGGED) >= 20
    for command in LOGGED:
        done = run(command, desk)
        assert done.returncode == 0, (command, done.stderr)
    assert run("pdsa report my-network --only 0114", desk).returncode == 0
    page = (desk / "outputs" / "example" / "team" / "0114" / "report.html").read_text(encoding="utf-8")
    title = "Greet every student at the door, cycle 1"
    assert f"{title} (2026-05-04 to 2026-05-15)" in re.sub("<[^>]*>", "", page)
    assert "predicted 82.0% to 90.0%" in page and "It takes two minutes and calms the first ten" in page
    other = (desk / "outputs" / "example" / "district" / "schools" / "0114.html").read_text(encoding="utf-8")
    assert "Greet every student" not in other  # nobody shared it


OWN = [command for command in COMMANDS if command.split()[1] in ("new", "check", "import")]


def test_a_network_of_ones_own_begins_as_shown(desk: Path) -> None:
    """One after the other, because each command needs what those before it made."""
    asked = []
    for command in OWN:
        done = run(command, desk)
        if done.returncode == 2 and "--answer" not in command:
            asked.append(command)
            assert "--answer 'measure=...'" in done.stderr and "nothing was imported" in done.stderr
        else:
            assert done.returncode == 0, done.stderr
    assert len(asked) == 1  # the line of which README says that pdsa asks for the rest
    last = run(OWN[-1], desk).stdout
    assert "24 schools, 2 measures, 774 rows of observations in 2 files" in last
    assert run("pdsa report our-network --dry-run", desk).returncode == 0


def test_the_question_that_readme_shows_is_what_pdsa_asks(desk: Path) -> None:
    (shown,) = [text for _, text in BLOCKS if text.startswith("grade-checks.csv: 1 problem found")]
    assert run("pdsa example asked", desk).returncode == 0
    done = run("pdsa import asked/incoming/grade-checks.csv --into asked --as-of 2026-06-12", desk)
    assert done.returncode == 2
    assert " ".join(shown.split()) in " ".join(done.stderr.split())


def test_readme_names_every_question() -> None:
    """The keys stand in the code in a few ways; a new one that README does not have is found here."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "pdsa").rglob("*.py"))
    calls = re.findall(r"""(?:Question|_Asked)\(\s*(?:key=)?f?"([a-z][a-z0-9-]*)""", code)
    keys = {*calls, *re.findall(r"""key = f"([a-z-]+):""", code)}
    assert len(keys) >= 25
    told = set(re.findall(r"`([a-z0-9-]+)(?::[A-Za-z]+)?`", README))
    assert keys - told == set()


ALONE = [c for c in dict.fromkeys(COMMANDS) if c not in (*OWN, *LOGGED, MADE)]
REPORTED = [c for c in ALONE if " lab " not in c and DATA not in c]


@pytest.mark.parametrize("command", REPORTED)
def test_command_runs(command: str, desk: Path) -> None:
    # all 24 schools once would be the example's own test again: three of them show that the command is right
    fewer = " --only 0107 --only 0184 --only 0135" if command.endswith("example.yaml") else ""
    done = run(command + fewer, desk)
    assert done.returncode == 0, done.stderr


@pytest.mark.data
@pytest.mark.parametrize("command", [c for c in COMMANDS if DATA in c])
def test_command_on_real_data_runs(command: str, desk: Path, real_data: Path) -> None:
    done = run(command.replace(DATA, str(real_data / "nyc_daily_attendance")), desk)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1].endswith("index.html")


@pytest.mark.parametrize("command", [c for c in COMMANDS if " lab " in c])
def test_lab_starts_and_says_where(command: str, desk: Path) -> None:
    words = [sys.executable, "-m", *command.split(), "--no-browser", "--port", "18765"]
    with subprocess.Popen(words, cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            told = _until(server, r"http://127\.0\.0\.1:\d+/.*token=", seconds=90)
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)
    assert "notebooks/workbench.ipynb" in told


def _until(server: subprocess.Popen[str], pattern: str, seconds: float) -> str:
    told, end = "", time.monotonic() + seconds
    while time.monotonic() < end and server.stdout:
        told += server.stdout.readline()
        if re.search(pattern, told):
            return told
    raise AssertionError(f"no address within {seconds} s:\n{told}")


PYTHON = [text for language, text in BLOCKS if language == "python"]


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_python_example_runs(code: str) -> None:
    words = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_python_examples_show_every_public_function() -> None:
    functions = {name for name in pdsa.__all__ if name[0].islower() and name[0] != "_"}
    assert {name for name in functions if f"pdsa.{name}(" in "".join(PYTHON)} == functions


def test_readme_names_every_kind_set_method_key_and_status() -> None:
    words = set(re.findall(r"`_?([a-z0-9_]+)`", README))
    sets = {name.removeprefix("making_data_count_") for name in get_args(RuleSet)}
    keys = {name for name in ChartModel.model_fields if name != "schema"}
    missing = {*get_args(Kind), *get_args(LimitsMethod), *get_args(Status), *keys, *sets} - words
    assert missing <= {"2023"}  # another name of making_data_count


def test_settings_of_the_params_file_are_as_readme_shows_them(desk: Path) -> None:
    (text,) = [text for language, text in BLOCKS if language == "yaml"]
    assert run("pdsa example other-network", desk).returncode == 0
    file = desk / "other-network" / "params" / "example.yaml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    done = run("pdsa report other-network/params/example.yaml --dry-run", desk)
    assert done.returncode == 0, done.stderr


def test_readme_names_every_option_of_report() -> None:
    from pdsa.cli.report import report

    (table,) = re.findall(r"^\| option of `pdsa report` .*?\n\n", README, flags=re.MULTILINE | re.DOTALL)
    options = {name for parameter in report.params for name in parameter.opts if name.startswith("--")}
    assert options == set(re.findall(r"`(--[a-z-]+)", table))


def test_pictures_exist_and_have_words() -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)
    assert len(pictures) >= 4
    for words, path in pictures:
        assert len(words) > 30
        assert (ROOT / path).is_file()


def test_readme_has_its_three_doors() -> None:
    for door in ("## For a school team", "## For an improvement coach", "## For a district leader"):
        assert door in README
