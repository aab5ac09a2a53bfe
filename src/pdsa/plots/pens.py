"""A path whose gaps are rows without y: what `geom_path` draws, without a frame for each of its groups."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from plotnine import geom_path

# Width in points of a line of size 1, as plotnine draws it.
POINTS_A_SIZE = math.sqrt(math.pi)


class geom_pens(geom_path):  # type: ignore[misc]  # noqa: N801 - named as every geom is
    """Lines in the order of their rows, one for each group; each group has one color, size and kind of dashes."""

    def handle_na(self, data: pd.DataFrame) -> pd.DataFrame:
        """All rows: those without y lift the pen."""
        return data

    def draw_panel(self, data: pd.DataFrame, panel_params: Any, coord: Any, ax: Any) -> None:
        """Add a line of matplotlib for each group."""
        data = coord.transform(data, panel_params)
        x, y, group = (data[name].to_numpy() for name in ("x", "y", "group"))
        colors, sizes, dashes = (data[name].to_numpy() for name in ("color", "size", "linetype"))
        for one in np.unique(group):
            rows = np.flatnonzero(group == one)
            line = Line2D(
                x[rows],
                y[rows],
                color=colors[rows[0]],
                linewidth=sizes[rows[0]] * POINTS_A_SIZE,
                linestyle=dashes[rows[0]],
                solid_joinstyle="round",
                zorder=self.params["zorder"],
            )
            ax.add_line(line)
