"""Which series have ended: the period of the last value, where it is no longer of now."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np

from pdsa import narrate
from pdsa.trace import series_of

if TYPE_CHECKING:
    from pdsa.chart import Chart


def old_of(chart: Chart) -> dict[tuple[Hashable, ...], str]:
    """The day of the last value by the key of each series whose sentence says that there is none since."""
    value = chart.points["value"].to_numpy(dtype=float, na_value=np.nan)
    period, step = chart.points["period"].array, chart.step
    found = {}
    for key, start, stop in series_of(chart):
        if old := narrate.old_value(value[start:stop]):
            # a week is named by its Monday: there is little room
            found[key] = narrate.format_period(period[start + old[0]], None if step == "week" else step)
    return found
