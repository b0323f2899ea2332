"""A few small networks whose outputs are averaged: two hidden layers, quantiles of the future in units of the scale."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

STEPS: Final = (1, 2, 3, 5, 8, 12, 15)
"""Steps ahead that are forecast; those between are taken in proportion."""
KINDS: Final = ("point", "peak", "mean")
LEVELS: Final = (0.5, 0.9, 0.95, 0.99)
OUTPUTS: Final = len(STEPS) * len(KINDS) * len(LEVELS)

INPUT_GRID: Final = 2.0**16
HIDDEN_GRID: Final = 2.0**20
WEIGHT_GRID: Final = 2.0**14
"""Inputs, hidden units and weights are multiples of the grids' inverses. Their products and sums then have few enough
digits to be exact in double precision, in whatever order they are added: what an application gets does not depend on
how many others are asked for with it, nor on the linear algebra library."""

LARGEST_WEIGHT: Final = 32.0

ROWS: Final = 128
"""So many rows go through the nets together: what lies between the layers then stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Network:
    """`layers` are pairs of weights (nets, inputs, outputs) and biases (nets, 1, outputs), on the grid of weights."""

    layers: tuple[tuple[Doubles, Doubles], ...]

    @classmethod
    def of(cls, layers: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> Network:
        """A network whose weights are brought onto the grid."""
        return cls(tuple((_on_grid(weights), _on_grid(biases)) for weights, biases in layers))

    def __call__(self, inputs: Floats) -> Floats:
        """Inputs (rows, features) to distances from the last value (rows, steps, kinds, levels), which never decrease
        over the levels."""
        steps, kinds = np.divmod(np.arange(len(STEPS) * len(KINDS)), len(KINDS))
        return self.only(steps, kinds)(inputs).reshape(len(inputs), len(STEPS), len(KINDS), len(LEVELS))

    def only(self, steps: NDArray[np.int64], kinds: NDArray[np.int64]) -> Part:
        """The part of the network that answers for these places in STEPS and KINDS alone (pairs,)."""
        outputs = np.arange(OUTPUTS).reshape(len(STEPS), len(KINDS), len(LEVELS))[steps, kinds].ravel()
        *hidden, (last, offsets) = self.layers
        grids = [INPUT_GRID, *[HIDDEN_GRID] * len(hidden)]
        layers = [*hidden, (last[:, :, outputs], offsets[:, :, outputs])]
        scaled = tuple(
            (_by_column(weights / grid), biases) for grid, (weights, biases) in zip(grids, layers, strict=True)
        )
        return Part(scaled, len(steps))


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a network's outputs. Its weights are divided by the grid of what they are multiplied with."""

    layers: tuple[tuple[Doubles, Doubles], ...]
    pairs: int

    def __call__(self, inputs: Floats) -> Floats:
        """Inputs (rows, features) to distances from the last value (rows, pairs, levels), which never decrease over
        the levels."""
        *inner, (last, offsets) = self.layers
        total = np.empty((len(inputs), last.shape[2]))
        for start in range(0, len(inputs), ROWS):
            part = slice(start, start + ROWS)
            hidden = np.rint(inputs[part] * np.float32(INPUT_GRID)).astype(np.float64)
            for weights, biases in inner:
                # All nets at once: (nets, rows, units). Of the inputs they have one and the same.
                sums = hidden @ weights
                # Exact sums, rounded once: single precision is enough from here, and several times as fast.
                units = np.add(sums, biases, out=np.empty(sums.shape, np.float32), casting="same_kind")
                np.tanh(units, out=units)
                units *= np.float32(HIDDEN_GRID)
                hidden = np.rint(units, out=sums)
            said = hidden @ last
            said += offsets
            said.sum(axis=0, out=total[part])
        total /= len(last)
        shaped = total.astype(np.float32).reshape(len(inputs), self.pairs, len(LEVELS))
        found: Floats = np.maximum.accumulate(shaped, axis=2)
        return found


def _by_column(weights: Doubles) -> Doubles:
    """The same weights, each net's columns one after another: so a product with few rows is a sixth cheaper."""
    return np.ascontiguousarray(weights.swapaxes(1, 2)).swapaxes(1, 2)


def _on_grid(numbers: NDArray[Any]) -> Doubles:
    bounded = np.clip(numbers.astype(np.float64), -LARGEST_WEIGHT, LARGEST_WEIGHT)
    found: Doubles = np.rint(bounded * WEIGHT_GRID) / WEIGHT_GRID
    return found


def between(steps: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """For each number of steps ahead: the places in STEPS at its left and right, and the share of the right one.

    Beyond the farthest it is as at the farthest.
    """
    rights = [min(bisect_left(STEPS, s), len(STEPS) - 1) for s in steps]
    lefts = [r if STEPS[r] <= s or r == 0 else r - 1 for r, s in zip(rights, steps, strict=True)]
    shares = [
        0.0 if a == b else (s - STEPS[a]) / (STEPS[b] - STEPS[a]) for a, b, s in zip(lefts, rights, steps, strict=True)
    ]
    return (
        np.array(lefts, dtype=np.int64),
        np.array(rights, dtype=np.int64),
        np.array(shares, dtype=np.float32),
    )
