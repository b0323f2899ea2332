"""Koordinator's peak predictor: decaying histograms, .95 of compute and .98 of memory, 10 % more."""

from __future__ import annotations

from typing import Final

from foretide.deploy.backtest.baselines.histogram import DecayingHistogram, first_bucket, is_memory
from foretide.deploy.backtest.baselines.rule import NOTHING, Told

HOUR_MS: Final = 3_600_000
COLD_START_MS: Final = 24 * HOUR_MS
MARGIN: Final = 1.1


class PeakPredictor:
    """Says nothing during the first day."""

    def __init__(self, signal: str) -> None:
        memory = is_memory(signal)
        self._share = 0.98 if memory else 0.95
        self._histogram = DecayingHistogram(first_bucket(signal), (24 if memory else 12) * HOUR_MS)
        self._began_ms: int | None = None
        self._now_ms = 0

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Count it."""
        if self._began_ms is None:
            self._began_ms = at_ms
        self._now_ms = at_ms
        self._histogram.add(at_ms, value)

    def forecast(self) -> Told:
        """The predicted peak; it names no expected value."""
        if self._began_ms is None or self._now_ms - self._began_ms < COLD_START_MS:
            return NOTHING
        return Told(None, MARGIN * self._histogram.percentile(self._share))
