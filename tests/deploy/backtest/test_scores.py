"""Scores computed online agree with the same computed at the end."""

from __future__ import annotations

import itertools
import random

import pytest

from foretide.deploy.backtest.scores import Score, SeriesScorer, total


def run(values: list[float], horizon: int, *, peak: bool, margin: float = 0.2) -> Score:
    scorer = SeriesScorer(horizon, peak)
    for value in values:
        scorer.observe(value)
        scorer.issue(value, (value * 0.9, value + margin, value + margin, value + 1))
    return scorer.score


@pytest.mark.parametrize("peak", [False, True])
def test_scores_are_those_of_the_closed_horizons(peak: bool) -> None:
    rng = random.Random(3)
    values = [rng.random() for _ in range(200)]
    horizon = 5
    outcomes = [
        max(values[i + 1 : i + 1 + horizon]) if peak else values[i + horizon] for i in range(len(values) - horizon)
    ]
    score = run(values, horizon, peak=peak)
    assert score.scored == len(outcomes)
    assert score.covered[1] == sum(y <= v + 0.2 for y, v in zip(outcomes, values, strict=False))
    assert score.covered[3] == len(outcomes)
    assert score.error == pytest.approx(sum(abs(y - 0.9 * v) for y, v in zip(outcomes, values, strict=False)))
    assert score.last_error == pytest.approx(sum(abs(y - v) for y, v in zip(outcomes, values, strict=False)))
    assert score.pinball == pytest.approx(
        sum(max(0.9 * (y - v - 0.2), -0.1 * (y - v - 0.2)) for y, v in zip(outcomes, values, strict=False))
    )


def test_last_value_learns_a_margin_from_its_own_errors() -> None:
    rng = random.Random(4)
    values = [rng.random() for _ in range(2000)]
    plain = sum(max(0.9 * (b - a), -0.1 * (b - a)) for a, b in itertools.pairwise(values))
    assert run(values, 1, peak=False).last_pinball < 0.8 * plain


def test_nothing_is_scored_before_a_horizon_has_closed() -> None:
    score = run([1.0, 2.0, 3.0], 5, peak=False)
    assert (score.scored, score.coverage(0.9), score.error_ratio, score.pinball90_ratio) == (0, None, None, None)


def test_a_constant_series_leaves_no_ratio() -> None:
    assert run([1.0] * 20, 2, peak=False).error_ratio is None


def test_totals_are_sums() -> None:
    parts = [run([float(i % 7) for i in range(60)], 3, peak=True), run([float(i % 5) for i in range(60)], 3, peak=True)]
    both = total(parts)
    assert both.scored == sum(p.scored for p in parts)
    assert both.pinball == pytest.approx(sum(p.pinball for p in parts))
