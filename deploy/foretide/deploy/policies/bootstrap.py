"""How much a figure depends on which applications happened to be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

RESAMPLES: Final = 1000
SEED: Final = 1
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio over all applications, and where it lies in 95 of 100 resamples of them (percentile bootstrap, Efron
    1979)."""

    value: float
    low: float
    high: float


def ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """The sum of `above` over the sum of `below`, one number of each per application. The resamples are the same for
    all ratios over equally many applications, so policies are compared on the same ones."""
    a, b = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    drawn = np.random.default_rng(SEED).integers(0, len(a), (RESAMPLES, len(a)))
    whole = b[drawn].sum(axis=1)
    ratios = np.divide(a[drawn].sum(axis=1), whole, out=np.zeros(RESAMPLES), where=whole > 0)
    low, high = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    total = float(b.sum())
    return Estimate(float(a.sum()) / total if total else 0.0, float(low), float(high))
