"""The shared network's quantiles refined for each series: linear heads on what is special about it.

Each head adds to one quantile of the network a weighted sum of inputs that the network does not see or cannot keep
apart: the series' shape, the time of day, the exogenous signals, the echo-state units. The weights follow the
normalised subgradient of the pinball loss (Koenker and Bassett, 1978; the step as in Nagumo and Noda, 1967).
"""

from __future__ import annotations

from typing import Any, Final

from foretide.streams.compiled import compiled

RATE: Final = 0.02
"""The step, in units of the scale."""
REACH: Final = 3.0
"""A head moves a quantile by at most so many units of the scale."""


@compiled
def correction(weights: Any, inputs: Any) -> float:
    """What is added to a quantile: its `weights` and the `inputs` are (inputs,)."""
    total = 0.0
    for k in range(len(inputs)):
        total += weights[k] * inputs[k]
    return min(max(total, -REACH), REACH)


@compiled
def learn(weights: Any, inputs: Any, gradient: Any) -> None:
    """Make the weights (levels, inputs) of a head what they are after an outcome; `inputs` (inputs,) are those that the
    forecast was made from.

    `gradient` (levels,) is how much each quantile should have been higher: its level where the outcome was above,
    level - 1 where it was below.
    """
    size = 1.0
    for k in range(len(inputs)):
        size += inputs[k] * inputs[k]
    for level in range(len(gradient)):
        step = RATE * gradient[level] / size
        for k in range(len(inputs)):
            weights[level, k] += step * inputs[k]
