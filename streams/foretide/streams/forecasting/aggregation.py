"""Experts weighed by what they lost lately, for many targets at once.

Exponentially weighted aggregation (Cesa-Bianchi and Lugosi, Prediction, Learning, and Games, 2006, chapter 2: against
the best of N experts the regret after T outcomes grows as the square root of T log N) with losses that fade, relative
to the best expert's: an expert a few per cent worse than the best hardly counts, and one that becomes the best leads
within a half-life.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

FADE: Final = 0.5 ** (1 / 150)
"""Losses have a half-life of 150 outcomes."""

ETA: Final = 30.0
"""How sharply a relative loss counts."""


def weights(losses: Doubles, favourite: int) -> Doubles:
    """Weights (..., experts) that sum to 1 for faded losses of the same shape; all on the `favourite` where nothing
    was lost yet by any, and shared by those without loss where some have none."""
    best = losses.min(axis=-1, keepdims=True)
    none = best <= 0.0
    with np.errstate(over="ignore"):  # a best loss that has faded to nearly nothing is as good as infinitely better
        worse = ETA * (losses / np.where(none, 1.0, best) - 1.0)
    raw = np.exp(-np.minimum(worse, 700.0))
    spotless = losses <= 0.0
    raw = np.where(none, spotless, raw)
    untold = spotless.all(axis=-1)
    if untold.any():
        raw[untold] = 0.0
        raw[untold, favourite] = 1.0
    shared: Doubles = raw / raw.sum(axis=-1, keepdims=True)
    return shared


def mixed(shares: Doubles, forecasts: Doubles) -> Doubles:
    """The weighted forecasts (...,), never outside the experts' own range."""
    sums = (shares * forecasts).sum(axis=-1)
    within: Doubles = np.minimum(np.maximum(sums, forecasts.min(axis=-1)), forecasts.max(axis=-1))
    return within
