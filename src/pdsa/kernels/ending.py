"""What a notebook may take, and what became of it: the words that every way of running it shares."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nbformat import NotebookNode

Outcome = Literal["ok", "error", "timeout", "died"]
CellOutcome = Literal["ok", "error", "timeout", "died", "not run"]

INJECTED = "injected-parameters"  # papermill's tag of the cell that holds the values of a run
_TOO_MUCH = "the report asked for more memory than it may take"
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one notebook may take before it is ended.

    Parameters
    ----------
    cell_seconds, report_seconds
        Wall time of any one cell, and of the whole notebook.
    memory_mb
        Memory that it may ask for beyond what a fresh kernel has.
    printed_mb, output_mb
        Text that it may print, and everything that it may show, in millions of characters.
    """

    cell_seconds: float = 300
    report_seconds: float = 1800
    memory_mb: int = 4096
    printed_mb: int = 10
    output_mb: int = 100


@dataclass(frozen=True, slots=True)
class CellEnd:
    """How one code cell ended, counted from 0 in the notebook file; `seconds` is 0 where it did not run."""

    index: int
    status: CellOutcome
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of one notebook.

    Parameters
    ----------
    notebook
        The notebook with its outputs, as far as it came.
    status
        `ok`: every cell ran to its end. `error`: a cell raised (SystemExit included). `timeout`: a cell, or all
        of them together, ran too long. `died`: the kernel ended.
    cell
        Where it broke, counted from 0 in the notebook file (the injected cell is not counted).
    ename, evalue, line
        Name and text of the exception, and the last line of its traceback, without colors.
    seconds
        Wall time, start and end of the kernel included.
    cells
        How each code cell ended, in the order of the notebook.
    printed
        What the cells printed, as far as it goes into a log.
    peak_mb
        Memory of the kernel's process at its highest; 0 where it is not known.
    again
        Whether another try may end otherwise: a kernel that was ended from outside, or crashed.
    """

    notebook: NotebookNode
    status: Outcome
    cell: int | None
    ename: str
    evalue: str
    seconds: float
    line: str = ""
    cells: tuple[CellEnd, ...] = ()
    printed: str = ""
    peak_mb: float = 0.0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """Why a notebook did not come to its end."""

    status: Outcome
    ename: str
    evalue: str
    line: str = ""
    again: bool = False


def raised(ename: str, evalue: str, traceback: Sequence[str]) -> Break:
    """Return the break that an exception in a cell makes; an exception of the memory says so in words."""
    lines = plain("\n".join(traceback)).strip().splitlines()
    words = plain(evalue)
    if ename.endswith("MemoryError"):
        words = f"{_TOO_MUCH} {f'({words})' if words else ''}".rstrip()
    return Break("error", ename, words, lines[-1].strip() if lines else "")


def plain(text: str) -> str:
    """Return a text without the colors of a terminal."""
    return _ANSI.sub("", text)


def timed_out(seconds: float, what: str = "cell") -> Break:
    """Return the break of a cell, or of a report, that ran too long."""
    return Break("timeout", "Timeout", f"the {what} ran longer than {seconds:g} seconds")


def not_begun(seconds: float) -> Break:
    """Return the break of a notebook of which no cell had begun after so many seconds."""
    return Break("timeout", "Timeout", f"the kernel took longer than {seconds:g} seconds to begin")


def flooded(kind: str, millions: int) -> Break:
    """Return the break of a notebook that printed or showed too much."""
    return Break("died", "KernelDied", f"the notebook {kind} more than {millions} MB and was ended")


def out_of_memory() -> Break:
    """Return the break of a notebook that was ended because it took more memory than it may."""
    return Break("error", "MemoryError", _TOO_MUCH)


def died(code: int | None, *, memory_full: bool = False) -> Break:
    """Return the break of a kernel whose process ended; the code is negative after a signal.

    Parameters
    ----------
    code
        As `Popen.returncode`; None where nothing is known.
    memory_full
        Whether the system ended processes for want of memory meanwhile.
    """
    if code is None:
        words = "the kernel did not start, or ended without a trace"
    elif code == -signal.SIGKILL and memory_full:
        words = "the kernel was ended by the system because the memory was full (SIGKILL)"
    elif code < 0:
        words = f"the kernel {_SIGNALS.get(-code, 'was ended')} by {_name(-code)}"
    else:
        words = f"the kernel ended itself with exit code {code}"
    return Break("died", "KernelDied", words, again=True)


_SIGNALS: Mapping[int, str] = {
    signal.SIGSEGV: "crashed and was ended",
    signal.SIGABRT: "crashed and was ended",
    getattr(signal, "SIGBUS", -1): "crashed and was ended",
    signal.SIGILL: "crashed and was ended",
    signal.SIGFPE: "crashed and was ended",
}


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def cell_ends(notebook: NotebookNode, done: Mapping[int, tuple[CellOutcome, float]]) -> tuple[CellEnd, ...]:
    """Return how each code cell ended; those of which nothing is known did not run.

    Parameters
    ----------
    notebook
        With the injected cell, which is not counted.
    done
        Status and seconds by index in this notebook.
    """
    ends, skipped = [], 0
    for index, cell in enumerate(notebook.cells):
        if INJECTED in cell.metadata.get("tags", ()):
            skipped += 1
        elif cell.cell_type == "code":
            status, seconds = done.get(index, ("not run", 0.0))
            ends.append(CellEnd(index - skipped, status, seconds))
    return tuple(ends)


def source_index(notebook: NotebookNode, index: int | None) -> int | None:
    """Return the index of a cell in the notebook file, where the injected cell does not stand."""
    if index is None:
        return None
    before = notebook.cells[:index]
    return index - sum(INJECTED in cell.metadata.get("tags", ()) for cell in before)


def printed_text(notebook: NotebookNode, most: int = 100_000) -> str:
    """Return what the cells printed, and the traceback of what they raised, for a log; the last characters of it."""
    texts = (_printed(output) for cell in notebook.cells for output in cell.get("outputs", ()))
    return plain("".join(texts))[-most:]


def _printed(output: NotebookNode) -> str:
    if output.output_type == "error":
        return "\n".join(output.traceback) + "\n"
    return str(output.text) if output.output_type == "stream" else ""
