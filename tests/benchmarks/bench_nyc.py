"""The bench run on real input: about 300 schools of New York City; time, memory and failures.

Run by `make bench`, or: python -m pytest -s tests/benchmarks/bench_nyc.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]


def memory(process: psutil.Process) -> int:
    """Bytes that the process and its children hold for themselves: shared pages are counted once."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except (psutil.Error, AttributeError):
            continue
    return total


def test_bench_nyc(real_data: Path, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "pdsa", "report", str(ROOT / "params" / "nyc_attendance.yaml")),
        *("--data", str(real_data / "nyc_daily_attendance"), "--out", str(tmp_path), "--quiet"),
    ]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        peak = [0]

        def watch() -> None:
            process = psutil.Process(running.pid)
            while running.poll() is None:
                peak[0] = max(peak[0], memory(process))
                time.sleep(0.5)

        watcher = threading.Thread(target=watch)
        watcher.start()
        told = running.communicate()[0]
        watcher.join()
    seconds = time.perf_counter() - started
    manifest = json.loads((tmp_path / "nyc_attendance" / "manifest.json").read_text(encoding="utf-8"))
    reports = manifest["reports"]
    failed = [report["name"] for report in reports if report["status"] != "ok"]
    pages = [tmp_path / "nyc_attendance" / report["path"] for report in reports]
    print(f"\n{told.strip().splitlines()[-1]}")
    print(f"schools {len(manifest['schools'])}, reports {len(reports)}, failures {len(failed)}")
    print(f"{seconds:.0f} s in all, {seconds / len(reports):.2f} s a report, two workers")
    print(f"peak memory {peak[0] / 2**20:.0f} MiB in all processes")
    print(f"largest page {max(page.stat().st_size for page in pages) / 1e6:.2f} MB")
    assert failed == []
    assert running.returncode == 0
