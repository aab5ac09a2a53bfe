"""Funnel and Pareto plots: many units or categories beside each other, from frames that are computed already."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from plotnine import (
    aes,
    geom_col,
    geom_label,
    geom_line,
    geom_path,
    geom_point,
    geom_text,
    ggplot,
    labs,
    scale_color_identity,
    scale_fill_identity,
    scale_linetype_identity,
    scale_shape_identity,
    scale_x_continuous,
    scale_x_discrete,
    scale_y_continuous,
)

from pdsa.plots.look import house_theme, percent_labels, plain, value_labels
from pdsa.trace.ink import CENTER, DATA, INK, LIMIT, PAPER, WORSE

# Line of a funnel: color and dashes. The outer limits are those by which a unit counts as outside.
FUNNEL_LINES = {
    "center": (CENTER, "solid"),
    "lower_95": (LIMIT, "dotted"),
    "upper_95": (LIMIT, "dotted"),
    "lower_998": (LIMIT, "dashed"),
    "upper_998": (LIMIT, "dashed"),
}
# More units than this outside the limits are not named: the names would cover each other.
MOST_NAMED = 12


def funnel(frame: pd.DataFrame, *, title: str = "", width: float = 8.0, height: float = 5.0) -> ggplot:
    """An unrendered ggplot of units by their size, with the limits between which chance would leave them.

    Parameters
    ----------
    frame
        One row a unit: `unit`, `denominator`, `value`, and as far as there are `center`, `lower_95`, `upper_95`,
        `lower_998`, `upper_998` and `outside`. Units outside are diamonds and named.
    title
        Headline.
    width, height
        Size in inches.
    """
    rows = frame.sort_values("denominator", kind="stable").reset_index(drop=True)
    lines = _funnel_lines(rows)
    plot = ggplot(_units(rows), aes("denominator", "value"))
    if len(lines):
        plot = plot + geom_line(aes(y="y", group="line", color="color", linetype="linetype"), lines)
    plot = plot + geom_point(aes(shape="shape", color="color", fill="color"), size=2.4, stroke=0.3)
    named = _named(rows)
    if len(named):
        plot = plot + geom_label(
            aes(label="label"), named, size=8, color=INK, fill=PAPER, ha="left", nudge_x=_nudge(rows), label_size=0
        )
    scales = [scale_color_identity(), scale_fill_identity(), scale_shape_identity(), scale_linetype_identity()]
    axes = [scale_x_continuous(labels=value_labels), scale_y_continuous(labels=value_labels)]
    words = labs(title=plain(title), x="number of cases", y="", caption=_funnel_caption(rows))
    return plot + scales + axes + words + house_theme(width, height)


def _units(rows: pd.DataFrame) -> pd.DataFrame:
    out = _outside(rows)
    looks = {"shape": np.where(out, "D", "o"), "color": np.where(out, WORSE, DATA)}
    # the first column of `pdsa.funnel` is that of the units, whatever its name
    units = rows["unit"] if "unit" in rows else rows.iloc[:, 0]
    return rows.assign(unit=[plain(unit) for unit in units], **looks)


def _outside(rows: pd.DataFrame) -> Any:
    """Units that the frame says are outside: booleans, or words of which the empty one means inside."""
    if "outside" not in rows:
        return np.zeros(len(rows), dtype=bool)
    found = rows["outside"]
    return found.to_numpy(dtype=bool) if found.dtype == bool else found.fillna("").astype(str).ne("").to_numpy()


def _funnel_lines(rows: pd.DataFrame) -> pd.DataFrame:
    """Each line of the funnel over the sizes: denominator, y, line, and how it looks."""
    parts = [
        pd.DataFrame(
            {"denominator": rows["denominator"], "y": rows[name], "line": name, "color": ink, "linetype": dash}
        )
        for name, (ink, dash) in FUNNEL_LINES.items()
        if name in rows
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset="y") if parts else pd.DataFrame({"y": []})


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    found = rows[_outside(rows)]
    named: pd.DataFrame = found.assign(label=[plain(unit) for unit in found["unit"]])
    return named if len(named) <= MOST_NAMED else named.iloc[:0]


def _nudge(rows: pd.DataFrame) -> float:
    return 0.012 * float(rows["denominator"].max() - rows["denominator"].min() or 1.0)


def _funnel_caption(rows: pd.DataFrame) -> str:
    lines = {"dotted: 95% limits": "upper_95", "dashed: 99.8% limits": "upper_998"}
    told = [words for words, name in lines.items() if name in rows]
    outside = int(_outside(rows).sum())
    return "; ".join([*told, f"diamond: outside the limits ({outside} of {len(rows)})"])


def pareto(frame: pd.DataFrame, *, title: str = "", width: float = 8.0, height: float = 4.5) -> ggplot:
    """An unrendered ggplot of categories by their count, with the running share of all as a line.

    Parameters
    ----------
    frame
        One row a category: `category`, `count`, and as far as there is `cumulative_share` (0 to 1).
    title
        Headline.
    width, height
        Size in inches.
    """
    rows = frame.reset_index(drop=True)
    places = [plain(category) for category in rows["category"]]
    drawn = rows.assign(place=pd.Categorical(places, categories=list(dict.fromkeys(places)), ordered=True))
    plot = ggplot(drawn, aes("place", "count")) + geom_col(fill=LIMIT, width=0.8)
    if "cumulative_share" in rows and len(rows):
        plot = plot + _shares(drawn)
    words = labs(title=plain(title), x="", y="count", caption="line: share of all so far")
    axes = [scale_x_discrete(labels=_lines_of), scale_y_continuous(labels=value_labels)]
    return plot + axes + words + house_theme(width, height)


def _shares(drawn: pd.DataFrame) -> list[Any]:
    """The running share of all as a line on the scale of the counts, with its percent at each category."""
    total = float(drawn["count"].sum())
    told = drawn.assign(
        y=drawn["cumulative_share"] * total, label=percent_labels((100 * drawn["cumulative_share"]).round().tolist())
    )
    line = [geom_path(aes(y="y", group=1), told, color=DATA)] if len(told) > 1 else []
    words = geom_text(aes(y="y", label="label"), told, size=8, color=INK, va="bottom", nudge_y=0.02 * total)
    return [*line, geom_point(aes(y="y"), told, color=DATA), words]


def _lines_of(names: list[str]) -> list[str]:
    """Names of categories, broken into lines so that neighbors do not touch."""
    return ["\n".join(_broken(name, 16)) for name in names]


def _broken(name: str, most: int) -> list[str]:
    lines = [""]
    for word in name.split(" "):
        lines[-1:] = [f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < most else [lines[-1], word]
    return [line for line in lines if line]
