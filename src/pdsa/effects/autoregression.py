"""How much neighbors resemble each other, in what a straight-line model leaves over: restricted maximum likelihood."""

from __future__ import annotations

import numpy as np

from pdsa.tidy import Floats

# Correlations beyond these are not looked for: a series that wanders so much has no level to compare.
LARGEST = 0.98
# Values looked at first, then around the best one, each round an eighth as far apart, until they agree to this.
_FIRST, _ROUND, _CLOSE = 50, 17, 1e-7


def restricted_lag1(design: Floats, values: Floats, place: Floats) -> Floats:
    """Shape (series,): the correlation of neighbors that makes the residuals most likely.

    Parameters
    ----------
    design
        Shape (points, terms), of full rank; the same for every series.
    values
        Shape (points, series).
    place
        Shape (points,): where each point stands in time, ascending, in whole steps. Points d steps apart correlate
        by the d-th power: a missing period costs nothing but itself.

    Notes
    -----
    Ordinary residuals are too small and too lively, because the terms follow the noise; the restricted likelihood
    allows for the terms. It is profiled over the scale and the terms, so that one number is left to look for.

    Source: Patterson and Thompson, Biometrika 58:545 (1971), doi 10.1093/biomet/58.3.545; of interrupted series:
    Turner et al., BMC Med Res Methodol 21:181 (2021), doi 10.1186/s12874-021-01364-0.
    """
    basis = np.linalg.qr(design)[0]
    rest = (values - basis @ (basis.T @ values)).T
    steps = np.diff(place)
    apart = 2 * LARGEST / (_FIRST - 1)
    best = _best(basis, rest, steps, np.linspace(-LARGEST, LARGEST, _FIRST)[None, :])
    while apart > _CLOSE:
        around = best[:, None] + np.linspace(-apart, apart, _ROUND)
        best = _best(basis, rest, steps, np.clip(around, -LARGEST, LARGEST))
        apart *= 2 / (_ROUND - 1)
    return best


def _best(basis: Floats, rest: Floats, steps: Floats, rho: Floats) -> Floats:
    likely = _likelihood(basis, rest, steps, rho)
    best: Floats = np.broadcast_to(rho, likely.shape)[np.arange(len(likely)), likely.argmax(axis=1)]
    return best


def _likelihood(basis: Floats, rest: Floats, steps: Floats, rho: Floats) -> Floats:
    """Shape (series, values of rho): twice the restricted log likelihood, less a constant."""
    decay = rho[..., None] ** steps
    scale = np.sqrt(1 - decay**2)
    x = _whitened(basis, decay[..., None], scale[..., None])
    y = _whitened(rest[:, None, :, None], decay[..., None], scale[..., None])
    square = np.swapaxes(x, -1, -2) @ x
    left = y - x @ np.linalg.solve(square, np.swapaxes(x, -1, -2) @ y)
    freedom = basis.shape[0] - basis.shape[1]
    spread = 2 * np.log(scale).sum(axis=-1) + np.linalg.slogdet(square)[1]
    return np.asarray(-spread - freedom * np.log((left[..., 0] ** 2).sum(axis=-1)))


def _whitened(points: Floats, decay: Floats, scale: Floats) -> Floats:
    """The points, along the last axis but one, less what the one before says about each."""
    news = (points[..., 1:, :] - decay * points[..., :-1, :]) / scale
    first = np.broadcast_to(points[..., :1, :], (*news.shape[:-2], 1, news.shape[-1]))
    return np.concatenate([first, news], axis=-2)
