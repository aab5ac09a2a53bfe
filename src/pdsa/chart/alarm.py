"""How often a stable series of a chart's length fires its rules: exactly where that is known, simulated elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from pdsa import chance, limits, rules
from pdsa.chart import alarm_table
from pdsa.chart.engine import COUNTED, Answer
from pdsa.chart.tails import tails_of
from pdsa.chart.verdicts import Words
from pdsa.exact import run_count_limits, runs_alarm, with_outside
from pdsa.limits import Block, Floats
from pdsa.limits.predictive import scores
from pdsa.phases import Plan
from pdsa.records import ChartSpec, Rule
from pdsa.series import Bools, Ints
from pdsa.terms import MOVING_KINDS, LimitsMethod, Screen, Spread, Ties

# Values that one figure is simulated from, and the fewest series: a standard error of about .0045 at 24 points.
SIMULATED, FEWEST = 100_000, 1_000
SEED = 20_260_101
# Rules whose chance about a fixed center is known exactly.
_EXACT_RULES = ("outside", "long_run", "few_crossings", "shift", "few_runs", "many_runs")
# Kinds whose limits do not come from the scatter of the points: signals of runs and points outside are judged apart.
_APART = (*COUNTED, "xbar", "s")


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the chance of a false signal depends on, beside the number of points.

    `center` is `fixed`, `mean` or `median`; `lines` is `none`, `fixed` or `ranges` (from the points' own moving
    ranges); `kind` is `i`, `apart` (runs and points outside are independent), `prime` (sigma_z of at least 1), `t`, or
    that of a chart with a memory. `baseline` is the number of first points that lines come from, 0 for all.
    """

    chosen: tuple[Rule, ...]
    center: str
    lines: str
    kind: str = "i"
    ties: Ties = "skip"
    method: LimitsMethod = "published"
    screen: Screen = "off"
    spread: Spread = "mean"
    baseline: int = 0


def false_alarms(answer: Answer, plan: Plan, spec: ChartSpec, kind_of: Words) -> Floats:
    """Shape (segments,): the probability that a stable series fires the rules of the spec; NaN without useful points.

    Exact for a fixed center and rules of runs and limits, for a frozen center of run charts and counts, and for a run
    chart about its own median; simulated elsewhere, with limits that come from the points themselves or from as many
    first ones as the baseline has. Points outside the limits of counts have the probability of their distribution at
    the series' mean denominator.
    """
    found = np.full(len(kind_of), np.nan)
    useful = answer.counts["n_useful"]
    tails = tails_of(answer, spec, kind_of)
    given = np.zeros(len(found), dtype=bool) if plan.center is None else ~np.isnan(plan.center)
    baseline = np.where(plan.frozen & ~given, answer.counts["n_baseline"], 0)
    fixed_of = given | plan.frozen
    key = np.column_stack(
        (useful, answer.counts["n_values"], fixed_of, baseline, answer.tied, answer.exact, _codes(kind_of))
    )
    groups, place = np.unique(key, axis=0, return_inverse=True)
    for i, (n, values, fixed, frozen, tied, exact, _) in enumerate(groups.tolist()):
        rows = np.flatnonzero(place.ravel() == i) if len(groups) > 1 else np.arange(len(found))
        if n > 0:
            case = situation(spec, str(kind_of[rows[0]]), bool(fixed), bool(tied), bool(exact))
            found[rows] = _combined(n, values, estimated(spec, case, str(kind_of[rows[0]]), frozen), tails[rows])
    return found


def estimated(spec: ChartSpec, case: Situation, kind: str, baseline: int) -> Situation:
    """The situation where limits come from the ranges of a frozen baseline: a short one knows them badly."""
    if baseline < 2 or kind == "run" or kind in _APART or spec.sigma is not None:
        return case
    return replace(situation(spec, kind, fixed=False), chosen=case.chosen, baseline=baseline)


def _codes(kind_of: Words) -> Ints:
    return np.unique(kind_of.astype(str), return_inverse=True)[1].astype(np.int64)


def situation(spec: ChartSpec, kind: str, fixed: bool, tied: bool = False, exact: bool = False) -> Situation:
    """The situation of a series: which rules count, and what its lines come from."""
    chosen = tuple(rule for rule in spec.rules if _counts(rule, kind, tied))
    median = kind in ("run", "g") or (exact and kind in COUNTED) or (kind == "t" and spec.method != "published")
    center = "fixed" if fixed else "median" if median else "mean"
    lines = "none" if kind == "run" else "fixed" if fixed or kind in _APART else "ranges"
    own = kind if kind in MOVING_KINDS else "apart" if kind in _APART else "i"
    # where limits come from the same points, guards and the law of the values change how often they are crossed
    if not fixed and (spec.method != "published" or kind == "t"):
        own = {"t": "t", "p_prime": "prime", "u_prime": "prime"}.get(kind, own)
    method: LimitsMethod = "predictive" if spec.method == "predictive" and own not in MOVING_KINDS else "published"
    method = spec.method if own in ("t", "prime") else method
    return Situation(chosen, center, lines, own, spec.ties, method, spec.screen, spec.spread)


def _counts(rule: Rule, kind: str, tied: bool) -> bool:
    if kind in MOVING_KINDS and rule.name in ("long_run", *rules.CHART_RULES):
        return False
    return not (tied and rule.name in (*rules.RUN_RULES, *rules.CHART_RULES))


def _combined(n: int, values: int, case: Situation, tails: Floats) -> Floats:
    """Signals of runs among the useful points and of all values outside; of counts they are taken for independent."""
    if case.kind != "apart":
        # sums that stand at zero are no useful points, and cross no limit any less
        return np.full(len(tails), alarm(values if case.kind in MOVING_KINDS else n, case, values))
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
    known = case.center == "fixed" and case.lines in ("none", "fixed")
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
    """The share of stable series of n points that fire a rule, by the engine: of normal values, for T exponential."""
    replicates = max(FEWEST, SIMULATED // n)
    fixed = case.lines == "fixed" or (case.center == "fixed" and case.lines == "none")
    spec = ChartSpec(
        kind="i", rules=case.chosen, ties=case.ties, limits=case.method, screen=case.screen, spread=case.spread,
        center=0.0 if case.center == "fixed" else None, sigma=1.0 if fixed else None,
    )  # fmt: skip
    kind = "run" if case.kind != "t" and (case.lines == "none" or case.center == "median") else case.kind

    def fires(values: Floats) -> Bools:
        return _fires(_exponential(values) if kind == "t" else values, kind, spec, case.baseline)

    share, _ = chance.simulate(n, fires, replicates=replicates, seed=SEED, lag1=lag1)
    return share


def _exponential(values: Floats) -> Floats:
    from scipy.special import log_ndtr

    return np.asarray(-log_ndtr(-values))


# Chances under autocorrelation are simulated for these lengths and steps of lag-1; others take the nearest.
_LENGTHS = (20, 24, 30, 36, 48, 60, 80, 100, 140, 200)
_LAGS = tuple(round(0.05 * step, 2) for step in range(5, 20))


def resembling(spec: ChartSpec, kind: str, frozen: bool, n: int, lag1: float) -> tuple[float, float]:
    """The chance of a signal in a stable series of about n points: of independent values, and of such neighbors."""
    length = min(_LENGTHS, key=lambda one: abs(one - n))
    nearest = min(_LAGS, key=lambda one: abs(one - lag1))
    case = situation(spec, kind, frozen or spec.center is not None)
    case = replace(case, kind="i") if case.kind == "apart" else case
    return _simulated(length, case, 0.0), _simulated(length, case, nearest)


@lru_cache(maxsize=4096)
def _simulated(n: int, case: Situation, lag1: float) -> float:
    return simulated(n, case, lag1)


def _fires(values: Floats, kind: str, spec: ChartSpec, first: int = 0) -> Bools:
    """Shape (rows,): whether any rule of the spec fires on each row of a block without gaps."""
    padding = rules.padding(spec.rules)
    wide = np.pad(values, ((0, 0), (0, padding)), constant_values=np.nan)
    inside = np.broadcast_to(np.arange(wide.shape[1]) < values.shape[1], wide.shape)
    nothing = np.broadcast_to(np.float64(np.nan), wide.shape)
    lengths = np.full(len(wide), values.shape[1], dtype=np.int64)
    given = [None if one is None else np.full((len(wide), 1), float(one)) for one in (spec.center, spec.sigma)]
    baseline = inside & (np.arange(wide.shape[1]) < first) if first else inside
    block = Block(wide, nothing, nothing, inside, baseline, lengths, True, center=given[0], sigma=given[1])
    lines = scores(block, spec) if kind == "prime" else limits.lines_of(kind, block, spec)
    book = rules.Rulebook(block, lines, ~np.isnan(lines.value), spec.ties)
    none = np.zeros(len(wide), dtype=bool)
    fired = rules.apply(book, spec.rules, none, none | (kind in MOVING_KINDS))
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
