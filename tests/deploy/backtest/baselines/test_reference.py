"""The reference of many cheap methods follows whichever serves best, and none that is unknown."""

from __future__ import annotations

import math
import random

import pytest

from foretide.deploy.backtest.baselines.reference import LEAST, RECENT, Follower, Reference
from foretide.deploy.backtest.baselines.regression import WARM_UP, AutoRegression
from foretide.deploy.backtest.baselines.rule import NOTHING, Rule, Told
from foretide.deploy.backtest.baselines.sliding import Sliding

HOUR = 3_600_000


def said(rule: Rule, values: list[float]) -> list[Told]:
    """What it says after each sample, an hour apart."""
    found = []
    for n, value in enumerate(values):
        rule.observe(n * HOUR, value, HOUR)
        found.append(rule.forecast())
    return found


def error(told: list[Told], values: list[float], steps: int, start: int) -> float:
    """The mean absolute error of the medians from `start` on."""
    pairs = [(told[n].median, values[n + steps]) for n in range(start, len(values) - steps)]
    return sum(abs(v - m) for m, v in pairs if m is not None) / len(pairs)


def test_a_sliding_quantile_is_in_proportion_and_forgets() -> None:
    window = Sliding(4)
    for value in (9.0, 4.0, 1.0, 3.0, 2.0):
        window.add(value)
    assert len(window) == 4
    assert [window.quantile(q) for q in (0.0, 0.5, 0.9, 1.0)] == pytest.approx([1.0, 2.5, 3.7, 4.0])


def test_a_follower_stays_with_the_first_until_enough_is_known_then_changes_with_fortune() -> None:
    follower, chosen = Follower(abs, 1), []
    for n in range(3 * RECENT):
        outcome = 1.0 if n < 2 * RECENT else 0.0
        follower.settle(outcome)
        chosen.append(follower.choose([0.0, 1.0, None]))
    assert chosen[: LEAST + 1] == [0.0] * LEAST + [1.0]
    assert chosen[2 * RECENT - 1] == 1.0
    assert chosen[-1] == 0.0


def test_an_autoregression_learns_a_wave_and_the_daily_one_a_day() -> None:
    wave = [10 + 5 * math.sin(n / 3) for n in range(600)]
    told = said(AutoRegression(5), wave)
    assert told[: WARM_UP - 1] == [NOTHING] * (WARM_UP - 1)
    assert error(told, wave, 5, 200) < 0.02
    rng = random.Random(4)
    pattern = [rng.random() for _ in range(24)]
    days = [pattern[n % 24] + rng.gauss(0, 0.01) for n in range(24 * 30)]
    plain, daily = (error(said(AutoRegression(5, daily=d), days), days, 5, 200) for d in (False, True))
    assert daily < 0.03
    assert daily < 0.5 * plain


@pytest.mark.parametrize(
    "values", [[4.0] * 400, [0.0] * 400, [1.0] * 200 + [500.0] * 200], ids=["constant", "zero", "shift"]
)
def test_what_does_not_move_is_forecast_as_it_is(values: list[float]) -> None:
    told = said(Reference(5), values)
    assert told[-1].median == pytest.approx(values[-1], abs=1e-6)
    assert all(math.isfinite(t.median or 0.0) and math.isfinite(t.upper or 0.0) for t in told)


def test_the_reference_is_hardly_worse_than_its_best_part() -> None:
    rng = random.Random(9)
    level, walk = 0.0, []
    for _ in range(900):
        level += rng.gauss(0, 1)
        walk.append(level)
    noise = [rng.gauss(0, 1) for _ in range(900)]
    wave = [10 + 5 * math.sin(n / 3) + rng.gauss(0, 0.1) for n in range(900)]
    assert (
        error(said(Reference(5), walk), walk, 5, 300)
        < 1.1 * sum(abs(walk[n + 5] - walk[n]) for n in range(300, 895)) / 595
    )
    assert error(said(Reference(5), noise), noise, 5, 300) < 0.9  # .80 by the mean, 1.13 by last value
    assert error(said(Reference(5), wave), wave, 5, 300) < 0.3


def test_its_levels_hold_nine_in_ten_of_values_and_of_peaks() -> None:
    rng = random.Random(8)
    values = [rng.expovariate(1.0) for _ in range(3000)]
    told = said(Reference(5), values)
    span = range(500, 2995)
    under = sum(values[n + 5] <= (told[n].upper or 0.0) for n in span) / len(span)
    reached = sum(max(values[n + 1 : n + 6]) <= (told[n].peak or 0.0) for n in span) / len(span)
    assert 0.86 < under < 0.94
    assert 0.85 < reached < 0.95
