"""Which forecasts a planner needs to hear of: those that could change a plan.

The classes are the planner's own, from its own functions: the quantiles, margins and horizons of `Sizing`. What rises
is told at once. What falls is told when it has fallen by `slack` and the last event is `hold_ms` old: a planner steps
down after much longer anyway, and usage that swings about an edge must not fill the pool's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from foretide.schemas.messages import ForecastEvent
from foretide.schemas.slices import MIG_80GB
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.sizing import Need, class_to_lower, class_to_raise, need_of
from foretide.streams.planning.sizing.evidence import climb, reached
from foretide.streams.profiling.settings import GateSettings

Why = Literal["first", "class", "margin", "age"]

_LAYOUT: Final = Layout(MIG_80GB)


class GateState(msgspec.Struct, array_like=True):
    """What the planner heard last: when; the classes to raise and to lower to; the compute and memory to raise to;
    and `near`, one bit for each of these two and of the last values that is close to the edge of the class."""

    sent_ms: int = -1
    raised: int = 0
    lowered: int = 0
    compute: float = 0.0
    memory: float = 0.0
    near: int = 0
    learning: bool = True
    first_ms: int = -1
    stairs: dict[str, list[tuple[int, float]]] = msgspec.field(default_factory=dict)

    def reach(self, at_ms: int, peaks: Mapping[str, float]) -> dict[str, list[tuple[float, float]]]:
        """Take in the largest samples of the newest window, by signal; what was reached, as the forecast tells it."""
        if self.first_ms < 0:
            self.first_ms = at_ms
        for signal, value in peaks.items():
            climb(self.stairs.setdefault(signal, []), at_ms, value)
        return {signal: reached(stairs, at_ms) for signal, stairs in self.stairs.items()}

    def watched_seconds(self, at_ms: int) -> float:
        """For how long there have been samples."""
        return (at_ms - self.first_ms) / 1000


def why_send(state: GateState, forecast: ForecastEvent, settings: GateSettings) -> Why | None:
    """Why `forecast` should be sent (its own `why` is not looked at), or None; a yes is remembered."""
    need = need_of(forecast, settings.sizing)
    why = _why(state, forecast, need, settings)
    if why is not None:
        state.sent_ms, state.learning = forecast.at_ms, forecast.learning
        state.raised, state.lowered = class_to_raise(_LAYOUT, need), class_to_lower(_LAYOUT, need)
        state.compute, state.memory = need.raise_compute, need.raise_memory
        state.near = _near(need, state.raised, settings.edge)
    return why


def _why(state: GateState, forecast: ForecastEvent, need: Need, settings: GateSettings) -> Why | None:
    if state.sent_ms < 0:
        return "first"
    if forecast.learning != state.learning:
        return "class"
    if class_to_raise(_LAYOUT, need) > state.raised or class_to_lower(_LAYOUT, need) > state.lowered:
        return "class"
    if _near(need, state.raised, settings.edge) & ~state.near or _moved(state, need, settings.margin) > 0:
        return "margin"
    age = forecast.at_ms - state.sent_ms
    if age >= settings.hold_ms:
        least = need.scaled(1.0 + settings.slack)
        if class_to_raise(_LAYOUT, least) < state.raised or class_to_lower(_LAYOUT, least) < state.lowered:
            return "class"
        if state.near & ~_near(least, state.raised, settings.edge) or _moved(state, need, settings.margin) < 0:
            return "margin"
    return "age" if age >= settings.age_ms else None


def _near(need: Need, rank: int, edge: float) -> int:
    """The bits of `GateState.near`. Above the largest class there is nothing to come near to."""
    if rank == _LAYOUT.last:
        return 0
    compute, memory = edge * _LAYOUT.compute[rank], edge * _LAYOUT.bytes[rank]
    return (
        (need.raise_compute >= compute)
        | (need.raise_memory >= memory) << 1
        | (need.used_compute >= compute) << 2
        | (need.used_memory >= memory) << 3
    )


def _moved(state: GateState, need: Need, margin: float) -> int:
    """1 if a need has risen by the margin, -1 if none has and one has fallen by it. A change of a need below the
    smallest class counts as a share of that class."""
    moves = [
        (new - old) / max(old, least)
        for new, old, least in (
            (need.raise_compute, state.compute, _LAYOUT.compute[0]),
            (need.raise_memory, state.memory, _LAYOUT.bytes[0]),
        )
    ]
    return 1 if max(moves) > margin else -1 if min(moves) < -margin else 0
