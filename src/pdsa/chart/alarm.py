"""How often a stable series of a chart's length fires its rules: exactly where that is known, simulated elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from pdsa import chance, limits, rules
from pdsa.chart import alarm_table
from pdsa.chart.engine import Answer
from pdsa.chart.verdicts import Words
from pdsa.exact import run_count_limits, runs_alarm, with_outside
from pdsa.limits import Block, Floats
from pdsa.phases import Plan
from pdsa.records import ChartSpec, Rule
from pdsa.series import Bools, Ints
from pdsa.terms import MOVING_KINDS, TAIL_3S, LimitsMethod, Screen, Spread, Ties

# Values that one figure is simulated from, and the fewest series: a standard error of about .0045 at 24 points.
SIMULATED, FEWEST = 100_000, 1_000
SEED = 20_260_101
# Rules whose chance about a fixed center is known exactly.
_EXACT_RULES = ("outside", "long_run", "few_crossings", "shift", "few_runs", "many_runs")
_COUNTED = ("p", "np", "u", "c", "g")
# Kinds whose limits do not come from the scatter of the points: signals of runs and points outside are judged apart.
_APART = (*_COUNTED, "xbar", "s")


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the chance of a false signal depends on, beside the number of points.

    `center` is `fixed`, `mean` or `median`; `lines` is `none`, `fixed` or `ranges` (from the points' own moving
    ranges); `kind` is `i`, `apart` (runs and points outside are independent), or that of a chart with a memory.
    """

    chosen: tuple[Rule, ...]
    center: str
    lines: str
    kind: str = "i"
    ties: Ties = "skip"
    method: LimitsMethod = "published"
    screen: Screen = "off"
    spread: Spread = "mean"


def false_alarms(answer: Answer, plan: Plan, spec: ChartSpec, kind_of: Words) -> Floats:
    """Shape (segments,): the probability that a stable series fires the rules of the spec; NaN without useful points.

    Exact for a fixed or frozen center and rules of runs and limits; for a run chart about its own median too;
    simulated from normal values elsewhere, lines included. Points outside the limits of counts have the exact
    probability of their distribution at the series' mean denominator.
    """
    found = np.full(len(kind_of), np.nan)
    useful = answer.counts["n_useful"]
    tails = _tails(answer, spec, kind_of)
    frozen = plan.frozen if plan.center is None else plan.frozen | ~np.isnan(plan.center)
    key = np.column_stack((useful, answer.counts["n_values"], frozen, answer.tied, answer.exact, _codes(kind_of)))
    groups, place = np.unique(key, axis=0, return_inverse=True)
    for i, (n, values, fixed, tied, exact, _) in enumerate(groups.tolist()):
        rows = np.flatnonzero(place.ravel() == i) if len(groups) > 1 else np.arange(len(found))
        if n > 0:
            case = situation(spec, str(kind_of[rows[0]]), bool(fixed), bool(tied), bool(exact))
            found[rows] = _combined(n, values, case, tails[rows])
    return found


def _codes(kind_of: Words) -> Ints:
    return np.unique(kind_of.astype(str), return_inverse=True)[1].astype(np.int64)


def situation(spec: ChartSpec, kind: str, fixed: bool, tied: bool = False, exact: bool = False) -> Situation:
    """The situation of a series: which rules count, and what its lines come from."""
    chosen = tuple(rule for rule in spec.rules if _counts(rule, kind, tied))
    center = "fixed" if fixed else "median" if kind in ("run", "g") or exact else "mean"
    lines = "none" if kind == "run" else "fixed" if fixed or kind in _APART or exact else "ranges"
    own = kind if kind in MOVING_KINDS else "apart" if kind in _APART or exact else "i"
    # constants and guards change the figure by less than its error
    method: LimitsMethod = "predictive" if spec.method == "predictive" else "published"
    return Situation(chosen, center, lines, own, spec.ties, method, spec.screen, spec.spread)


def _counts(rule: Rule, kind: str, tied: bool) -> bool:
    if kind in MOVING_KINDS and rule.name in ("long_run", *rules.CHART_RULES):
        return False
    return not (tied and rule.name in (*rules.RUN_RULES, *rules.CHART_RULES))


def _tails(answer: Answer, spec: ChartSpec, kind_of: Words) -> Floats:
    """Shape (segments,): the probability of one point outside the limits, where counts have one of their own."""
    # a G chart with limits of its law has none below
    tails = np.where(kind_of == "g", TAIL_3S, 2 * TAIL_3S)
    for kind in set(kind_of.tolist()) & set(_COUNTED):
        rows = (kind_of == kind) & ~answer.exact
        tails[rows] = _count_tails(answer, spec, kind, rows)
    return tails


def _count_tails(answer: Answer, spec: ChartSpec, kind: str, rows: Bools) -> Floats:
    """Both tails of the counts beyond three standard deviations, at the mean denominator."""
    from scipy.special import bdtr, bdtrc, pdtr, pdtrc

    size = np.ones(int(rows.sum())) if kind in ("c", "g") else np.round(answer.segment["size"][rows])
    mean = answer.segment["last_center"][rows] / (1 if kind == "np" else spec.per) * (1 if kind == "np" else size)
    if kind == "g":
        high = answer.segment["last_upper"][rows] / spec.per
        # the mean of a geometric distribution whose three-sigma limit this is: m + 3 sqrt(m (m + 1))
        share = _geometric_share(high)
        return np.asarray(share ** (np.floor(high) + 1))
    law = np.clip(mean / np.maximum(size, 1), 0, 1) if kind in ("p", "np") else mean
    sigma = np.sqrt(mean * (1 - law)) if kind in ("p", "np") else np.sqrt(mean)
    high, low = np.floor(mean + 3 * sigma + 1e-9), np.ceil(mean - 3 * sigma - 1e-9) - 1
    if kind in ("p", "np"):
        trials = np.maximum(np.nan_to_num(size), 1).astype(np.int64)
        above = np.where(high < trials, bdtrc(np.clip(high, 0, trials), trials, law), 0.0)
        below = np.where(low >= 0, bdtr(np.clip(low, 0, trials), trials, law), 0.0)
    else:
        above, below = pdtrc(np.maximum(high, 0), mean), np.where(low >= 0, pdtr(np.maximum(low, 0), mean), 0.0)
    return np.asarray(np.nan_to_num(above + below))


def _geometric_share(high: Floats) -> Floats:
    """m / (m + 1) of the mean m for which m + 3 sqrt(m (m + 1)) is the limit."""
    # 8 m^2 + (9 + 2 u) m - u^2 = 0
    m = (-(9 + 2 * high) + np.sqrt((9 + 2 * high) ** 2 + 32 * high**2)) / 16
    return np.asarray(m / (m + 1))


def _combined(n: int, values: int, case: Situation, tails: Floats) -> Floats:
    """Signals of runs among the useful points and of all values outside; of counts they are taken for independent."""
    if case.kind != "apart":
        return np.full(len(tails), alarm(n, case, values))
    outside = any(rule.name == "outside" for rule in case.chosen)
    rest = replace(case, kind="i", chosen=tuple(rule for rule in case.chosen if rule.name != "outside"))
    runs = alarm(n, rest) if rest.chosen else 0.0
    return np.asarray(1 - (1 - tails) ** (values if outside else 0) * (1 - runs))


@lru_cache(maxsize=16_384)
def alarm(n: int, case: Situation, values: int = 0) -> float:
    """The probability that a stable series of n useful points, and of at least as many values, fires a rule."""
    exact = _exact(n, max(n, values), case)
    if exact is not None:
        return exact
    table = _TABLES.get(case)
    return table[n - 1] / 10_000 if table and n <= len(table) else simulated(n, case)


_ANHOEJ = rules.RULE_SETS["anhoej"]
_TABLES = {
    Situation(_ANHOEJ, "mean", "ranges"): alarm_table.OWN_RANGES,
    Situation(_ANHOEJ, "mean", "ranges", screen="once"): alarm_table.OWN_RANGES_SCREENED,
    **{Situation(_ANHOEJ[1:], "mean", "fixed", screen=s): alarm_table.OWN_MEAN for s in ("off", "once")},
}


def _exact(n: int, values: int, case: Situation) -> float | None:
    """The exact probability, None where it is not known."""
    names = {rule.name for rule in case.chosen}
    plain = case.kind == "i" and names <= set(_EXACT_RULES) and all(map(_is_plain, case.chosen))
    own_median = case.center == "median" and (case.lines == "none" or "outside" not in names)
    known = case.center == "fixed" and case.lines in ("none", "fixed") and case.method != "predictive"
    if not plain or not (own_median or known):
        return None
    longest = [rule.n - 1 for rule in map(_filled, case.chosen) if rule.name == "shift" and rule.n]
    if "long_run" in names:
        longest.append(int(rules.longest_run_max(np.array([n]))[0]))
    fewest = int(rules.crossings_min(np.array([n]))[0]) if "few_crossings" in names else 0
    runs = runs_alarm(
        n, min(longest) if longest else None, fewest,
        few="few_runs" in names, many="many_runs" in names, own_median=own_median,
    )  # fmt: skip
    return with_outside(values, runs) if "outside" in names and case.lines != "none" else runs


def _filled(rule: Rule) -> Rule:
    return replace(rule, n=rules.lengths_of(rule)[0])


def _is_plain(rule: Rule) -> bool:
    return rule.name != "outside" or rules.lengths_of(rule)[2] == 3


def simulated(n: int, case: Situation, lag1: float = 0.0) -> float:
    """The share of stable normal series of n points that fire a rule, by the engine itself."""
    replicates = max(FEWEST, SIMULATED // n)
    fixed = case.lines == "fixed" or (case.center == "fixed" and case.lines == "none")
    spec = ChartSpec(
        kind="i", rules=case.chosen, ties=case.ties, limits=case.method, screen=case.screen, spread=case.spread,
        center=0.0 if case.center == "fixed" else None, sigma=1.0 if fixed else None,
    )  # fmt: skip

    def fires(values: Floats) -> Bools:
        return _fires(values, "run" if case.lines == "none" or case.center == "median" else case.kind, spec)

    share, _ = chance.simulate(n, fires, replicates=replicates, seed=SEED, lag1=lag1)
    return share


# Chances under autocorrelation are simulated for these lengths and steps of lag-1; others take the nearest.
_LENGTHS = (20, 24, 30, 36, 48, 60, 80, 100, 140, 200)
_LAGS = tuple(round(0.05 * step, 2) for step in range(5, 20))


def resembling(spec: ChartSpec, kind: str, frozen: bool, n: int, lag1: float) -> tuple[float, float]:
    """The chance of a signal in a stable series of about n points: of independent values, and of such neighbors."""
    length = min(_LENGTHS, key=lambda one: abs(one - n))
    nearest = min(_LAGS, key=lambda one: abs(one - lag1))
    case = replace(situation(spec, kind, frozen or spec.center is not None), kind="i")
    return _simulated(length, case, 0.0), _simulated(length, case, nearest)


@lru_cache(maxsize=4096)
def _simulated(n: int, case: Situation, lag1: float) -> float:
    return simulated(n, case, lag1)


def _fires(values: Floats, kind: str, spec: ChartSpec) -> Bools:
    """Shape (rows,): whether any rule of the spec fires on each row of a block without gaps."""
    padding = rules.padding(spec.rules)
    wide = np.pad(values, ((0, 0), (0, padding)), constant_values=np.nan)
    inside = np.broadcast_to(np.arange(wide.shape[1]) < values.shape[1], wide.shape)
    nothing = np.broadcast_to(np.float64(np.nan), wide.shape)
    lengths = np.full(len(wide), values.shape[1], dtype=np.int64)
    given = [None if one is None else np.full((len(wide), 1), float(one)) for one in (spec.center, spec.sigma)]
    block = Block(wide, nothing, nothing, inside, inside, lengths, True, center=given[0], sigma=given[1])
    book = rules.Rulebook(block, limits.lines_of(kind, block, spec), block.known, spec.ties)
    none = np.zeros(len(wide), dtype=bool)
    fired = rules.apply(book, spec.rules, none, none)
    return np.asarray((fired.up | fired.down).any(axis=1) | _whole(book, spec.rules))


def _whole(book: rules.Rulebook, chosen: tuple[Rule, ...]) -> Bools:
    """Shape (rows,): whether a rule of the whole chart fires."""
    names, found = {rule.name for rule in chosen}, np.zeros(len(book.known), dtype=bool)
    useful, crossings = book.runs.n_useful, book.runs.crossings
    if "few_crossings" in names:
        found |= crossings < rules.crossings_min(useful)
    if names & {"few_runs", "many_runs"}:
        above = np.count_nonzero(book.sides[0], axis=1)
        few, many = run_count_limits(above, useful - above)
        found |= ("few_runs" in names) & (crossings + 1 < few) & (useful > 0)
        found |= ("many_runs" in names) & (crossings + 1 > many)
    return found
