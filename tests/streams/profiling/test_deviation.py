from __future__ import annotations

import pytest

from foretide.streams.profiling.deviation import Departure, DeviationState, direction_of, weigh
from foretide.streams.profiling.settings import DeviationSettings

EXPECTED = (10.0, 12.0, 13.0, 14.0)
SETTINGS = DeviationSettings()


def told(values: list[float], settings: DeviationSettings = SETTINGS) -> list[tuple[int, Departure]]:
    state = DeviationState()
    found = ((i, weigh(state, i * 1000, v, EXPECTED, settings)) for i, v in enumerate(values))
    return [(i, d) for i, d in found if d is not None]


def test_an_episode_starts_and_ends_once() -> None:
    values = [10.0] * 3 + [20.0] * 6 + [10.0, 20.0, 10.0, 10.0, 20.0] + [10.0] * 6
    (at, started), (until, ended) = told(values)
    assert (at, started.state, started.direction, started.lasted_seconds) == (5, "started", "above", 2.0)
    assert started.probability == pytest.approx(1e-6)
    # Two windows inside are not enough; the third in a row is.
    assert (until, ended.state, ended.direction, ended.lasted_seconds) == (16, "ended", "above", 13.0)


def test_fewer_windows_than_asked_for_or_of_both_sides_start_nothing() -> None:
    assert told([20.0, 20.0, 10.0] * 5) == []
    assert told([20.0, 20.0, 1.0, 1.0] * 5) == []


def test_a_second_episode_is_told_anew_with_its_own_start() -> None:
    states = [(d.state, d.direction, d.lasted_seconds) for _, d in told([20.0] * 3 + [10.0] * 3 + [1.0] * 4)]
    assert states == [("started", "above", 2.0), ("ended", "above", 5.0), ("started", "below", 2.0)]


def test_bounds_are_the_upper_quantile_and_its_mirror_or_a_share_of_the_median() -> None:
    assert [direction_of(v, EXPECTED, SETTINGS) for v in (14.0, 14.1, 6.0, 5.9)] == [0, 1, 0, -1]
    share = DeviationSettings(relative=0.5)
    assert [direction_of(v, EXPECTED, share) for v in (15.0, 15.1, 5.0, 4.9)] == [0, 1, 0, -1]
