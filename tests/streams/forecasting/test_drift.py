from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import drift as rivers

from foretide.streams.forecasting.drift import CLIP, DriftState, ErrorDrift


def fresh(least: int = 30) -> ErrorDrift:
    return ErrorDrift(least, 0.1, 15.0)


def errors(level: float, length: int, seed: int) -> list[float]:
    rng = random.Random(seed)
    return [abs(rng.gauss(0.0, level)) for _ in range(length)]


def test_steady_errors_are_no_drift_whatever_their_level() -> None:
    for level in (0.01, 1.0, 3.0):
        drift = fresh()
        assert not any(drift.observe(e) for e in errors(level, 5_000, 1))


@pytest.mark.parametrize(("before", "after"), [(0.5, 4.0), (4.0, 0.2)])
def test_a_change_either_way_is_noticed_soon_and_once(before: float, after: float) -> None:
    drift = fresh()
    found = [i for i, e in enumerate([*errors(before, 400, 2), *errors(after, 400, 3)]) if drift.observe(e)]
    assert len(found) == 1
    assert 400 < found[0] < 450


def test_a_single_wild_error_is_none() -> None:
    drift = fresh()
    wild = errors(0.5, 600, 4)
    wild[300] = 1e300
    assert not any(drift.observe(e) for e in wild)


def test_one_put_back_goes_on_to_the_last_bit_also_right_after_a_detection() -> None:
    whole, broken, detections = fresh(), fresh(), 0
    for e in [*errors(0.5, 200, 5), *errors(5.0, 100, 6), *errors(0.1, 200, 7)]:
        again = fresh()
        again.put(broken.dump())
        broken = again
        found = whole.observe(e)
        assert broken.observe(e) == found
        assert broken.dump() == whole.dump()
        detections += found
    assert detections >= 2


def test_a_new_one_is_what_a_blank_state_says() -> None:
    assert fresh().dump() == DriftState()


regimes = st.lists(st.tuples(st.floats(0.0, 50.0), st.integers(1, 60)), min_size=1, max_size=8)


@given(
    regimes,
    st.integers(0, 2**32),
    st.integers(1, 40),
    st.floats(0.0, 0.5),
    st.floats(0.1, 20.0),
)
def test_it_says_what_rivers_own_class_says_to_the_last_bit(
    levels: list[tuple[float, int]], seed: int, least: int, tolerance: float, threshold: float
) -> None:
    own = ErrorDrift(least, tolerance, threshold)
    river = rivers.PageHinkley(min_instances=least, delta=tolerance, threshold=threshold)
    for error in (e for level, length in levels for e in errors(level, length, seed)):
        river.update(min(math.log1p(error), CLIP))
        assert own.observe(error) == river.drift_detected
        assert own.dump() == DriftState(
            river._x_mean.n,
            river._x_mean.get(),
            river._sum_increase,
            river._sum_decrease,
            river._min_increase,
            river._max_decrease,
            river.drift_detected,
        )


def test_changes_both_ways_are_found_where_river_finds_them() -> None:
    own, river = fresh(), rivers.PageHinkley(min_instances=30, delta=0.1, threshold=15.0)
    found, expected = [], []
    for i, error in enumerate([*errors(0.5, 300, 8), *errors(6.0, 300, 9), *errors(0.1, 300, 10)]):
        river.update(min(math.log1p(error), CLIP))
        found += [i] * own.observe(error)
        expected += [i] * river.drift_detected
    assert found == expected
    assert len(found) >= 2
