"""What an application needs when it has run out of memory: more than it had, whatever its forecast says."""

from __future__ import annotations

from typing import Final

from foretide.schemas.messages import ForecastEvent, OomEvent, RecordRef
from foretide.schemas.signals import GPU_MEMORY
from foretide.schemas.units import GIB, MIB
from foretide.streams.planning.records import App, Floor
from foretide.streams.planning.sizing import Need, need_of
from foretide.streams.planning.state import PoolState

LEAST_STEP_BYTES: Final = 100 * MIB
LEAST_STEP_RATIO: Final = 1.2
"""The next slice holds so much more than what was in use when memory ran out, at least, or so many times as much: the
rule of the Kubernetes vertical pod autoscaler. Where the use is not known, more than the slice that was held."""


def more_than(memory_bytes: float) -> float:
    """The memory to give after running out with `memory_bytes` in use."""
    return max(memory_bytes + LEAST_STEP_BYTES, memory_bytes * LEAST_STEP_RATIO)


def floor_after(state: PoolState, app: App, event: OomEvent) -> Floor | None:
    """The floor from now on; None if the event tells nothing: it is older than the present slice, and says not how much
    was in use."""
    held = None
    if app.held is not None and event.at_ms >= app.changed_ms:
        held = state.cards[app.held.card].layout.bytes[app.held.rank]
    if event.memory_bytes is None and held is None:
        return None
    used = event.memory_bytes or 0.0
    # An application that ran out below its slice's size was after more than was left: the slice itself is too small.
    memory = max(more_than(used), 0.0 if held is None else held + 1e-3 * GIB)
    if app.floor is not None and state.clock_ms < app.floor.until_ms:
        memory = max(memory, app.floor.memory)
    return Floor(memory, state.clock_ms + int(state.policy.probation.memory_floor_seconds * 1000))


def need_in_force(state: PoolState, app: App) -> Need | None:
    """What the application's forecast asks for, and never less memory than the floor."""
    floor = app.floor
    if floor is None or state.clock_ms >= floor.until_ms:
        return app.need
    # Without a forecast nobody knows what is in use: it counts as the floor, so that no bound takes it away.
    need = app.need or _unknown(state, app)._replace(last_memory=floor.memory)
    return need._replace(
        raise_memory=max(need.raise_memory, floor.memory),
        lower_memory=max(need.lower_memory, floor.memory),
        used_memory=max(need.used_memory, floor.memory),
    )


def ran_out(state: PoolState, app: App, memory_bytes: float) -> bool:
    """Whether a slice with so much memory is smaller than the floor."""
    return app.floor is not None and state.clock_ms < app.floor.until_ms and memory_bytes < app.floor.memory


def _unknown(state: PoolState, app: App) -> Need:
    """The need of an application without a forecast: it asks for nothing and forbids every step down."""
    nothing = ForecastEvent(
        id="none", pool=state.pool, at_ms=0, app=app.name, needs=[], last={GPU_MEMORY: 0.0}, learning=True,
        why="first", based_on=RecordRef(topic="none", partition=0, offset=0),
    )  # fmt: skip
    return need_of(nothing, state.policy.sizing)
