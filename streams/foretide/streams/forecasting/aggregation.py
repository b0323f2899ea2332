"""Experts weighed by what they lost lately, for many targets at once.

Exponentially weighted aggregation (Cesa-Bianchi and Lugosi, Prediction, Learning, and Games, 2006, chapter 2: against
the best of N experts the regret after T outcomes grows as the square root of T log N) with losses that fade, relative
to the best expert's: an expert a few per cent worse than the best hardly counts, and one that becomes the best leads
within a half-life.
"""

from __future__ import annotations

from math import exp
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

FADE: Final = 0.5 ** (1 / 150)
"""Losses have a half-life of 150 outcomes."""

ETA: Final = 30.0
"""How sharply a relative loss counts."""


_LARGEST: Final = 700.0
"""An exponential beyond this would be 0 or infinite."""


def weights(losses: Floats | Doubles, favourite: int) -> Doubles:
    """Weights (..., experts) that sum to 1 for faded losses of the same shape; all on the `favourite` where nothing
    was lost yet by any, and shared by those without loss where some have none."""
    exact = np.ascontiguousarray(losses, dtype=np.float64)
    found, experts = np.empty_like(exact), exact.shape[-1]
    _share_rows(exact.reshape(-1, experts), favourite, found.reshape(-1, experts))
    return found


@compiled
def _share_rows(losses: Doubles, favourite: int, found: Doubles) -> None:
    for row in range(len(losses)):
        share(losses[row], favourite, found[row])


@compiled
def share(losses: Any, favourite: int, found: Any) -> None:
    """Fill `found` (experts,) with the weights for faded losses (experts,)."""
    best, worst = losses[0], losses[0]
    for loss in losses:
        best, worst = min(best, loss), max(worst, loss)
    total = 0.0
    for i in range(len(losses)):
        if best > 0.0:
            # A best loss that has faded to nearly nothing is as good as infinitely better.
            found[i] = exp(-min(ETA * (losses[i] / best - 1.0), _LARGEST))
        elif worst > 0.0:
            found[i] = 1.0 if losses[i] <= 0.0 else 0.0
        else:
            found[i] = 1.0 if i == favourite else 0.0
        total += found[i]
    for i in range(len(losses)):
        found[i] /= total


@compiled
def mixed(shares: Any, forecasts: Any) -> float:
    """The weighted forecast, never outside the experts' own range; both are (experts,)."""
    low = high = np.float64(forecasts[0])
    total = 0.0
    for i in range(len(shares)):
        value = np.float64(forecasts[i])
        total += shares[i] * value
        low, high = min(low, value), max(high, value)
    return min(max(total, low), high)
