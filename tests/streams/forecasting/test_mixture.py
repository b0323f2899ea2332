from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.forecasting.mixture import Mixture

losses = st.floats(0.0, 1e30)


@given(st.lists(st.tuples(losses, losses, losses), max_size=40), st.tuples(losses, losses, losses))
def test_weights_sum_to_one_and_a_mix_stays_within_its_experts(
    rows: list[tuple[float, ...]], forecasts: tuple[float, ...]
) -> None:
    mixture = Mixture(3)
    for row in rows:
        mixture.learn(row)
        assert sum(mixture.weights) == pytest.approx(1.0)
        assert min(mixture.weights) >= 0.0
        assert min(forecasts) <= mixture.mix(forecasts) <= max(forecasts)


def test_the_weight_moves_to_the_best_expert_and_to_another_that_becomes_the_best() -> None:
    mixture = Mixture(3)
    assert mixture.weights == [pytest.approx(1 / 3)] * 3
    for _ in range(50):
        mixture.learn([2.0, 1.0, 3.0])
    assert mixture.winner() == 1
    assert mixture.weights[1] > 0.999
    for _ in range(300):
        mixture.learn([2.0, 3.0, 0.1])
    assert mixture.winner() == 2
    assert mixture.weights[2] > 0.9


def test_experts_without_any_loss_share_the_weight() -> None:
    mixture = Mixture(3)
    mixture.learn([0.0, 1.0, 0.0])
    assert mixture.weights == [0.5, 0.0, 0.5]


def test_a_mixture_put_back_goes_on_equal() -> None:
    mixture = Mixture(2)
    mixture.learn([1.0, 0.3])
    other = Mixture.load(mixture.dump())
    for m in (mixture, other):
        m.learn([0.1, 0.7])
    assert other.dump() == mixture.dump()
