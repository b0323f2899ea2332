"""The refinement learns for one series what the shared network gets wrong, and goes no further than it may."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from numpy.typing import NDArray

from foretide.streams.forecasting import refinement
from foretide.streams.forecasting.halves import bits
from foretide.streams.forecasting.record import INPUTS
from foretide.streams.forecasting.refinement import RATE, REACH, UNIT
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Floats

SEEDS = count()
"""What rounding is drawn from: another number each time."""

LEVEL = np.array(LEVELS, dtype=np.float32)


def correction(weights: Floats, inputs: Floats) -> Floats:
    """What is added to each quantile of one head."""
    return np.array([refinement.correction(of, inputs) for of in bits(kept(weights))], dtype=np.float32)


def kept(weights: Floats) -> NDArray[np.float16]:
    """The weights as a bank keeps them."""
    return (weights / UNIT).astype(np.float16)


def learn(weights: Floats, inputs: Floats, gradient: Floats) -> Floats:
    """The weights of one head after one outcome."""
    learnt = kept(weights)
    refinement.learn(bits(learnt), inputs, gradient, next(SEEDS))
    return UNIT * learnt.astype(np.float32)


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
        assert correction(weights, inputs).tolist() == pytest.approx(expected, rel=1e-3)


def test_a_quantile_is_moved_no_farther_than_the_reach() -> None:
    weights = np.full((4, INPUTS), 50.0, dtype=np.float32)
    weights[1] *= -1
    assert correction(weights, np.ones(INPUTS, dtype=np.float32)).tolist() == [REACH, -REACH, REACH, REACH]


def test_what_is_learnt_does_not_depend_on_when_but_on_the_seed() -> None:
    inputs, gradient = np.ones(INPUTS, dtype=np.float32), LEVEL.copy()
    found = []
    for seed in (5, 5, 6):
        weights = kept(np.full((len(LEVELS), INPUTS), 0.3, dtype=np.float32))
        refinement.learn(bits(weights), inputs, gradient, seed)
        found.append(weights.tobytes())
    assert found[0] == found[1] != found[2]


def test_steps_too_small_for_a_half_are_taken_in_the_mean() -> None:
    inputs = np.ones(INPUTS, dtype=np.float32)
    gradient = np.array([0.02, -0.02, 0.0, 0.0], dtype=np.float32)
    weights = kept(np.full((len(LEVELS), INPUTS), 0.3, dtype=np.float32))
    times = 2000
    for seed in range(times):
        refinement.learn(bits(weights), inputs, gradient, seed)
    step = RATE * 0.02 / (1 + INPUTS)
    assert step < 0.2 * 0.3 * 2.0**-11, "less than a fifth of what the last digit tells"
    mean = UNIT * weights.astype(np.float64).mean(axis=1)
    assert mean[:2].tolist() == pytest.approx([0.3 + times * step, 0.3 - times * step], abs=0.15 * times * step)
    assert mean[2:].tolist() == pytest.approx([0.3, 0.3], abs=1e-3)
