"""One series as it was forecast: its samples, and the quantiles issued at each, in the signal's own unit."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from foretide.deploy.backtest.scores import LEVELS
from foretide.schemas.messages import Column
from foretide.streams.forecasting.targets import Kind

KINDS: Final[tuple[Kind, ...]] = ("point", "peak")
"""What is forecast of every series: its value at the horizon, and the largest until there."""


@dataclass(slots=True)
class Track:
    """A series of samples that have a value. `times` are epoch milliseconds; the forecasts are `steps` samples ahead,
    a number for each of `LEVELS` and sample, one sample's after the other's. `step_ms` is the usual distance of
    samples where there are too few of them to tell."""

    app: str
    signal: str
    column: Column
    steps: int
    step_ms: int = 0
    times: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    point: array[float] = field(default_factory=lambda: array("d"))
    peak: array[float] = field(default_factory=lambda: array("d"))

    def observe(self, at_ms: int, value: float) -> None:
        """The next sample; its forecasts of both kinds are to follow by `issue`."""
        self.times.append(at_ms)
        self.values.append(value)

    def issue(self, kind: Kind, quantiles: Sequence[float]) -> None:
        """The forecast made at the sample just observed."""
        (self.peak if kind == "peak" else self.point).extend(quantiles)

    def quantiles(self, kind: Kind, index: int) -> Sequence[float]:
        """The forecast made at sample `index`."""
        width = len(LEVELS)
        return (self.peak if kind == "peak" else self.point)[index * width : (index + 1) * width]
