"""Training: what comes out are quantiles, the loss falls, and every number follows from the seed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.file import packed
from foretide.streams.fleet.network import KINDS, LEVELS, STEPS, Network
from foretide.streams.fleet.rows import Rows
from foretide.streams.fleet.training import TrainingSettings, train

Floats = NDArray[np.float32]

SETTINGS = TrainingSettings(hidden=16, nets=2, passes=12, batch=128, rate=1e-2, decay=0.0, seed=5)


def drawn(count: int, seed: int) -> Rows:
    """Targets around twice the first input, spread the wider the larger the second: both have to be learnt."""
    draw = np.random.default_rng(seed)
    inputs = draw.uniform(-1, 1, (count, FEATURES)).astype(np.float32)
    spread = draw.exponential(1.0, (count, len(STEPS) * len(KINDS)))
    targets = 2 * inputs[:, :1] + spread * (1.5 + inputs[:, 1:2])
    return Rows(inputs, targets.astype(np.float32))


def quantiles(network: Network, inputs: Floats) -> Floats:
    """What the network's numbers say, written out: (rows, steps, kinds, levels)."""
    hidden = inputs[None]
    for weights, biases in network.layers[:-1]:
        hidden = np.tanh(hidden @ weights + biases)
    weights, biases = network.layers[-1]
    found: Floats = (hidden @ weights + biases).mean(axis=0)
    return np.maximum.accumulate(found.reshape(-1, len(STEPS), len(KINDS), len(LEVELS)), axis=3)


def silent(done: int, whole: int, loss: float) -> None:
    """Hears of a pass and says nothing."""


def test_what_comes_out_are_quantiles_of_what_was_not_seen() -> None:
    network, _ = train(drawn(6000, 1), SETTINGS, silent)
    unseen = drawn(2000, 2)
    found = quantiles(network, unseen.inputs)
    assert found.shape == (2000, len(STEPS), len(KINDS), len(LEVELS))
    outcomes = unseen.targets.reshape(2000, len(STEPS), len(KINDS), 1)
    below = (outcomes <= found).mean(axis=(0, 1, 2))
    np.testing.assert_allclose(below, LEVELS, atol=0.025)
    # The same where the spread is small and where it is large: it is the inputs that tell, not the mean.
    for part in (unseen.inputs[:, 1] < -0.5, unseen.inputs[:, 1] > 0.5):
        np.testing.assert_allclose((outcomes[part] <= found[part]).mean(axis=(0, 1, 2)), LEVELS, atol=0.06)
    middle = found[:, :, :, 0].mean(axis=(1, 2))
    assert np.corrcoef(middle, unseen.inputs[:, 0])[0, 1] > 0.85


def test_the_same_seed_is_the_same_network_and_another_is_not() -> None:
    rows, settings = drawn(500, 3), replace(SETTINGS, passes=2)
    once, twice, other = (_content(rows, s) for s in (settings, settings, replace(settings, seed=60)))
    assert once == twice != other


def _content(rows: Rows, settings: TrainingSettings) -> bytes:
    network, loss = train(rows, settings, silent)
    return packed(network, {}, loss)[1]


def test_the_loss_falls_and_every_pass_is_told_of() -> None:
    heard: list[tuple[int, int, float]] = []
    _, loss = train(drawn(2000, 4), SETTINGS, lambda *told: heard.append(told))
    whole = SETTINGS.nets * SETTINGS.passes
    assert [done for done, _, _ in heard] == list(range(1, whole + 1))
    assert {of for _, of, _ in heard} == {whole}
    for net in range(SETTINGS.nets):
        losses = [told[2] for told in heard[net * SETTINGS.passes : (net + 1) * SETTINGS.passes]]
        assert losses[-1] < 0.8 * losses[0]
        assert losses[-1] < 1.05 * min(losses)
    last = [heard[(net + 1) * SETTINGS.passes - 1][2] for net in range(SETTINGS.nets)]
    assert loss == pytest.approx(np.mean(last))


def test_outcomes_that_are_not_known_teach_nothing() -> None:
    whole = drawn(3000, 7)
    targets = whole.targets.copy()
    targets[::2, -1] = np.nan
    network, loss = train(Rows(whole.inputs, targets), SETTINGS, silent)
    assert np.isfinite(loss)
    found = quantiles(network, whole.inputs)
    below = (whole.targets[:, -1:] <= found[:, -1, -1, :]).mean(axis=0)
    np.testing.assert_allclose(below, LEVELS, atol=0.05)


def test_fewer_rows_than_a_batch_are_enough() -> None:
    network, loss = train(drawn(30, 8), replace(SETTINGS, passes=2), silent)
    assert np.isfinite(loss)
    assert np.isfinite(quantiles(network, drawn(3, 9).inputs)).all()


def test_weights_that_nothing_asks_for_decay_as_the_rate_falls() -> None:
    """Those of an input that is always 0 have no gradient: what becomes of them is the decay alone."""
    given = drawn(4000, 10)
    inputs = given.inputs.copy()
    inputs[:, -1] = 0.0
    settings = replace(SETTINGS, passes=4)
    dead = [
        train(Rows(inputs, np.full_like(given.targets, 3.0)), replace(settings, decay=decay), silent)[0]
        for decay in (0.0, 0.5)
    ]
    free, held = (network.layers[0][0][:, -1] for network in dead)
    steps = settings.passes * (4000 // settings.batch)
    left = math.prod(
        1 - 0.5 * settings.rate * 0.5 * (1 + math.cos(math.pi * step / steps)) for step in range(1, steps + 1)
    )
    assert 0.5 < left < 0.9
    assert np.abs(free).max() > 0.1
    np.testing.assert_allclose(held, left * free, atol=2e-4)
