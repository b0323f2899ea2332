"""The shared network's quantiles refined for each series: linear heads on what is special about it.

Each head adds to one quantile of the network a weighted sum of inputs that the network does not see or cannot keep
apart: the series' shape, the time of day, the exogenous signals, the echo-state units. The weights follow the
normalised subgradient of the pinball loss (Koenker and Bassett, 1978; the step as in Nagumo and Noda, 1967).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from foretide.streams.compiled import compiled
from foretide.streams.forecasting.halves import drawn, widened

RATE: Final = 0.02
"""The step, in units of the scale."""
REACH: Final = 3.0
"""A head moves a quantile by at most so many units of the scale."""


UNIT: Final = 2.0**-6
"""Weights are kept as halves in this unit: so small ones too are kept to a thousandth."""
LARGEST: Final = 60_000.0
"""Weights beyond so many units are kept as this."""


@compiled
def correction(weights: Any, inputs: Any) -> float:
    """What is added to a quantile: its `weights` and the `inputs` are (inputs,)."""
    total = 0.0
    for k in range(len(inputs)):
        total += UNIT * widened(weights[k]) * inputs[k]
    return min(max(total, -REACH), REACH)


@compiled
def learn(weights: Any, inputs: Any, gradient: Any, seed: int) -> None:
    """Make the weights (levels, inputs) of a head what they are after an outcome; `inputs` (inputs,) are those that the
    forecast was made from.

    `gradient` (levels,) is how much each quantile should have been higher: its level where the outcome was above,
    level - 1 where it was below. Steps are smaller than what a half can tell, so a weight is rounded up or down by
    chance, as often as keeps its mean (stochastic rounding; Gupta et al., Deep Learning with Limited Numerical
    Precision, 2015). Chance follows from the `seed`: whoever learns the same gets the same.
    """
    size = 1.0
    for k in range(len(inputs)):
        size += inputs[k] * inputs[k]
    draw = np.uint32(np.uint32(seed) * np.uint32(2654435761) + np.uint32(12345))
    for level in range(len(gradient)):
        step = RATE * gradient[level] / size
        for k in range(len(inputs)):
            # A congruential generator (Numerical Recipes); its upper bits are those that look drawn.
            draw = np.uint32(draw * np.uint32(1664525) + np.uint32(1013904223))
            weight = (UNIT * widened(weights[level, k]) + step * inputs[k]) / UNIT
            weights[level, k] = drawn(min(max(weight, -LARGEST), LARGEST), np.uint32(draw >> np.uint32(19)))
