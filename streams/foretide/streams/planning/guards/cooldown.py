"""It changed a short time ago."""

from __future__ import annotations

from foretide.streams.planning import explain
from foretide.streams.planning.guards.base import Binding, Wish
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState


def cooldown(state: PoolState, app: App, wish: Wish) -> Binding | None:
    """Binds until the cooldown since the last change is over; a full slice has one of its own, and neither the way back
    nor an application that ran out of memory has any."""
    if app.changed_ms < 0 or wish.back or wish.evidence == "oom":
        return None
    sizing = state.policy.sizing
    seconds = sizing.urgent_cooldown_seconds if wish.evidence == "full" else sizing.cooldown_seconds
    until = app.changed_ms + int(seconds * 1000)
    if state.clock_ms >= until:
        return None
    left = explain.minutes(until - state.clock_ms)
    reason = f"{wish.reason}; it last changed {explain.minutes(seconds * 1000)} ago or less, {left} to go"
    return Binding("cooldown", reason, until)
