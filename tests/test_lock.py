"""One run at a time in a folder, and a message that says who has it."""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

from pdsa.errors import InputError
from pdsa.publish import lock
from pdsa.publish.lock import one_at_a_time

HOLD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from pdsa.publish.lock import one_at_a_time\n"
    "with one_at_a_time(Path(sys.argv[1])):\n"
    "    print('held', flush=True); time.sleep(60)\n"
)


def hold(folder: Path) -> subprocess.Popen[str]:
    """A process that holds the lock."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", HOLD, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_has_it_and_kill_9_frees_it(tmp_path: Path) -> None:
    process = hold(tmp_path / "run")
    try:
        with pytest.raises(InputError) as caught, one_at_a_time(tmp_path / "run"):
            raise AssertionError
        assert caught.value.exit_code == 2
        (problem,) = caught.value.problems
        assert f"(process {process.pid} on {platform.node()}, since 2" in problem.found
        assert caught.value.consequence == "nothing was written"
        assert json.loads((tmp_path / "run" / ".lock").read_text())["pid"] == process.pid
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with one_at_a_time(tmp_path / "run"):
        assert json.loads((tmp_path / "run" / ".lock").read_text())["pid"] == os.getpid()
    with one_at_a_time(tmp_path / "run"):
        pass


def test_an_error_frees_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), one_at_a_time(tmp_path):
        raise ZeroDivisionError
    with one_at_a_time(tmp_path):
        pass


def test_a_child_that_is_started_does_not_keep_it(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with one_at_a_time(tmp_path):
            pass
    finally:
        child.communicate(b"\n")


def test_a_damaged_note_of_who_has_it(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path):
        (tmp_path / ".lock").write_text("[")
        with pytest.raises(InputError, match="process unknown on unknown"), one_at_a_time(tmp_path):
            raise AssertionError


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    import fcntl

    def refuse(handle: int, operation: int) -> None:
        raise OSError(number, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with one_at_a_time(tmp_path):
        assert (tmp_path / ".lock").is_file()


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, flags: int, mode: int = 0o777) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError, match="Permission denied"), one_at_a_time(tmp_path):
        raise AssertionError


def test_on_windows_a_byte_far_behind_the_text_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def locking(handle: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        if taken:
            raise PermissionError(errno.EACCES, "Permission denied")
        taken.append(os.lseek(handle, 0, os.SEEK_CUR))

    monkeypatch.setattr(lock, "FLOCK", False)
    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(LK_NBLCK=2, locking=locking))
    refused = pytest.raises(InputError, match=f"process {os.getpid()} on")
    with one_at_a_time(tmp_path), refused, one_at_a_time(tmp_path):
        raise AssertionError
    assert taken == [1 << 20]


def test_single_reports_share_it_and_a_run_does_not(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path, shared=True):
        process = subprocess.run(
            [
                sys.executable,
                "-c",
                HOLD.replace("sys.argv[1])", "sys.argv[1]), shared=True").replace("60", "0"),
                tmp_path,
            ],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            check=True,
        )
        assert process.stdout == b"held\n"
        with pytest.raises(InputError), one_at_a_time(tmp_path):
            raise AssertionError
    with one_at_a_time(tmp_path), pytest.raises(InputError), one_at_a_time(tmp_path, shared=True):
        raise AssertionError


def test_no_link_is_written_through(tmp_path: Path) -> None:
    kept = tmp_path / "kept.html"
    kept.write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(kept)
    with pytest.raises(OSError), one_at_a_time(tmp_path / "run"):
        pass
    assert kept.read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".lock")
    with pytest.raises(OSError, match="no ordinary file"), one_at_a_time(tmp_path):
        pass
