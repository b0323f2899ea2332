"""Deviations: how unlikely what was seen is, for how long, in which direction.

The bounds are quantiles, but how often an application leaves them is learnt from its own windows, each side apart: how
often it goes out, and how often it then stays out. Where quantiles are a little off, or windows outside come in
clusters, the same run of windows is weaker evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.profiling.settings import DeviationSettings

TAIL: Final = 1.0 - LEVELS[-1]
"""The share of windows beyond a bound if the quantiles are right; of those after one outside, if nothing clusters."""
PRIOR_ENTERS: Final = 50.0
"""Windows inside that this stands for before any were seen."""
PRIOR_STAYS: Final = 5.0
"""Windows after one outside that it stands for: clusters are common, so this soon gives way."""
FADE: Final = 0.999
"""What was learnt has a half-life of 700 windows inside."""


class Side(msgspec.Struct, array_like=True):
    """What is learnt of one side, faded counts: windows in which it was entered, windows after one outside (`after`),
    and those of them that were outside too (`stayed`)."""

    entered: float = 0.0
    after: float = 0.0
    stayed: float = 0.0


class DeviationState(msgspec.Struct, array_like=True):
    """Where one signal's evidence stands. `run` counts windows outside (above positive, below negative), `chance` is
    how likely such a run is, `counted` how many of its windows are not put down to a deviation. `inside` counts windows
    in a row inside, `inner` all that something could have been entered from (faded)."""

    run: int = 0
    inside: int = 0
    active: int = 0
    since_ms: int = 0
    chance: float = 1.0
    counted: int = 0
    inner: float = 0.0
    above: Side = msgspec.field(default_factory=Side)
    below: Side = msgspec.field(default_factory=Side)


@dataclass(frozen=True, slots=True)
class Departure:
    """A deviation that has started or ended."""

    state: Literal["started", "ended"]
    direction: Literal["above", "below"]
    probability: float
    lasted_seconds: float


def direction_of(value: float, expected: Sequence[float], settings: DeviationSettings) -> int:
    """1 above, -1 below, 0 inside what was expected (the quantiles at LEVELS, issued one step before).

    The lower bound mirrors the upper one about the median: the forecast keeps no lower quantiles.
    """
    median, top = expected[0], expected[-1]
    if settings.relative is not None:
        reach = settings.relative * max(abs(median), 1e-12)
        return (value > median + reach) - (value < median - reach)
    return (value > top) - (value < median - (top - median))


def weigh(
    state: DeviationState,
    at_ms: int,
    value: float,
    expected: Sequence[float],
    settings: DeviationSettings,
    *,
    learning: bool = False,
) -> Departure | None:
    """Take one window in; the departure that starts or ends with it, if one does. While `learning` none starts.

    The probability of a start is that of so many windows in a row outside on that side, as this signal goes out and
    stays out otherwise; that of an end is 1.
    """
    side = direction_of(value, expected, settings)
    if state.run and (side > 0) - (side < 0) != (state.run > 0) - (state.run < 0):
        _learn_run(state)
    if side == 0:
        return _inside(state, at_ms, settings)
    state.inside = 0
    if not state.run:
        if not state.active:
            state.since_ms = at_ms
        state.chance, state.counted = _entering(state, side), 0
    else:
        state.chance *= _staying(state, side)
    state.run += side
    if state.active:
        return None
    state.counted = abs(state.run)
    enough = settings.relative is not None or state.chance <= settings.chance
    if learning or abs(state.run) < settings.windows or not enough:
        return None
    state.active = side
    return Departure("started", _name(side), state.chance, (at_ms - state.since_ms) / 1000)


def _inside(state: DeviationState, at_ms: int, settings: DeviationSettings) -> Departure | None:
    if not state.active:
        pass_usual(state, 1)
        return None
    state.inside += 1
    if state.inside < settings.windows:
        return None
    ended = Departure("ended", _name(state.active), 1.0, (at_ms - state.since_ms) / 1000)
    state.active = 0
    return ended


def pass_usual(state: DeviationState, windows: int) -> None:
    """Take so many windows in a row in that were as usual."""
    above, below = state.above, state.below
    inner, a, b, c = state.inner, above.entered, above.after, above.stayed
    d, e, f = below.entered, below.after, below.stayed
    for _ in range(windows):  # one by one: a power would round otherwise
        inner = FADE * inner + 1.0
        a *= FADE
        b *= FADE
        c *= FADE
        d *= FADE
        e *= FADE
        f *= FADE
    state.inside += windows
    state.inner, above.entered, above.after, above.stayed = inner, a, b, c
    below.entered, below.after, below.stayed = d, e, f


def _learn_run(state: DeviationState) -> None:
    """A run has ended: what it teaches is how often such runs come and last. Of one that became a deviation only the
    windows before it was called so count, and of windows within a deviation none: those are not as usual."""
    if state.counted:
        side = _side(state, state.run)
        side.entered += 1.0
        side.after += state.counted
        side.stayed += state.counted - 1
    state.run, state.counted, state.chance = 0, 0, 1.0


def _entering(state: DeviationState, side: int) -> float:
    """How likely a window is outside on that side after one that was not."""
    entered = _side(state, side).entered
    return min(1.0, (entered + TAIL * PRIOR_ENTERS) / (state.inner + PRIOR_ENTERS))


def _staying(state: DeviationState, side: int) -> float:
    """How likely the window after one outside is outside too."""
    learnt = _side(state, side)
    return (learnt.stayed + TAIL * PRIOR_STAYS) / (learnt.after + PRIOR_STAYS)


def _side(state: DeviationState, side: int) -> Side:
    return state.above if side > 0 else state.below


def _name(side: int) -> Literal["above", "below"]:
    return "above" if side > 0 else "below"
