"""Experts weighed by what they lost lately.

Exponentially weighted aggregation (Cesa-Bianchi and Lugosi, Prediction, Learning, and Games, 2006, chapter 2) with
losses that fade, relative to the best expert's: an expert a few per cent worse than the best hardly counts, and one
that becomes the best leads within a half-life.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Final

FADE: Final = 0.5 ** (1 / 300)
"""Losses have a half-life of 300 outcomes."""

ETA: Final = 30.0
"""How sharply a relative loss counts."""


class Mixture:
    """Weights over `size` experts; equal until losses are known."""

    __slots__ = ("losses", "outcomes", "weights")

    def __init__(self, size: int) -> None:
        self.losses = [0.0] * size
        self.weights = [1.0 / size] * size
        self.outcomes = 0

    def learn(self, losses: Sequence[float]) -> None:
        """The experts' losses on one outcome."""
        self.outcomes += 1
        self.losses = [FADE * old + new for old, new in zip(self.losses, losses, strict=True)]
        best = min(self.losses)
        if best <= 0.0:
            raw = [1.0 if loss <= 0.0 else 0.0 for loss in self.losses]
        else:
            raw = [exp(-min(ETA * (loss / best - 1.0), 700.0)) for loss in self.losses]
        whole = sum(raw)
        self.weights = [w / whole for w in raw]

    def mix(self, forecasts: Sequence[float]) -> float:
        """The weighted forecast, never outside the experts' own range."""
        mixed = sum(w * f for w, f in zip(self.weights, forecasts, strict=True))
        return min(max(mixed, min(forecasts)), max(forecasts))

    def winner(self) -> int:
        """The expert with the largest weight, the first of several."""
        return self.weights.index(max(self.weights))

    def dump(self) -> tuple[list[float], list[float], int]:
        """Losses, weights, outcomes."""
        return self.losses, self.weights, self.outcomes

    @classmethod
    def load(cls, state: tuple[list[float], list[float], int]) -> Mixture:
        """A mixture as it was dumped."""
        mixture = cls(len(state[0]))
        mixture.losses, mixture.weights, mixture.outcomes = list(state[0]), list(state[1]), state[2]
        return mixture
