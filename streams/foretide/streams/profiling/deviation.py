"""Deviations: how unlikely what was seen is, for how long, in which direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.profiling.settings import DeviationSettings

TAIL = 1.0 - LEVELS[-1]


class DeviationState(msgspec.Struct, array_like=True):
    """Where one signal's evidence stands. `run` counts windows outside (above positive, below negative)."""

    run: int = 0
    inside: int = 0
    active: int = 0
    since_ms: int = 0


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
    state: DeviationState, at_ms: int, value: float, expected: Sequence[float], settings: DeviationSettings
) -> Departure | None:
    """Take one window in; the departure that starts or ends with it, if one does.

    The probability is that of so many windows in a row outside, had the quantiles been right and the windows
    independent: 1 % for each.
    """
    side = direction_of(value, expected, settings)
    if side == 0:
        state.run = 0
        state.inside += 1
        if state.active and state.inside >= settings.windows:
            ended = Departure("ended", _name(state.active), 1.0, (at_ms - state.since_ms) / 1000)
            state.active = 0
            return ended
        return None
    state.inside = 0
    if side * state.run <= 0:
        state.run = 0
        if not state.active:
            state.since_ms = at_ms
    state.run += side
    if state.active or abs(state.run) < settings.windows:
        return None
    state.active = side
    return Departure("started", _name(side), TAIL ** abs(state.run), (at_ms - state.since_ms) / 1000)


def _name(side: int) -> Literal["above", "below"]:
    return "above" if side > 0 else "below"
