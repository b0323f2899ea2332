"""The forecast of one target: experts mixed for its centre, and quantiles around it from what came before."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from foretide.streams.forecasting.experts import LAST, NAMES
from foretide.streams.forecasting.linear import CLIP, LinearHead, LinearState
from foretide.streams.forecasting.mixture import FADE, Mixture
from foretide.streams.forecasting.targets import LEVELS, Target
from foretide.streams.forecasting.window import Window

MEMORY: Final = 96
"""Outcomes that quantiles are taken from: enough for a .99 that is near the largest, few enough to follow a change."""

KNOWN: Final = 10
"""Outcomes that must be known before quantiles are taken from them; before that they are guessed from the scale."""

GUESS: Final = (0.0, 2.0, 3.0, 5.0)
"""Quantiles of the unknown, in units of the scale (the mean size of a change) above the centre."""

COVERAGE_FADE: Final = 0.98


class Step(msgspec.Struct, array_like=True, frozen=True):
    """What a rung knows at a step: the latest value, its scale, the scaled features, the references' forecasts."""

    last: float
    scale: float
    features: dict[int, float]
    references: list[float]


class Pending(msgspec.Struct, array_like=True, frozen=True):
    """A forecast whose outcome is not known yet; what it was made from is the rung's step of the same time.

    `upper` holds the .9 quantiles of the two ways to spread, empty while too little is known.
    """

    linear: float
    centre: float
    upper: tuple[float, ...]
    q90: float


class HeadState(msgspec.Struct, array_like=True, frozen=True):
    """A head as numbers."""

    linear: LinearState
    centre: tuple[list[float], list[float], int]
    spread: tuple[list[float], list[float], int]
    residuals: tuple[bytes, int]
    outcomes: tuple[bytes, int]
    covered: float
    pinball: tuple[float, float]
    pending: list[Pending]
    quantiles: list[float]


class Head:
    """One target of one rung. `step` settles what has become known and issues the next forecast."""

    __slots__ = (
        "_centre",
        "_linear",
        "_outcomes",
        "_pending",
        "_pinball",
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
        self._pinball = (0.0, 0.0)
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

    @property
    def pinball_ratio(self) -> float | None:
        """The recent pinball loss of the .9 quantile relative to last value's; None as for `relative_loss`."""
        own, last = self._pinball
        return own / last if self.known >= KNOWN and last > 0.0 else None

    def interrupt(self) -> None:
        """Time was lost: the outcomes of what is pending will never be known."""
        self._pending.clear()

    def settle(self, steps: Sequence[Step], peaks: Sequence[float], means: Sequence[float]) -> None:
        """A step has passed: learn from the forecast that it completes. `steps` are those before, newest last."""
        if len(self._pending) < self.target.steps:
            return
        was, made = self._pending.popleft(), steps[-self.target.steps]
        outcome = self.target.outcome(peaks, means)
        self._centre.learn([abs(outcome - e) for e in (*made.references, was.linear)])
        if was.upper:
            self._spread.learn([_pinball(outcome - q, LEVELS[1]) for q in was.upper])
        own, last = self._pinball
        self._pinball = (
            FADE * own + _pinball(outcome - was.q90, LEVELS[1]),
            FADE * last + _pinball(outcome - made.references[LAST], LEVELS[1]),
        )
        hit = 1.0 if outcome <= was.q90 else 0.0
        self.covered = COVERAGE_FADE * self.covered + (1 - COVERAGE_FADE) * hit if self.known > 1 else LEVELS[1]
        self._residuals.add(outcome - was.centre)
        self._outcomes.add(outcome)
        self._linear.learn(made.features, min(max((outcome - made.last) / made.scale, -CLIP), CLIP))

    def issue(self, step: Step) -> None:
        """Forecast from here; `quantiles` holds it until the next step."""
        linear = step.last + step.scale * min(max(self._linear.predict(step.features), -CLIP), CLIP)
        centre = self._centre.mix([*step.references, linear])
        upper: tuple[float, ...] = ()
        if len(self._residuals) >= KNOWN:
            around = [centre + r for r in self._residuals.quantiles(LEVELS)]
            before = self._outcomes.quantiles(LEVELS)
            upper = (around[1], before[1])
            share, rest = self._spread.weights
            row = [share * a + rest * b for a, b in zip(around, before, strict=True)]
        else:
            row = [centre + g * step.scale for g in GUESS]
        row[0] = centre
        for i in range(1, len(LEVELS)):
            if row[i] < row[i - 1]:
                row[i] = row[i - 1]
        self.quantiles = row
        self._pending.append(Pending(linear, centre, upper, row[1]))

    def dump(self) -> HeadState:
        """The head as numbers."""
        return HeadState(
            linear=self._linear.dump(),
            centre=self._centre.dump(),
            spread=self._spread.dump(),
            residuals=self._residuals.dump(),
            outcomes=self._outcomes.dump(),
            covered=self.covered,
            pinball=self._pinball,
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
        head._pinball = state.pinball
        head.quantiles = list(state.quantiles)
        return head


def _pinball(error: float, level: float) -> float:
    return max(level * error, (level - 1) * error)
