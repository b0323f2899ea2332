"""The shared network's quantiles refined for each series: linear heads on what is special about it.

Each head adds to one quantile of the network a weighted sum of inputs that the network does not see or cannot keep
apart: the series' shape, the time of day, the exogenous signals, the echo-state units. The weights follow the
normalised subgradient of the pinball loss (Koenker and Bassett, 1978; the step as in Nagumo and Noda, 1967).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RATE: Final = 0.02
"""The step, in units of the scale."""
REACH: Final = 3.0
"""A head moves a quantile by at most so many units of the scale."""


def correction(weights: Floats, inputs: Floats) -> Floats:
    """What is added to each quantile: `weights` (rows, heads, levels, inputs), `inputs` (rows, inputs)."""
    sums = (weights * inputs[:, None, None, :]).sum(axis=3)
    bounded: Floats = np.clip(sums, -REACH, REACH)
    return bounded


def learn(weights: Floats, inputs: Floats, gradient: Floats) -> Floats:
    """The weights after one outcome of each head; `inputs` (rows, heads, inputs) are those it was made from.

    `gradient` (rows, heads, levels) is how much each quantile should have been higher: its level where the outcome was
    above, level - 1 where it was below, 0 where it is not known.
    """
    size = 1.0 + (inputs * inputs).sum(axis=2)
    step = np.float32(RATE) * gradient / size[:, :, None]
    learnt: Floats = weights + step[:, :, :, None] * inputs[:, :, None, :]
    return learnt
