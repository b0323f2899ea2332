from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.forecasting.ladder import COARSE_MS, FARTHEST, GAP, Horizon, Ladder, plan_rungs
from foretide.streams.profiling.settings import ProfileSettings

HORIZONS = ProfileSettings().horizons
spans = st.integers(1, 3_600_000)


@given(st.lists(st.integers(1, FARTHEST * COARSE_MS[-1]), min_size=1, max_size=6), spans)
def test_every_horizon_is_covered_within_fifteen_steps_of_the_finest_rung_that_can(ms: list[int], span: int) -> None:
    horizons = [Horizon("peak", m) for m in ms]
    plan = plan_rungs(horizons, span)
    assert plan.steps_ms[0] == span
    assert list(plan.steps_ms) == sorted(set(plan.steps_ms))
    for horizon, (rung, place) in zip(horizons, plan.places, strict=True):
        step, target = plan.steps_ms[rung], plan.targets[rung][place]
        assert 1 <= target.steps <= FARTHEST
        assert (target.steps - 1) * step < horizon.ms <= target.steps * step
        finer = [r for r in (span, *COARSE_MS) if span <= r < step]
        assert all(horizon.ms > FARTHEST * r for r in finer)


def test_the_default_horizons_of_ten_second_windows() -> None:
    plan = plan_rungs(HORIZONS, 10_000)
    assert plan.steps_ms == (10_000, 60_000, 300_000)
    steps = [plan.targets[r][p].steps for r, p in plan.places]
    assert steps == [6, 6, 5, 5, 15, 15, 12, 12]


def test_a_horizon_in_steps_stays_on_the_lowest_rung() -> None:
    plan = plan_rungs([Horizon("point", 0, 40)], 1_000)
    assert plan.steps_ms == (1_000,)
    assert plan.targets[0][0].steps == 40


def test_a_coarse_rung_takes_the_peak_and_the_mean_of_its_step() -> None:
    ladder = Ladder([Horizon("peak", 10_000), Horizon("mean", 900_000)], 10_000)
    for i in range(7):
        ladder.observe(600_000 + i * 10_000, float(i + 1), float(i))
    coarse = ladder.rungs[1].dump()
    assert (coarse.peaks, coarse.means) == ([6.0], [2.5])


@pytest.mark.parametrize(("lost", "given_up"), [(GAP - 1, False), (GAP, True)])
def test_outcomes_are_given_up_after_a_gap(lost: int, given_up: bool) -> None:
    ladder = Ladder([Horizon("peak", 20_000)], 10_000)
    for i in range(5):
        ladder.observe(600_000 + i * 10_000, 1.0, 1.0)
    known = ladder.head(0).known
    ladder.observe(600_000 + (5 + lost) * 10_000, 1.0, 1.0)
    assert ladder.head(0).known == known + (0 if given_up else 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 200))
def test_a_ladder_put_back_goes_on_to_the_last_bit(seed: int, at: int) -> None:
    rng = random.Random(seed)
    ladder = Ladder(HORIZONS, 30_000)
    for i in range(220):
        if i == at:
            ladder = Ladder.load(HORIZONS, ladder.dump())
        value = rng.random()
        ladder.observe(i * 30_000, value + 0.1, value)
    rng, whole = random.Random(seed), Ladder(HORIZONS, 30_000)
    for i in range(220):
        value = rng.random()
        whole.observe(i * 30_000, value + 0.1, value)
    assert ladder.dump() == whole.dump()
