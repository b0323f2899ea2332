"""Training by stochastic gradient descent on the pinball loss (Adam; Kingma and Ba, 2015), in plain numpy;
weights decay apart from it, biases do not.

The pinball loss of all outputs is what makes them quantiles (Koenker and Bassett, 1978). The rate falls to nothing
along a half cosine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.network import LEVELS, OUTPUTS, Network
from foretide.streams.fleet.rows import Rows

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How to train."""

    hidden: int = 128
    """Units in each of the two hidden layers."""
    nets: int = 2
    """Networks whose outputs are averaged, each from another seed."""
    passes: int = 14
    """Passes over all rows."""
    batch: int = 512
    """Rows a step."""
    rate: float = 2e-3
    """The first step's size."""
    decay: float = 0.02
    """The share of a weight that is taken off it in a step, in units of the step's size (Loshchilov and Hutter, 2019):
    what few rows ask for does not stay."""
    seed: int = 0
    """Every number drawn follows from it."""


def train(rows: Rows, settings: TrainingSettings, told: Callable[[int, int, float], None]) -> tuple[Network, float]:
    """A network and its loss over the last pass. `told` hears of every pass: which, of how many, and its loss."""
    nets, losses = [], []
    for net in range(settings.nets):

        def passed(done: int, loss: float, net: int = net) -> None:
            told(net * settings.passes + done, settings.nets * settings.passes, loss)

        layers, loss = _train_one(rows, settings, settings.seed + net, passed)
        nets.append(layers)
        losses.append(loss)
    joined = tuple(
        (np.stack([layers[i][0] for layers in nets]), np.stack([layers[i][1][None, :] for layers in nets]))
        for i in range(len(nets[0]))
    )
    return Network.of(joined), float(np.mean(losses))


def _train_one(
    rows: Rows, settings: TrainingSettings, seed: int, passed: Callable[[int, float], None]
) -> tuple[list[list[Floats]], float]:
    draw = np.random.default_rng(seed)
    sizes = [FEATURES, settings.hidden, settings.hidden, OUTPUTS]
    layers: list[list[Floats]] = [
        [(draw.standard_normal((a, b)) / np.sqrt(a)).astype(np.float32), np.zeros(b, np.float32)]
        for a, b in pairwise(sizes)
    ]
    first = [[np.zeros_like(p) for p in layer] for layer in layers]
    second = [[np.zeros_like(p) for p in layer] for layer in layers]
    levels = np.tile(np.array(LEVELS, np.float32), rows.targets.shape[1])
    batches = max(1, len(rows.inputs) // settings.batch)
    step, loss = 0, 0.0
    for done in range(1, settings.passes + 1):
        order = draw.permutation(len(rows.inputs))
        total = 0.0
        for chosen in np.array_split(order[: batches * settings.batch], batches):
            step += 1
            part, gradients = _gradients(layers, rows.inputs[chosen], rows.targets[chosen], levels)
            total += part
            rate = settings.rate * 0.5 * (1 + np.cos(np.pi * step / (settings.passes * batches)))
            _adam(layers, first, second, gradients, rate, step, settings.decay)
        loss = total / batches
        passed(done, loss)
    return layers, loss


def _gradients(layers: list[list[Floats]], x: Floats, targets: Floats, levels: Floats) -> tuple[float, list[list[Any]]]:
    seen = [x]
    for weights, bias in layers[:-1]:
        seen.append(np.tanh(seen[-1] @ weights + bias))
    error = np.repeat(targets, len(LEVELS), axis=1) - (seen[-1] @ layers[-1][0] + layers[-1][1])
    known = ~np.isnan(error)
    loss = float(np.mean(np.maximum(levels * error, (levels - 1) * error), where=known))
    down: Any = np.where(known, np.where(error > 0, -levels, 1 - levels), 0).astype(np.float32) / np.float32(len(x))
    found = []
    for i in range(len(layers) - 1, -1, -1):
        found.append([seen[i].T @ down, down.sum(axis=0)])
        if i:
            down = (down @ layers[i][0].T) * (1 - seen[i] ** 2)
    return loss, found[::-1]


def _adam(
    layers: list[list[Floats]],
    first: list[list[Floats]],
    second: list[list[Floats]],
    gradients: list[list[Any]],
    rate: float,
    step: int,
    decay: float,
) -> None:
    for layer, ones, twos, gradient in zip(layers, first, second, gradients, strict=True):
        for i, g in enumerate(gradient):
            ones[i] = 0.9 * ones[i] + 0.1 * g
            twos[i] = 0.999 * twos[i] + 0.001 * g * g
            if i == 0:
                layer[0] = layer[0] * np.float32(1 - rate * decay)
            layer[i] = layer[i] - np.float32(rate / (1 - 0.9**step)) * ones[i] / (
                np.sqrt(twos[i] / (1 - 0.999**step)) + np.float32(1e-8)
            )
