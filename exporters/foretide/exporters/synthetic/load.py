"""The demand that made-up services see: a daily rhythm, bursts, and noise that has a memory."""

from __future__ import annotations

import math
from random import Random


class Load:
    """Concurrent users of a service over time.

    `peak` users at the busiest hour; bursts of up to `burst` times as many come about every `burst_gap` seconds.
    """

    def __init__(self, rng: Random, peak: float, day_seconds: float, burst: float, burst_gap: float) -> None:
        self._rng = rng
        self._peak = peak
        self._day = day_seconds
        self._offset = rng.random()
        self._burst = burst
        self._burst_gap = burst_gap
        self._next_burst = rng.expovariate(1.0 / burst_gap)
        self._burst_until = 0.0
        self._burst_factor = 1.0
        self._noise = 0.0

    def step(self, at: float, seconds: float) -> float:
        """Users at `at`, `seconds` after the last call."""
        if at >= self._next_burst:
            length = self._rng.uniform(60.0, 400.0)
            self._burst_until = at + length
            self._next_burst = self._burst_until + self._rng.expovariate(1.0 / self._burst_gap)
            self._burst_factor = self._rng.uniform(1.2, self._burst)
        day = 0.5 - 0.5 * math.cos(2.0 * math.pi * (at / self._day + self._offset))
        keep = math.exp(-seconds / 120.0)
        self._noise = keep * self._noise + math.sqrt(1.0 - keep * keep) * self._rng.gauss(0.0, 0.08)
        factor = self._burst_factor if at < self._burst_until else 1.0
        return max(0.0, self._peak * (0.08 + 0.92 * day * day) * factor * (1.0 + self._noise))
