"""Grids and errors as bytes between two processes, and back: a JSON header, then the arrays as they stand.

Nothing that is read can run: there is no pickle in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pdsa.errors import InputError, Problem
from pdsa.read.grid import Fact, Grid
from pdsa.texts import Coded

__all__ = ["receive", "send_error", "send_grids"]

SIZE_BYTES = 8
SMALL = ("u1", "u2", "u4")


def send_grids(stream: IO[bytes], grids: tuple[Grid, ...]) -> None:
    """Write the grids of one file."""
    arrays = [array for grid in grids for array in _arrays(grid)]
    header = {"grids": [_described(grid) for grid in grids], "arrays": [[a.dtype.str, len(a)] for a in arrays]}
    _send(stream, header)
    for array in arrays:
        stream.write(array.data)
    stream.flush()


def send_error(stream: IO[bytes], error: InputError) -> None:
    """Write why a file could not be read."""
    problems = [[problem.place, problem.found, problem.expected] for problem in error.problems]
    _send(stream, {"error": [error.source, problems, error.consequence, error.next_step]})
    stream.flush()


def receive(stream: IO[bytes]) -> Iterator[tuple[Grid, ...] | InputError]:
    """What was written, file by file, up to where the writer stopped."""
    while len(size := stream.read(SIZE_BYTES)) == SIZE_BYTES:
        text = stream.read(int.from_bytes(size, "little"))
        try:
            header = json.loads(text)
        except ValueError:
            return  # the writer was stopped in the middle
        if "error" in header:
            source, problems, consequence, next_step = header["error"]
            yield InputError(source, tuple(Problem(*problem) for problem in problems), consequence, next_step)
            continue
        arrays = [_array(stream.read(np.dtype(kind).itemsize * length), kind) for kind, length in header["arrays"]]
        if [len(array) for array in arrays] != [length for _, length in header["arrays"]]:
            return
        left = iter(arrays)
        yield tuple(_grid(described, left) for described in header["grids"])


def _send(stream: IO[bytes], header: dict[str, Any]) -> None:
    text = json.dumps(header).encode("ascii")
    stream.write(len(text).to_bytes(SIZE_BYTES, "little") + text)


def _arrays(grid: Grid) -> list[NDArray[Any]]:
    numbers = [column.codes for column in grid.columns] + [grid.rows, grid.widths]
    return [_small(array) for array in numbers] + [np.ascontiguousarray(kinds) for kinds in grid.kinds]


def _small(numbers: NDArray[np.int64]) -> NDArray[Any]:
    """The same whole numbers in as few bytes as they need."""
    most = int(numbers.max()) if len(numbers) else 0
    kind = next((kind for kind in SMALL if most <= np.iinfo(kind).max), "i8")
    return numbers.astype(kind)


def _described(grid: Grid) -> dict[str, Any]:
    return {
        "source": grid.source,
        "name": grid.name,
        "header": grid.header,
        "facts": [asdict(fact) for fact in grid.facts],
        "texts": [column.texts for column in grid.columns],
        "kinds": len(grid.kinds),
    }


def _array(data: bytes, kind: str) -> NDArray[Any]:
    size = np.dtype(kind).itemsize
    return np.frombuffer(data[: len(data) // size * size], dtype=kind)


def _grid(described: dict[str, Any], arrays: Iterator[NDArray[Any]]) -> Grid:
    columns = tuple(Coded(next(arrays).astype(np.int64), tuple(texts)) for texts in described["texts"])
    rows, widths = next(arrays).astype(np.int64), next(arrays).astype(np.int64)
    kinds = tuple(next(arrays) for _ in range(described["kinds"]))
    facts = tuple(Fact(**{**fact, "rows": tuple(fact["rows"])}) for fact in described["facts"])
    return Grid(described["source"], columns, rows, widths, kinds, described["header"], facts, described["name"])
