"""A histogram whose buckets grow exponentially and whose samples lose weight with age."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

GROWTH: Final = 1.05
FIRST_COUNT: Final = 0.01
"""Width of the first bucket: a hundredth of a core, of a card, or of whatever the signal counts."""
FIRST_BYTES: Final = 1e7
_BUCKETS: Final = 480
_TOO_MANY: Final = 60
"""Half-lives after which weights are scaled down, so that they stay finite."""


class DecayingHistogram:
    """Weights double with each half-life of newer time, which is the same as halving the older ones."""

    def __init__(self, first: float, half_life_ms: float) -> None:
        self._first = first
        self._half_life_ms = half_life_ms
        self._weights = np.zeros(_BUCKETS)
        self._origin_ms: float | None = None

    def add(self, at_ms: int, value: float) -> None:
        """One sample; below zero counts as zero."""
        self._weights[self._bucket(value)] += self._weight(at_ms)

    def replace(self, at_ms: int, old: float, new: float) -> None:
        """Move a sample of the same moment from one value to another."""
        weight = self._weight(at_ms)
        bucket = self._bucket(old)
        self._weights[bucket] = max(0.0, self._weights[bucket] - weight)
        self._weights[self._bucket(new)] += weight

    def percentile(self, share: float) -> float:
        """The upper end of the first bucket up to which `share` of the weight lies."""
        sums = self._weights.cumsum()
        bucket = min(int(sums.searchsorted(share * sums[-1] * (1 - 1e-12))), _BUCKETS - 1)
        return float(self._first * (GROWTH ** (bucket + 1) - 1) / (GROWTH - 1))

    def _bucket(self, value: float) -> int:
        if value < self._first:
            return 0
        return min(int(math.log(value * (GROWTH - 1) / self._first + 1) / math.log(GROWTH)), _BUCKETS - 1)

    def _weight(self, at_ms: int) -> float:
        if self._origin_ms is None:
            self._origin_ms = at_ms
        age = (at_ms - self._origin_ms) / self._half_life_ms
        if age > _TOO_MANY:
            self._weights *= 2.0 ** -min(age, 1000.0)
            self._origin_ms = at_ms
            age = 0.0
        return float(2.0**age)


def first_bucket(signal: str) -> float:
    """The first bucket's width for a signal, by its unit."""
    return FIRST_BYTES if is_memory(signal) else FIRST_COUNT


def is_memory(signal: str) -> bool:
    """Whether the signal is an amount of memory, which these predictors treat apart from compute."""
    return signal.endswith("_bytes")
