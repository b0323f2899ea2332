"""How far an application can move before its planner could want to hear of it.

That changes only when the planner was told or a whole forecast was weighed, so it is kept from window to window, in a
few bytes: with most of them one comparison is all, and that is made for all applications at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import inf, nextafter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting.view import Doubles
from foretide.streams.planning.layout import layout_named
from foretide.streams.profiling.gate import GateState, Glance
from foretide.streams.profiling.settings import GateSettings

SAFE: Final = 1.0 - 1e-9
"""A need may have moved by the margin this close below it: rounding must never hide that."""

ALWAYS: Final = Glance(-1, False, *[-inf] * 7)
"""Limits that nothing is below."""


def packed(limits: Glance) -> bytes:
    """The limits as they are kept with an application."""
    return array("d", limits).tobytes()


def quiet(seen: Doubles, limits: Iterable[bytes]) -> list[bool]:
    """Whether all that was `seen` (applications, fields of `Glance`) of each application is below its `packed` limits:
    then `worth_a_look` would say no."""
    below: NDArray[np.bool_] = np.all(seen < np.frombuffer(b"".join(limits)).reshape(seen.shape), axis=1)
    found: list[bool] = below.tolist()
    return found


def limits_of(state: GateState, settings: GateSettings) -> Glance:
    """The limits while the gate is in this state."""
    if state.sent_ms < 0 or state.learning:
        return ALWAYS  # that learning has ended is no matter of limits
    of = layout_named(settings.geometry)
    may_fall_ms = max(state.sent_ms + settings.hold_ms, state.looked_ms + settings.look_ms)
    raise_compute = used_compute = _above(of.compute, state.raised)
    raise_memory = used_memory = _above(of.bytes, state.raised)
    if state.raised < of.last:
        compute, memory = settings.edge * of.compute[state.raised], settings.edge * of.bytes[state.raised]
        near = state.near
        raise_compute = min(raise_compute, inf if near & 1 else compute)
        raise_memory = min(raise_memory, inf if near & 2 else memory)
        used_compute = min(used_compute, inf if near & 4 else compute)
        used_memory = min(used_memory, inf if near & 8 else memory)
    moved_compute = state.compute + settings.margin * max(state.compute, of.compute[0])
    moved_memory = state.memory + settings.margin * max(state.memory, of.bytes[0])
    return Glance(
        at_ms=min(state.sent_ms + settings.age_ms, may_fall_ms),
        learning=True,
        raise_compute=min(raise_compute, SAFE * moved_compute),
        raise_memory=min(raise_memory, SAFE * moved_memory),
        lower_compute=_above(of.compute, state.lowered),
        lower_memory=_above(of.bytes, state.lowered),
        used_compute=used_compute,
        used_memory=used_memory,
        peak_compute=_above(of.compute, state.lowered),
    )


def _above(sizes: tuple[float, ...] | tuple[int, ...], rank: int) -> float:
    """The least amount that does not fit a class; none is too much for the largest."""
    return nextafter(float(sizes[rank]), inf) if rank < len(sizes) - 1 else inf
