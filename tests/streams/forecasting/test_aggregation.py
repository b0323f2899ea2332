"""Experts weighed: what the shares are, and that a mixture hardly loses more than the best of them."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.forecasting.aggregation import ETA, FADE, mixed, weights

losses = st.floats(0.0, 1e30)
rows = st.lists(st.tuples(losses, losses, losses, losses), min_size=1, max_size=6)
forecasts = st.tuples(*[st.floats(-1e30, 1e30)] * 4)


@settings(max_examples=50, deadline=None)
@given(rows, forecasts, st.integers(0, 3))
def test_shares_sum_to_one_and_a_mixture_stays_within_its_experts(
    lost: list[tuple[float, ...]], said: tuple[float, ...], favourite: int
) -> None:
    shares = weights(np.array(lost), favourite)
    assert (shares >= 0.0).all()
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-12)
    for one, row in zip(shares, lost, strict=True):
        assert min(said) <= mixed(one, np.array(said)) <= max(said)
        np.testing.assert_array_equal(weights(np.array(row), favourite), one)
        assert one[int(np.argmin(row))] == one.max() or not any(row)


def test_where_nothing_was_lost_all_is_on_the_favourite() -> None:
    shares = weights(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), 2)
    assert shares[0].tolist() == [0.0, 0.0, 1.0]
    assert shares[1].tolist() == pytest.approx([1 / 3] * 3)


def test_those_without_any_loss_share_the_weight() -> None:
    assert weights(np.array([[0.0, 1.0, 0.0, 1e-300]]), 1).tolist() == [[0.5, 0.0, 0.5, 0.0]]


def test_a_loss_counts_relative_to_the_best() -> None:
    shares = weights(np.array([1.0, 1.1, 3.0]), 0)
    assert shares[1] / shares[0] == pytest.approx(np.exp(-0.1 * ETA))
    assert shares[2] < 1e-20
    np.testing.assert_allclose(weights(np.array([1.0, 1.1, 3.0]) * 2.0**-90, 0), shares, rtol=1e-9)


def lost(outcomes: np.ndarray, said: np.ndarray) -> tuple[float, np.ndarray]:
    """The absolute errors of the mixture, and of each of the experts that `said` (times, experts) something."""
    faded, own, each = np.zeros(said.shape[1]), 0.0, np.zeros(said.shape[1])
    for outcome, forecast in zip(outcomes, said, strict=True):
        own += abs(outcome - float(mixed(weights(faded, 0), forecast)))
        now = np.abs(outcome - forecast)
        faded, each = FADE * faded + now, each + now
    return own, each


@pytest.mark.parametrize("seed", range(5))
def test_on_random_losses_it_loses_hardly_more_than_the_best_expert(seed: int) -> None:
    draw, times, experts = np.random.default_rng(seed), 1500, 11
    errors = draw.normal(0.0, draw.uniform(0.5, 2.0, experts), (times, experts))
    outcomes = draw.normal(0.0, 3.0, times)
    own, each = lost(outcomes, outcomes[:, None] + errors)
    assert own <= each.min() + 2.0 * (times * log(experts)) ** 0.5


@pytest.mark.parametrize("period", [30, 150, 600])
def test_when_experts_take_turns_at_being_right_it_loses_hardly_more_than_the_best_of_them(period: int) -> None:
    times, experts = 2400, 4
    right = (np.arange(times) // period) % experts
    said = np.where(right[:, None] == np.arange(experts), 0.1, 1.0)
    own, each = lost(np.zeros(times), said)
    assert own <= each.min() + 2.0 * (times * log(experts)) ** 0.5


def test_against_an_adversary_who_lets_the_leader_err_it_loses_hardly_more_than_the_best() -> None:
    faded, own, each = np.zeros(2), 0.0, np.zeros(2)
    for _ in range(3000):
        shares = weights(faded, 0)
        # The expert with more of the weight errs by 1, the other is right.
        said = np.array([1.0, 0.0]) if shares[0] >= 0.5 else np.array([0.0, 1.0])
        own += float(mixed(shares, said))
        faded, each = FADE * faded + said, each + said
    assert own <= each.min() + 2.0 * (3000 * log(2)) ** 0.5 + 0.06 * 3000


def test_an_expert_that_becomes_the_best_leads_within_the_half_life() -> None:
    faded = np.zeros(3)
    for _ in range(600):
        faded = FADE * faded + [2.0, 1.0, 3.0]
    assert weights(faded, 0)[1] > 0.999
    for _ in range(300):
        faded = FADE * faded + [2.0, 3.0, 0.1]
    assert weights(faded, 0)[2] > 0.9


@settings(max_examples=50, deadline=None)
@given(st.lists(losses, min_size=2, max_size=11), st.integers(0, 1))
def test_the_shares_of_one_target_are_those_of_many(lost: list[float], favourite: int) -> None:
    many = np.array([lost[::-1], lost, [1.0] * len(lost)])
    assert weights(np.array([lost]), favourite)[0].tolist() == weights(many, favourite)[1].tolist()
