"""Ten thousand files that are almost good, in one process that is watched: no error of ours, no file over 5 s or 1 GiB.

Run by `make bench`, or: python -m pytest -s tests/benchmarks/bench_fuzz.py. The tests are those of tests/test_fuzz.py.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = 10_000
MOST_BYTES = 1 << 30
FUZZ = Path(__file__).resolve().parents[1] / "test_fuzz.py"


def test_ten_thousand_files_are_rows_questions_or_refusals() -> None:
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-x", f"{FUZZ}", "-k", "not child"]
    environment = os.environ | {"PDSA_FUZZ_EXAMPLES": str(EXAMPLES)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"\n{EXAMPLES:,} files in {time.monotonic() - start:,.0f} s, most memory {most / 2**20:,.0f} MiB")
    assert run.returncode == 0, run.stdout[-4000:]
    assert most < MOST_BYTES
