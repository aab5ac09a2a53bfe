"""The engine's judge: one series at a time, plain Python, straight from the contract; nothing here is fast.

A series is a list of `Period`, a question is a `Setup` and a list of rules (anything with the fields of `Rule`).
`judge` answers with plotted values, lines and flags of every point, phase by phase. Only the method "published".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

NAN = float("nan")
MEMORY_KINDS = ("mr", "cusum", "ewma")  # neighbors share values: runs analysis says nothing there
RATIO_KINDS = ("p", "np", "u", "p_prime", "u_prime", "i_prime")
SUBGROUP_KINDS = ("xbar", "s")


@dataclass(frozen=True)
class Period:
    """One period as given: a measurement or count, or numerator and denominator, or the values of a subgroup."""

    value: float = NAN
    denominator: float | None = None
    subgroup: tuple[float, ...] = ()
    excluded: bool = False


@dataclass(frozen=True)
class Setup:
    kind: str
    baseline: int | None = None
    phases: tuple[int, ...] = ()
    breaks: tuple[int, ...] = ()  # the first period of each new instrument: a boundary like the end of a phase
    screen: str = "off"
    constants: str = "rounded"
    spread: str = "mean"
    gaps: str = "break"
    ties: str = "skip"
    center: float | None = None
    sigma: float | None = None


@dataclass
class Phase:
    """The answer for one stretch; lists have one item a period."""

    value: list[float]
    numerator: list[float]
    denominator: list[float]
    included: list[bool]
    base: list[bool]
    deviation: list[float]  # standard deviation of each subgroup
    center: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    lower_2s: list[float] = field(default_factory=list)
    upper_2s: list[float] = field(default_factory=list)
    sigma_z: float = NAN
    cusum_upper: list[float] = field(default_factory=list)
    cusum_lower: list[float] = field(default_factory=list)
    flags: dict[str, list[bool]] = field(default_factory=dict)
    run: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    runs_signal: bool = False
    doubtful: bool = False
    largest: float = 0.0

    @property
    def known(self) -> list[int]:
        """The sequence of the rules: included points that have a value."""
        return [i for i, y in enumerate(self.value) if self.included[i] and not math.isnan(y)]

    @property
    def baseline_values(self) -> list[int]:
        return [i for i in self.known if self.base[i]]


def judge(series: Sequence[Period], setup: Setup, rules: Iterable[Any] = ()) -> list[Phase]:
    """Every phase of one series with its lines and flags."""
    rules = list(rules)
    answer = []
    inner = {*setup.phases, *(first - 1 for first in setup.breaks)}
    ends = sorted(end for end in inner if 0 < end < len(series))
    for number, (first, end) in enumerate(pairwise((0, *ends, len(series)))):
        phase = plotted(series[first:end], setup, setup.baseline if number == 0 else None)
        LINES[setup.kind](phase, setup)
        phase.largest = max((abs(phase.value[i]) for i in phase.known), default=0.0)
        runs_analysis(phase)
        for rule in rules:
            phase.flags[rule.label or rule.name] = flags_of(phase, rule, setup)
            if rule.name in ("long_run", "few_crossings", "few_runs", "many_runs"):
                phase.runs_signal |= setup.kind not in MEMORY_KINDS and speaks(phase, rule.name)
        answer.append(phase)
    return answer


def speaks(phase: Phase, name: str) -> bool:
    """Whether a rule of runs says that the order of a whole phase is not chance."""
    if not phase.counts["n_useful"]:
        return False
    if name == "long_run":
        return phase.counts["longest_run"] > phase.counts["longest_run_max"]
    if name == "few_crossings":
        return phase.counts["crossings"] < phase.counts["crossings_min"]
    return runs_too(phase, few=name == "few_runs")


def plotted(stretch: Sequence[Period], setup: Setup, baseline: int | None) -> Phase:
    """Values as plotted before any line; the baseline is the first points, or all where none of them has a value."""
    value, top, below, deviation = [], [], [], []
    for one in stretch:
        sd = NAN
        if setup.kind in SUBGROUP_KINDS:
            mean, sd, num, den = subgroup([v for v in one.subgroup if not math.isnan(v)])
            y = mean if setup.kind == "xbar" else sd
        elif one.denominator is None:
            y, num, den = one.value, NAN, NAN
        elif math.isnan(one.value) or math.isnan(one.denominator) or one.denominator == 0:
            y, num, den = NAN, NAN, NAN
        else:
            y, num, den = one.value / one.denominator, one.value, one.denominator
        value.append(y)
        top.append(num)
        below.append(den)
        deviation.append(sd)
    included = [not one.excluded for one in stretch]
    inside = [included[i] and (baseline is None or i < baseline) for i in range(len(stretch))]
    if not any(inside[i] and not math.isnan(value[i]) for i in range(len(stretch))):
        inside = list(included)
    return Phase(value, top, below, included, inside, deviation)


def subgroup(values: list[float]) -> tuple[float, float, float, float]:
    """Mean, standard deviation, sum and number of the values."""
    n = len(values)
    if not n:
        return NAN, NAN, NAN, 0
    mean = math.fsum(values) / n
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1)) if n > 1 else NAN
    return mean, spread, math.fsum(values), n


# ------------------------------------------------------------------ lines


def mean_of(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else NAN


def moving_pairs(phase: Phase, gaps: str) -> list[tuple[int, int]]:
    """Neighbors of a moving range: excluded points are bridged, missing ones only with `gaps="bridge"`."""
    pairs = []
    before = None
    for i, y in enumerate(phase.value):
        if not phase.included[i]:
            continue
        if math.isnan(y):
            if gaps == "break":
                before = None
            continue
        if before is not None:
            pairs.append((before, i))
        before = i
    return pairs


def average_range(ranges: list[float], setup: Setup, multiple: float = 3.267) -> float:
    """Their mean or median; screening keeps those strictly below a multiple of it, once."""

    def average(numbers: list[float]) -> float:
        return (median(numbers) if numbers else NAN) if setup.spread == "median" else mean_of(numbers)

    typical = average(ranges)
    if setup.screen == "once" and typical > 0:
        multiple = 3.865 if setup.spread == "median" else multiple
        return average([r for r in ranges if r < multiple * typical])
    return typical


def sigma_of(ranges: list[float], setup: Setup) -> float:
    """The standard deviation that an average moving range stands for."""
    average = average_range(ranges, setup)
    if setup.spread == "median":
        return average / {"rounded": 0.954, "wheeler": 3 / 3.145, "exact": 0.9538725524089398}[setup.constants]
    if setup.constants == "wheeler":
        return 2.66 * average / 3
    return average / {"rounded": 1.128, "exact": 2 / math.sqrt(math.pi)}[setup.constants]


def baseline_ranges(phase: Phase, setup: Setup, numbers: list[float]) -> list[float]:
    pairs = [(a, b) for a, b in moving_pairs(phase, setup.gaps) if phase.base[a] and phase.base[b]]
    ranges = [abs(numbers[b] - numbers[a]) for a, b in pairs]
    return [r for r in ranges if not math.isnan(r)]


def draw(phase: Phase, center: list[float], sigma: list[float]) -> None:
    """Center and the lines at two and three of each point's standard deviations."""
    phase.center = center
    for name, m in (("lower", -3), ("upper", 3), ("lower_2s", -2), ("upper_2s", 2)):
        setattr(phase, name, [c + m * s for c, s in zip(center, sigma, strict=True)])


def everywhere(phase: Phase, number: float) -> list[float]:
    return [number] * len(phase.value)


def baseline_mean(phase: Phase, setup: Setup) -> float:
    return setup.center if setup.center is not None else mean_of([phase.value[i] for i in phase.baseline_values])


def run(phase: Phase, setup: Setup) -> None:
    values = [phase.value[i] for i in phase.baseline_values]
    center = setup.center if setup.center is not None else (median(values) if values else NAN)
    draw(phase, everywhere(phase, center), everywhere(phase, NAN))


def individuals(phase: Phase, setup: Setup) -> None:
    sigma = setup.sigma
    if sigma is None:
        sigma = sigma_of(baseline_ranges(phase, setup, phase.value), setup)
    draw(phase, everywhere(phase, baseline_mean(phase, setup)), everywhere(phase, sigma))


def moving_range(phase: Phase, setup: Setup) -> None:
    """The moving ranges themselves; a range belongs to the baseline if both its points do; no screening."""
    pairs = moving_pairs(phase, setup.gaps)
    ranges = {b: abs(phase.value[b] - phase.value[a]) for a, b in pairs}
    made = [ranges[b] for a, b in pairs if phase.base[a] and phase.base[b]]
    center = setup.center if setup.center is not None else mean_of(made)
    upper = {"rounded": 3.267, "wheeler": 3.268, "exact": 1 + 3 * math.sqrt(math.pi / 2 - 1)}[setup.constants] * center
    phase.value = [ranges.get(i, NAN) for i in range(len(phase.value))]
    phase.center = everywhere(phase, center)
    phase.lower, phase.lower_2s = everywhere(phase, 0.0), everywhere(phase, 0.0)
    phase.upper, phase.upper_2s = everywhere(phase, upper), everywhere(phase, upper * 2 / 3)


def pooled(phase: Phase, setup: Setup) -> float:
    if setup.center is not None:
        return setup.center
    where = phase.baseline_values
    below = sum(phase.denominator[i] for i in where)
    return sum(phase.numerator[i] for i in where) / below if below else NAN


def i_prime(phase: Phase, setup: Setup) -> None:
    ranges = []
    for a, b in moving_pairs(phase, setup.gaps):
        if phase.base[a] and phase.base[b]:
            width = math.sqrt(1 / phase.denominator[a] + 1 / phase.denominator[b])
            ranges.append(math.sqrt(math.pi / 2) * abs(phase.value[b] - phase.value[a]) / width)
    spread = average_range(ranges, setup, 3.2665)
    if setup.spread == "median":
        spread *= 2 / math.sqrt(math.pi) / 0.9538725524089398  # the median of these ranges is below their mean
    sigma = [spread / math.sqrt(n) if not math.isnan(n) else NAN for n in phase.denominator]
    draw(phase, everywhere(phase, pooled(phase, setup)), sigma)


def counting_sigma(phase: Phase, kind: str, center: float) -> list[float]:
    spread = center * (1 - center) if kind[0] in "pn" else center
    return [math.sqrt(max(spread, 0) / n) if not math.isnan(n) else NAN for n in phase.denominator]


def ratios(phase: Phase, setup: Setup) -> None:
    """P and U; their prime forms widen by the spread of the scores."""
    center = pooled(phase, setup)
    sigma = counting_sigma(phase, setup.kind, center)
    if setup.kind.endswith("prime"):
        scores = [(y - center) / s if s > 0 else NAN for y, s in zip(phase.value, sigma, strict=True)]
        phase.sigma_z = sigma_of(baseline_ranges(phase, setup, scores), setup)
        sigma = [phase.sigma_z * s for s in sigma]
    draw(phase, everywhere(phase, center), sigma)


def numbers_of_units(phase: Phase, setup: Setup) -> None:
    """NP: the P chart times each denominator."""
    center = pooled(phase, setup)
    sigma = counting_sigma(phase, "p", center)
    phase.value = list(phase.numerator)
    n = phase.denominator
    draw(phase, [center * m for m in n], [s * m for s, m in zip(sigma, n, strict=True)])


def counts(phase: Phase, setup: Setup) -> None:
    center = baseline_mean(phase, setup)
    draw(phase, everywhere(phase, center), everywhere(phase, math.sqrt(max(center, 0)) if center == center else NAN))


def cases_between(phase: Phase, setup: Setup) -> None:
    """G: limits around the mean, the median drawn; of a given mean, 0.693 of it."""
    values = [phase.value[i] for i in phase.baseline_values]
    mean = baseline_mean(phase, setup)
    middle = 0.693 * mean if setup.center is not None else (median(values) if values else NAN)
    draw(phase, everywhere(phase, mean), everywhere(phase, math.sqrt(mean * (mean + 1)) if mean == mean else NAN))
    phase.center = everywhere(phase, middle)


def time_between(phase: Phase, setup: Setup) -> None:
    """T: an I chart of y ** (1 / 3.6); a lower limit below zero is zero, the line at two deviations then is none."""
    if any(y <= 0 for y in phase.value):
        raise ValueError("a time of zero or less")
    scaled = Phase([y ** (1 / 3.6) for y in phase.value], [], [], phase.included, phase.base, [])
    middle = mean_of([scaled.value[i] for i in scaled.baseline_values])
    if setup.center is not None:
        middle = setup.center ** (1 / 3.6)
    sigma = sigma_of(baseline_ranges(scaled, setup, scaled.value), setup)

    def back(number: float, below: float) -> list[float]:
        return everywhere(phase, number**3.6 if number >= 0 else (below if number < 0 else NAN))

    phase.center = back(middle, NAN)
    low = middle - 3 * sigma
    phase.lower, phase.upper = back(low, 0.0), back(middle + 3 * sigma, NAN)
    if math.isnan(low) and not math.isnan(middle):
        phase.lower = everywhere(phase, 0.0)
    phase.lower_2s, phase.upper_2s = back(middle - 2 * sigma, NAN), back(middle + 2 * sigma, NAN)


def c4(n: float) -> float:
    return math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))


def within_sigma(phase: Phase) -> float:
    """Mean of the standard deviations where all subgroups are of one size, else the pooled one."""
    deviations = phase.deviation
    base = [i for i in range(len(deviations)) if phase.base[i] and not math.isnan(deviations[i])]
    if len({n for n in phase.denominator if n}) == 1:
        return mean_of([deviations[i] for i in base])
    freedom = sum(phase.denominator[i] - 1 for i in base)
    squares = sum((phase.denominator[i] - 1) * deviations[i] ** 2 for i in base)
    return math.sqrt(squares / freedom) if freedom else NAN


def xbar(phase: Phase, setup: Setup) -> None:
    base = phase.baseline_values
    size = sum(phase.denominator[i] for i in base)
    center = setup.center
    if center is None:
        center = sum(phase.numerator[i] for i in base) / size if size else NAN
    if setup.sigma is not None:
        sigma = [setup.sigma / math.sqrt(n) if n else NAN for n in phase.denominator]
    else:
        s = within_sigma(phase)
        sigma = [s / (c4(n) * math.sqrt(n)) if n > 1 else NAN for n in phase.denominator]
    draw(phase, everywhere(phase, center), sigma)


def deviations_chart(phase: Phase, setup: Setup) -> None:
    """S: lines are shares of the center by the size of each subgroup, none below zero."""
    center = setup.center if setup.center is not None else within_sigma(phase)
    phase.center = everywhere(phase, center)
    for name, m in (("lower", -3), ("upper", 3), ("lower_2s", -2), ("upper_2s", 2)):
        lines = []
        for n in phase.denominator:
            share = 1 + m * math.sqrt(1 - c4(n) ** 2) / c4(n) if n > 1 else NAN
            lines.append(center * (max(0.0, share) if share == share else NAN))
        setattr(phase, name, lines)


def cusum(phase: Phase, setup: Setup) -> None:
    """Two one-sided sums in standard deviations; missing and excluded points change neither."""
    center, k, h = baseline_mean(phase, setup), 0.5, 5.0
    sigma = setup.sigma or sigma_of(baseline_ranges(phase, setup, phase.value), setup)
    high = low = 0.0
    known = set(phase.known)
    drawn = []
    for i, y in enumerate(phase.value):
        z = (y - center) / sigma if i in known and sigma > 0 else NAN
        if not math.isnan(z):
            high, low = max(0.0, high + z - k), min(0.0, low + z + k)
        phase.cusum_upper.append(NAN if math.isnan(z) else high)
        phase.cusum_lower.append(NAN if math.isnan(z) else low)
        drawn.append(NAN if math.isnan(z) else (high if high >= -low else low))
    phase.value = drawn
    phase.center = everywhere(phase, 0.0)
    phase.lower, phase.upper = ([m if sigma == sigma else NAN for _ in drawn] for m in (-h, h))
    phase.lower_2s, phase.upper_2s = everywhere(phase, NAN), everywhere(phase, NAN)


def ewma(phase: Phase, setup: Setup) -> None:
    """The weighted average; its lines widen with the number of points seen."""
    center, share = baseline_mean(phase, setup), 0.2
    sigma = setup.sigma or sigma_of(baseline_ranges(phase, setup, phase.value), setup)
    known, level, seen = set(phase.known), center, 0
    drawn, widths = [], []
    for i, y in enumerate(phase.value):
        if i in known:
            level, seen = share * y + (1 - share) * level, seen + 1
        drawn.append(level if i in known else NAN)
        widths.append(sigma * math.sqrt(share / (2 - share) * (1 - (1 - share) ** (2 * seen))) if seen else NAN)
    phase.value = drawn
    draw(phase, everywhere(phase, center), widths)


LINES = {
    "run": run,
    "i": individuals,
    "mr": moving_range,
    "i_prime": i_prime,
    "xbar": xbar,
    "s": deviations_chart,
    "p": ratios,
    "np": numbers_of_units,
    "u": ratios,
    "c": counts,
    "p_prime": ratios,
    "u_prime": ratios,
    "g": cases_between,
    "t": time_between,
    "cusum": cusum,
    "ewma": ewma,
}


# ------------------------------------------------------------------ rules

DEFAULTS = {
    "outside": {"sigma": 3.0},
    "shift": {"n": 8},
    "trend": {"n": 6},
    "alternating": {"n": 14},
    "beyond": {"n": 2, "of": 3, "sigma": 2.0},
    "near": {"n": 15, "sigma": 1.0},
    "away": {"n": 8, "sigma": 1.0},
}


def above(phase: Phase, a: float, b: float) -> bool:
    """Whether a is larger than b by more than rounding: 1e-12 of the larger (or of a hundredth of the largest value).

    Between a tenth and ten times of that nobody can tell rounding from a difference: the phase is marked as doubtful.
    """
    gap, size = abs(a - b), max(abs(a), abs(b), phase.largest / 100)
    phase.doubtful |= 1e-13 * size < gap < 1e-11 * size
    return a > b and gap > 1e-12 * size


def side_of(phase: Phase, i: int) -> int:
    """1 above the center, -1 below it, 0 on it or where either is missing."""
    y, c = phase.value[i], phase.center[i]
    return 1 if above(phase, y, c) else -1 if above(phase, c, y) else 0


def zone(phase: Phase, i: int, sigma: float) -> tuple[float, float]:
    """The lower and the upper line at so many standard deviations."""
    if sigma == 3:
        return phase.lower[i], phase.upper[i]
    if sigma == 2:
        return phase.lower_2s[i], phase.upper_2s[i]
    c = phase.center[i]
    return c - sigma / 3 * (c - phase.lower[i]), c + sigma / 3 * (phase.upper[i] - c)


def beyond_zone(phase: Phase, i: int, sigma: float) -> int:
    """1 above the upper zone line, -1 below the lower one; a missing line cannot be crossed."""
    low, high = zone(phase, i, sigma)
    return 1 if above(phase, phase.value[i], high) else -1 if above(phase, low, phase.value[i]) else 0


def side_runs(phase: Phase) -> list[list[int]]:
    """The runs of useful points: points on the center, missing and excluded ones are passed over."""
    runs: list[list[int]] = []
    for i in phase.known:
        if side_of(phase, i) == 0:
            continue
        if runs and side_of(phase, runs[-1][0]) == side_of(phase, i):
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs


@cache
def fewest_crossings(useful: int) -> int:
    """The 5% quantile of Binomial(useful - 1, 1/2), counted in whole numbers."""
    trials = useful - 1
    reached = 0
    for k in range(trials + 1):
        reached += math.comb(trials, k)
        if 20 * reached >= 2**trials:
            return k
    raise AssertionError(useful)


def runs_analysis(phase: Phase) -> None:
    runs = side_runs(phase)
    phase.run = [0] * len(phase.value)
    for number, points in enumerate(runs, start=1):
        for i in points:
            phase.run[i] = number
    useful = sum(len(points) for points in runs)
    phase.counts = {"n": sum(phase.included), "n_useful": useful}
    if useful:
        phase.counts |= {
            "longest_run": max(len(points) for points in runs),
            "crossings": len(runs) - 1,
            "longest_run_max": round(math.log2(useful)) + 3,
            "crossings_min": fewest_crossings(useful),
        }


@cache
def ways(above_center: int, below_center: int) -> tuple[int, ...]:
    """How many orders of so many points above and below have 0, 1, 2, ... runs (Swed and Eisenhart)."""
    a, b = above_center, below_center
    found = [0] * (a + b + 1)
    if a == 0 or b == 0:
        found[min(a + b, 1)] = 1
        return tuple(found)
    for runs in range(2, a + b + 1):
        k = runs // 2
        if runs % 2 == 0:
            found[runs] = 2 * math.comb(a - 1, k - 1) * math.comb(b - 1, k - 1)
        else:
            found[runs] = math.comb(a - 1, k) * math.comb(b - 1, k - 1)
            found[runs] += math.comb(a - 1, k - 1) * math.comb(b - 1, k)
    return tuple(found)


def runs_too(phase: Phase, few: bool) -> bool:
    """Whether so few (or so many) runs, or fewer (more), have a probability of at most 2.5% given both counts."""
    runs = side_runs(phase)
    up = sum(len(points) for points in runs if side_of(phase, points[0]) > 0)
    counted = ways(up, sum(len(points) for points in runs) - up)
    tail = sum(counted[: len(runs) + 1]) if few else sum(counted[len(runs) :])
    return bool(runs) and 40 * tail <= sum(counted)


def stretches(phase: Phase, gaps: str) -> list[list[int]]:
    """The sequence of a rule; with `gaps="break"` cut where an included point is missing."""
    parts: list[list[int]] = [[]]
    for i, y in enumerate(phase.value):
        if not phase.included[i]:
            continue
        if math.isnan(y):
            if gaps == "break":
                parts.append([])
            continue
        parts[-1].append(i)
    return parts


def flags_of(phase: Phase, rule: Any, setup: Setup) -> list[bool]:
    """Which points one rule marks."""
    flags = [False] * len(phase.value)
    if rule.name in ("few_crossings", "few_runs", "many_runs"):
        return flags  # they speak of the whole phase
    if rule.name == "long_run":
        marked = [p for p in side_runs(phase) if len(p) > phase.counts["longest_run_max"]]
        marked = [] if setup.kind in MEMORY_KINDS else marked
    else:
        defaults = DEFAULTS[rule.name]
        n = rule.n or defaults.get("n", 0)
        of = rule.of or defaults.get("of", 0)
        sigma = rule.sigma or defaults.get("sigma", 0.0)
        ties = rule.ties or setup.ties
        marked = []
        for part in stretches(phase, rule.gaps):
            marked += list(PATTERNS[rule.name](phase, part, rule, n, of, sigma, ties))
    for points in marked:
        for i in points:
            flags[i] = True
    return flags


def ends(points: list[int], n: int, mark: str) -> list[int]:
    """All points of a pattern of n or more, or those at which it is complete."""
    if len(points) < n:
        return []
    return points[n - 1 :] if mark == "last" else points


def beyond_limits(phase: Phase) -> int:
    """How many points lie outside the lines at three standard deviations."""
    return sum(beyond_zone(phase, i, 3) != 0 for i in phase.known)


def outside(phase, part, rule, n, of, sigma, ties) -> Iterator[list[int]]:
    yield [i for i in part if beyond_zone(phase, i, sigma) != 0]


def shift(phase, part, rule, n, of, sigma, ties) -> Iterator[list[int]]:
    current: list[int] = []
    for i in part:
        side = side_of(phase, i)
        if side == 0 and ties == "skip":
            continue
        if current and side != side_of(phase, current[0]):
            yield ends(current, n, rule.mark)
            current = []
        if side != 0:
            current.append(i)
    yield ends(current, n, rule.mark)


def differences(phase, part) -> list[tuple[int, int, int]]:
    """(before, point, sign of the change) of each neighbor in the sequence."""
    found = []
    for a, b in pairwise(part):
        x, y = phase.value[a], phase.value[b]
        found.append((a, b, 1 if above(phase, y, x) else -1 if above(phase, x, y) else 0))
    return found


def trend(phase, part, rule, n, of, sigma, ties) -> Iterator[list[int]]:
    current: list[int] = []  # the point before the first change, then the later point of each
    direction = 0
    for a, b, sign in differences(phase, part):
        if sign == 0 and ties == "skip":
            continue
        if sign != direction:
            yield ends(current, n, rule.mark)
            current = [a] if sign else []
            direction = sign
        if sign:
            current.append(b)
    yield ends(current, n, rule.mark)


def alternating(phase, part, rule, n, of, sigma, ties) -> Iterator[list[int]]:
    current: list[int] = []
    last = 0
    for a, b, sign in differences(phase, part):
        if sign == 0 or sign != -last:
            yield ends(current, n, rule.mark)
            current = [a] if sign else []
        if sign:
            current.append(b)
        last = sign
    yield ends(current, n, rule.mark)


def beyond(phase, part, rule, n, of, sigma, ties) -> Iterator[list[int]]:
    def counts(i: int, side: int) -> bool:
        if beyond_zone(phase, i, sigma) != side:
            return False
        return rule.within is None or beyond_zone(phase, i, rule.within) != side

    for last in range(len(part)):
        window = part[max(0, last - of + 1) : last + 1]
        for side in (1, -1):
            hits = [i for i in window if counts(i, side)]
            if len(hits) < n:
                continue
            if rule.same_side and (len(window) < of or any(side_of(phase, i) != side for i in window)):
                continue
            yield [i for i in hits if i == part[last]] if rule.mark == "last" else hits


def near(phase, part, rule, n, of, sigma, ties) -> Iterator[list[int]]:
    def within(i: int) -> bool:
        low, high = zone(phase, i, sigma)
        return above(phase, phase.value[i], low) and above(phase, high, phase.value[i])

    # a series without any variation is close to its center for no reason of interest
    values = [phase.value[i] for i in phase.known]
    if values and not math.isclose(min(values), max(values), rel_tol=1e-12):
        yield from in_a_row(part, within, n, rule.mark)


def away(phase, part, rule, n, of, sigma, ties) -> Iterator[list[int]]:
    yield from in_a_row(part, lambda i: beyond_zone(phase, i, sigma) != 0, n, rule.mark)


def in_a_row(part, holds, n: int, mark: str) -> Iterator[list[int]]:
    current: list[int] = []
    for i in part:
        if holds(i):
            current.append(i)
        else:
            yield ends(current, n, mark)
            current = []
    yield ends(current, n, mark)


PATTERNS = {
    "outside": outside,
    "shift": shift,
    "trend": trend,
    "alternating": alternating,
    "beyond": beyond,
    "near": near,
    "away": away,
}
