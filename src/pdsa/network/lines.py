"""The lines of a funnel: arrays to arrays, all units at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pdsa.tidy import Bools, Floats

# Share of the z-scores that is pulled in (or left out) at each end before their scatter is measured.
TRIMMED = 0.1
CHANCE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Shape (units,) each: counts, denominators and centers (as ratios); the levels; whether units are few."""

    kind: str
    numerator: Floats
    n: Floats
    center: Floats
    levels: tuple[float, ...]
    few: bool

    def take(self, which: Bools) -> Units:
        """Those units only; this one stays as it is."""
        return replace(self, numerator=self.numerator[which], n=self.n[which], center=self.center[which])

    @property
    def value(self) -> Floats:
        """Shape (units,): the ratios."""
        return np.asarray(self.numerator / self.n)


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Shape (levels, units): plain lines, lines with over-dispersion, flags; what they rest on, and a note."""

    lower: Floats
    upper: Floats
    od_lower: Floats
    od_upper: Floats
    outside: Bools
    tail: Floats
    phi: float
    tau2: float
    note: str


def exact_lines(units: Units, overdispersion: str) -> Lines:
    """Binomial or Poisson lines, interpolated; widened on the variance-stabilizing scale where phi calls for it."""
    scale, back, highest = _STABLE[units.kind]
    sigma = 1 / (2 * np.sqrt(units.n))
    middle = scale(units.center)
    spread = _spread(winsorised((scale(units.value) - middle) / sigma), sigma, overdispersion, units.few)
    share = np.array(units.levels)[:, None]
    lower, upper = (exact_limit(units, q) for q in ((1 - share) / 2, (1 + share) / 2))
    lower, upper = np.minimum(lower, units.center), np.maximum(upper, units.center)
    tail = exact_tail(units)
    reach = normal_quantile((1 + share) / 2) * np.sqrt(sigma**2 + spread.tau2)
    od_lower, od_upper = lower, upper
    if spread.tau2 > 0:
        od_lower = np.minimum(lower, back(np.clip(middle - reach, 0, highest)))
        od_upper = np.maximum(upper, back(np.clip(middle + reach, 0, highest)))
    beyond = (units.value < od_lower) | (units.value > od_upper)
    return Lines(lower, upper, od_lower, od_upper, beyond & (tail <= (1 - share) / 2), tail, *spread.told)


def _arcsine(p: Floats) -> Floats:
    return np.asarray(np.arcsin(np.sqrt(p)))


def _squared_sine(angle: Floats) -> Floats:
    return np.asarray(np.sin(angle) ** 2)


# Scales on which the variance is 1 / (4 n) whatever the center, the way back from them, and their upper end.
_STABLE: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats], float]] = {
    "p": (_arcsine, _squared_sine, np.pi / 2),
    "u": (np.sqrt, np.square, np.inf),
}


def normal_quantile(q: Floats) -> Floats:
    """The quantiles of the standard normal distribution."""
    from scipy.special import ndtri

    return np.asarray(ndtri(q))


def below_or_at(units: Units, count: Floats) -> Floats:
    """The probability of this many or fewer in each unit; denominators need not be whole."""
    from scipy.special import betainc, gammaincc

    k = np.maximum(count, 0.0)
    if units.kind == "u":
        found = gammaincc(k + 1, units.n * units.center)
    else:
        found = np.where(k >= units.n, 1.0, betainc(np.maximum(units.n - k, 1e-300), k + 1, 1 - units.center))
    return np.where(count < 0, 0.0, found)


def above_or_at(units: Units, count: Floats) -> Floats:
    """The probability of this many or more in each unit, without the cancellation of one minus the rest."""
    from scipy.special import betainc, gammainc

    k = np.maximum(count, 1e-300)
    if units.kind == "u":
        found = gammainc(k, units.n * units.center)
    else:
        found = np.where(k > units.n, 0.0, betainc(k, np.maximum(units.n - k + 1, 1e-300), units.center))
    return np.where(count <= 0, 1.0, found)


def exact_tail(units: Units) -> Floats:
    """Shape (units,): the probability of a count at least as far out as the unit's, on its side of the center."""
    low = below_or_at(units, np.floor(units.numerator))
    # of a denominator that is no whole number all is the most there can be
    most = np.ceil(units.numerator)
    high = above_or_at(units, np.minimum(most, units.n) if units.kind == "p" else most)
    return np.where(units.value > units.center, high, np.where(units.value < units.center, low, 1.0))


def exact_limit(units: Units, q: Floats) -> Floats:
    """Shape (levels, units): where the distribution function reaches q, interpolated between counts.

    Source: Spiegelhalter, Stat Med 24:1185 (2005), appendix A.1.
    """
    mean = units.n * units.center
    most = np.ceil(units.n) if units.kind == "p" else np.ceil(mean + 40 * np.sqrt(mean + 1) + 40)
    # beyond whole numbers that a float can tell apart halving would never end
    high = np.broadcast_to(np.minimum(most, 2.0**52), (len(q), len(most)))
    low = np.zeros_like(high)
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        reached = below_or_at(units, middle) >= q
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    reached_at = below_or_at(units, low)
    alpha = (reached_at - q) / (reached_at - below_or_at(units, low - 1))
    return np.clip((low - alpha) / units.n, 0, 1 if units.kind == "p" else np.inf)


@dataclass(frozen=True, slots=True)
class Spread:
    """How much more units scatter than chance explains: phi, the variance between them, and what is said of it."""

    phi: float
    tau2: float
    note: str = ""

    @property
    def told(self) -> tuple[float, float, str]:
        """The three as `Lines` takes them."""
        return self.phi, self.tau2, self.note


def winsorised(z: Floats) -> Floats:
    """Shape (units,): z-scores, those of the outer tenths pulled in to where these begin."""
    if not len(z):
        return z
    low, high = np.quantile(z, (TRIMMED, 1 - TRIMMED))
    return np.clip(z, low, high)


def truncated(z: Floats) -> Bools:
    """Shape (units,): z-scores that lie in no outer tenth of the ranks."""
    rank = pd.Series(z).rank(method="average").to_numpy()
    tenth = np.floor(rank / TRIMMED / (len(z) + 1))
    return np.asarray((tenth > 0) & (tenth < 1 / TRIMMED - 1))


def dispersion(z: Floats, sigma: Floats) -> tuple[float, float]:
    """Phi, the mean square of the z-scores, and tau2, the additive variance (DerSimonian and Laird)."""
    units = len(z)
    weight = 1 / sigma**2
    phi = float(np.sum(z**2)) / units
    room = float(weight.sum() - (weight**2).sum() / weight.sum())
    return phi, max(0.0, units * phi - (units - 1)) / room if room > 0 else 0.0


def _spread(z: Floats, sigma: Floats, wanted: str, few: bool) -> Spread:
    units = len(z)
    if wanted == "off":
        return Spread(np.nan, 0.0)
    if units < 2 or (few and wanted == "auto"):
        found = f"{units} unit{'s' if units != 1 else ''}"
        return Spread(np.nan, 0.0, f"over-dispersion is not estimated from {found}: at least 10 are needed")
    phi, tau2 = dispersion(z, sigma)
    most = chance_phi(units)
    if wanted == "always":
        return Spread(phi, tau2, "few units: phi and tau2 are hardly known" if few else "")
    if not phi > most:
        return Spread(phi, 0.0, f"phi {phi:.2f} is no more than chance gives (up to {most:.2f}): limits as they are")
    return Spread(phi, tau2, f"phi {phi:.2f} is more than chance gives (up to {most:.2f}): limits widened")


def chance_phi(units: int) -> float:
    """The 95% point of phi among units that differ by chance only: chi-squared over its degrees of freedom."""
    from scipy.special import chdtri

    return float(chdtri(units - 1, CHANCE)) / (units - 1)


def reference_lines(units: Units, overdispersion: str) -> Lines:
    """The lines of FunnelPlotR 0.6: PR (arcsine) for `p`, SR in the manner of the SHMI (logarithms) for `u`.

    They are normal approximations, and their rounded multiples (1.959964, 3.090232) and the way they treat angles
    beyond the scale are kept, so that its numbers come out: a lower line that rises again towards small denominators
    is set to 0 only where the next larger denominator of its grid shows that it does, and never at the largest.
    """
    share = np.array(units.levels)[:, None]
    reach = np.round(normal_quantile((1 + share) / 2), 6)
    made = _proportion_lines if units.kind == "p" else _ratio_lines
    spread, plain, wide = made(units, overdispersion, share, reach)
    # the package flags by the plain lines unless phi is above 1
    lower, upper = wide if overdispersion != "off" and spread.phi > 1 else plain
    flags = (units.value < lower) | (units.value > upper)
    phi = 0.0 if overdispersion == "off" else spread.phi
    return Lines(*plain, *wide, flags, exact_tail(units), phi, spread.tau2, spread.note)


_Made = tuple[Spread, tuple[Floats, Floats], tuple[Floats, Floats]]


def _proportion_lines(units: Units, overdispersion: str, share: Floats, reach: Floats) -> _Made:
    middle = _arcsine(units.center)
    sigma = 1 / (2 * np.sqrt(units.n))
    spread = _spread(winsorised((_arcsine(units.value) - middle) / sigma), sigma, overdispersion, units.few)
    after = 1 / (2 * np.sqrt(_next_denominator(units.n)))

    def lines(tau2: float) -> tuple[Floats, Floats]:
        here, there = (reach * np.sqrt(s**2 + tau2) for s in (sigma, after))
        lower, later = (_squared_sine(middle - one) for one in (here, there))
        upper, then = (_squared_sine(middle + one) for one in (here, there))
        return np.where(lower > later, 0.0, lower), np.where(upper < then, 1.0, upper)

    return spread, lines(0.0), lines(spread.tau2)


def _next_denominator(n: Floats) -> Floats:
    """The next larger denominator of the package's table: a thousand from 3 to the largest, and those of the units."""
    if not len(n):
        return n
    grid = np.union1d(np.linspace(3, np.ceil(n.max()), 1000), n)
    return np.append(grid, np.nan)[np.searchsorted(grid, n, side="right")]


def _ratio_lines(units: Units, overdispersion: str, share: Floats, reach: Floats) -> _Made:
    from scipy.special import gammainccinv

    expected = units.n * units.center
    counted = units.numerator > 0
    z = np.sqrt(expected[counted]) * np.log(units.numerator[counted] / expected[counted])
    kept = truncated(z)
    spread = _spread(z[kept], 1 / np.sqrt(expected[counted][kept]), overdispersion, units.few)
    lower = gammainccinv(expected, (1 + share) / 2) / expected
    upper = gammainccinv(expected + 1, (1 - share) / 2) / expected
    wide = reach * np.sqrt(1 / expected + spread.tau2)
    center = units.center
    return spread, (center * lower, center * upper), (center * np.exp(-wide), center * np.exp(wide))
