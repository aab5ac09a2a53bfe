"""A million rows through the public import and check, beside `pandas.read_csv` on the same file in the same run.

Run by `make bench`, or: python -m pytest -s tests/benchmarks/bench_import.py. Processor time, because the machine is
shared. Both sides are whole commands, from the start of Python to its end, children included; the ratio to `read_csv`
alone, without the start of Python and pandas, is printed beside it. The quickest of three runs counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

COMMAND = Path(__file__).resolve().parents[1] / "test_import_command.py"
MILLION = 1_000_000
SCHOOLS, DAYS = 500, 2_000
MOST_TIMES, MOST_BYTES = 3.0, 1 << 30
USUAL = (
    "import sys, time; import pandas as pd\n"
    "start = time.process_time(); frame = pd.read_csv(sys.argv[1], dtype=str)\n"
    "print(len(frame), time.process_time() - start)"
)


@dataclass(frozen=True, slots=True)
class Took:
    """Processor seconds of a command and its children, and the most memory that they held together."""

    seconds: float
    memory: int
    output: str


def took(command: Sequence[object]) -> Took:
    """Run a command to its end and watch its memory."""
    start, most = _spent(), 0
    with subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            most = max(most, _memory(watched))
            time.sleep(0.02)
        output = process.stdout.read() if process.stdout else ""
        assert process.returncode == 0, output
    return Took(_spent() - start, most, output)


def _spent() -> float:
    """Processor seconds of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(process: psutil.Process) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        pass
    return total


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tidy file of a million rows: 500 schools on 2,000 days."""
    folder = tmp_path_factory.mktemp("big")
    rng = np.random.default_rng(20_261_128)
    enrolled = np.repeat(rng.integers(200, 900, SCHOOLS), DAYS)
    frame = pd.DataFrame(
        {
            "school": np.repeat([f"{number:04d}" for number in range(1, SCHOOLS + 1)], DAYS),
            "measure": "attendance",
            "period": np.tile(pd.bdate_range("2017-01-02", periods=DAYS).strftime("%Y-%m-%d"), SCHOOLS),
            "numerator": rng.binomial(enrolled, 0.92).astype(str),
            "denominator": enrolled.astype(str),
            "status": np.where(rng.random(MILLION) < 0.01, "missing", "reported"),
        }
    )
    frame.loc[frame["status"] == "missing", ["numerator", "denominator"]] = ""
    frame.to_csv(folder / "attendance.csv", index=False)
    return folder / "attendance.csv"


def usual(file: Path) -> tuple[float, float]:
    """Processor seconds of a command that does nothing but `read_csv`, and of `read_csv` alone."""
    whole = took([sys.executable, "-c", USUAL, file])
    count, seconds = whole.output.split()
    assert int(count) == MILLION
    return whole.seconds, float(seconds)


def workspace(folder: Path) -> Path:
    """An empty network with the measure of the file."""
    took([sys.executable, "-m", "pdsa", "new", folder, "--measures", "attendance"])
    return folder


def test_an_import_is_killed_twenty_times() -> None:
    """At moments of chance; what lies there then is old or new, and the same command finishes it."""
    command = [sys.executable, "-m", "pytest", "-q", f"{COMMAND}", "-k", "killed_at_any_moment"]
    run = subprocess.run(command, env=os.environ | {"PDSA_KILLS": "20"}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:]


def test_a_million_rows_are_imported_and_checked_in_three_times_read_csv(big: Path, tmp_path: Path) -> None:
    pdsa = [sys.executable, "-m", "pdsa"]
    base, alone = (min(found) for found in zip(*[usual(big) for _ in range(3)], strict=True))
    runs = []
    for number in range(3):
        place = workspace(tmp_path / f"network{number}")
        imported = took([*pdsa, "import", big, "--into", place, "--batch"])
        checked = took([*pdsa, "check", place])
        dry = took([*pdsa, "import", big, "--into", workspace(tmp_path / f"dry{number}"), "--batch", "--dry-run"])
        runs.append((imported, checked, dry))
    seconds = [min(run[k].seconds for run in runs) for k in range(3)]
    most = max(one.memory for run in runs for one in run)
    print(f"\n{'':28}seconds  times the command  times read_csv alone")
    for name, found in zip(
        ("read_csv, whole command", "import", "check", "import --dry-run"), (base, *seconds), strict=True
    ):
        print(f"{name:28}{found:7.2f}  {found / base:17.2f}  {found / alone:20.2f}")
    print(f"most memory of all processes together: {most / 2**20:,.0f} MiB")
    assert most < MOST_BYTES
    assert seconds[0] <= MOST_TIMES * base
