"""What is made of each step before anything is forecast: references, the autoregression, the network's inputs."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled
from foretide.streams.fleet.features import AR_STEPS, RULES, features
from foretide.streams.forecasting.autoregression import (
    CLIP,
    FORGET,
    LAGS,
    SURPRISE,
    WEIGHTS,
    ahead_one,
    folded,
    learn_one,
    unfolded,
)
from foretide.streams.forecasting.skill import STEPS, learn, rules, told
from foretide.streams.forecasting.view import Doubles, Floats, Ints, View

REACH: Final = 0.1
"""So much of the history's range the autoregression may go beyond it."""


class Sensed(NamedTuple):
    """`inputs` (rows, FEATURES) of the network; `references` (rows, 2, 5), of the means and of the peaks: last, mean of
    12, exponential mean, maximum of 12 and of 48; the autoregression's `path` (rows, 15)."""

    inputs: Floats
    references: Floats
    path: Doubles


def sense(state: NDArray[np.void], rows: Ints, view: View, day: Floats) -> Sensed:
    """Learn what does not depend on what is forecast, and give what forecasts are made from."""
    many = len(rows)
    references = np.empty((many, 2, 5), dtype=np.float32)
    path = np.empty((many, AR_STEPS[-1]))
    skill = np.empty((many, RULES + 1), dtype=np.float32)
    _follow(rows, view.steps, view.means, view.scale, view.centre, view.low, view.high, state["since"],
            state["ar_weights"], state["ar_spread"], state["ar_frame"], path)  # fmt: skip
    _compare(rows, view.steps, view.means, view.peaks, view.scale, view.smoothed, day, path, state["since"],
             state["skill"], state["said"], references, skill)  # fmt: skip
    ar = path[:, [s - 1 for s in AR_STEPS]].astype(np.float32)
    inputs = features(view.means, view.peaks, view.scale, view.steps, day, ar, skill)
    return Sensed(inputs, references, path)


@compiled
def _follow(
    rows: Ints,
    steps: Ints,
    means: Floats,
    scale: Floats,
    centre: Doubles,
    low: Floats,
    high: Floats,
    since: Ints,
    weights: Doubles,
    spread: Doubles,
    frame: Doubles,
    path: Doubles,
) -> None:
    """The autoregression learns the latest step, and goes on from there."""
    back = means.shape[1]
    lags, covariance = np.ones(WEIGHTS), np.empty((WEIGHTS, WEIGHTS))
    for i in range(len(rows)):
        row = rows[i]
        # Where time was lost the latest step does not follow the lags.
        if steps[i] > 1 and since[row] > 0:
            outcome = (means[i, back - 1] - frame[row, 0]) / frame[row, 1]
            _lags(means[i, : back - 1], frame[row, 0], frame[row, 1], lags)
            unfolded(spread[row], covariance)
            learn_one(weights[row], covariance, lags, min(max(outcome, -CLIP), CLIP), SURPRISE, FORGET)
            folded(covariance, spread[row])
        middle, unit = centre[i], np.float64(scale[i])
        _lags(means[i], middle, unit, lags)
        frame[row, 0], frame[row, 1] = middle, unit
        ahead_one(weights[row], lags, path[i])
        reach = REACH * (np.float64(high[i]) - low[i])
        for step in range(path.shape[1]):
            path[i, step] = min(max(path[i, step] * unit + middle, low[i] - reach), high[i] + reach)


@compiled
def _lags(means: Any, middle: float, unit: float, lags: Any) -> None:
    """The autoregression's inputs after the last of the `means`, newest first; the constant stays."""
    for lag in range(LAGS):
        off = (means[len(means) - 1 - lag] - middle) / unit
        lags[lag] = min(max(off, -CLIP), CLIP)


@compiled
def _compare(
    rows: Ints,
    steps: Ints,
    means: Floats,
    peaks: Floats,
    scale: Floats,
    smoothed: Floats,
    day: Floats,
    path: Doubles,
    since: Ints,
    errors: Floats,
    said: Floats,
    references: Floats,
    skill: Floats,
) -> None:
    """The references, and how simple rules did of late."""
    back = means.shape[1]
    for i in range(len(rows)):
        row = rows[i]
        high12 = high48 = peaks[i, back - 1]
        for j in range(48):
            high48 = max(high48, peaks[i, back - 1 - j])
            if j == 11:
                high12 = high48
        for kind, history in enumerate((means, peaks)):
            total = 0.0
            for j in range(12):
                total += history[i, back - 12 + j]
            references[i, kind, 0] = history[i, back - 1]
            references[i, kind, 1] = total / 12
            references[i, kind, 2] = smoothed[i, kind]
            references[i, kind, 3] = high12
            references[i, kind, 4] = high48
        place, last = steps[i] % STEPS, means[i, back - 1]
        if since[row] >= STEPS:
            learn(errors[row], said[row, place], last)
        many, total = min(60, back), 0.0
        for j in range(many):
            total += means[i, back - many + j]
        mean12, fade = references[i, 0, 1], references[i, 0, 2]
        rules(last, mean12, fade, total / many, day[i, 0], day[i, 3], path[i, STEPS - 1], said[row, place])
        told(errors[row], scale[i], skill[i])
