"""Each step of sizing alone."""

from __future__ import annotations

import math

import pytest

from foretide.schemas.messages import AppPolicy, ForecastEvent, RecordRef, SignalNeed, Sizing
from foretide.schemas.units import GIB
from foretide.streams.planning.layout import LAYOUTS
from foretide.streams.planning.sizing import (
    Agreement,
    Choice,
    Need,
    agree,
    agreed,
    backoff_ms,
    bounded,
    bounds_of,
    choose,
    class_to_lower,
    class_to_raise,
    horizon_reach,
    need_of,
    next_run,
    peak_ahead,
    with_margin,
)
from support.pools import flat, needs

MIG = LAYOUTS["mig-80gb"]
ALL = (0, MIG.last)
SIZING = Sizing(step_down_forecasts=3, step_down_seconds=600.0, idle_wait_seconds=0.0)


def need(
    up: float, up_gib: float, down: float | None = None, down_gib: float | None = None, last_gib: float = 0
) -> Need:
    down, down_gib = up if down is None else down, up_gib if down_gib is None else down_gib
    return Need(up, up_gib * GIB, down, down_gib * GIB, 0.0, last_gib * GIB, last_gib * GIB)


def forecast(peaks: list[SignalNeed], last: dict[str, float]) -> ForecastEvent:
    record = RecordRef(topic="telemetry.v1", partition=0, offset=1)
    return ForecastEvent(
        id="f", pool="p", at_ms=1, app="a", needs=peaks, last=last, learning=False, why="first", based_on=record
    )


@pytest.mark.parametrize(("seconds", "expected"), [(0, 60), (60, 60), (61, 300), (900, 900), (5000, 900)])
def test_the_horizon_reaches_the_next_chance_to_act_or_as_far_as_forecasts_go(seconds: float, expected: float) -> None:
    assert horizon_reach([60.0, 900.0, 300.0], seconds) == expected


def test_the_peak_ahead_is_the_largest_up_to_the_horizon() -> None:
    peaks = [
        SignalNeed(signal="gpu.sm_ratio", horizon_seconds=h, peak=flat(v))
        for h, v in ((60, 0.5), (300, 0.4), (900, 0.9))
    ]
    assert peak_ahead(peaks, "q95", 300) == 0.5
    assert peak_ahead(peaks, "q95", 301) == 0.9
    assert peak_ahead([], "q95", 300) is None


def test_a_margin_is_added_and_nothing_is_negative() -> None:
    assert with_margin(2.0, 0.1) == pytest.approx(2.2)
    assert with_margin(-1.0, 0.1) == 0.0


def test_the_need_takes_each_signals_quantile_margin_and_use() -> None:
    sizing = Sizing(compute_margin=0.5, memory_margin=0.1, memory_full_ratio=0.5)
    event = forecast(needs(0.2, 10.0), {"gpu.sm_ratio": 0.1, "gpu.memory_bytes": 4.0 * GIB})
    n = need_of(event, sizing)
    assert (n.raise_compute, n.lower_compute) == pytest.approx((0.2, 0.3))
    assert n.raise_memory == pytest.approx(10 * GIB)
    assert n.lower_memory == pytest.approx(11 * GIB)
    assert n.used_compute == pytest.approx(0.1)
    assert n.used_memory == pytest.approx(8 * GIB)
    assert n.last_memory == 4 * GIB


def test_a_signal_without_forecast_asks_for_nothing_and_forbids_a_step_down() -> None:
    event = forecast([n for n in needs(0.2, 10.0) if n.signal == "gpu.sm_ratio"], {})
    n = need_of(event, SIZING)
    assert (n.raise_memory, n.lower_memory) == (0.0, math.inf)
    assert class_to_raise(MIG, n) == MIG.index["2g.20gb"]
    assert class_to_lower(MIG, n) == MIG.last


@pytest.mark.parametrize(
    ("compute", "gib", "name"),
    [
        (0.0, 0.0, "1g.10gb"),
        (1 / 7, 10.0, "1g.10gb"),
        (1 / 7, 10.1, "1g.20gb"),
        (0.15, 1.0, "2g.20gb"),
        (2 / 7, 21.0, "3g.40gb"),
        (3 / 7 + 1e-12, 40.0, "3g.40gb"),
        (0.5, 5.0, "4g.40gb"),
        (0.5, 41.0, "7g.80gb"),
        (3.0, 500.0, "7g.80gb"),
    ],
)
def test_a_need_is_rounded_to_the_smallest_class_that_covers_it(compute: float, gib: float, name: str) -> None:
    assert MIG.names[MIG.smallest(compute, gib * GIB)] == name


def test_bounds_limit_the_class_and_unknown_names_are_open() -> None:
    policy = AppPolicy(min_slice="1g.20gb", max_slice="3g.40gb")
    assert bounds_of(MIG, policy) == (1, 3)
    assert [bounded(i, (1, 3)) for i in range(6)] == [1, 1, 2, 3, 3, 3]
    assert bounds_of(MIG, AppPolicy(min_slice="1g.5gb")) == ALL


def test_a_step_up_waits_for_nothing() -> None:
    choice = choose(MIG, need(0.5, 5), ALL, 2, learning=True, run=None, at_ms=0, sizing=SIZING)
    assert choice == Choice(4)


def test_use_that_fills_the_slice_is_urgent_whatever_is_predicted() -> None:
    full = need(0.1, 5)._replace(used_memory=11.0 * GIB)
    choice = choose(MIG, full, ALL, 0, learning=False, run=None, at_ms=0, sizing=SIZING)
    assert choice == Choice(1, urgent=True)


def test_a_step_down_waits_for_number_and_time_and_takes_the_largest_class_of_the_run() -> None:
    run = None
    for minute, small in ((0, need(0.1, 5)), (1, need(0.25, 5)), (2, need(0.1, 5))):
        run = next_run(run, MIG, small, ALL, 5, minute * 60_000)
        choice = choose(MIG, small, ALL, 5, learning=False, run=run, at_ms=minute * 60_000, sizing=SIZING)
        assert choice == Choice(5, "agreement")
    run = next_run(run, MIG, need(0.1, 5), ALL, 5, 600_000)
    assert run == Agreement(0, 4, 2)
    assert choose(MIG, need(0.1, 5), ALL, 5, learning=False, run=run, at_ms=600_000, sizing=SIZING) == Choice(2)


def test_one_forecast_that_disagrees_ends_the_run() -> None:
    run = agree(agree(None, 1, 0), 1, 1)
    assert next_run(run, MIG, need(0.9, 5), ALL, 5, 2) is None


def test_agreement_needs_both_forecasts_and_time() -> None:
    assert not agreed(None, 0, SIZING)
    assert not agreed(Agreement(0, 2, 1), 600_000, SIZING)
    assert not agreed(Agreement(0, 3, 1), 599_999, SIZING)
    assert agreed(Agreement(0, 3, 1), 600_000, SIZING)


def test_a_step_down_covers_the_longer_horizon() -> None:
    tide = need(0.1, 5, down=0.5, down_gib=5)
    assert (class_to_raise(MIG, tide), class_to_lower(MIG, tide)) == (0, 4)
    assert choose(MIG, tide, ALL, 4, learning=False, run=None, at_ms=0, sizing=SIZING) == Choice(4)


def test_an_application_is_not_shrunk_while_it_is_being_learned_unless_policy_says_so() -> None:
    run = Agreement(0, 10, 0)
    args = {"run": run, "at_ms": 10**7}
    assert choose(MIG, need(0.1, 5), ALL, 5, learning=True, sizing=SIZING, **args) == Choice(5, "learning")  # type: ignore[arg-type]
    bold = Sizing(shrink_while_learning=True)
    assert choose(MIG, need(0.1, 5), ALL, 5, learning=True, sizing=bold, **args) == Choice(0)  # type: ignore[arg-type]


def test_bounds_bind_upwards_and_say_so() -> None:
    choice = choose(MIG, need(0.9, 5), (0, 3), 3, learning=False, run=None, at_ms=0, sizing=SIZING)
    assert choice == Choice(3, "bounds")


def test_a_lowered_bound_is_kept_at_once_unless_the_memory_is_in_use() -> None:
    state = {"learning": False, "run": None, "at_ms": 0, "sizing": SIZING}
    assert choose(MIG, need(0.1, 5, last_gib=9), (0, 2), 5, **state) == Choice(2)  # type: ignore[arg-type]
    assert choose(MIG, need(0.1, 5, last_gib=25), (0, 2), 5, **state) == Choice(5, "memory")  # type: ignore[arg-type]
    assert choose(MIG, None, (0, 2), 5, **state) == Choice(5, "memory")  # type: ignore[arg-type]
    assert choose(MIG, None, (3, 5), 1, **state) == Choice(3)  # type: ignore[arg-type]


def test_backoff_doubles_up_to_its_limit() -> None:
    sizing = Sizing(backoff_seconds=60.0, backoff_limit_seconds=200.0)
    assert [backoff_ms(n, sizing) for n in (1, 2, 3, 1000)] == [60_000, 120_000, 200_000, 200_000]
