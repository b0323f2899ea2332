"""An autoregression for each of many series: eight lags and a constant, by recursive least squares.

Recursive least squares with forgetting as in Haykin, Adaptive Filter Theory (chapter 10); forecasts further ahead by
iteration. The lags are distances from the mean of the history, in units of the scale, so that one setting fits all.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LAGS: Final = 8
WEIGHTS: Final = LAGS + 1
FORGET: Final = 0.998
DELTA: Final = 10.0
"""The covariance at the start: how little the first weights are trusted."""
TRACE: Final = 1e4
"""A covariance that has grown beyond this has seen nothing new for long; it starts afresh."""
CLIP: Final = 30.0
"""Distances beyond this are cut off: one outlier must not throw the weights."""
SURPRISE: Final = 8.0
"""So is an error beyond this."""

START: Final = np.eye(WEIGHTS) * DELTA


def learn(
    weights: Doubles, covariance: Doubles, lags: Doubles, outcome: Doubles, surprise: float = SURPRISE
) -> tuple[Doubles, Doubles]:
    """Weights (rows, n) and covariance (rows, n, n) after the `outcome` (rows,) of `lags` (rows, n).

    Errors beyond `surprise` are cut off. What is cut off is never learnt, however long it stays.
    """
    error = np.clip(outcome - (lags * weights).sum(axis=1), -surprise, surprise)
    seen = (covariance * lags[:, None, :]).sum(axis=2)
    gain = seen / (FORGET + (lags * seen).sum(axis=1))[:, None]
    learnt = weights + gain * error[:, None]
    spread = (covariance - gain[:, :, None] * seen[:, None, :]) / FORGET
    trace = np.trace(spread, axis1=1, axis2=2)
    lost = ~((trace > 0.0) & (trace <= TRACE))
    if lost.any():
        spread[lost] = np.eye(lags.shape[1]) * DELTA
        learnt[~np.isfinite(learnt).all(axis=1)] = 0.0
    return learnt, spread


def ahead(weights: Doubles, lags: Doubles, steps: int) -> Doubles:
    """The next `steps` values (rows, steps) after `lags` (rows, 9), newest first and the constant last."""
    rows = len(lags)
    path = np.empty((rows, LAGS + steps))
    path[:, :LAGS] = lags[:, LAGS - 1 :: -1]
    backward = weights[:, LAGS - 1 :: -1]
    constant = weights[:, LAGS]
    for step in range(LAGS, LAGS + steps):
        path[:, step] = np.clip((path[:, step - LAGS : step] * backward).sum(axis=1) + constant, -CLIP, CLIP)
    return path[:, LAGS:]
