"""The vertical pod autoscaler's recommender: a decaying histogram, the .9 quantile of it, 15 % more."""

from __future__ import annotations

from typing import Final

from foretide.deploy.backtest.baselines.histogram import DecayingHistogram, first_bucket, is_memory
from foretide.deploy.backtest.baselines.rule import Told

DAY_MS: Final = 86_400_000
SHARE: Final = 0.9
MARGIN: Final = 1.15


class VerticalAutoscaler:
    """Compute: all samples. Memory: only each day's peak, counted again where it rises during the day."""

    def __init__(self, signal: str) -> None:
        self._histogram = DecayingHistogram(first_bucket(signal), DAY_MS)
        self._daily = is_memory(signal)
        self._day = (0, 0)
        self._peak: float | None = None

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Count it."""
        if not self._daily:
            self._histogram.add(at_ms, value)
        elif self._peak is None or at_ms >= self._day[1]:
            self._day, self._peak = (at_ms, at_ms + DAY_MS), value
            self._histogram.add(at_ms, value)
        elif value > self._peak:
            self._histogram.replace(self._day[0], self._peak, value)
            self._peak = value

    def forecast(self) -> Told:
        """The recommended amount; it names no expected value."""
        return Told(None, MARGIN * self._histogram.percentile(SHARE))
