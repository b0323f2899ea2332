"""The reference a forecaster must beat to earn anything: of many cheap methods, online, the best one lately.

The expected value, its .9 quantile and that of the peak each have candidates and a leader of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from foretide.deploy.backtest.baselines.histogram import DecayingHistogram
from foretide.deploy.backtest.baselines.regression import AutoRegression
from foretide.deploy.backtest.baselines.rule import Rule, Told
from foretide.deploy.backtest.baselines.simple import LastValue, MovingMean, WeightedMean
from foretide.deploy.backtest.baselines.sliding import Sliding
from foretide.deploy.backtest.scores import pinball90

RECENT: Final = 288
"""Known outcomes by which candidates are judged, and residuals of which quantiles are taken."""
LEAST: Final = 30
"""Known outcomes below which a candidate cannot lead, nor a residual's quantile be told."""
LEVEL: Final = 0.9
WEIGHT: Final = 0.3
WINDOW: Final = 60
PEAK_WINDOWS: Final = (12, 60, 240)
DAY_MS: Final = 86_400_000
_LEAST_IN_WINDOW: Final = 5

Candidates = Sequence[float | None]


class Follower:
    """Forwards the candidate whose mean loss over the last `RECENT` outcomes was least; before that the first."""

    def __init__(self, loss: Callable[[float], float], steps: int) -> None:
        self._loss = loss
        self._said: deque[Candidates] = deque(maxlen=steps)
        self._losses: list[deque[float | None]] = []
        self._sums: list[float] = []
        self._known: list[int] = []

    def settle(self, outcome: float) -> None:
        """What came of the candidates of `steps` calls of `choose` ago, if there were so many."""
        if len(self._said) < (self._said.maxlen or 0):
            return
        for i, said in enumerate(self._said[0]):
            loss = None if said is None else self._loss(outcome - said)
            self._losses[i].append(loss)
            self._sums[i] += loss or 0.0
            self._known[i] += loss is not None
            if len(self._losses[i]) > RECENT:
                gone = self._losses[i].popleft()
                self._sums[i] -= gone or 0.0
                self._known[i] -= gone is not None

    def choose(self, candidates: Candidates) -> float | None:
        """The leader's number; of those without one, or without enough outcomes, none leads."""
        if not self._losses:
            self._losses = [deque() for _ in candidates]
            self._sums = [0.0] * len(candidates)
            self._known = [0] * len(candidates)
        self._said.append(candidates)
        best, least = 0, float("inf")
        for i, said in enumerate(candidates):
            known = self._known[i]
            if said is not None and known >= LEAST and self._sums[i] / known < least:
                best, least = i, self._sums[i] / known
        return candidates[best]


class Reference:
    """Follows the leader among last value, two means and two autoregressions, and among quantiles made of them, of
    windows and of a decaying histogram."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._rules: tuple[Rule, ...] = (
            LastValue(),
            MovingMean(),
            WeightedMean(WEIGHT),
            AutoRegression(steps),
            AutoRegression(steps, daily=True),
        )
        self._medians: deque[Candidates] = deque(maxlen=steps)
        self._residuals = [Sliding(RECENT) for _ in self._rules]
        self._window = Sliding(WINDOW)
        self._histogram: DecayingHistogram | None = None
        self._negative = False
        self._values: deque[float] = deque(maxlen=max(*PEAK_WINDOWS, steps + 1))
        self._peaks = [Sliding(n) for n in PEAK_WINDOWS]
        self._rises = Sliding(RECENT)
        self._point = Follower(abs, steps)
        self._upper = Follower(pinball90, steps)
        self._peak = Follower(pinball90, steps)
        self._told = Told(None, None)

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Settle what this sample was the outcome of, then choose anew."""
        self._values.append(value)
        self._window.add(value)
        self._negative = self._negative or value < 0
        if self._histogram is None and value:
            self._histogram = DecayingHistogram(abs(value) / 1000, DAY_MS)
        if self._histogram is not None:
            self._histogram.add(at_ms, value)
        for rule in self._rules:
            rule.observe(at_ms, value, step_ms)
        if len(self._medians) == self._steps:
            for said, residuals in zip(self._medians[0], self._residuals, strict=True):
                if said is not None:
                    residuals.add(value - said)
        self._point.settle(value)
        self._upper.settle(value)
        if len(self._values) > self._steps:
            recent = list(self._values)[-self._steps - 1 :]
            reached = max(recent[1:])
            self._peak.settle(reached)
            self._rises.add(reached - recent[0])
            for peaks in self._peaks:
                peaks.add(reached)
        medians = [rule.forecast().median for rule in self._rules]
        self._medians.append(medians)
        self._told = Told(
            self._point.choose(medians),
            self._upper.choose(self._uppers(medians)),
            self._peak.choose(self._highs(value)),
        )

    def forecast(self) -> Told:
        """The three leaders' numbers."""
        return self._told

    def _uppers(self, medians: Candidates) -> list[float | None]:
        found: list[float | None] = [
            said + residuals.quantile(LEVEL) if said is not None and len(residuals) >= LEAST else None
            for said, residuals in zip(medians, self._residuals, strict=True)
        ]
        enough = len(self._window) >= _LEAST_IN_WINDOW
        found += [self._window.quantile(q) if enough else None for q in (LEVEL, 0.95, 1.0)]
        useful = self._histogram is not None and not self._negative
        found.append(self._histogram.percentile(LEVEL) if useful and self._histogram else None)
        return found

    def _highs(self, value: float) -> list[float | None]:
        rise = self._rises.quantile(LEVEL) if len(self._rises) >= LEAST else 0.0
        values = list(self._values)
        found: list[float | None] = [value + rise]
        found += [max(values[-n:]) for n in PEAK_WINDOWS]
        found += [p.quantile(LEVEL) if len(p) >= _LEAST_IN_WINDOW else None for p in self._peaks]
        return found
