"""A command does its work though nobody can read what it prints, and says so where that is a fault."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's own")

# A command that prints a line, does its work, and prints a lot.
CODE = """
import sys
from pathlib import Path
import click
import pdsa.cli as cli

@cli.pdsa.command("work")
@click.argument("target")
@click.option("--code", default=0)
def work(target, code):
    for _ in range(20_000):
        click.echo("a line that somebody may read")
    Path(target).write_text("done")
    sys.exit(code)

cli.pdsa.get_command = lambda context, name: work
cli.main()
"""
SPEAKS = """
import os, sys
from pdsa.cli.outlet import open_outlets
open_outlets()
with open(sys.argv[1], "w") as file:
    os.write(1, b"printed by a library")
    file.write("done")
"""
REFUSED = (
    "standard output: found that it cannot be written: No space left on device, expected a place for what is printed.\n"
    "  Next: have it printed elsewhere; the work went on without it.\n"
)


def work(target: Path, how: str, *more: str) -> tuple[str, str, str]:
    """Printed text, errors with the exit code, and what the command's work was."""
    shell = f'{{ "$0" -c "$1" work "$2" {" ".join(more)}; echo "code $?" >&2; }} {how}'
    command: Sequence[str] = ["bash", "-c", shell, sys.executable, CODE, str(target)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    return ended.stdout, ended.stderr, target.read_text() if target.exists() else ""


def test_a_reader_that_went_away_wanted_no_more(tmp_path: Path) -> None:
    assert work(tmp_path / "t", "| head -1") == ("a line that somebody may read\n", "code 0\n", "done")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    assert work(tmp_path / "t", ">/dev/full") == ("", f"{REFUSED}code 2\n", "done")


def test_the_code_of_a_failure_stays(tmp_path: Path) -> None:
    assert work(tmp_path / "t", ">/dev/full", "--code 1") == ("", f"{REFUSED}code 1\n", "done")


def test_a_closed_output_is_none_and_its_number_is_no_files(tmp_path: Path) -> None:
    assert work(tmp_path / "t", ">&-") == ("", "code 0\n", "done")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = ["bash", "-c", '"$0" -c "$1" "$2" >&-', sys.executable, SPEAKS, str(tmp_path / "file")]
    subprocess.run(command, env=environment, check=True, timeout=60)
    assert (tmp_path / "file").read_text() == "done"


def test_errors_that_nobody_can_read_change_no_code(tmp_path: Path) -> None:
    shell = '"$0" -c "$1" work 2>/dev/full; echo "code $?"'
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = ["bash", "-c", shell, sys.executable, CODE]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=60)
    assert ended.stdout == "code 2\n"  # a missing argument


def test_what_the_system_refuses_is_told_with_a_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", "from pdsa.cli import main\nmain()", "run-one", str(tmp_path / "file/job.json")]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"{tmp_path}/file/job.json: found that the system refuses it (Not a directory), expected a file or folder that "
        "can be used.\n  Next: check the disk and its permissions, and run the same command again.\n"
    )
