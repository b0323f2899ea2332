"""What is quiet by its limits is never worth a look; and what is far from all limits is quiet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foretide.schemas.units import GIB
from foretide.streams.planning.layout import layout_named
from foretide.streams.profiling.gate import GateState, Glance, worth_a_look
from foretide.streams.profiling.quiet import ALWAYS, limits_of, packed, quiet
from foretide.streams.profiling.settings import GateSettings

GATE = GateSettings()
OF = layout_named(GATE.geometry)

EDGES = [*OF.compute, *(GATE.edge * c for c in OF.compute)]
shares = st.sampled_from([*EDGES, *(1.25 * c for c in EDGES)]) | st.floats(0.0, 1.2)
amounts = st.sampled_from([float(b) for b in OF.bytes]) | st.floats(0.0, 90.0 * GIB)
ranks = st.integers(0, OF.last)
states = st.builds(
    GateState,
    sent_ms=st.integers(-1, 10**6),
    raised=ranks,
    lowered=ranks,
    compute=shares,
    memory=amounts,
    near=st.integers(0, 15),
    learning=st.booleans(),
    looked_ms=st.integers(0, 10**6),
)
glances = st.builds(
    Glance,
    st.integers(10**6, 2 * 10**6),
    st.booleans(),
    shares,
    amounts,
    shares,
    amounts,
    shares,
    amounts,
    st.floats(-0.1, 1.2),
)


def is_quiet(seen: Glance, limits: Glance) -> bool:
    """Of one application beside another one that is never quiet."""
    found, never = quiet(np.array([seen, seen], dtype=np.float64), [packed(limits), packed(ALWAYS)])
    assert not never
    return found


@settings(max_examples=500, deadline=None)
@given(states, glances, st.sampled_from([0.0, 1e-12, 0.25, 3.0]))
@example(
    GateState(sent_ms=10**6, learning=False, raised=2, lowered=2, compute=0.2),
    Glance(10**6, False, 0.25, 0.0, 0.1, 0.0, 0.1, 0.0, 0.1),
    0.25,
)
def test_what_is_quiet_is_not_worth_a_look(state: GateState, seen: Glance, margin: float) -> None:
    gate = replace(GATE, margin=margin)
    if is_quiet(seen, limits_of(state, gate)):
        assert not worth_a_look(state, seen, gate)


@settings(max_examples=300, deadline=None)
@given(states, glances, st.floats(0.0, 0.2))
def test_what_stays_well_below_is_quiet(state: GateState, seen: Glance, share: float) -> None:
    state.sent_ms, state.learning = max(state.sent_ms, 0), False
    compute, memory = share * OF.compute[0], share * OF.bytes[0]
    calm = Glance(state.sent_ms, False, compute, memory, compute, memory, compute, memory, compute)
    assert not worth_a_look(state, calm, GATE)
    assert is_quiet(calm, limits_of(state, GATE))


def test_time_alone_ends_the_quiet_when_a_look_is_due() -> None:
    state = GateState(sent_ms=1000, looked_ms=1000, learning=False)
    calm = Glance(0, False, 0.01, 0.0, 0.01, 0.0, 0.01, 0.0, 0.01)
    for at_ms in (1000, 1000 + GATE.hold_ms - 1, 1000 + GATE.hold_ms, 1000 + GATE.age_ms):
        seen = calm._replace(at_ms=at_ms)
        assert is_quiet(seen, limits_of(state, GATE)) is not worth_a_look(state, seen, GATE)


def test_before_the_first_forecast_and_while_learning_nothing_is_quiet() -> None:
    assert limits_of(GateState(), GATE) == limits_of(GateState(sent_ms=5), GATE) == ALWAYS
    assert not is_quiet(Glance(0, False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), ALWAYS)
