"""The colors of both drawings, and which of them a point has."""

from __future__ import annotations

import numpy as np

from pdsa.trace import Trace

# Every color used for text or lines keeps a contrast of 4.5 to white paper, also when printed in grey.
PAPER = "#ffffff"
INK = "#1b2733"
MUTED = "#545f6b"
DATA = "#2f3e4d"
CENTER = "#2f3e4d"
LIMIT = "#6b7480"
TARGET = "#0f5f3c"
GOOD = "#0b4f9e"
WORSE = "#a63c06"
CHANGED = "#5b2a86"
NOTE = "#545f6b"
BAND = "#f1f3f5"
RULE = "#dfe3e8"


def colors(trace: Trace, better: str | None) -> list[str]:
    """The color of each point: that of its direction for signals, ink otherwise."""
    good, bad = {"up": (GOOD, WORSE), "down": (WORSE, GOOD)}.get(better or "", (CHANGED, CHANGED))
    answer = [DATA] * len(trace.x)
    for row in np.flatnonzero(trace.signal).tolist():
        answer[row] = (CHANGED, good, bad)[trace.side[row]]
    for row in (~trace.included).nonzero()[0].tolist():
        answer[row] = MUTED
    return answer
