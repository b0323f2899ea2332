"""The need of the moment is the very one that a planner reads from the whole forecast."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from foretide.schemas.messages import RecordRef
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.planning.sizing import need_of
from foretide.streams.profiling import ApplicationProfile, ProfileSettings
from foretide.streams.profiling.answers import forecast_event
from foretide.streams.profiling.glance import Glancing
from foretide.streams.profiling.needing import need_now
from support.gate import glances
from support.profiles import profiles
from support.windows import window

REF = RecordRef(topic="telemetry.v1", partition=0, offset=0)
SIZING = ProfileSettings().gate.sizing
readings = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 1e29, -1e300, 1e300])


def agrees(profile: ApplicationProfile, hold_seconds: float) -> bool:
    sizing = changed(SIZING, memory_hold_seconds=hold_seconds)
    (seen,) = glances([profile], Glancing(profile.settings.horizons, sizing))
    return need_now(profile, seen, sizing) == need_of(forecast_event(profile, "pool", REF, "age"), sizing)


@pytest.mark.parametrize("length", [1, 4, 60])
@pytest.mark.parametrize("hold_seconds", [0.0, 30.0, 1e6])
def test_it_is_what_the_whole_forecast_states(length: int, hold_seconds: float) -> None:
    (profile,) = profiles([length])
    for place, (name, signal) in enumerate(profile.signals.items()):
        for i in range(6):
            profile.gate.reach(profile.last_ms - 10_000 * (6 - i), name, signal.high * (2.0 - 0.2 * i + place))
    assert agrees(profile, hold_seconds)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(readings, readings), min_size=1, max_size=8), st.sampled_from(["both", SM_RATIO, GPU_MEMORY]))
def test_whatever_was_read_of_which_signals(values: list[tuple[float, float]], told: str) -> None:
    profile = ApplicationProfile("app", ProfileSettings())
    for i, (compute, memory) in enumerate(values):
        every: dict[str, list[float | None]] = {SM_RATIO: [compute], GPU_MEMORY: [memory]}
        profile.observe(window({n: v for n, v in every.items() if told in ("both", n)}, sample=i))
        for name, signal in profile.signals.items():
            assert signal.peak is not None
            profile.gate.reach(profile.last_ms, name, signal.peak)
        assert agrees(profile, 1e6)
