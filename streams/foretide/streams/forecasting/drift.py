"""Whether a series' errors have changed for good: River's Page-Hinkley test, kept as plain numbers.

Of River's detectors it is the one whose whole state can be read and put back: a mean, its weight and four sums. ADWIN
keeps its window inside compiled code, from which only a pickle gets it out.
"""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec
from river import drift

CLIP: Final = 3.0
"""Logarithms of errors beyond this count as this: an error of 20 steps' changes is as telling as one of 2000."""


class DriftState(msgspec.Struct, array_like=True, frozen=True):
    """A test as numbers: what River calls n, mean, sum_increase, sum_decrease, min_increase and max_decrease, and
    whether it has just detected."""

    weight: float = 0.0
    mean: float = 0.0
    rise: float = 0.0
    fall: float = 0.0
    lowest: float = math.inf
    highest: float = -1.0
    detected: bool = False


class ErrorDrift:
    """Takes absolute errors in units of the series' usual change; says when their level has changed, up or down."""

    __slots__ = ("_test",)

    def __init__(self, least: int, tolerance: float, threshold: float) -> None:
        """`least` errors are needed; `tolerance` and `threshold` are River's delta and lambda, of logarithms."""
        self._test: Any = drift.PageHinkley(min_instances=least, delta=tolerance, threshold=threshold)

    def observe(self, error: float) -> bool:
        """Take the next error in; whether errors have changed. It starts afresh after that."""
        test = self._test
        test.update(min(math.log1p(error), CLIP))
        return bool(test._drift_detected)  # noqa: SLF001 -- asked with every window

    def dump(self) -> DriftState:
        """The test as numbers."""
        test = self._test
        mean = test._x_mean  # noqa: SLF001 -- River tells these numbers nowhere else
        return DriftState(
            float(mean.n),
            float(mean.get()),
            float(test._sum_increase),  # noqa: SLF001
            float(test._sum_decrease),  # noqa: SLF001
            float(test._min_increase),  # noqa: SLF001
            float(test._max_decrease),  # noqa: SLF001
            bool(test.drift_detected),
        )

    def put(self, state: DriftState) -> None:
        """Make the test what was dumped."""
        test = self._test
        test._x_mean = type(test._x_mean)._from_state(state.weight, state.mean)  # noqa: SLF001
        test._sum_increase, test._sum_decrease = state.rise, state.fall  # noqa: SLF001
        test._min_increase, test._max_decrease = state.lowest, state.highest  # noqa: SLF001
        test._drift_detected = state.detected  # noqa: SLF001
