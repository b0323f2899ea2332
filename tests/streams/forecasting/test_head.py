from __future__ import annotations

import random

import pytest

from foretide.streams.forecasting.rung import HISTORY, Rung
from foretide.streams.forecasting.targets import Kind, Target


def test_the_upper_quantile_covers_as_often_as_it_says_on_a_stationary_series() -> None:
    rng, covered, total = random.Random(3), [0, 0], 0
    rung = Rung([Target("point", 1), Target("point", 4)])
    values = [50.0 + rng.gauss(0.0, 5.0) for _ in range(2000)]
    for i, value in enumerate(values):
        rung.observe(value, value)
        if 200 <= i < len(values) - 4:
            total += 1
            for place, steps in enumerate((1, 4)):
                covered[place] += values[i + steps] <= rung.heads[place].quantiles[1]
    for hits in covered:
        assert 0.85 <= hits / total <= 0.95


def test_the_ratios_to_last_value_are_of_the_same_outcomes() -> None:
    rng, rung = random.Random(4), Rung([Target("point", 1)])
    head = rung.heads[0]
    assert head.pinball_ratio is None
    assert head.relative_loss is None
    for _ in range(500):
        value = rng.gauss(10.0, 1.0)
        rung.observe(value, value)
    # Independent draws: the .9 quantile loses .175 deviations, last value .564; the mean errs by .8, that by 1.13.
    assert head.pinball_ratio == pytest.approx(0.175 / 0.564, rel=0.15)
    assert head.relative_loss == pytest.approx(0.707, rel=0.15)


def test_ratios_to_a_last_value_that_never_errs_are_unknown() -> None:
    rung = Rung([Target("peak", 2)])
    for _ in range(50):
        rung.observe(3.0, 3.0)
    assert rung.heads[0].known == 48
    assert rung.heads[0].pinball_ratio is None
    assert rung.heads[0].relative_loss is None
    assert rung.heads[0].quantiles == [3.0] * 4


@pytest.mark.parametrize(("kind", "expected"), [("peak", 100.0), ("mean", 1.0), ("point", 0.0)])
def test_an_outcome_spans_all_steps_of_a_target_longer_than_the_history(kind: Kind, expected: float) -> None:
    steps = HISTORY + 52
    rung, target = Rung([Target(kind, steps)]), Target(kind, steps)
    for value in (0.0, 100.0, *[0.0] * (steps - 1)):
        rung.observe(value, value)
    state = rung.dump()
    assert target.outcome(state.peaks, state.means) == expected
    assert rung.heads[0].known == 1
    assert rung.heads[0]._outcomes.quantiles([0.5]) == [expected]
