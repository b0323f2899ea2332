"""What an application needs as its planner would read it from a whole forecast, without the forecast being made.

Most looks at an application find nothing worth telling; only then a message is made.
"""

from __future__ import annotations

import math
from typing import Final

from foretide.schemas.messages import Sizing
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.planning.sizing import Need
from foretide.streams.planning.sizing.evidence import Evidence, reached
from foretide.streams.profiling.gate import Glance
from foretide.streams.profiling.profile import ApplicationProfile

_HUGE: Final = 1e30
"""Amounts beyond this a planner takes as this."""


def need_now(profile: ApplicationProfile, seen: Glance, sizing: Sizing) -> Need:
    """What `need_of` says of the profile's forecast event; `seen` is the glance at it under the same `sizing`."""
    state, at_ms = profile.gate, profile.last_ms
    compute, memory = profile.signals.get(SM_RATIO), profile.signals.get(GPU_MEMORY)
    held = Evidence(tuple(reached(state.stairs.get(GPU_MEMORY, ()), at_ms))).highest(sizing.memory_hold_seconds)
    lower_compute = math.inf if compute is None else min(seen.lower_compute, _HUGE)
    lower_memory = math.inf if memory is None else min(max(seen.lower_memory, held), _HUGE)
    exact = Need(
        min(seen.raise_compute, _HUGE),
        min(seen.raise_memory, _HUGE),
        lower_compute,
        lower_memory,
        min(seen.used_compute, _HUGE),
        min(seen.used_memory, _HUGE),
        0.0 if memory is None else min(max(memory.last, 0.0), _HUGE),
        sizing.shortage_price,
        # A planner bounds these too; but readings are bounded when they are taken in, and times by the contract.
        Evidence(tuple(reached(state.stairs.get(SM_RATIO, ()), at_ms)), state.watched_seconds(at_ms)),
    )
    return Need.unpacked(exact.packed())
