"""River's linear regression for many series at once: a scaler for each, and a linear head for each target.

River learns one series at a time, in dictionaries. Here the weights of all series lie in arrays: what comes out is
what one `StandardScaler` and one `LinearRegression` for each series and target would have learnt, but for rounding to
single precision, and to the last bit what River's loss and optimizer make of such arrays. Tests hold them side by side.
"""

from __future__ import annotations

from math import isnan, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from river import optim

from foretide.streams.compiled import compiled
from foretide.streams.forecasting.view import Doubles, Floats, Ints

CLIP: Final = 10.0
"""Scaled inputs and targets beyond this are cut off: one outlier must not throw the weights."""

RATE: Final = 0.01
"""The optimizer's learning rate, of the weights and of the intercept."""

LOSS: Final = optim.losses.Quantile(alpha=0.5)
"""The absolute error: heads learn the median of the changes."""

_ALPHA: Final = LOSS.alpha
_STEP: Final = np.float32(RATE)


def scale(state: NDArray[np.void], rows: Ints, raw: Floats) -> Doubles:
    """Learn the spread of the exogenous signals `raw` (rows, EXOGENOUS) and give them scaled.

    One that is not known (NaN) is as usual, and nothing is learnt of it.
    """
    found = np.zeros(raw.shape)
    _scale(rows, np.ascontiguousarray(raw), state["scaler"], found)
    return found


@compiled
def _scale(rows: Ints, raw: Floats, scaler: Doubles, found: Doubles) -> None:
    for i in range(len(rows)):
        for k in range(raw.shape[1]):
            value, kept = np.float64(raw[i, k]), scaler[rows[i], k]
            if isnan(value):
                continue
            count, mean, variance = kept[0] + 1.0, kept[1], kept[2]
            centre = mean + (value - mean) / count
            variance += ((value - mean) * (value - centre) - variance) / count
            kept[0], kept[1], kept[2] = count, centre, variance
            if variance > 0.0:
                found[i, k] = min(max((value - centre) / sqrt(variance), -CLIP), CLIP)


@compiled
def said_by(weights: Any, inputs: Any) -> float:
    """A head's change, in units of the scale: the sum of the first `inputs` weighed, and the intercept, which is the
    last of the `weights`."""
    total = np.float64(weights[len(weights) - 1])
    for k in range(len(weights) - 1):
        total += weights[k] * inputs[k]
    return total


def learn(state: NDArray[np.void], rows: Ints, heads: Ints, inputs: Floats, changes: Doubles) -> None:
    """What came of forecasts (pairs,): which head of which row, no pair twice, its `inputs` (pairs, PLAIN) at the time
    of issue, and the change that came."""
    _learn(rows, heads, inputs, changes, state["linear"])


@compiled
def _learn(rows: Ints, heads: Ints, inputs: Floats, changes: Doubles, linear: Floats) -> None:
    """The loss' gradient at each intercept and weight, then the optimizer's step along it; all in single precision."""
    for i in range(len(rows)):
        weights = linear[rows[i], heads[i]]
        above = 1.0 if changes[i] < said_by(weights, inputs[i]) else 0.0
        slope, last = np.float32(above - _ALPHA), len(weights) - 1
        for k in range(last):
            weights[k] -= _STEP * (slope * inputs[i, k])
        weights[last] -= _STEP * slope
