"""Kruize's performance recommendation: nearest-rank .98 of the 15-minute maxima of a day, idle intervals left out."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from typing import Final

from foretide.deploy.backtest.baselines.rule import NOTHING, Told

INTERVAL_MS: Final = 15 * 60_000
WINDOW_MS: Final = 24 * 3_600_000
LEAST_MS: Final = 30 * 60_000
SHARE: Final = 0.98


class PerformanceRecommendation:
    """Says nothing during the first half hour, nor while all there was is idleness."""

    def __init__(self) -> None:
        self._maxima: deque[tuple[int, float]] = deque()
        self._sorted: list[float] = []
        self._began_ms: int | None = None
        self._now_ms = 0

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Raise the present interval's maximum; forget intervals of more than a day ago."""
        if self._began_ms is None:
            self._began_ms = at_ms
        self._now_ms = at_ms
        interval = at_ms // INTERVAL_MS
        if not self._maxima or self._maxima[-1][0] != interval:
            self._maxima.append((interval, value))
            insort(self._sorted, value)
        elif value > self._maxima[-1][1]:
            self._forget(self._maxima.pop()[1])
            self._maxima.append((interval, value))
            insort(self._sorted, value)
        while self._maxima[0][0] * INTERVAL_MS <= at_ms - WINDOW_MS:
            self._forget(self._maxima.popleft()[1])

    def forecast(self) -> Told:
        """The recommended amount; it names no expected value."""
        if self._began_ms is None or self._now_ms - self._began_ms < LEAST_MS:
            return NOTHING
        idle = bisect_left(self._sorted, 1e-12)
        busy = len(self._sorted) - idle
        return Told(None, self._sorted[idle + math.ceil(SHARE * busy) - 1]) if busy else NOTHING

    def _forget(self, value: float) -> None:
        del self._sorted[bisect_left(self._sorted, value)]
