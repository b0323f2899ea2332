"""The recent errors of simple rules: what they say, how errors fade, and what the network is told of them."""

from __future__ import annotations

from math import log, nan, sin

import numpy as np
import pytest

from foretide.streams.fleet.features import RULES
from foretide.streams.forecasting.skill import FADE, LEAST, STEPS, WEIGHT, learn, rules, told
from foretide.streams.forecasting.targets import Target
from support.banks import plain, together

F = np.float32


@pytest.mark.parametrize(
    ("now", "then", "moved", "day"), [(20.0, 25.0, 15.0, 25.0), (nan, 25.0, 10.0, 25.0), (20.0, nan, 10.0, 10.0)]
)
def test_the_rules_and_what_stands_for_an_unknown_day(now: float, then: float, moved: float, day: float) -> None:
    found = np.empty(RULES + 1, dtype=F)
    rules(10.0, 9.0, 8.0, 7.0, now, then, 6.0, found)
    assert found.tolist() == [9.0, 8.0, moved, day, 7.0, 6.0, 10.0]


def test_errors_fade() -> None:
    errors = np.ones(RULES + 1, dtype=F)
    learn(errors, np.full(RULES + 1, 4.0, dtype=F), 1.0)
    assert errors == pytest.approx(FADE + (1 - FADE) * 3.0)


def test_what_is_told_is_relative_to_last_values_error() -> None:
    errors = np.array([1.0, 2.0, 3.0, 0.0, 1.5, 1.0, 1.0], dtype=F)
    found, larger = np.empty(RULES + 1, dtype=F), np.empty(RULES + 1, dtype=F)
    told(errors, 2.0, found)
    least = LEAST * 2.0
    expected = [WEIGHT * log((e + least) / (1.0 + least)) for e in (1.0, 2.0, 3.0, 0.0, 1.5, 1.0)]
    assert found.tolist() == pytest.approx([*expected, (1.0 + least) / 2.0], rel=1e-4, abs=1e-6)
    told(errors * F(1024), 2048.0, larger)
    np.testing.assert_array_equal(larger, found)


def test_a_bank_measures_the_rules_five_steps_later() -> None:
    slope = [float(3 * i) for i in range(180)]
    wave = [sin(0.3 * i) for i in range(180)]
    errors, of_wave = together([plain(slope), plain(wave)], [Target("point", 1)]).state["skill"][:2]
    # On a slope of 3 the last value errs by 15 and the mean of 12 by 31.5; of the first few it is less.
    seen = 1.0 - FADE ** (len(slope) - STEPS)
    assert errors[RULES] == pytest.approx(15.0 * seen, rel=1e-3)
    assert errors[0] == pytest.approx(31.5 * seen, rel=0.02)
    assert of_wave[5] < 0.4 * of_wave[RULES], "the autoregression follows a wave"
