"""Random series: numbers all, the same for the same seed, and each family of its own kind."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from foretide.streams.fleet.families import (
    AGGREGATED_EVERY,
    AGGREGATED_STEPS,
    DAY_SECONDS,
    FAMILIES,
    STEP_SECONDS,
    STEPS,
    drawn,
    one,
)
from foretide.streams.fleet.rows import Series


def values(family: str, seed: int, steps: int = 3000) -> np.ndarray:
    return FAMILIES[family](np.random.default_rng(seed), steps, DAY_SECONDS / 60)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_series_of_a_family_is_of_numbers_and_follows_from_what_is_drawn(family: str) -> None:
    found = [one(np.random.default_rng(seed), family, 700, 300.0) for seed in range(40)]
    again = [one(np.random.default_rng(seed), family, 700, 300.0) for seed in range(40)]
    for once, twice in zip(found, again, strict=True):
        assert once.shape == (700,)
        assert np.isfinite(once).all()
        np.testing.assert_array_equal(once, twice)
    changing = [series for series in found if series.std() > 0]
    assert len(changing) > 30, "most of them teach something"
    spreads = [float(series.std()) for series in changing]
    assert max(spreads) > 20 * min(spreads), "they are of many sizes"


def test_series_follow_from_the_seed_and_their_place_and_differ_from_each_other() -> None:
    once, more, other = list(drawn(10, 3)), list(drawn(15, 3)), list(drawn(10, 4))
    assert once == more[:10], "how many there are does not change those before"
    assert all(a[1].means != b[1].means for a, b in zip(once, other, strict=True))
    assert all(a[1].means != b[1].means for a, b in pairwise(more))
    assert {family for family, _ in drawn(150, 3)} == set(FAMILIES)
    assert {family for family, _ in drawn(8, 3, ["bursts"])} == {"bursts"}


def test_steps_are_even_and_every_fifth_series_has_peaks_above_its_means() -> None:
    for place, (_, series) in enumerate(drawn(15, 1)):
        [step_ms] = {b - a for a, b in pairwise(series.times_ms)}
        assert step_ms / 1000 in STEP_SECONDS
        if place % AGGREGATED_EVERY == AGGREGATED_EVERY - 1:
            assert len(series.means) == AGGREGATED_STEPS
            assert all(peak >= mean - 1e-9 * abs(mean) for mean, peak in zip(series.means, series.peaks, strict=True))
            assert list(series.peaks) != list(series.means)
        else:
            assert len(series.means) == STEPS
            assert series.peaks is series.means


def test_a_rhythm_comes_back_after_a_day_and_wandering_does_not() -> None:
    def likeness(family: str) -> float:
        """How a day is like the one before it: the mean correlation over many series."""
        day = round(DAY_SECONDS / 300)
        draws = [FAMILIES[family](np.random.default_rng(seed), 4 * day, day) for seed in range(30)]
        return float(np.mean([np.corrcoef(y[day:], y[:-day])[0, 1] for y in draws]))

    assert likeness("rhythm") > 0.6
    assert likeness("wandering") < 0.3


def test_bursts_are_idle_at_nothing_and_within_a_capacity() -> None:
    for family, least in (("bursts", 0.2), ("requests", 0.05)):
        series = [values(family, seed) for seed in range(30)]
        assert all(y.min() >= 0 and y.max() <= 100 for y in series)
        assert np.mean([(y == 0).mean() for y in series]) > least


def test_memory_stays_where_it_is_most_of_the_time() -> None:
    still = [float((np.abs(np.diff(values("memory", seed))) < 0.03).mean()) for seed in range(30)]
    assert np.median(still) > 0.8
    assert all(values("memory", seed).std() > 0 for seed in range(30))


def test_counts_are_whole_numbers_and_cycles_come_back_after_some_fixed_time() -> None:
    for seed in range(10):
        y = values("counts", seed)
        np.testing.assert_array_equal(y, np.round(y))
    alike = []
    for seed in range(20):
        y = values("cycles", seed, 2000)
        alike.append(max(np.corrcoef(y[lag:], y[:-lag])[0, 1] for lag in range(3, 80)))
    assert np.median(alike) > 0.8


def test_a_series_of_samples_has_no_rows_yet() -> None:
    [(_, series)] = drawn(1, 0)
    assert isinstance(series, Series)
    assert not series.picked


def test_touched_memory_is_never_negative_and_replicas_are_whole_and_at_least_one() -> None:
    for seed in range(10):
        assert values("touched", seed).min() >= 0
        y = values("replicas", seed)
        np.testing.assert_array_equal(y, np.round(y))
        assert y.min() >= 1
