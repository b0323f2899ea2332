"""A glance never overlooks what a whole look would tell, and sees what a whole forecast says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from foretide.schemas.messages import ForecastEvent, Quantiles, RecordRef, SignalNeed
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.units import GIB
from foretide.streams.planning.sizing import need_of
from foretide.streams.profiling.answers import forecast_event
from foretide.streams.profiling.gate import GateState, Glance, worth_a_look
from foretide.streams.profiling.glance import Glancing
from foretide.streams.profiling.settings import GateSettings
from foretide.streams.profiling.survey import survey
from support.gate import glances, why_send
from support.pools import HORIZONS, POOL
from support.profiles import profiles

LOOKING = replace(GateSettings(), look_ms=0)

amounts = st.tuples(st.floats(0.0, 1.2), st.floats(0.0, 80.0), st.floats(0.0, 1.0), st.floats(0.0, 80.0))


def event(at_ms: int, compute: float, memory: float, used: float, held: float, learning: bool) -> ForecastEvent:
    """A forecast whose peaks grow with the horizon."""

    def peak(value: float, i: int) -> Quantiles:
        return Quantiles(q50=value, q90=value * (1.1 + 0.1 * i), q95=value * (1.2 + 0.1 * i), q99=value * 2.0)

    return ForecastEvent(
        id=f"f-{at_ms}", pool=POOL, at_ms=at_ms, app="app", learning=learning, why="age",
        needs=[
            SignalNeed(signal=signal, horizon_seconds=seconds, peak=peak(value, i))
            for signal, value in ((SM_RATIO, compute), (GPU_MEMORY, memory * GIB))
            for i, seconds in enumerate(HORIZONS)
        ],
        last={SM_RATIO: used, GPU_MEMORY: held * GIB},
        based_on=RecordRef(topic="telemetry.v1", partition=0, offset=0),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 900_000), amounts, st.booleans()), min_size=1, max_size=25))
def test_with_a_glance_first_the_same_is_sent(steps: list[tuple[int, tuple[float, ...], bool]]) -> None:
    always, glancing = GateState(), GateState()
    at_ms = 0
    for passed, (compute, memory, used, held), learning in steps:
        at_ms += passed
        forecast = event(at_ms, compute, memory, used, held, learning)
        need = need_of(forecast, LOOKING.sizing)
        a, b, c, d, e, f, *_ = need.amounts
        seen = Glance(at_ms, learning, a, b, c, d, e, f, used)
        expected = why_send(always, forecast, LOOKING)
        found = why_send(glancing, forecast, LOOKING) if worth_a_look(glancing, seen, LOOKING) else None
        assert found == expected


@pytest.mark.parametrize("length", [1, 4, 60])
def test_a_glance_has_the_amounts_that_the_whole_forecast_states(length: int) -> None:
    (profile,) = profiles([length])
    # What memory has reached lately a glance does not show: that falls only.
    sizing = changed(GateSettings().sizing, memory_hold_seconds=0.0)
    forecast = forecast_event(profile, POOL, RecordRef(topic="telemetry.v1", partition=0, offset=0), "age")
    assert forecast is not None
    (seen,), need = glances([profile], Glancing(profile.settings.horizons, sizing)), need_of(forecast, sizing)
    told = [seen.raise_compute, seen.raise_memory, seen.lower_compute, seen.lower_memory]
    told += [seen.used_compute, seen.used_memory]
    assert told == pytest.approx(list(need.amounts[:6]), rel=1e-5)
    assert seen.peak_compute == profile.signals[SM_RATIO].peak


def test_it_is_the_same_whether_many_were_surveyed_together_or_not() -> None:
    known = profiles([1, 30, 70])
    glancing = Glancing(known[0].settings.horizons, GateSettings().sizing)
    alone = [glances([profile], glancing)[0] for profile in known]
    assert glances(known, glancing) == alone
    surveyed = [seen for profile in known for seen in survey(profile.signals.values())]
    assert glancing(known, surveyed).tolist() == [list(seen) for seen in alone]


def test_a_signal_that_there_is_not_needs_nothing() -> None:
    whole, part = profiles([30]), profiles([30])
    del part[0].signals[GPU_MEMORY]
    glancing = Glancing(whole[0].settings.horizons, GateSettings().sizing)
    (seen,) = glances(whole, glancing)
    assert seen.raise_memory > 0.0 < seen.used_memory
    assert glances(part, glancing) == [seen._replace(raise_memory=0.0, lower_memory=0.0, used_memory=0.0)]
