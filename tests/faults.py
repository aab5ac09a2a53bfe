"""`pdsa report` as a process of its own that faults are done to, and what must be true of its folder afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from pdsa.cli import pdsa

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120  # seconds until a run that never ends is given up
Tree = dict[str, bytes]


def small_network(folder: Path) -> Path:
    """Three schools without a log: a report for each team, and one for the coach."""
    answer = CliRunner().invoke(pdsa, ["example", str(folder), "--schools", "3"])
    assert answer.exit_code == 0, answer.output
    (folder / "pdsa.sqlite").unlink()
    params = folder / "params" / "example.yaml"
    lines = params.read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith("audiences")]
    params.write_text("\n".join([*wanted, "audiences: [team, coach]", ""]), encoding="utf-8")
    return folder


@dataclass
class Report:
    """A run of `pdsa report`, with a folder for temporary files by which every process of it is known.

    Parameters
    ----------
    network, out
        What it makes reports of, and where.
    arguments
        More words of the command.
    environment
        Variables that it has besides those of the test.
    before
        Python that runs in its process first: what makes the fault.
    umask
        Of its process.
    """

    network: Path
    out: Path
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    umask: int = -1

    def __post_init__(self) -> None:
        self.own = Path(tempfile.mkdtemp(prefix="t-"))  # short: the path of a socket is
        words = [str(self.network), "--out", str(self.out), *self.arguments]
        # tests that a shell has started in the background would hand on that Ctrl-C is ignored
        hears = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
        code = f"{hears}\n{self.before}\nfrom pdsa.cli import main\nmain()"
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "report", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**variables, "TMPDIR": str(self.own), **self.environment},
            start_new_session=True,
            umask=self.umask,
        )

    def end(self) -> Ended:
        """Wait for its end."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        return Ended(self.process.returncode, output, errors, self)

    def wait_for(self, what: Callable[[], Any]) -> Any:
        """Wait until something is true while the run goes on; None if it ends before."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            if found := what():
                return found
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return None

    def pages(self) -> list[Path]:
        """Pages of reports that stand under their names; os.walk passes over folders that go meanwhile."""
        found = [Path(place, name) for place, _, names in os.walk(self.out) for name in names]
        return [path for path in found if path.name in ("report.html", "network.html") and ".tmp-" not in str(path)]

    def kernels(self) -> list[int]:
        """Process numbers of the children that play notebooks now; each leads a session of its own."""
        parents = [pid for pid in children(self.process.pid) if b"zygote" in command(pid)]
        return [pid for parent in parents for pid in children(parent) if session(pid) == pid]

    def left(self) -> list[str]:
        """Processes of this run that are still there, by their folder of temporary files."""
        mark = f"TMPDIR={self.own}".encode()
        return [str(command(pid)) for pid in processes() if mark in read(Path(f"/proc/{pid}/environ"))]


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it said."""

    code: int
    output: str
    errors: str
    report: Report

    def clean(self, seconds: float = 60) -> Ended:
        """The same, after checking that no process and no temporary file is left, at the latest after a while."""
        deadline = time.monotonic() + seconds
        while (self.report.left() or any(self.report.own.iterdir())) and time.monotonic() < deadline:
            time.sleep(0.05)
        left = [*self.report.left(), *map(str, self.report.own.rglob("*"))]
        assert not left, left
        self.report.own.rmdir()
        assert "Traceback" not in self.errors, self.errors
        return self


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def command(pid: int) -> bytes:
    return read(Path(f"/proc/{pid}/cmdline"))


def children(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(one) for one in read(task / "children").split()]
    return found


def session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def tree(folder: Path) -> Tree:
    """Every file below a folder, by its path; a run may take some away meanwhile."""
    found = {}
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def steady(found: Tree) -> dict[str, object]:
    """Files without what depends on the hour: the lock, times in the manifest and in records, logs."""
    kept = {name: data for name, data in found.items() if not re.search(r"(^|/)\.lock$|\.log$|(^|/)\.?logs/", name)}
    told = {name: _timeless(json.loads(data)) for name, data in kept.items() if name.endswith(".json")}
    for name, data in told.items():
        if name.endswith("site.json"):
            del data["key"]  # a hash of the manifest, times included
    return {**kept, **told}


def _timeless(value: Any) -> Any:
    # the seal of a manifest is a hash of all of it, times included
    timed = ("started", "seconds", "this_run", "made", "since", "peak_mb", "tries", "seal")
    if isinstance(value, dict):
        return {key: _timeless(one) for key, one in value.items() if key not in timed}
    return [_timeless(one) for one in value] if isinstance(value, list) else value


def pages(found: Tree) -> Tree:
    """Pages and the files beside them: what people read."""
    return {name: data for name, data in found.items() if name.endswith((".html", ".csv")) and _of_report(name)}


def _of_report(name: str) -> bool:
    return Path(name).name not in ("index.html", "data-quality.html")


def whole(out: Path, *right: Tree) -> int:
    """How many pages and tables stand there, after checking that each is what one of the undisturbed runs wrote."""
    found = pages(tree(out))
    for name, data in found.items():
        assert data in [one[name] for one in right if name in one], f"{name} is none of the right ones"
    return len(found)


def settled(network: Path, out: Path, right: Tree) -> Ended:
    """Run the same command again, which must make the folder what an undisturbed run makes of it."""
    ended = Report(network, out).end().clean()
    assert ended.code == 0, ended.errors
    assert not list(out.rglob(".tmp-*"))
    found, wanted = steady(tree(out)), steady(right)
    assert sorted(found) == sorted(wanted), set(found) ^ set(wanted)
    differ = [name for name in wanted if found[name] != wanted[name]]
    assert not differ, differ
    return ended


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], bool]]:
    """A disk of its own, and how to make it larger; nothing where this user cannot have one."""
    folder.mkdir(exist_ok=True)

    def mount(*words: str) -> bool:
        tool = shutil.which("mount")
        return tool is not None and subprocess.run([tool, *words], capture_output=True).returncode == 0

    if not mount("-t", "tmpfs", "-o", f"size={size}", "none", str(folder)):
        yield lambda larger: False
        return
    try:
        yield lambda larger: mount("-o", f"remount,{larger}", str(folder))
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def can_mount() -> bool:
    """Whether this user can have a disk of its own for a test."""
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder) / "d", "1m") as resize:
        return resize("size=2m")
