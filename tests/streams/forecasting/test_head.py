"""What is told of a head: its scores are of the same outcomes, and unknown while there are none to speak of."""

from __future__ import annotations

import random

import pytest

from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.experts import EXPERTS, LAST
from foretide.streams.forecasting.head import Head
from foretide.streams.forecasting.scoring import KNOWN
from foretide.streams.forecasting.targets import Target
from support.banks import alone, drawn, feed, plain, small_network, together


def test_the_ratios_to_last_value_are_of_the_same_outcomes() -> None:
    rng = random.Random(4)
    bank = alone(plain([rng.gauss(10.0, 1.0) for _ in range(320)]), [Target("point", 1)])
    head = Head(bank, 0, 0)
    # Independent draws: the .9 quantile loses .175 deviations, last value .564; the mean errs by .8, that by 1.13.
    assert head.score.pinball90_ratio == pytest.approx(0.175 / 0.564, rel=0.15)
    assert min(head.losses) / head.losses[LAST] == pytest.approx(0.707, rel=0.15)
    assert head.covered == pytest.approx(0.9, abs=0.09)
    assert head.known == 319


def test_ratios_are_unknown_until_enough_outcomes_are_known() -> None:
    steps, bank = drawn(1, 40), alone([], [Target("point", 1), Target("mean", 6)])
    for step in steps:
        feed(bank, [0], [step])
        for place, head in enumerate(Head(bank, 0, i) for i in range(2)):
            assert head.known == max(0, int(bank.state["steps"][0]) - (1, 6)[place])
            score = head.score
            assert (score.error_ratio is None) == (score.pinball90_ratio is None) == (head.known < KNOWN)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_ratios_to_a_last_value_that_never_errs_are_unknown(value: float) -> None:
    head = Head(alone(plain([value] * 50), [Target("peak", 2)]), 0, 0)
    assert head.known == 48
    assert head.score.pinball90_ratio is None
    assert head.score.error_ratio is None
    assert head.quantiles == pytest.approx([value] * 4, abs=1e-4)


def test_a_head_tells_of_its_own_row_and_target() -> None:
    targets = [Target("point", 1), Target("peak", 9)]
    bank = together([drawn(1, 60), drawn(2, 60, 100.0)], targets)
    found = [[Head(bank, row, place) for place in range(2)] for row in range(2)]
    assert [h.target for h in found[0]] == targets
    assert [h.known for h in found[1]] == [59, 51]
    for row, heads in enumerate(found):
        apart = alone(drawn(row + 1, 60, (1.0, 100.0)[row]), targets)
        assert [h.quantiles for h in heads] == [Head(apart, 0, place).quantiles for place in range(2)]
        assert [h.weights() for h in heads] == [Head(apart, 0, place).weights() for place in range(2)]


def test_the_winner_is_the_expert_with_the_most_weight() -> None:
    fresh = Head(Bank([Target("point", 1)], small_network()), 0, 0)
    fresh.bank.add()
    assert fresh.winner == "fleet"
    assert sum(fresh.weights().values()) == 1.0
    slope = Head(alone(plain([1.0 * (i % 2) for i in range(150)]), [Target("point", 1)]), 0, 0)
    assert list(slope.weights()) == list(EXPERTS)
    assert sum(slope.weights().values()) == pytest.approx(1.0)
    # What comes by turns is last value's worst case; the autoregression finds it out.
    assert slope.winner == "ar"
    assert slope.weights()["last"] < 1e-6
    slope.bank.state["losses"][0, 0] = 1.0
    assert slope.winner == EXPERTS[0], "the first of several"
