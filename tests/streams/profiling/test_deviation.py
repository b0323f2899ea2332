from __future__ import annotations

import random

import pytest

from foretide.streams.profiling.deviation import Departure, DeviationState, direction_of, weigh
from foretide.streams.profiling.settings import DeviationSettings

EXPECTED = (10.0, 12.0, 13.0, 14.0)
SETTINGS = DeviationSettings()
IN, OVER, UNDER = 10.0, 20.0, 1.0


def told(
    values: list[float], settings: DeviationSettings = SETTINGS, state: DeviationState | None = None
) -> list[tuple[int, Departure]]:
    state = state or DeviationState()
    found = ((i, weigh(state, i * 1000, v, EXPECTED, settings)) for i, v in enumerate(values))
    return [(i, d) for i, d in found if d is not None]


def test_an_episode_starts_and_ends_once() -> None:
    values = [IN] * 3 + [OVER] * 6 + [IN, OVER, IN, IN, OVER] + [IN] * 6
    (at, started), (until, ended) = told(values)
    assert (at, started.state, started.direction, started.lasted_seconds) == (5, "started", "above", 2.0)
    # Three windows in a row outside a bound that one in a hundred is outside of.
    assert started.probability == pytest.approx(1e-6, rel=0.1)
    # Two windows inside are not enough; the third in a row is.
    assert (until, ended.state, ended.direction, ended.lasted_seconds) == (16, "ended", "above", 13.0)


def test_fewer_windows_than_asked_for_or_of_both_sides_start_nothing() -> None:
    assert told([OVER, OVER, IN] * 5) == []
    assert told([OVER, OVER, UNDER, UNDER] * 5) == []


def test_a_second_episode_is_told_anew_with_its_own_start() -> None:
    states = [(d.state, d.direction, d.lasted_seconds) for _, d in told([OVER] * 3 + [IN] * 3 + [UNDER] * 4)]
    assert states == [("started", "above", 2.0), ("ended", "above", 5.0), ("started", "below", 2.0)]


def test_bounds_are_the_upper_quantile_and_its_mirror_or_a_share_of_the_median() -> None:
    assert [direction_of(v, EXPECTED, SETTINGS) for v in (14.0, 14.1, 6.0, 5.9)] == [0, 1, 0, -1]
    share = DeviationSettings(relative=0.5)
    assert [direction_of(v, EXPECTED, share) for v in (15.0, 15.1, 5.0, 4.9)] == [0, 1, 0, -1]


def test_the_plain_threshold_asks_for_windows_alone() -> None:
    share = DeviationSettings(relative=0.5)
    usual = [IN, OVER, OVER] * 100
    assert told([*usual, OVER], share)[0][1].state == "started"
    assert told([*usual, OVER]) == []


def test_what_is_usual_for_a_signal_is_weak_evidence_and_what_is_not_stays_strong() -> None:
    state = DeviationState()
    # It is often above, two windows at a time, never below.
    assert told([IN] * 4 + [OVER] * 2 + ([IN] * 4 + [OVER] * 2) * 60, state=state) == []
    (at, above) = told([IN] + [OVER] * 30, state=state)[0]
    assert at > 5
    assert 1e-5 < above.probability <= SETTINGS.chance
    told([IN] * 10, state=state)
    (at, below) = told([UNDER] * 5, state=state)[0]
    assert (at, below.direction) == (2, "below")
    assert below.probability < 1e-5


def test_probabilities_are_those_of_the_runs_that_come() -> None:
    """Windows outside come in clusters: a fifth of those inside is left, half of those outside stays outside."""
    rng, state, out = random.Random(4), DeviationState(), False
    runs, chances, length = 0, [], 0
    for i in range(20_000):
        out = rng.random() < (0.5 if out else 0.2)
        # As while learning: nothing starts, and the evidence can be read off.
        assert weigh(state, i, OVER if out else IN, EXPECTED, SETTINGS, learning=True) is None
        length = length + 1 if out else 0
        if length == 4 and i > 2_000:
            runs += 1
            chances.append(state.chance)
    mean = sum(chances) / len(chances)
    assert mean == pytest.approx(0.2 * 0.5**3, rel=0.25)
    # So many runs of four there are indeed for each window inside.
    inside = 18_000 * 0.5 / 0.7
    assert runs / inside == pytest.approx(mean, rel=0.25)


def test_while_learning_nothing_starts_but_what_is_usual_is_learnt() -> None:
    state = DeviationState()
    for i in range(30):
        assert weigh(state, i, OVER if i % 3 else IN, EXPECTED, SETTINGS, learning=True) is None
    assert told([IN, OVER, OVER, OVER, IN], state=state) == []


def test_a_deviation_does_not_become_usual_by_lasting() -> None:
    state = DeviationState()
    assert len(told([IN] * 50 + [OVER] * 5_000 + [IN] * 20, state=state)) == 2
    (at, again) = told([OVER] * 20, state=state)[0]
    assert at <= 4
    assert again.state == "started"
