"""The network gives each row the same, to the last bit, whatever it is asked for with it, and quantiles in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.fleet import default_network
from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.network import (
    HIDDEN_GRID,
    INPUT_GRID,
    KINDS,
    LARGEST_WEIGHT,
    LEVELS,
    OUTPUTS,
    STEPS,
    WEIGHT_GRID,
    Network,
    between,
)
from support.banks import small_network


def inputs(rows: int, seed: int = 1, size: float = 3.0) -> np.ndarray:
    """Inputs as `features` gives them: logarithms, rarely above 14."""
    return np.clip(np.random.default_rng(seed).normal(0.0, size, (rows, FEATURES)), -14, 14).astype(np.float32)


@pytest.mark.parametrize("network", [default_network(), small_network()], ids=["default", "small"])
def test_a_row_does_not_depend_on_how_many_others_there_are_nor_on_their_order(network: Network) -> None:
    rows = inputs(257)
    whole = network(rows)
    for size in (1, 2, 3, 5, 8, 16, 33, 100):
        parts = [network(rows[i : i + size]) for i in range(0, len(rows), size)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
    order = np.random.default_rng(2).permutation(len(rows))
    np.testing.assert_array_equal(network(rows[order]), whole[order])
    np.testing.assert_array_equal(network(np.asfortranarray(rows)), whole)
    np.testing.assert_array_equal(network(np.repeat(rows, 3, axis=0)[::3]), whole)


def test_sums_are_exact_in_whatever_order_they_are_added() -> None:
    network, rows = default_network(), inputs(4)
    order = np.random.default_rng(3).permutation(FEATURES)
    (first, biases), *rest = network.layers
    shuffled = Network(((np.ascontiguousarray(first[:, order]), biases), *rest))
    np.testing.assert_array_equal(shuffled(rows[:, order]), network(rows))


def test_inputs_are_brought_onto_their_grid() -> None:
    network = default_network()
    rows = (np.rint(inputs(9).astype(np.float64) * INPUT_GRID / 64) * 64 / INPUT_GRID).astype(np.float32)
    small = np.random.default_rng(4).uniform(-0.4, 0.4, rows.shape) / INPUT_GRID
    near = (rows + small).astype(np.float32)
    assert (near != rows).mean() > 0.5
    np.testing.assert_array_equal(network(near), network(rows))
    assert (network(rows + np.float32(2.0 / INPUT_GRID)) != network(rows)).any()


def test_weights_are_on_their_grid_with_few_enough_digits_for_exact_sums() -> None:
    for weights, biases in default_network().layers:
        for numbers in (weights, biases):
            np.testing.assert_array_equal(np.rint(numbers * WEIGHT_GRID), numbers * WEIGHT_GRID)
            assert np.abs(numbers).max() <= LARGEST_WEIGHT
    grid = {0: INPUT_GRID}
    for place, (weights, biases) in enumerate(default_network().layers):
        largest = 64.0 if place == 0 else 1.0
        sums = (np.abs(weights).sum(axis=1) * largest + np.abs(biases[:, 0])).max()
        assert sums * grid.get(place, HIDDEN_GRID) * WEIGHT_GRID < 2.0**53
    wild = Network.of([(np.full((1, 2, 3), 1e9), np.full((1, 1, 3), -0.3))])
    assert wild.layers[0][0].max() == LARGEST_WEIGHT
    assert wild.layers[0][1][0, 0, 0] == round(-0.3 * WEIGHT_GRID) / WEIGHT_GRID


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.1, 3.0, 30.0]))
def test_quantiles_never_decrease_over_the_levels(seed: int, size: float) -> None:
    for network in (default_network(), small_network(seed)):
        found = network(inputs(7, seed, size))
        assert found.shape == (7, len(STEPS), len(KINDS), len(LEVELS))
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        assert (np.diff(found, axis=3) >= 0.0).all()


def test_the_outputs_of_several_nets_are_averaged() -> None:
    one, other = small_network(5), small_network(6)
    both = Network(
        tuple(
            (np.concatenate([a, c]), np.concatenate([b, d]))
            for (a, b), (c, d) in zip(one.layers, other.layers, strict=True)
        )
    )
    rows = inputs(3)
    raw = [_outputs(n, rows) for n in (one, other)]
    expected = np.maximum.accumulate(((raw[0] + raw[1]) / 2).reshape(3, len(STEPS), len(KINDS), len(LEVELS)), axis=3)
    np.testing.assert_allclose(both(rows), expected, rtol=1e-4, atol=1e-5)


def _outputs(network: Network, rows: np.ndarray) -> np.ndarray:
    nets = len(network.layers[0][0])
    total = np.zeros((len(rows), OUTPUTS))
    for net in range(nets):
        hidden = rows.astype(np.float64)
        for weights, biases in network.layers[:-1]:
            hidden = np.tanh(hidden @ weights[net] + biases[net])
        total += hidden @ network.layers[-1][0][net] + network.layers[-1][1][net]
    return total / nets


def test_steps_between_those_that_are_forecast_are_taken_in_proportion() -> None:
    assert STEPS == (1, 2, 3, 5, 8, 12, 15)
    left, right, share = between([1, 3, 4, 6, 7, 10, 15, 90])
    taken = [STEPS[a] + s * (STEPS[b] - STEPS[a]) for a, b, s in zip(left, right, share, strict=True)]
    assert taken == pytest.approx([1, 3, 4, 6, 7, 10, 15, 15])
    assert all(STEPS[b] - STEPS[a] <= 4 for a, b in zip(left, right, strict=True))
    assert [len(v) for v in between([])] == [0, 0, 0]
