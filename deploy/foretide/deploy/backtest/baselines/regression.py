"""Autoregression straight to the horizon: the latest samples, weighted by recursive least squares."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.deploy.backtest.baselines.rule import NOTHING, Told

DAY_MS: Final = 86_400_000
LAGS: Final = 8
WARM_UP: Final = 60
"""Samples by whose mean and deviation all are scaled; until then it says nothing."""
FORGET: Final = 0.999
FIRST_VARIANCE: Final = 100.0
"""Of the weights, before anything is learnt."""
MOST_VARIANCE: Final = 1e8
"""Beyond this the recursion has lost its footing, as it does on constant samples, and starts anew."""
MARGIN: Final = 0.1
"""How far beyond all samples so far it may forecast, as a share of their range."""
_SHORTEST_DAY: Final = 8

Row = NDArray[np.float64]


class AutoRegression:
    """With `daily` it also sees what came a day ago at the same time, and says nothing before there was a day."""

    def __init__(self, steps: int, *, daily: bool = False) -> None:
        self._steps = steps
        self._daily = daily
        self._values: list[float] = []
        self._mean, self._scale = 0.0, 1.0
        self._day = 0
        self._low, self._high = np.inf, -np.inf
        self._pending: deque[Row] = deque()
        self._weights: Row = np.zeros(0)
        self._variance: Row = np.zeros((0, 0))
        self._told = NOTHING

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Learn what this sample should have been forecast as, then forecast from it."""
        self._values.append(value)
        self._low, self._high = min(self._low, value), max(self._high, value)
        known = len(self._values)
        if known == WARM_UP:
            self._mean = float(np.mean(self._values))
            self._scale = float(np.std(self._values)) or abs(self._mean) or 1.0
            per_day = round(DAY_MS / step_ms) if step_ms else 0
            # A day of few samples is no season; the number of samples in it is taken to stay what it is.
            self._day = per_day if self._daily and per_day >= _SHORTEST_DAY else 0
        if known < WARM_UP or (self._daily and (not self._day or known <= self._day)):
            return
        if len(self._pending) == self._steps:
            self._learn(self._pending.popleft(), (value - self._mean) / self._scale)
        row = self._row()
        if not len(self._weights):
            self._weights = np.zeros(len(row))
            self._weights[0] = 1.0
            self._variance = np.eye(len(row)) * FIRST_VARIANCE
        self._pending.append(row)
        expected = float(row @ self._weights) * self._scale + self._mean
        room = MARGIN * (self._high - self._low)
        floor = self._low - room if self._low < 0 else max(0.0, self._low - room)
        self._told = Told(min(max(expected, floor), self._high + room), None)

    def forecast(self) -> Told:
        """The weighted sum; it has no interval."""
        return self._told

    def _row(self) -> Row:
        inputs = self._values[: -LAGS - 1 : -1]
        if self._day:
            there = len(self._values) - 1 - self._day
            inputs = [*inputs, self._values[there], self._values[min(there + self._steps, len(self._values) - 1)]]
        return np.append((np.array(inputs) - self._mean) / self._scale, 1.0)

    def _learn(self, row: Row, target: float) -> None:
        gain = self._variance @ row
        gain /= FORGET + row @ gain
        self._weights = self._weights + gain * (target - row @ self._weights)
        self._variance = (self._variance - np.outer(gain, row @ self._variance)) / FORGET
        self._variance = (self._variance + self._variance.T) / 2
        trace = float(self._variance.trace())
        if not trace < MOST_VARIANCE:
            self._variance = np.eye(len(row)) * FIRST_VARIANCE
