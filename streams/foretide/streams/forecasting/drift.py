"""Whether a series' errors have changed for good: River's Page-Hinkley test, kept as plain numbers.

Of River's detectors it is the one whose whole state can be read and put back: a mean, its weight and four sums. ADWIN
keeps its window inside compiled code, from which only a pickle gets it out.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
from river import drift

CLIP: Final = 3.0
"""Logarithms of errors beyond this count as this: an error of 20 steps' changes is as telling as one of 2000."""
FADE: Final = drift.PageHinkley().alpha
"""How much of the sums so far is left with the next error: River's own."""


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
    """Takes absolute errors in units of the series' usual change; says when their level has changed, up or down.

    It is asked with every window of every signal, so the few sums of River's `PageHinkley` are kept here without its
    objects: what comes out is what River's own class says, to the last bit (a test holds the two side by side).
    """

    __slots__ = ("_detected", "_fall", "_highest", "_least", "_lowest", "_mean", "_rise", "_threshold", "_tolerance",
                 "_weight")  # fmt: skip

    def __init__(self, least: int, tolerance: float, threshold: float) -> None:
        """`least` errors are needed; `tolerance` and `threshold` are River's delta and lambda, of logarithms."""
        self._least, self._tolerance, self._threshold = least, tolerance, threshold
        self.put(DriftState())

    def put(self, state: DriftState) -> None:
        """Make the test what was dumped."""
        self._weight: float = state.weight
        self._mean: float = state.mean
        self._rise: float = state.rise
        self._fall: float = state.fall
        self._lowest: float = state.lowest
        self._highest: float = state.highest
        self._detected: bool = state.detected

    def observe(self, error: float) -> bool:
        """Take the next error in; whether errors have changed. It starts afresh after that."""
        if self._detected:
            self.put(DriftState())
        value = min(math.log1p(error), CLIP)
        self._weight = weight = self._weight + 1.0
        self._mean = mean = self._mean + (1.0 / weight) * (value - self._mean)
        off = value - mean
        self._rise = rise = FADE * self._rise + off - self._tolerance
        self._fall = fall = FADE * self._fall + off + self._tolerance
        if rise < self._lowest:
            self._lowest = rise
        if fall > self._highest:
            self._highest = fall
        if weight >= self._least:
            self._detected = rise - self._lowest > self._threshold or self._highest - fall > self._threshold
        return self._detected

    def dump(self) -> DriftState:
        """The test as numbers."""
        return DriftState(self._weight, self._mean, self._rise, self._fall, self._lowest, self._highest, self._detected)
