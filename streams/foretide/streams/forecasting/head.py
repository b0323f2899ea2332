"""The forecast of one target: experts mixed for its centre, and quantiles around it from what came before."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from foretide.streams.forecasting.experts import LAST, NAMES
from foretide.streams.forecasting.linear import CLIP, LinearHead, LinearState
from foretide.streams.forecasting.mixture import Mixture
from foretide.streams.forecasting.targets import LEVELS, Target
from foretide.streams.forecasting.window import Window

MEMORY: Final = 96
"""Outcomes that quantiles are taken from: enough for a .99 that is near the largest, few enough to follow a change."""

KNOWN: Final = 10
"""Outcomes that must be known before quantiles are taken from them; before that they are guessed from the scale."""

GUESS: Final = (0.0, 2.0, 3.0, 5.0)
"""Quantiles of the unknown, in units of the scale (the mean size of a change) above the centre."""

COVERAGE_FADE: Final = 0.98


@dataclass(frozen=True, slots=True)
class Step:
    """What a rung knows at a step: the latest value, its scale, the scaled features, the references' forecasts."""

    last: float
    scale: float
    features: dict[int, float]
    references: Sequence[float]


class Pending(msgspec.Struct, array_like=True, frozen=True):
    """A forecast whose outcome is not known yet."""

    last: float
    scale: float
    features: list[float]
    experts: list[float]
    centre: float
    upper: list[list[float]]
    q90: float


class HeadState(msgspec.Struct, array_like=True, frozen=True):
    """A head as numbers."""

    linear: LinearState
    centre: tuple[list[float], list[float], int]
    spread: tuple[list[float], list[float], int]
    residuals: tuple[bytes, int]
    outcomes: tuple[bytes, int]
    covered: float
    pending: list[Pending]
    quantiles: list[float]


class Head:
    """One target of one rung. `step` settles what has become known and issues the next forecast."""

    __slots__ = (
        "_centre",
        "_linear",
        "_outcomes",
        "_pending",
        "_residuals",
        "_spread",
        "covered",
        "quantiles",
        "target",
    )

    def __init__(self, target: Target) -> None:
        self.target = target
        self._linear = LinearHead()
        self._centre = Mixture(len(NAMES))
        self._spread = Mixture(2)
        self._residuals = Window(MEMORY)
        self._outcomes = Window(MEMORY)
        self._pending: deque[Pending] = deque()
        self.covered = 0.0
        self.quantiles: list[float] = [0.0] * len(LEVELS)

    @property
    def known(self) -> int:
        """Outcomes known so far."""
        return self._centre.outcomes

    @property
    def winner(self) -> str:
        """The expert with the largest weight."""
        return NAMES[self._centre.winner()]

    @property
    def relative_loss(self) -> float | None:
        """The best expert's recent error relative to last value's; None while unknown, or if last value's is 0."""
        last = self._centre.losses[LAST]
        return min(self._centre.losses) / last if self.known >= KNOWN and last > 0.0 else None

    def interrupt(self) -> None:
        """Time was lost: the outcomes of what is pending will never be known."""
        self._pending.clear()

    def settle(self, peaks: Sequence[float], means: Sequence[float]) -> None:
        """A step has passed: learn from the forecast that it completes."""
        if len(self._pending) < self.target.steps:
            return
        was = self._pending.popleft()
        outcome = self.target.outcome(peaks, means)
        self._centre.learn([abs(outcome - e) for e in was.experts])
        if was.upper:
            self._spread.learn([_pinball(outcome - q[1], LEVELS[1]) for q in was.upper])
        self.covered = COVERAGE_FADE * self.covered + (1 - COVERAGE_FADE) * (outcome <= was.q90)
        if self.known == 1:
            self.covered = LEVELS[1]
        self._residuals.add(outcome - was.centre)
        self._outcomes.add(outcome)
        change = min(max((outcome - was.last) / was.scale, -CLIP), CLIP)
        self._linear.learn(dict(enumerate(was.features)), change)

    def issue(self, step: Step) -> None:
        """Forecast from here; `quantiles` holds it until the next step."""
        linear = step.last + step.scale * min(max(self._linear.predict(step.features), -CLIP), CLIP)
        experts = [*step.references, linear]
        centre = self._centre.mix(experts)
        upper: list[list[float]] = []
        if len(self._residuals) >= KNOWN:
            upper = [[centre + r for r in self._residuals.quantiles(LEVELS)], self._outcomes.quantiles(LEVELS)]
            self.quantiles = [self._spread.mix(pair) for pair in zip(*upper, strict=True)]
        else:
            self.quantiles = [centre + g * step.scale for g in GUESS]
        self.quantiles[0] = centre
        for i in range(1, len(LEVELS)):
            self.quantiles[i] = max(self.quantiles[i], self.quantiles[i - 1])
        self._pending.append(
            Pending(
                last=step.last,
                scale=step.scale,
                features=list(step.features.values()),
                experts=experts,
                centre=centre,
                upper=upper,
                q90=self.quantiles[1],
            )
        )

    def dump(self) -> HeadState:
        """The head as numbers."""
        return HeadState(
            linear=self._linear.dump(),
            centre=self._centre.dump(),
            spread=self._spread.dump(),
            residuals=self._residuals.dump(),
            outcomes=self._outcomes.dump(),
            covered=self.covered,
            pending=list(self._pending),
            quantiles=self.quantiles,
        )

    @classmethod
    def load(cls, target: Target, state: HeadState) -> Head:
        """A head as it was dumped."""
        head = cls(target)
        head._linear = LinearHead.load(state.linear)
        head._centre = Mixture.load(state.centre)
        head._spread = Mixture.load(state.spread)
        head._residuals = Window.load(MEMORY, state.residuals)
        head._outcomes = Window.load(MEMORY, state.outcomes)
        head._pending = deque(state.pending)
        head.covered = state.covered
        head.quantiles = list(state.quantiles)
        return head


def _pinball(error: float, level: float) -> float:
    return max(level * error, (level - 1) * error)
