"""The engine's judge: one series at a time, plain Python, straight from the contract; nothing here is fast."""

from __future__ import annotations

import math
from statistics import median

NAN = float("nan")


def near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-12 * max(abs(a), abs(b))


def sum_ratio(num, den, where):
    return sum(num[i] for i in where) / sum(den[i] for i in where)


def mean_range(x, base, excluded, screen):
    ranges, last = [], None
    for i, value in enumerate(x):
        if excluded[i]:
            continue
        if last is not None and base[i] and base[last] and not math.isnan(value) and not math.isnan(x[last]):
            ranges.append(abs(value - x[last]))
        last = i
    mean = sum(ranges) / len(ranges) if ranges else NAN
    kept = [r for r in ranges if r < 3.267 * mean] if screen and mean > 0 else ranges
    return sum(kept) / len(kept) if kept else NAN


def analyze_one(kind, num, den, baseline, excluded, screen):
    """Center, lower, upper, flags and counts of one series; den is None for measurements."""
    n = len(num)
    y = [num[i] / den[i] if den and den[i] > 0 else (NAN if den else num[i]) for i in range(n)]
    base = [i < (baseline or n) and not excluded[i] for i in range(n)]
    known = [i for i in range(n) if base[i] and not math.isnan(y[i])]
    if not known:
        base = [not e for e in excluded]
        known = [i for i in range(n) if base[i] and not math.isnan(y[i])]
    if not known:
        return None
    if kind == "run":
        center, sigma = median(y[i] for i in known), [NAN] * n
    elif kind == "i":
        center = sum(y[i] for i in known) / len(known)
        sigma = [mean_range(y, base, excluded, screen) / 1.128] * n
    else:
        center = sum_ratio(num, den, known)
        spread = center * (1 - center) if kind.startswith("p") else center
        sigma = [math.sqrt(max(spread, 0) / den[i]) if not math.isnan(y[i]) else NAN for i in range(n)]
        if kind.endswith("prime"):
            z = [(y[i] - center) / sigma[i] if sigma[i] > 0 else NAN for i in range(n)]
            factor = mean_range(z, base, excluded, screen) / 1.128
            sigma = [factor * s for s in sigma]
    lower, upper = [center - 3 * s for s in sigma], [center + 3 * s for s in sigma]
    out = [
        not excluded[i]
        and ((y[i] > upper[i] and not near(y[i], upper[i])) or (y[i] < lower[i] and not near(y[i], lower[i])))
        for i in range(n)
    ]
    side = {
        i: 1 if y[i] > center else -1
        for i in range(n)
        if not excluded[i] and not math.isnan(y[i]) and not near(y[i], center)
    }
    runs = []
    for i, s in side.items():
        if runs and runs[-1][0] == s:
            runs[-1][1].append(i)
        else:
            runs.append((s, [i]))
    longest, crossings, useful = max((len(r) for _, r in runs), default=0), max(len(runs) - 1, 0), len(side)
    most = round(math.log2(useful)) + 3 if useful else 0
    fewest = next(
        k
        for k in range(useful + 1)
        if 20 * sum(math.comb(max(useful - 1, 0), j) for j in range(k + 1)) >= 2 ** max(useful - 1, 0)
    )
    long = {i for _, r in runs if len(r) > most for i in r}
    return center, lower, upper, out, [i in long for i in range(n)], (useful, longest, crossings, most, fewest)
