"""What a killed run left among the temporary files goes with the next one; what anybody else has there stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pdsa.kernels import Stop, folders, sweep_folders
from pdsa.kernels.folders import FLOCK, HELD, held
from pdsa.runner import make_reports, plan_run

pytestmark = pytest.mark.skipif(not FLOCK, reason="no locks of this kind")

HOLD = (
    "import sys, time\n"
    "from pdsa.kernels import Stop\n"
    "with Stop().room({'release.npz': b'numbers'}) as room:\n"
    "    print(room.folder, flush=True); time.sleep(60)\n"
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of temporary files of this test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def owner(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that has a kernel's folder, and the folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    yield process, folder
    process.kill()
    process.communicate()


def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(
    place: Path, owner: tuple[subprocess.Popen[str], Path]
) -> None:
    process, folder = owner
    sweep_folders()
    assert (folder / "work/release.npz").read_bytes() == b"numbers"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert folder.is_dir()
    sweep_folders()
    assert list(place.iterdir()) == []


def test_a_folder_of_ones_own_stays_while_it_is_used(place: Path) -> None:
    with Stop().room({}) as room:
        sweep_folders()
        assert room.workdir.is_dir()
    assert list(place.iterdir()) == []


def test_what_nobody_marked_stays(place: Path) -> None:
    (place / "pdsa-backup").mkdir()
    (place / f"pdsa-backup/{HELD}.new").touch()  # as between two steps of a folder that is being made
    (place / "pdsa-of-a-person").mkdir()
    (place / "pdsa-of-a-person/held").write_text("held by nobody")
    (place / "pdsa-of-another").mkdir()
    (place / "pdsa-of-another" / HELD).write_text("what pdsa never wrote")
    (place / "pdsa-of-another-computer").mkdir()
    (place / "pdsa-of-another-computer/.pdsa-held-another").touch()
    (place / "other").mkdir()
    with held(place / "other"):
        pass
    (place / "pdsa-link").symlink_to(place / "other")
    (place / "pdsa-file").touch()
    before = sorted(place.rglob("*"))
    sweep_folders()
    assert sorted(place.rglob("*")) == before


def test_a_folder_of_another_user_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place / "pdsa-1"
    folder.mkdir()
    with held(folder):
        pass
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
        sweep_folders()
    assert folder.is_dir()
    sweep_folders()
    assert not folder.exists()


def test_the_next_run_sweeps_though_it_makes_nothing(place: Path, example: Path, tmp_path: Path) -> None:
    plan = replace(plan_run(example), reports=())
    (place / "pdsa-1").mkdir()
    with held(place / "pdsa-1"):
        make_reports(plan, tmp_path / "out")
        assert (place / "pdsa-1").is_dir()
    make_reports(plan, tmp_path / "out")
    assert not (place / "pdsa-1").exists()


def test_where_there_are_no_such_locks_nothing_is_swept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where there are no user numbers either."""
    (place / "pdsa-1").mkdir()
    with held(place / "pdsa-1"):
        pass
    monkeypatch.setattr(folders, "FLOCK", False)
    monkeypatch.delattr(os, "geteuid")
    sweep_folders()
    assert (place / "pdsa-1").is_dir()
