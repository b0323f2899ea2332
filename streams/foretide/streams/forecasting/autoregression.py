"""An autoregression for each of many series: eight lags and a constant, by recursive least squares.

Recursive least squares with forgetting as in Haykin, Adaptive Filter Theory (chapter 10); forecasts further ahead by
iteration. The lags are distances from the mean of the history, in units of the scale, so that one setting fits all.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled

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
HALF: Final = WEIGHTS * (WEIGHTS + 1) // 2
"""Numbers of a covariance that are kept: it is symmetric, so one half tells the other."""


def learn(
    weights: Doubles,
    covariance: Doubles,
    lags: Doubles,
    outcome: Doubles,
    surprise: float = SURPRISE,
    forget: float = FORGET,
) -> tuple[Doubles, Doubles]:
    """Weights (rows, n) and covariance (rows, n, n) after the `outcome` (rows,) of `lags` (rows, n)."""
    learnt, spread = weights.copy(), covariance.copy()
    _learn_rows(learnt, spread, np.ascontiguousarray(lags), np.ascontiguousarray(outcome), surprise, forget)
    return learnt, spread


@compiled
def _learn_rows(
    weights: Doubles, covariance: Doubles, lags: Doubles, outcome: Doubles, surprise: float, forget: float
) -> None:
    for row in range(len(weights)):
        learn_one(weights[row], covariance[row], lags[row], outcome[row], surprise, forget)


@compiled
def learn_one(weights: Any, covariance: Any, lags: Any, outcome: float, surprise: float, forget: float) -> None:
    """Make weights (n,) and covariance (n, n) what they are after the `outcome` of `lags` (n,).

    Errors beyond `surprise` are cut off. What is cut off is never learnt, however long it stays.
    """
    size = len(weights)
    said, along = 0.0, forget
    seen = np.empty(size)
    for j in range(size):
        said += lags[j] * weights[j]
        one = 0.0
        for k in range(size):
            one += covariance[j, k] * lags[k]
        seen[j] = one
        along += lags[j] * one
    error = min(max(outcome - said, -surprise), surprise)
    trace, sound = 0.0, True
    for j in range(size):
        gain = seen[j] / along
        weights[j] += gain * error
        sound = sound and isfinite(weights[j])
        for k in range(size):
            covariance[j, k] = (covariance[j, k] - gain * seen[k]) / forget
        trace += covariance[j, j]
    # A covariance that says less than nothing has been rounded once too often.
    if not (0.0 < trace <= TRACE and along >= forget):
        covariance[:, :] = 0.0
        for j in range(size):
            covariance[j, j] = DELTA
        if not sound:
            weights[:] = 0.0


@compiled
def unfolded(half: Any, covariance: Any) -> None:
    """Fill the `covariance` (n, n) of which `half` was kept, row by row up to the diagonal."""
    place = 0
    for j in range(len(covariance)):
        for k in range(j + 1):
            covariance[j, k] = covariance[k, j] = half[place]
            place += 1


@compiled
def folded(covariance: Any, half: Any) -> None:
    """Fill `half` with what is kept of a `covariance`."""
    place = 0
    for j in range(len(covariance)):
        for k in range(j + 1):
            half[place] = covariance[j, k]
            place += 1


@compiled
def ahead_one(weights: Any, lags: Any, path: Any) -> None:
    """Fill `path` with the next values after `lags`, newest first and the constant last."""
    before = np.empty(LAGS + len(path))
    for k in range(LAGS):
        before[LAGS - 1 - k] = lags[k]
    for step in range(len(path)):
        value = weights[LAGS]
        for k in range(LAGS):
            value += weights[k] * before[LAGS - 1 + step - k]
        value = min(max(value, -CLIP), CLIP)
        before[LAGS + step] = path[step] = value
