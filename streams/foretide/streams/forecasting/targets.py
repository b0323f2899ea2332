"""What is forecast: a kind of outcome, so many steps ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["point", "mean", "peak"]
"""point: the value at the last step; mean and peak: of all steps up to there."""

LEVELS: Final = (0.5, 0.9, 0.95, 0.99)
"""The quantile levels of every forecast."""


@dataclass(frozen=True, slots=True)
class Target:
    """The `kind` of outcome over the next `steps` steps of a rung."""

    kind: Kind
    steps: int

    def outcome(self, peaks: Sequence[float], means: Sequence[float]) -> float:
        """The outcome of the last `steps` steps, of which `peaks` and `means` end with the latest."""
        if self.kind == "point":
            return means[-1]
        if self.kind == "peak":
            return max(peaks[-self.steps :])
        return sum(means[-self.steps :]) / self.steps
