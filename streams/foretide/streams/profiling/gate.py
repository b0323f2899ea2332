"""Which forecasts a planner needs to hear of: those that could change a plan.

The classes are the planner's own, from its own functions: the quantiles, margins and horizons of `Sizing`. What rises
is told at once. What falls is told when it has fallen by `slack` and the last event is `hold_ms` old: a planner steps
down after much longer anyway, and usage that swings about an edge must not fill the pool's log.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from foretide.streams.planning.layout import Layout, layout_named
from foretide.streams.planning.sizing import Need, class_to_lower, class_to_raise
from foretide.streams.planning.sizing.evidence import climb, reached
from foretide.streams.profiling.settings import GateSettings

Why = Literal["first", "class", "margin", "age"]


class GateState(msgspec.Struct, array_like=True):
    """What the planner heard last: when; the classes to raise and to lower to; the compute and memory to raise to;
    and `near`, one bit for each of these two and of the last values that is close to the edge of the class. `looked_ms`
    is when a whole forecast was last weighed."""

    sent_ms: int = -1
    raised: int = 0
    lowered: int = 0
    compute: float = 0.0
    memory: float = 0.0
    near: int = 0
    learning: bool = True
    looked_ms: int = -1
    first_ms: int = -1
    stairs: dict[str, list[tuple[int, float]]] = msgspec.field(default_factory=dict)

    def reach(self, at_ms: int, signal: str, peak: float) -> None:
        """Take in the largest sample of a signal in the newest window."""
        if self.first_ms < 0:
            self.first_ms = at_ms
        stairs = self.stairs.get(signal)
        if stairs is None:
            stairs = self.stairs[signal] = []
        climb(stairs, at_ms, peak)

    def reached(self, at_ms: int) -> dict[str, list[tuple[float, float]]]:
        """What was reached lately, as the forecast tells it."""
        return {signal: reached(stairs, at_ms) for signal, stairs in self.stairs.items()}

    def watched_seconds(self, at_ms: int) -> float:
        """For how long there have been samples."""
        return (at_ms - self.first_ms) / 1000


class Glance(NamedTuple):
    """What of a window can be seen without a whole forecast: the amounts of `Need`, and the largest sample of compute.
    A dimension without a forecast needs 0. As a row of an array all of them are plain numbers."""

    at_ms: int
    learning: bool
    raise_compute: float
    raise_memory: float
    lower_compute: float
    lower_memory: float
    used_compute: float
    used_memory: float
    peak_compute: float


def worth_a_look(state: GateState, now: Glance, settings: GateSettings) -> bool:
    """Whether `why_tell` could find a reason: it costs many times more than this, and mostly finds none.

    What rises shows in the glance: without a rise there, and no sample above the class to lower to, no class rises.
    What falls is looked for every `look_ms` once it may be told at all.
    """
    if state.sent_ms < 0 or now.learning != state.learning:
        return True
    age = now.at_ms - state.sent_ms
    if age >= settings.age_ms or (age >= settings.hold_ms and now.at_ms - state.looked_ms >= settings.look_ms):
        return True
    of = layout_named(settings.geometry)
    return not (
        _fits(of, max(now.raise_compute, now.used_compute), max(now.raise_memory, now.used_memory), state.raised)
        and _fits(of, max(now.lower_compute, now.peak_compute), now.lower_memory, state.lowered)
        and not _near(of, now, state.raised, settings.edge) & ~state.near
        and _moved(of, state, now, settings.margin) <= 0
    )


def _fits(of: Layout, compute: float, memory: float, rank: int) -> bool:
    return rank >= of.last or (compute <= of.compute[rank] and memory <= of.bytes[rank])


def why_tell(state: GateState, need: Need, at_ms: int, learning: bool, settings: GateSettings) -> Why | None:
    """Why a forecast that states this `need` should be sent at this time, or None; a yes is remembered. Whether the
    application is `learning` counts too."""
    of = layout_named(settings.geometry)
    why = _why(of, state, need, at_ms, learning, settings)
    state.looked_ms = at_ms
    if why is not None:
        state.sent_ms, state.learning = at_ms, learning
        state.raised, state.lowered = class_to_raise(of, need), class_to_lower(of, need)
        state.compute, state.memory = need.raise_compute, need.raise_memory
        state.near = _near(of, need, state.raised, settings.edge)
    return why


def _why(of: Layout, state: GateState, need: Need, at_ms: int, learning: bool, settings: GateSettings) -> Why | None:
    if state.sent_ms < 0:
        return "first"
    if learning != state.learning:
        return "class"
    if class_to_raise(of, need) > state.raised or class_to_lower(of, need) > state.lowered:
        return "class"
    if _near(of, need, state.raised, settings.edge) & ~state.near or _moved(of, state, need, settings.margin) > 0:
        return "margin"
    age = at_ms - state.sent_ms
    if age >= settings.hold_ms:
        least = need.scaled(1.0 + settings.slack)
        if state.raised and class_to_raise(of, least) < state.raised:
            return "class"
        if state.lowered and class_to_lower(of, least) < state.lowered:
            return "class"
        if state.near & ~_near(of, least, state.raised, settings.edge) or _moved(of, state, need, settings.margin) < 0:
            return "margin"
    return "age" if age >= settings.age_ms else None


def _near(of: Layout, need: Need | Glance, rank: int, edge: float) -> int:
    """The bits of `GateState.near`. Above the largest class there is nothing to come near to."""
    if rank >= of.last:
        return 0
    compute, memory = edge * of.compute[rank], edge * of.bytes[rank]
    return (
        (need.raise_compute >= compute)
        | (need.raise_memory >= memory) << 1
        | (need.used_compute >= compute) << 2
        | (need.used_memory >= memory) << 3
    )


def _moved(of: Layout, state: GateState, need: Need | Glance, margin: float) -> int:
    """1 if a need has risen by the margin, -1 if none has and one has fallen by it. A change of a need below the
    smallest class counts as a share of that class."""
    compute = (need.raise_compute - state.compute) / max(state.compute, of.compute[0])
    memory = (need.raise_memory - state.memory) / max(state.memory, of.bytes[0])
    return 1 if max(compute, memory) > margin else -1 if min(compute, memory) < -margin else 0
