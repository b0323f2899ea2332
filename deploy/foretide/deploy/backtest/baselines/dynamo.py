"""The Kalman filter of Dynamo's planner: a level and a trend, both drifting, seen through noise."""

from __future__ import annotations

from typing import Final

from foretide.deploy.backtest.baselines.rule import Told

LEVEL_NOISE: Final = 1.0
TREND_NOISE: Final = 0.1
OBSERVATION_NOISE: Final = 10.0


class LocalLinearTrend:
    """Only the noises' proportions matter to what it expects, so the signal's unit does not."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._level: float | None = None
        self._trend = 0.0
        self._variance = (OBSERVATION_NOISE, 0.0, TREND_NOISE)
        """Of the level, of both together, of the trend."""

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Predict one sample on, then correct by what was seen."""
        if self._level is None:
            self._level = value
            return
        a, b, c = self._variance
        a, b, c = a + 2 * b + c + LEVEL_NOISE, b + c, c + TREND_NOISE
        expected = self._level + self._trend
        gain_level, gain_trend = a / (a + OBSERVATION_NOISE), b / (a + OBSERVATION_NOISE)
        self._level = expected + gain_level * (value - expected)
        self._trend += gain_trend * (value - expected)
        self._variance = ((1 - gain_level) * a, (1 - gain_level) * b, c - gain_trend * b)

    def forecast(self) -> Told:
        """The level moved on along the trend; it has no interval."""
        return Told(None if self._level is None else self._level + self._steps * self._trend, None)
