"""Processes that write a log at the same time, or are killed while they write; and what must be true afterwards.

Run as a program it is one of them.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from pdsa.errors import PdsaError
from pdsa.inquiry import Change
from pdsa.inquiry.rules import Reference
from pdsa.log import Conflict, Log, open_log
from pdsa.records import School

ROOT = Path(__file__).resolve().parents[1]
CYCLES = 5  # that everybody changes
REFERENCE = Reference(date(2025, 10, 1), (School("s1", "One"), School("s2", "Two")))


@dataclass
class Done:
    """What a writer did: what was acknowledged (record, version, hash), conflicts, seconds of each save, errors."""

    saved: list[tuple[str, int, str]] = field(default_factory=list)
    conflicts: int = 0
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, other: Done) -> None:
        self.saved += other.saved
        self.conflicts += other.conflicts
        self.seconds += other.seconds
        self.errors += other.errors


def started(*words: object) -> subprocess.Popen[str]:
    """A writer as a process of its own, which waits for a line before it begins."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    command = [sys.executable, str(Path(__file__)), *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": paths}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)


def together(what: str, places: Sequence[object], seconds: float, *more: object) -> Done:
    """What became of writers that began at the same moment, all of them added up."""
    writers = [started(what, place, f"w{number}", seconds, *more) for number, place in enumerate(places)]
    try:
        for one in writers:
            assert one.stdout and one.stdin
            assert one.stdout.readline() == "ready\n"
        for one in writers:
            assert one.stdin
            one.stdin.write("go\n")
            one.stdin.flush()
        every = Done()
        for one in writers:
            told, _ = one.communicate(timeout=seconds + 120)
            every.add(Done(**json.loads(told)))
        every.saved = [(record, version, seal) for record, version, seal in every.saved]
        return every
    finally:
        for one in writers:
            if one.poll() is None:
                one.kill()
                one.communicate()


def killed(place: object, login: str, moment: random.Random) -> list[tuple[str, int, str]]:
    """What a writer acknowledged before it was killed at a random moment."""
    with started("save", place, login, 600) as writer:
        assert writer.stdout and writer.stdin
        assert writer.stdout.readline() == "ready\n"
        writer.stdin.write("go\n")
        writer.stdin.flush()
        first = writer.stdout.readline()
        time.sleep(moment.uniform(0, 0.3))
        writer.send_signal(signal.SIGKILL)
        lines = [first, *writer.stdout.read().splitlines(keepends=True)]
    # a line that was not finished is no acknowledgment
    return [(row[0], row[1], row[2]) for row in map(json.loads, (line for line in lines if line.endswith("\n")))]


def lost(log: Log, done: Sequence[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    """What was acknowledged and is not there."""
    there = {(one.record, one.version, one.hash) for one in log.events()}
    return [one for one in done if one not in there]


def updates_lost(log: Log, done: Sequence[tuple[str, int, str]]) -> dict[str, int]:
    """By how many saves of others each cycle that everybody changes lags behind: each save counted it on by one."""
    wanted = Counter(record for record, version, _ in done if version > 1)
    found = {one.id: (one.students_n or 0) for one in log.state().cycles}
    return {record: wanted[record] - found.get(record, 0) for record in wanted if wanted[record] != found.get(record)}


def begun(place: str | Path, author: str = "w0", past: int = 0) -> None:
    """Make the cycles that everybody changes, and beside them some that are past, each with its prediction."""
    fields = {"change_idea_id": "idea", "school_id": "s1", "start": "2025-09-01", "planned_end": "2025-09-12"}
    told = {"question": "More come", "because": "somebody asks", "made_on": "2025-08-29"}
    with open_log(place, author=author) as log:
        log.apply([Change("change_idea", "idea", "s1", {"title": "Check-in"})])
        log.apply([Change("cycle", f"cycle-{number}", "s1", fields) for number in range(CYCLES)])
        log.apply([Change("cycle", f"past-{number}", "s1", fields) for number in range(past)])
        log.apply([
            Change("prediction", f"past-{number}", "s1", {**told, "cycle_id": f"past-{number}"})
            for number in range(past)
        ])  # fmt: skip


def contend(log: Log, until: float, done: Done) -> None:
    """Count one of the cycles on by one, again and again, as fast as it goes; after a conflict on top of theirs."""
    chance = random.Random(log.author)
    known = {one.id: log.history("cycle", one.id)[-1] for one in log.state().cycles}
    seen = {name: (one.version, dict(one.fields)) for name, one in known.items()}
    while time.monotonic() < until:
        name = f"cycle-{chance.randrange(CYCLES)}"
        version, fields = seen[name]
        counted = {**fields, "students_n": int(str(fields.get("students_n", 0))) + 1}
        begin = time.perf_counter()
        try:
            saved = log.apply([Change("cycle", name, "s1", counted, version)])[0]
            done.saved.append((saved.record, saved.version, saved.hash))
            seen[name] = (saved.version, counted)
        except Conflict as conflict:
            done.conflicts += 1
            seen[name] = (conflict.version, dict(conflict.theirs))
        except PdsaError as error:
            done.errors.append(str(error))
        done.seconds.append(time.perf_counter() - begin)


@dataclass
class Notebook:
    """Somebody with a cycle of their own in an open notebook, in which the rules are checked at every save."""

    log: Log
    name: str
    version: int = 0

    def save(self, done: Done) -> None:
        fields = {"change_idea_id": self.name, "school_id": "s1", "observations": "x" * 300}
        idea = Change("change_idea", self.name, "s1", {"title": f"Check-in of {self.name}"})
        change = Change("cycle", self.name, "s1", {**fields, "students_n": self.version + 1}, self.version)
        begin = time.perf_counter()
        try:
            last = self.log.apply([change] if self.version else [idea, change], REFERENCE)[-1]
            done.saved.append((last.record, last.version, last.hash))
            self.version = last.version
        except PdsaError as error:
            done.errors.append(str(error))
        done.seconds.append(time.perf_counter() - begin)

    def work(self, until: float, done: Done, pause: float) -> None:
        """Save every few seconds; they did not all sit down at the same moment."""
        due = time.monotonic() + random.Random(self.name).uniform(0, pause)
        while due < until:
            time.sleep(max(0.0, due - time.monotonic()))
            due += pause
            self.save(done)
        # nobody closes the notebook meanwhile: that would keep the machine busy while others are timed
        time.sleep(max(0.0, until - time.monotonic()))


def save(log: Log, until: float) -> None:
    """Save new records and changes, one after the other, and say so after each."""
    number = 0
    while time.monotonic() < until:
        number += 1
        fields = {"title": f"idea {number}", "description": "x" * 2000}
        made = log.apply([Change("change_idea", "", "s1", fields)])[0]
        changed = log.apply([Change("change_idea", made.record, "s1", {**fields, "owner": "bo"}, 1)])[0]
        for one in (made, changed):
            os.write(1, (json.dumps([one.record, one.version, one.hash]) + "\n").encode())


def main(what: str, place: str, author: str, seconds: float, pause: float = 10, threads: int = 1) -> None:
    """Be one writer, or several notebooks in one process."""
    logs = [open_log(place, author=author) for _ in range(threads)]
    books = [Notebook(log, f"own-{author}-{number}") for number, log in enumerate(logs)]
    if what == "notebook":
        for book in books:  # whoever works in a notebook opened it before
            book.save(Done())
    print("ready", flush=True)
    sys.stdin.readline()
    until, every = time.monotonic() + seconds, [Done() for _ in logs]
    if what == "save":
        save(logs[0], until)
    running = [
        threading.Thread(target=contend, args=(log, until, done))
        if what == "contend"
        else threading.Thread(target=book.work, args=(until, done, pause))
        for log, book, done in zip(logs, books, every, strict=True)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    total = Done()
    for done, log in zip(every, logs, strict=True):
        total.add(done)
        log.close()
    print(json.dumps(asdict(total)))


if __name__ == "__main__":
    words = sys.argv[1:]
    main(*words[:3], float(words[3]), *map(float, words[4:5]), *map(int, words[5:6]))
