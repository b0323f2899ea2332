"""Horizons and the rungs that serve them, what a coarse rung is told, lost time, and a ladder put back."""

from __future__ import annotations

import random
from array import array
from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from foretide.streams.forecasting.banks import Banks
from foretide.streams.forecasting.ladder import COARSE_MS, FARTHEST, GAP, Horizon, Ladder, plan_rungs, shift_of
from foretide.streams.forecasting.reading import read
from foretide.streams.profiling.settings import ProfileSettings
from support.banks import small_network

HORIZONS = ProfileSettings().horizons
OUTSIDE = array("d", [0.0] * 4 + [nan] * 4)
START = 600_000
spans = st.integers(1, 3_600_000)


class Climber:
    """A ladder with its banks, all due steps of which are taken at once."""

    def __init__(self, horizons: tuple[Horizon, ...], span_ms: int, shift_ms: int = 0) -> None:
        self.banks = Banks(small_network())
        self.ladder = Ladder(horizons, span_ms, self.banks, shift_ms)

    def observe(self, end_ms: int, peak: float, mean: float) -> None:
        self.banks.step(self.ladder.observe(end_ms, peak, mean, OUTSIDE, 0))

    def history(self, horizon: int) -> tuple[list[float], list[float]]:
        """The peaks and means that the rung of a horizon was told."""
        head = self.ladder.head(horizon)
        state = head.bank.state[head.row]
        return state["peaks"][: state["steps"]].tolist(), state["means"][: state["steps"]].tolist()


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


@pytest.mark.parametrize("horizon", [Horizon("peak", 0, 400), Horizon("mean", 100 * COARSE_MS[-1])])
def test_horizons_beyond_what_is_looked_back_at_are_forecast(horizon: Horizon) -> None:
    climber = Climber((horizon,), 60_000)
    for i in range(60):
        climber.observe(START + i * 60_000, 1.0, 1.0)
    assert read([climber.ladder]).ready[0, 0]
    assert np.isfinite(climber.ladder.head(0).quantiles).all()


def test_a_coarse_rung_takes_the_peak_and_the_mean_of_its_step() -> None:
    climber, rng = Climber((Horizon("peak", 10_000), Horizon("mean", 900_000)), 10_000), random.Random(1)
    told = [(START + i * 10_000, rng.random() + 1.0, rng.random()) for i in range(100)]
    for window in told:
        climber.observe(*window)
    minutes = [[w for w in told if w[0] // 60_000 == minute] for minute in range(10, 27)]
    closed = [m for m in minutes if m and m is not minutes[-1]]
    peaks, means = climber.history(1)
    assert peaks == pytest.approx([max(w[1] for w in m) for m in closed])
    assert means == pytest.approx([sum(w[2] for w in m) / len(m) for m in closed])
    assert len(peaks) == 16
    peaks, means = climber.history(0)
    assert peaks == pytest.approx([w[1] for w in told])
    assert means == pytest.approx([w[2] for w in told])


def test_rungs_without_horizons_are_not_kept_and_are_not_ready_before_their_step_ends() -> None:
    climber = Climber((Horizon("peak", 900_000), Horizon("peak", 3_600_000)), 10_000)
    assert climber.ladder.dump().rungs[0] is None
    ready = []
    for i in range(32):
        climber.observe(START + i * 10_000, 1.0, 1.0)
        ready.append(read([climber.ladder]).ready[0].tolist())
    assert [r.count(True) for r in zip(*ready, strict=True)] == [32 - 6, 32 - 30]


@pytest.mark.parametrize(("lost", "given_up"), [(GAP - 1, False), (GAP, True)])
def test_outcomes_are_given_up_after_a_gap(lost: int, given_up: bool) -> None:
    climber = Climber((Horizon("peak", 20_000),), 10_000)
    for i in range(5):
        climber.observe(START + i * 10_000, 1.0, 1.0)
    known = climber.ladder.head(0).known
    climber.observe(START + (5 + lost) * 10_000, 1.0, 1.0)
    assert climber.ladder.head(0).known == known + (0 if given_up else 1)


@pytest.mark.parametrize(("lost", "given_up"), [(GAP, False), (GAP + 1, True)])
def test_so_are_those_of_a_coarse_rung_but_not_the_one_that_ended_before_the_gap(lost: int, given_up: bool) -> None:
    climber = Climber((Horizon("peak", 120_000),), 5_000)
    for i in range(60):
        climber.observe(START + i * 5_000, 1.0, 1.0)
    # Four minutes have closed, the fifth is open: two outcomes of two minutes are known.
    assert climber.ladder.head(0).known == 2
    climber.observe(START + 4 * 60_000 + lost * 60_000, 1.0, 1.0)
    assert climber.ladder.head(0).known == 3
    for i in range(1, 13):
        climber.observe(START + 4 * 60_000 + lost * 60_000 + i * 5_000, 1.0, 1.0)
    assert climber.ladder.head(0).known == (3 if given_up else 4)


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 69))
def test_a_ladder_put_back_goes_on_to_the_last_bit(seed: int, at: int) -> None:
    rng, whole, broken = random.Random(seed), Climber(HORIZONS, 30_000), Climber(HORIZONS, 30_000)
    for i in range(70):
        if i == at:
            kept = broken.ladder.dump()
            broken.ladder.remove()
            broken.ladder = Ladder.load(HORIZONS, kept, broken.banks)
        value, later = rng.random(), rng.choice([0, 0, 0, 5])
        for climber in (whole, broken):
            climber.observe(START + i * 30_000 + later * 1000, value + 0.1, value)
    assert broken.ladder.dump() == whole.ladder.dump()


def test_a_ladder_of_other_horizons_is_refused_and_leaves_no_rows_behind() -> None:
    climber = Climber(HORIZONS, 30_000)
    climber.observe(START, 1.0, 1.0)
    kept, banks = climber.ladder.dump(), Banks(small_network())
    same_rungs = tuple(Horizon(h.kind, h.ms + 60_000) for h in HORIZONS)
    damaged = replace(kept, season=replace(kept.season, means=b""))
    for horizons, state in ((HORIZONS[:2], kept), (same_rungs, kept), (HORIZONS, damaged)):
        with pytest.raises(ValueError, match=r"horizons|bytes|season"):
            Ladder.load(horizons, state, banks)
    assert all(len(bank._free) == len(bank.state) for bank in banks._banks.values())
    assert Ladder.load(HORIZONS, kept, banks).dump() == kept


@given(st.text(min_size=1), st.sampled_from([1, 5_000, 7_000, 10_000, 60_000, 300_000, 900_000, 86_400_000]))
def test_an_applications_coarse_steps_are_shifted_by_whole_windows(app: str, span: int) -> None:
    shift = shift_of(app, span)
    assert shift % span == 0
    assert 0 <= shift < max(COARSE_MS[-1], span)
    assert shift_of(app, span) == shift


def test_applications_are_spread_over_a_quarter_of_an_hour() -> None:
    shifts = [shift_of(f"app-{i}", 10_000) for i in range(3_000)]
    counts = [shifts.count(shift) for shift in range(0, COARSE_MS[-1], 10_000)]
    assert min(counts) > 10
    assert max(counts) < 70


@pytest.mark.parametrize("shift", [10_000, 250_000, 890_000])
def test_a_shifted_ladder_is_told_what_one_of_a_shifted_clock_is(shift: int) -> None:
    shifted, other = Climber(HORIZONS, 10_000, shift), Climber(HORIZONS, 10_000)
    rng = random.Random(3)
    at = START
    for _ in range(400):
        at += 10_000 * rng.choice([1, 1, 1, 1, 2, 40])
        mean = rng.random()
        shifted.observe(at, mean + 0.5, mean)
        other.observe(at + shift, mean + 0.5, mean)
    for horizon in range(len(HORIZONS)):
        assert shifted.history(horizon) == other.history(horizon)
    kept = shifted.ladder.dump()
    again = Ladder.load(HORIZONS, kept, Banks(small_network()))
    assert again.dump() == kept
    assert kept.shift_ms == shift
