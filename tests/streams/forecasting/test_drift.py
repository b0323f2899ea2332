from __future__ import annotations

import random

import pytest

from foretide.streams.forecasting.drift import DriftState, ErrorDrift


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
