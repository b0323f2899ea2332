"""Which forecasts a planner needs to hear of: those that could change a plan."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.slices import MIG_80GB
from foretide.streams.profiling.settings import GateSettings

Why = Literal["first", "class", "margin", "age"]

NO_CLASS: Final = -1


class GateState(msgspec.Struct, array_like=True):
    """What the planner heard last: when, of which class (its place among the profiles), and the needs by signal."""

    sent_ms: int = -1
    size: int = NO_CLASS
    needs: list[float] = msgspec.field(default_factory=list)
    learning: bool = True


def class_of(needs: dict[str, float]) -> int:
    """The place of the smallest slice that covers the needs; the largest one if none does."""
    compute, memory = needs.get(SM_RATIO, 0.0), needs.get(GPU_MEMORY, 0.0)
    for i, profile in enumerate(MIG_80GB.profiles):
        if MIG_80GB.compute_ratio(profile) >= compute and MIG_80GB.profile_bytes(profile) >= memory:
            return i
    return len(MIG_80GB.profiles) - 1


def why_send(
    state: GateState, at_ms: int, needs: dict[str, float], learning: bool, settings: GateSettings
) -> Why | None:
    """Why the forecast of `needs` (one quantile a signal) should be sent now, or None; a yes is remembered."""
    size, values = class_of(needs), list(needs.values())
    if state.sent_ms < 0:
        why: Why | None = "first"
    elif size != state.size or learning != state.learning:
        why = "class"
    elif len(values) != len(state.needs) or any(
        abs(new - old) > settings.margin * max(abs(old), 1e-12) for new, old in zip(values, state.needs, strict=True)
    ):
        # Below a class's least a change of need changes nothing.
        why = "margin" if size > 0 else None
    else:
        why = None
    if why is None and at_ms - state.sent_ms >= settings.age_ms:
        why = "age"
    if why is not None:
        state.sent_ms, state.size, state.needs, state.learning = at_ms, size, values, learning
    return why
