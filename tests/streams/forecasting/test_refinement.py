"""The refinement learns for one series what the shared network gets wrong, and goes no further than it may."""

from __future__ import annotations

import numpy as np
import pytest

from foretide.streams.forecasting import refinement
from foretide.streams.forecasting.record import INPUTS
from foretide.streams.forecasting.refinement import RATE, REACH
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Floats

LEVEL = np.array(LEVELS, dtype=np.float32)


def correction(weights: Floats, inputs: Floats) -> Floats:
    """What is added to each quantile of one head."""
    return np.array([refinement.correction(of, inputs) for of in weights], dtype=np.float32)


def learn(weights: Floats, inputs: Floats, gradient: Floats) -> Floats:
    """The weights of one head after one outcome."""
    learnt = weights.copy()
    refinement.learn(learnt, inputs, gradient)
    return learnt


def taught(bias: float, noise: float, times: int, seed: int = 1) -> tuple[Floats, Floats]:
    """The weights of one head, and its inputs, where the network's quantiles are all 0 and outcomes about `bias`."""
    draw = np.random.default_rng(seed)
    weights = np.zeros((len(LEVELS), INPUTS), dtype=np.float32)
    inputs = np.zeros(INPUTS, dtype=np.float32)
    inputs[0] = 1.0
    for _ in range(times):
        outcome = np.float32(bias + noise * draw.normal())
        gradient = np.where(outcome > correction(weights, inputs), LEVEL, LEVEL - 1).astype(np.float32)
        weights = learn(weights, inputs, gradient)
    return weights, inputs


@pytest.mark.parametrize("bias", [0.8, -0.8])
def test_it_learns_a_constant_bias_and_how_outcomes_spread_about_it(bias: float) -> None:
    weights, inputs = taught(bias, 0.3, 6000)
    found = correction(weights, inputs).tolist()
    normal = [0.0, 1.2816, 1.6449, 2.3263]
    assert found[:3] == pytest.approx([bias + 0.3 * z for z in normal[:3]], abs=0.12)
    assert found == sorted(found)
    assert found[3] > found[2]


def test_it_learns_what_depends_on_an_input() -> None:
    draw = np.random.default_rng(2)
    weights = np.zeros((len(LEVELS), INPUTS), dtype=np.float32)
    for _ in range(4000):
        inputs = np.zeros(INPUTS, dtype=np.float32)
        inputs[3] = draw.choice([-1.0, 1.0])
        outcome = 0.7 * inputs[3] + 0.1 * draw.normal()
        gradient = np.where(outcome > correction(weights, inputs), LEVEL, LEVEL - 1).astype(np.float32)
        weights = learn(weights, inputs, gradient)
    assert correction(weights, inputs)[0] == pytest.approx(0.7 * inputs[3], abs=0.1)
    assert not weights[..., :3].any()
    assert not weights[..., 4:].any()


def test_a_step_is_of_the_rate_along_the_inputs_however_large_they_are() -> None:
    for size in (0.1, 1.0, 100.0):
        inputs = np.full(INPUTS, size, dtype=np.float32)
        gradient = np.array([0.5, 0.9, -0.05, 0.0], dtype=np.float32)
        weights = learn(np.zeros((4, INPUTS), dtype=np.float32), inputs, gradient)
        whole = INPUTS * size * size
        expected = [RATE * g * whole / (1.0 + whole) for g in (0.5, 0.9, -0.05, 0.0)]
        assert correction(weights, inputs).tolist() == pytest.approx(expected, rel=1e-4)


def test_a_quantile_is_moved_no_farther_than_the_reach() -> None:
    weights = np.full((4, INPUTS), 50.0, dtype=np.float32)
    weights[1] *= -1
    assert correction(weights, np.ones(INPUTS, dtype=np.float32)).tolist() == [REACH, -REACH, REACH, REACH]
