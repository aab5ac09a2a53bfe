"""Every series of a large panel looked at in parts, here or on a cluster, with the same numbers everywhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pdsa.chart import analyze_panel
from pdsa.network import SEED, chance
from pdsa.records import ChartSpec
from pdsa.series import Ints, Panel

if TYPE_CHECKING:
    from distributed import Client, Future

PART = 100_000  # points of a part: a few megabytes on the wire, a second of work


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What the charts of many series say together.

    Parameters
    ----------
    summary
        A row per series, as `analyze` gives it.
    judged, found
        How many series have enough points for a verdict, and how many of them show a signal now.
    expected
        How many would by chance, were all of them stable and their periods independent.
    """

    summary: pd.DataFrame
    judged: int
    found: int
    expected: float


def scan(panel: Panel, spec: ChartSpec, client: Client | None = None, *, part: int = PART) -> Scan:
    """Analyze every series of a panel, part by part, and count signals and those to be expected by chance.

    The parts, and the random numbers of each, follow from the panel alone: the answer is the same to the last bit
    without a cluster and with one of any size. A worker that ends has its parts done by another.

    Parameters
    ----------
    panel
        Every series of one measure.
    spec
        How they are analyzed.
    client
        A connection to a cluster, as `connected` gives it; without, this process does it alone.
    part
        Points of a part, about; a series is never cut.
    """
    parts = list(_parts(panel, part))
    answers = list(_far(client, parts, spec) if client else (_scanned(one, spec, n) for n, one in enumerate(parts)))
    return Scan(
        pd.concat([answer.summary for answer in answers], ignore_index=True),
        sum(answer.judged for answer in answers),
        sum(answer.found for answer in answers),
        float(sum(answer.expected for answer in answers)),
    )


def _parts(panel: Panel, points: int) -> Iterator[Panel]:
    """Panels of whole series, each of about so many points; one for a panel without series."""
    number = panel.offsets[:-1] // max(points, 1)
    cuts: Ints = np.flatnonzero(np.diff(number)) + 1
    for series in np.split(np.arange(panel.size), cuts):
        yield panel.take(series)


def _scanned(panel: Panel, spec: ChartSpec, number: int) -> Scan:
    chart = analyze_panel(panel, spec)
    told = chance(chart, SEED + number)
    return Scan(chart.summary, told.judged, told.found, told.expected)


def _far(client: Client, parts: list[Panel], spec: ChartSpec) -> Iterator[Scan]:
    """Yield the answers in order; few parts are on their way at a time, for the scheduler holds them in memory."""
    most = 2 * max(1, sum(client.nthreads().values()))
    window: deque[Future] = deque()
    for number, part in enumerate(parts):
        window.append(client.submit(_scanned, part, spec, number, pure=False))
        if len(window) >= most:
            yield window.popleft().result()
    while window:
        yield window.popleft().result()


__all__ = ["Scan", "scan"]
