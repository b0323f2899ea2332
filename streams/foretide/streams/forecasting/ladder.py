"""One signal at several resolutions, so that every horizon is 1 to 15 steps away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import msgspec

from foretide.streams.forecasting.head import Head
from foretide.streams.forecasting.rung import Rung, RungState
from foretide.streams.forecasting.targets import Kind, Target

COARSE_MS: Final = (60_000, 300_000, 900_000)
"""The rungs above the lowest one, which is the window (or, in a backtest, the sample)."""

FARTHEST: Final = 15
"""Steps after which a coarser rung forecasts better than a direct head."""

GAP: Final = 3
"""Steps without telemetry after which what is pending is given up."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """One forecast asked for: `kind` over `ms` milliseconds; `steps` counts steps of the lowest rung instead."""

    kind: Kind
    ms: int
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class Rungs:
    """Which rung, of how many milliseconds a step, serves which horizons; the lowest has the window's own span."""

    steps_ms: tuple[int, ...]
    targets: tuple[tuple[Target, ...], ...]
    places: tuple[tuple[int, int], ...]
    """For each horizon its rung and the place of its head there."""


def plan_rungs(horizons: Sequence[Horizon], span_ms: int) -> Rungs:
    """Each horizon goes to the finest rung on which it is at most 15 steps away."""
    targets: dict[int, list[Target]] = {span_ms: []}
    chosen: list[tuple[int, int]] = []
    for horizon in horizons:
        if horizon.steps is not None:
            step, target = span_ms, Target(horizon.kind, horizon.steps)
        else:
            rungs = [span_ms, *(c for c in COARSE_MS if c > span_ms)]
            step = next((r for r in rungs if ceil(horizon.ms / r) <= FARTHEST), rungs[-1])
            target = Target(horizon.kind, max(1, ceil(horizon.ms / step)))
        row = targets.setdefault(step, [])
        chosen.append((step, len(row)))
        row.append(target)
    steps = tuple(sorted(targets))
    return Rungs(steps, tuple(tuple(targets[s]) for s in steps), tuple((steps.index(s), i) for s, i in chosen))


class LadderState(msgspec.Struct, array_like=True, frozen=True):
    """A ladder as numbers. `open` holds each coarse rung's unfinished step: bucket, peak, sum, count."""

    span_ms: int
    last_ms: int
    rungs: list[RungState]
    open: list[tuple[int, float, float, int]]


class Ladder:
    """All rungs of one signal of one application. `observe` takes a window's peak and mean at the window's end."""

    __slots__ = ("_horizons", "_last_ms", "_open", "_plan", "_span_ms", "rungs")

    def __init__(self, horizons: Sequence[Horizon], span_ms: int) -> None:
        self._horizons = tuple(horizons)
        self._span_ms = span_ms
        self._plan = plan_rungs(horizons, span_ms)
        self.rungs = [Rung(t) for t in self._plan.targets]
        self._last_ms = 0
        self._open: list[tuple[int, float, float, int]] = [(0, 0.0, 0.0, 0)] * (len(self.rungs) - 1)

    def observe(self, end_ms: int, peak: float, mean: float) -> None:
        """The next window, which ended at `end_ms`."""
        if self._last_ms and end_ms - self._last_ms > GAP * self._span_ms:
            self.rungs[0].interrupt()
        self._last_ms = end_ms
        self.rungs[0].observe(peak, mean)
        for i, step_ms in enumerate(self._plan.steps_ms[1:]):
            bucket = end_ms // step_ms
            at, high, total, count = self._open[i]
            if count and bucket != at:
                self.rungs[i + 1].observe(high, total / count)
                if bucket - at > GAP:
                    self.rungs[i + 1].interrupt()
                count = 0
            self._open[i] = (bucket, max(high, peak), total + mean, count + 1) if count else (bucket, peak, mean, 1)

    def head(self, horizon: int) -> Head:
        """The head that serves the `horizon`-th of the horizons asked for."""
        rung, place = self._plan.places[horizon]
        return self.rungs[rung].heads[place]

    def ready(self, horizon: int) -> bool:
        """Whether that head has issued a forecast."""
        return self.rungs[self._plan.places[horizon][0]].steps > 0

    def dump(self) -> LadderState:
        """The ladder as numbers."""
        return LadderState(self._span_ms, self._last_ms, [r.dump() for r in self.rungs], self._open)

    @classmethod
    def load(cls, horizons: Sequence[Horizon], state: LadderState) -> Ladder:
        """A ladder as it was dumped."""
        ladder = cls(horizons, state.span_ms)
        ladder._last_ms = state.last_ms
        ladder.rungs = [Rung.load(t, s) for t, s in zip(ladder._plan.targets, state.rungs, strict=True)]
        ladder._open = [(a, b, c, d) for a, b, c, d in state.open]
        return ladder
