"""Rules that need no explanation: the last value, the mean of a few, an exponentially weighted mean."""

from __future__ import annotations

from collections import deque
from typing import Final

from foretide.deploy.backtest.baselines.rule import Told

WINDOW: Final = 12
"""Samples in the moving mean."""
WEIGHT: Final = 0.25
"""Weight of the newest sample in the exponentially weighted mean."""


class LastValue:
    """What was seen last."""

    def __init__(self) -> None:
        self._value = 0.0

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Remember it."""
        self._value = value

    def forecast(self) -> Told:
        """It again."""
        return Told(self._value, None)


class MovingMean:
    """The mean of the last `WINDOW` samples."""

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=WINDOW)

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Take it into the window."""
        self._values.append(value)

    def forecast(self) -> Told:
        """The window's mean."""
        return Told(sum(self._values) / len(self._values), None)


class WeightedMean:
    """A mean in which a sample's weight falls by a quarter, or another share, with each newer one."""

    def __init__(self, weight: float = WEIGHT) -> None:
        self._weight = weight
        self._mean: float | None = None

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Move the mean towards it."""
        self._mean = value if self._mean is None else self._mean + self._weight * (value - self._mean)

    def forecast(self) -> Told:
        """The mean."""
        return Told(self._mean, None)
