"""Many units at one time: the limits within which a unit of its size varies by chance around the common ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd

from pdsa.errors import Problem
from pdsa.network.lines import Lines, Units, exact_lines, reference_lines
from pdsa.tidy import (
    Bools,
    Columns,
    Floats,
    Ints,
    Rows,
    cell_sums,
    check_given,
    check_number,
    check_word,
    impossible,
    names_of,
    read_rows,
    refuse,
)

FunnelKind = Literal["p", "u"]
Overdispersion = Literal["auto", "off", "always"]
FunnelMethod = Literal["exact", "funnelplotr"]

# Under this many units one unit weighs on the center, and their scatter says little (statistics.md E 3.5).
FEW_UNITS = 10
FUNNEL_COLUMNS = ("numerator", "denominator", "value", "center", "tail", "outside", "phi", "tau2", "notes")


def funnel(
    frame: pd.DataFrame,
    kind: FunnelKind = "p",
    *,
    value: str = "value",
    denominator: str = "denominator",
    by: str | Sequence[str] = "school",
    target: float | None = None,
    limits: Sequence[float] = (0.95, 0.998),
    per: float = 1,
    overdispersion: Overdispersion = "auto",
    method: FunnelMethod = "exact",
) -> pd.DataFrame:
    """A row per unit: its ratio, the common center and the limits for a unit of its size.

    Parameters
    ----------
    frame
        Tidy; rows of one unit are summed. A row that lacks one of its two numbers loses both, with a note.
    kind
        `p`: the numerator is a part of the denominator (binomial); `u`: a count per exposure (Poisson).
    value, denominator, by
        Columns of the numerator, of the denominator and of the unit.
    target
        The center, in plotted units. None: all numerators over all denominators; under 10 units, and with `exact`,
        those of the other units, because one of few units would judge itself.
    limits
        Probabilities inside the limits; 0.95 and 0.998 name the columns `lower_95`, `lower_998` and so on.
    per
        Multiplies values and lines: 100, 1000.
    overdispersion
        `auto`: estimated from 10 units on, and used only if phi is beyond the 95% point of chi-squared / (units - 1).
        `always`: used whatever phi is, from 2 units on. `off`: not estimated.
    method
        `exact`: binomial and Poisson limits, interpolated between counts. `funnelplotr`: the formulas of that
        package, PR for `p` and SR (SHMI) for `u`, where denominators times the target are the expected counts.

    Returns
    -------
    pandas.DataFrame
        Units ascending: the `by` columns, `numerator`, `denominator`, `value`, `center`; for each of the limits the
        plain lines (`lower_95`, `upper_95`) and those with over-dispersion (`od_lower_95`, `od_upper_95`; the plain
        ones where nothing is added); `tail`, the exact probability of a value at least as far out on its side of the
        center; `outside_95` and so on, and `outside` (of the widest limits); `phi`, `tau2` (on the transformed
        scale: arcsine for `p`, square root for `u`), `notes`.

    Raises
    ------
    InputError
        With every problem: columns, text among numbers, negative numbers, a numerator above its denominator (`p`).

    Notes
    -----
    Exact limits are interpolated: (r - alpha) / n, r the smallest count whose distribution function F reaches q and
    alpha = (F(r) - q) / (F(r) - F(r - 1)). A unit is outside only if it is beyond its line and `tail` is no more than
    its half of the rest: interpolation alone would put 20 of 20 outside where 95% is common, a chance of one in three.
    With over-dispersion, lines are never narrower than the plain ones.

    Source: Spiegelhalter, Stat Med 24:1185 (2005), doi 10.1002/sim.1970, appendix A.1; over-dispersion: Spiegelhalter,
    Qual Saf Health Care 14:347 (2005), doi 10.1136/qshc.2005.013755.

    Examples
    --------
    >>> import pandas as pd
    >>> schools = pd.DataFrame({"school": [*"ABCD"], "absent": [30, 28, 31, 70], "enrolled": [200, 190, 210, 200]})
    >>> funnel(schools, value="absent", denominator="enrolled")[["school", "outside"]].to_dict("list")
    {'school': ['A', 'B', 'C', 'D'], 'outside': [False, False, False, True]}
    """
    wanted = _Wanted(kind, target, limits, per, overdispersion, method)
    problems = _problems(wanted) + check_given(denominator=denominator)
    names = names_of(by)
    taken = (*FUNNEL_COLUMNS, *(column for level in _levels(limits) for column in _level_columns(level)))
    columns = Columns(value, denominator, None, names, taken)
    rows = read_rows("pdsa.funnel", frame, columns, problems)
    problems += impossible(rows, columns, part=kind == "p")
    refuse("pdsa.funnel", problems)
    units = _units(rows, wanted)
    make = exact_lines if method == "exact" else reference_lines
    known = ~np.isnan(units.center)
    lines = make(units.take(known), overdispersion)
    return _frame(rows, units, known, lines, wanted)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The arguments of a funnel that change its numbers."""

    kind: FunnelKind
    target: float | None
    limits: Sequence[float]
    per: float
    overdispersion: Overdispersion
    method: FunnelMethod


def _problems(wanted: _Wanted) -> list[Problem]:
    found = check_word("kind", wanted.kind, get_args(FunnelKind))
    found += check_word("overdispersion", wanted.overdispersion, get_args(Overdispersion))
    found += check_word("method", wanted.method, get_args(FunnelMethod))
    wrong_per = check_number("per", wanted.per, 0, np.inf, "a number above zero")
    if wanted.target is not None and not wrong_per:
        highest = wanted.per if wanted.kind == "p" else np.inf
        words = f"a number from 0 to {highest:g}"
        # the bounds themselves are targets too: nobody absent, everybody there
        found += [] if wanted.target in (0, highest) else check_number("target", wanted.target, 0, highest, words)
    levels = _levels(wanted.limits)
    wrong = [
        problem
        for level in levels
        for problem in check_number("limits", level, 0, 1, "probabilities between 0 and 1, such as 0.95")
    ]
    found += wrong
    if not wrong and len({_level_columns(level) for level in levels}) < max(len(levels), 1):
        found.append(Problem("argument limits", repr(wanted.limits), "at least one probability, each once"))
    return found + wrong_per


def _levels(limits: Sequence[float]) -> tuple[float, ...]:
    return tuple(limits) if isinstance(limits, list | tuple) else (cast(float, limits),)


def _tag(level: float) -> str:
    """What a limit is called: 95 for 0.95, 998 for 0.998."""
    return f"{level:.10g}".removeprefix("0.").ljust(2, "0")


def _level_columns(level: float) -> tuple[str, ...]:
    tag = _tag(level) if isinstance(level, float) else str(level)
    return tuple(f"{name}_{tag}" for name in ("lower", "upper", "od_lower", "od_upper", "outside"))


def _units(rows: Rows, wanted: _Wanted) -> Units:
    known = rows.known
    size = len(rows.keys)
    x, n = cell_sums(rows.series, size, np.where(known, rows.value, 0.0), np.where(known, rows.denominator, 0.0))
    there = n > 0
    numerator, below = np.where(there, x, np.nan), np.where(there, n, np.nan)
    few = there.sum() < FEW_UNITS and wanted.method == "exact"
    if wanted.target is not None:
        center = np.where(there, wanted.target / wanted.per, np.nan)
    elif few:
        center = _ratio(np.where(there, x.sum() - x, np.nan), n.sum() - n)
    else:
        center = _ratio(np.where(there, x.sum(), np.nan), np.full(size, n.sum()))
    return Units(wanted.kind, numerator, below, center, _levels(wanted.limits), few=bool(there.sum() < FEW_UNITS))


def _ratio(above: Floats, below: Floats) -> Floats:
    out = np.full(len(above), np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out


def _frame(rows: Rows, units: Units, known: Bools, lines: Lines, wanted: _Wanted) -> pd.DataFrame:
    def spread(values: Floats, scale: float = 1.0) -> Floats:
        out = np.full(len(known), np.nan)
        out[known] = values * scale
        return out

    per = wanted.per
    answer = {
        "numerator": units.numerator,
        "denominator": units.n,
        "value": _ratio(units.numerator, np.nan_to_num(units.n)) * per,
        "center": units.center * per,
    }
    flags = {}
    for k, level in enumerate(units.levels):
        names = _level_columns(level)
        found = (lines.lower[k], lines.upper[k], lines.od_lower[k], lines.od_upper[k])
        answer |= {name: spread(line, per) for name, line in zip(names[:4], found, strict=True)}
        flags[names[4]] = spread(lines.outside[k].astype(float)) == 1
    widest = _level_columns(max(units.levels))[4]
    answer |= {"tail": spread(lines.tail)} | flags | {"outside": flags[widest]}
    answer |= {"phi": np.full(len(known), lines.phi), "tau2": np.full(len(known), lines.tau2)}
    notes = _notes(rows, units, lines, wanted)
    return rows.keys.reset_index(drop=True).assign(**answer, notes=pd.Series(notes, dtype="str"))


def _notes(rows: Rows, units: Units, lines: Lines, wanted: _Wanted) -> list[str]:
    """What has to be said about each unit, and about all of them."""
    lost = np.bincount(rows.series[~rows.known], minlength=len(units.n))
    common = [lines.note] if lines.note else []
    if units.few and wanted.target is None and wanted.method == "exact" and (~np.isnan(units.center)).any():
        common.append(f"under {FEW_UNITS} units, the center of each is the ratio of the others")
    return ["; ".join(_of_unit(units, lost, i) + common) for i in range(len(units.n))]


def _of_unit(units: Units, lost: Ints, i: int) -> list[str]:
    found = []
    if lost[i]:
        found.append(f"{lost[i]} row{'s' if lost[i] != 1 else ''} without a numerator or a denominator left out")
    if np.isnan(units.n[i]):
        found.append("no denominator above zero: no value")
    elif np.isnan(units.center[i]):
        found.append("no other unit to compare with: no limits")
    return found
