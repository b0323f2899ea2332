from __future__ import annotations

import random

import pytest

from foretide.schemas.messages import ForecastEvent, Quantiles, RecordRef, SignalNeed
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.units import GIB
from foretide.streams.profiling.gate import GateState
from foretide.streams.profiling.settings import GateSettings
from support.gate import why_send
from support.pools import HORIZONS, POOL

SETTINGS = GateSettings()
HOLD, AGE = SETTINGS.hold_ms, SETTINGS.age_ms


def forecast(
    at_ms: int,
    compute: float,
    memory: float,
    *,
    later: float | None = None,
    far: float | None = None,
    used: tuple[float, float] = (0.0, 0.0),
    learning: bool = False,
) -> ForecastEvent:
    """Median and q90 of compute, median to q95 of memory (GiB); compute in 15 minutes (`later`), an hour (`far`)."""

    def need(signal: str, horizon: float) -> SignalNeed:
        top = memory * GIB
        if signal == GPU_MEMORY:
            peak = Quantiles(q50=top, q90=top, q95=top, q99=2.0 * top)
        else:
            own = compute if horizon <= 300.0 else (later if horizon <= 900.0 else far)
            own = compute if own is None else own
            peak = Quantiles(q50=own, q90=own, q95=2.0, q99=3.0)
        return SignalNeed(signal=signal, horizon_seconds=horizon, peak=peak)

    return ForecastEvent(
        id=f"t-0-{at_ms}",
        pool=POOL,
        at_ms=at_ms,
        app="app",
        needs=[need(s, h) for s in (SM_RATIO, GPU_MEMORY) for h in HORIZONS],
        last={SM_RATIO: used[0], GPU_MEMORY: used[1] * GIB},
        learning=learning,
        why="age",
        based_on=RecordRef(topic="telemetry.v1", partition=0, offset=0),
    )


def after(*first: float, learning: bool = False) -> GateState:
    state = GateState()
    assert why_send(state, forecast(0, *first, learning=learning), SETTINGS) == "first"
    return state


def test_the_first_is_sent_and_an_equal_one_only_with_age() -> None:
    state = after(0.2, 12.0)
    assert why_send(state, forecast(AGE - 1, 0.2, 12.0), SETTINGS) is None
    assert why_send(state, forecast(AGE, 0.2, 12.0), SETTINGS) == "age"
    assert why_send(state, forecast(AGE + 1, 0.2, 12.0), SETTINGS) is None


def test_memory_counts_with_its_margin_and_its_own_quantile() -> None:
    # 9.4 GiB fit into 10; with 5 % more, which a step down must cover, 9.6 do not.
    state = after(0.05, 9.4)
    assert (state.raised, state.lowered) == (0, 0)
    assert why_send(state, forecast(1, 0.05, 9.6), SETTINGS) == "class"
    assert (state.raised, state.lowered) == (0, 1)


def test_compute_counts_by_its_own_quantile_and_horizons() -> None:
    state = after(0.2, 12.0)
    assert why_send(state, forecast(1, 0.2, 12.0, far=0.9), SETTINGS) is None
    assert why_send(state, forecast(2, 0.2, 12.0, later=0.4), SETTINGS) == "class"
    assert (state.raised, state.lowered) == (2, 3)
    assert why_send(state, forecast(3, 0.4, 12.0, later=0.4), SETTINGS) == "class"
    assert (state.raised, state.lowered) == (3, 3)


def test_a_class_that_falls_is_told_once_it_fell_clearly_and_some_time_has_passed() -> None:
    state = after(0.3, 12.0)
    assert why_send(state, forecast(HOLD - 1, 0.2, 12.0), SETTINGS) is None
    assert why_send(state, forecast(HOLD, 2 / 7 * 0.97, 12.0), SETTINGS) is None
    assert why_send(state, forecast(HOLD, 0.26, 12.0), SETTINGS) == "class"
    assert state.raised == 2


def test_the_end_of_learning_is_told() -> None:
    state = after(0.2, 12.0, learning=True)
    assert why_send(state, forecast(1, 0.2, 12.0), SETTINGS) == "class"


@pytest.mark.parametrize("used", [(0.132, 1.0), (0.02, 9.0)])
def test_a_last_value_close_to_the_edge_is_told_in_the_smallest_class_too(used: tuple[float, float]) -> None:
    state = after(0.02, 1.0)
    assert why_send(state, forecast(1, 0.02, 1.0, used=(0.1, 7.0)), SETTINGS) is None
    assert why_send(state, forecast(2, 0.02, 1.0, used=used), SETTINGS) == "margin"
    assert why_send(state, forecast(3, 0.02, 1.0, used=used), SETTINGS) is None
    assert why_send(state, forecast(4, 0.02, 1.0), SETTINGS) is None
    assert why_send(state, forecast(2 + HOLD, 0.02, 1.0), SETTINGS) == "margin"


def test_a_need_close_to_the_edge_is_told_and_so_is_its_return() -> None:
    state = after(0.25, 12.0)
    assert why_send(state, forecast(1, 0.26, 12.0), SETTINGS) == "margin"
    assert why_send(state, forecast(1 + HOLD, 0.25, 12.0), SETTINGS) is None
    assert why_send(state, forecast(1 + HOLD, 0.24, 12.0), SETTINGS) == "margin"


def test_a_need_that_moves_by_the_margin_is_told() -> None:
    state = after(0.3, 20.0)
    assert why_send(state, forecast(1, 0.3, 24.0), SETTINGS) is None
    assert why_send(state, forecast(2, 0.3, 25.5), SETTINGS) == "margin"
    assert why_send(state, forecast(3, 0.3, 18.5), SETTINGS) is None
    assert why_send(state, forecast(2 + HOLD, 0.3, 18.5), SETTINGS) == "margin"


def test_little_changes_of_little_needs_are_not_told() -> None:
    state = after(0.01, 0.5)
    assert why_send(state, forecast(HOLD, 0.03, 1.5), SETTINGS) is None


def test_noise_about_an_edge_does_not_fill_the_log() -> None:
    rng, state, sent = random.Random(9), GateState(), 0
    for i in range(1000):
        compute = 2 / 7 + rng.gauss(0.0, 0.03)
        sent += why_send(state, forecast(i * 10_000, compute, 12.0, used=(compute, 9.0)), SETTINGS) is not None
    # At most what falls and what rises again, once per hold; all the same every excess is told at once.
    assert 10 <= sent <= 2 * 1000 * 10_000 / HOLD + 10


def test_without_memory_telemetry_the_planner_would_not_lower_either() -> None:
    event = forecast(0, 0.1, 1.0)
    state = GateState()
    only = ForecastEvent(
        id="x",
        pool=POOL,
        at_ms=0,
        app="app",
        needs=[n for n in event.needs if n.signal == SM_RATIO],
        last={SM_RATIO: 0.1},
        learning=False,
        why="age",
        based_on=event.based_on,
    )
    assert why_send(state, only, SETTINGS) == "first"
    assert (state.raised, state.lowered) == (0, 5)


def test_the_edges_that_count_are_those_of_the_pools_own_cards() -> None:
    """A need that goes from .39 to .41 of a card crosses an edge between MPS shares, none between MIG slices."""

    def whys(geometry: str) -> list[str | None]:
        settings = GateSettings(geometry=geometry)
        state = GateState()
        return [why_send(state, forecast(n * 60_000, c, 1.0), settings) for n, c in enumerate((0.32, 0.39, 0.41))]

    assert whys("mig-80gb") == ["first", "margin", None], "close to the edge at 3/7, then the same class"
    assert whys("mps-80gb") == ["first", "margin", "class"]
    assert whys("whole-80gb") == ["first", None, None], "nothing here leads to another class"


def test_a_state_of_other_cards_does_no_harm() -> None:
    """A restored worker may have been told another geometry: what it remembers is of one with more classes."""
    state = GateState()
    assert why_send(state, forecast(0, 0.9, 70.0), SETTINGS) == "first"
    settings = GateSettings(geometry="whole-24gb at 0.4")
    assert why_send(state, forecast(60_000, 0.9, 70.0), settings) is None
