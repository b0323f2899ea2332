"""Scores are what counting over all outcomes gives; those of many rows are those of each."""

from __future__ import annotations

import random
from dataclasses import fields
from math import isnan

import numpy as np
import pytest

from foretide.streams.forecasting.aggregation import FADE
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.experts import EXPERTS, REFERENCES
from foretide.streams.forecasting.head import Head, Score
from foretide.streams.forecasting.scoring import KNOWN, Scores, scores
from foretide.streams.forecasting.targets import Target
from support.banks import alone, drawn, feed, plain, small_network, together

POINT = [Target("point", 1)]


def test_scores_are_the_faded_sums_over_the_outcomes_as_they_came() -> None:
    rng = random.Random(8)
    values = [float(np.float32(10.0 + rng.gauss(0.0, 2.0))) for _ in range(300)]
    bank = Bank(POINT, small_network())
    head, totals = Head(bank, bank.add(), 0), np.zeros(8)
    for i, step in enumerate(plain(values)):
        if i:
            q50, q90, _, q99 = (float(np.float32(q)) for q in head.quantiles)
            y = values[i]
            parts = (y, abs(y - q50), q90 - y, q99 - y, y - q99, y > q99, 1.0, abs(y - values[i - 1]))
            totals = FADE * totals + np.maximum(np.array(parts, dtype=np.float64), 0.0)
        feed(bank, [head.row], [step])
    use, error, slack90, slack99, unmet, above, count, last = totals.tolist()
    score = head.score
    # What was issued is remembered in half precision.
    assert score.slack90 == pytest.approx(slack90 / use, rel=1e-3)
    assert score.slack99 == pytest.approx(slack99 / use, rel=1e-3)
    assert score.unmet99 == pytest.approx(unmet / use, rel=3e-3)
    assert score.above99 == pytest.approx(above / count)
    assert score.error_ratio == pytest.approx(error / last, rel=1e-3)
    best = min(head.losses[i] for i in REFERENCES)
    assert score.leader_ratio == pytest.approx(error / best, rel=1e-3)
    own, of_last = bank.state["pinball"][head.row, 0].tolist()
    assert (score.coverage90, score.pinball90_ratio) == (head.covered, own / of_last)
    assert above > 0
    assert slack99 > slack90 > 0


def test_rows_scored_together_are_scored_as_each_alone() -> None:
    bank = together([drawn(seed, 60) for seed in range(5)])
    for place in range(len(bank.targets)):
        found = scores(bank, range(5), place)
        for field in fields(Scores):
            values = getattr(found, field.name).tolist()
            assert values == pytest.approx([getattr(scores(bank, [i], place), field.name)[0] for i in range(5)])


def test_of_few_outcomes_or_of_nothing_used_no_ratio_is_told() -> None:
    few = Head(alone(drawn(1, KNOWN), POINT), 0, 0)
    assert few.known == KNOWN - 1
    ratios = [f.name for f in fields(Score) if f.name != "coverage90"]
    assert {getattr(few.score, name) for name in ratios} == {None}
    idle = Head(alone(plain([0.0] * 50), POINT), 0, 0).score
    assert {getattr(idle, name) for name in ratios if name != "above99"} == {None}
    assert idle.above99 == 0.0
    none = scores(alone([], POINT), [0], 0)
    assert isnan(none.coverage90[0])


def test_shortened_losses_keep_their_order_and_weigh_less_than_what_comes() -> None:
    bank = alone(drawn(3, 100), POINT)
    head = Head(bank, 0, 0)
    before, shares, score = head.losses, head.weights(), head.score
    bank.shorten(0, 0.25)
    assert head.losses == [0.25 * loss for loss in before]
    assert head.weights() == pytest.approx(shares)
    for field in fields(Score):
        assert getattr(head.score, field.name) == pytest.approx(getattr(score, field.name)), field.name
    assert len(before) == len(EXPERTS)
