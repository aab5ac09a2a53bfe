"""One notebook while a child plays it: what the child tells is put into it, and its time is watched."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pdsa.kernels import system, wire
from pdsa.kernels.children import Child, Ended
from pdsa.kernels.ending import (
    Break,
    CellOutcome,
    Execution,
    Limits,
    cell_ends,
    flooded,
    not_begun,
    printed_text,
    raised,
    source_index,
    timed_out,
)
from pdsa.kernels.room import Room

if TYPE_CHECKING:
    from nbformat import NotebookNode

BEGIN_SECONDS = 30  # what a child may take from its fork to its first cell, where a cell may not take longer
Watch = Callable[[str, int], None]


def nobody(what: str, index: int) -> None:
    """Nobody watches."""


def request_of(
    notebook: NotebookNode, limits: Limits, room: Room, token: str, *, as_tagged: bool
) -> Mapping[str, object]:
    """Return what a child is told before it plays: the notebook, its surroundings and its limits."""
    return {
        "notebook": notebook,
        "environment": {**room.environment(), system.MARK: token},
        "folder": str(room.workdir),
        "memory_mb": limits.memory_mb,
        "printed_mb": limits.printed_mb,
        "output_mb": limits.output_mb,
        "as_tagged": as_tagged,
        "imports_here": room.place is not None,
    }


@dataclass(slots=True)
class Play:
    """Hears what a child tells while it plays, and puts it into the notebook."""

    child: Child
    notebook: NotebookNode
    limits: Limits
    watch: Watch
    ends: dict[int, tuple[CellOutcome, float]] = field(default_factory=dict)
    broken: int | None = None
    what: Break | None = None
    said: list[tuple[str, str]] = field(default_factory=list)
    began: float = 0.0

    def run(self, request: Mapping[str, object]) -> Break | None:
        """Return what broke the notebook; status `ok` if it came to its end, None if the child has gone."""
        last = time.monotonic() + self.limits.report_seconds
        if not self.asked(request):
            return None
        try:
            begins = max(self.limits.cell_seconds, BEGIN_SECONDS)
            until = min(last, time.monotonic() + begins)
            while self.speaks(until) and (told := wire.receive(self.child.channel, until)) is not None:
                self.hear(told)
                if self.what is not None:
                    return self.what
                if "said" in told:  # whoever talks gets no more time for it
                    continue
                until = min(last, time.monotonic() + self.limits.cell_seconds)
        except TimeoutError:
            self.break_off("timeout")
            whole = time.monotonic() >= last
            if not self.began and not whole:
                return not_begun(begins)
            return timed_out(*((self.limits.report_seconds, "report") if whole else (self.limits.cell_seconds,)))
        except OSError:
            pass
        self.break_off("died")
        return None

    def asked(self, request: Mapping[str, object]) -> bool:
        """Have the child forked and tell it what to play; False where that cannot be."""
        try:
            if self.child.born(BEGIN_SECONDS) is None:
                return False
        except TimeoutError:
            self.child.orphaned = True  # a parent that does not answer is of no use to anybody
            return False
        try:
            self.child.channel.settimeout(BEGIN_SECONDS)
            wire.send(self.child.channel, request)
        except OSError:
            return False
        return True

    def speaks(self, until: float) -> bool:
        """Wait for the child's next word; False when it has ended, though what it started may hold its channel."""
        both = [self.child.channel, self.child.status]
        ready = select.select(both, [], [], max(0.0, until - time.monotonic()))[0]
        if not ready:
            raise TimeoutError
        return self.child.channel in ready

    def break_off(self, how: CellOutcome) -> None:
        """Keep what the cell said and how long it took; the rest of what it showed is lost with it."""
        if self.broken is not None:
            self.ends[self.broken] = (how, time.monotonic() - self.began)
            streams = [{"output_type": "stream", "name": name, "text": text} for name, text in self.said]
            self._fill(self.broken, streams)

    def hear(self, told: Mapping[str, Any]) -> None:
        """Put one message into the notebook."""
        if "start" in told:
            self.broken, self.said, self.began = told["start"], [], time.monotonic()
            self.watch("start", told["start"])
        elif "said" in told:
            self._say(told["name"], told["said"])
        elif "also" in told:
            self._fill(told["also"], told["outputs"])
        elif "cell" in told:
            self._cell(told)
        elif "flood" in told:
            most = self.limits.printed_mb if told["flood"] == "printed" else self.limits.output_mb
            self.break_off("died")
            self.what = flooded(told["flood"], most)
        elif "done" in told:
            self._done(told["done"])

    def _say(self, name: str, text: str) -> None:
        before = self.said[-1] if self.said else ("", "")
        if before[0] == name:
            self.said[-1] = (name, before[1] + text)
        else:
            self.said.append((name, text))

    def _cell(self, told: Mapping[str, Any]) -> None:
        index = told["cell"]
        self._fill(index, told["outputs"])
        self.notebook.cells[index].execution_count = told["count"]
        self.ends[index] = ("ok" if told["whole"] else "error", told["seconds"])
        if told["whole"]:
            self.broken = None
        elif not told["goes_on"]:
            error = next((one for one in told["outputs"] if one["output_type"] == "error"), told["error"])
            self.what = raised(error["ename"], error["evalue"], error["traceback"])
        self.watch("end", index)

    def _fill(self, index: int, outputs: Sequence[Mapping[str, Any]]) -> None:
        from nbformat import from_dict

        self.notebook.cells[index].outputs = [from_dict(output) for output in outputs]

    def _done(self, widgets: Mapping[str, Any]) -> None:
        if widgets:
            self.notebook.metadata["widgets"] = widgets
        self.broken, self.what = None, Break("ok", "", "")

    def end(self) -> Ended:
        """Have the child ended, if it has not already, and return how it ended."""
        if self.what is None or self.what.status != "ok":
            self.child.kill()
        return self.child.ended()


def execution_of(
    notebook: NotebookNode,
    ends: Mapping[int, tuple[CellOutcome, float]],
    what: Break,
    broken: int | None,
    ended: Ended,
    started: float,
) -> Execution:
    """Return what became of the notebook in the words that every way of running it shares."""
    return Execution(
        notebook,
        what.status,
        None if what.status == "ok" else source_index(notebook, broken),
        what.ename,
        what.evalue,
        time.perf_counter() - started,
        what.line,
        cell_ends(notebook, ends),
        printed_text(notebook),
        ended.peak_mb,
        what.again,
    )
