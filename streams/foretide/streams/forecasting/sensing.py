"""What is made of each step before anything is forecast: references, the autoregression, the network's inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet.features import AR_STEPS, features
from foretide.streams.forecasting import autoregression, skill
from foretide.streams.forecasting.view import Doubles, Floats, Ints, View


@dataclass(frozen=True, slots=True)
class Sensed:
    """`inputs` (rows, FEATURES) of the network, `references` (rows, 2, 5), the autoregression's `path` (rows, 15)."""

    inputs: Floats
    references: Floats
    path: Doubles


def sense(state: NDArray[np.void], rows: Ints, view: View, day: Floats) -> Sensed:
    """Learn what does not depend on what is forecast, and give what forecasts are made from."""
    path = _autoregression(state, rows, view)
    references = view.references()
    told = _skill(state, rows, view, references, day, path)
    ar = path[:, [s - 1 for s in AR_STEPS]].astype(np.float32)
    inputs = features(view.means, view.peaks, view.scale, view.steps, day, ar, told)
    return Sensed(inputs, references, path)


def _autoregression(state: NDArray[np.void], rows: Ints, view: View) -> Doubles:
    """The autoregression's path (rows, 15) after it has learnt the latest step."""
    frame = state["ar_frame"][rows]
    # Where time was lost the latest step does not follow the lags.
    later = (view.steps > 1) & (state["since"][rows] > 0)
    unit = np.where(later, frame[:, 1], 1.0)
    outcome = np.clip((view.means[:, -1] - frame[:, 0]) / unit, -autoregression.CLIP, autoregression.CLIP)
    before = state["ar_weights"][rows], state["ar_spread"][rows]
    after = autoregression.learn(*before, state["ar_lags"][rows], outcome)
    learnt = np.where(later[:, None], after[0], before[0])
    state["ar_weights"][rows] = learnt
    state["ar_spread"][rows] = np.where(later[:, None, None], after[1], before[1])
    centre, scale = view.centre, view.scale.astype(np.float64)
    lags = np.ones((len(rows), autoregression.WEIGHTS))
    recent = view.means[:, : -autoregression.LAGS - 1 : -1].astype(np.float64)
    lags[:, :-1] = np.clip((recent - centre[:, None]) / scale[:, None], -autoregression.CLIP, autoregression.CLIP)
    state["ar_lags"][rows] = lags
    state["ar_frame"][rows] = np.stack([centre, scale], axis=1)
    path = autoregression.ahead(learnt, lags, AR_STEPS[-1]) * scale[:, None] + centre[:, None]
    low, high = view.low.astype(np.float64), view.high.astype(np.float64)
    reach = 0.1 * (high - low)
    bounded: Doubles = np.clip(path, (low - reach)[:, None], (high + reach)[:, None])
    return bounded


def _skill(state: NDArray[np.void], rows: Ints, view: View, references: Floats, day: Floats, path: Doubles) -> Floats:
    """The recent errors of simple rules, after the latest step."""
    place = view.steps % skill.STEPS
    was = state["said"][rows, place]
    known = state["since"][rows] >= skill.STEPS
    errors = skill.learn(state["skill"][rows], was, view.means[:, -1], known)
    state["skill"][rows] = errors
    mean60 = view.means[:, -60:].sum(axis=1) / np.float32(min(60, view.means.shape[1]))
    last, mean12, smoothed = references[:, 0, 0], references[:, 0, 1], references[:, 0, 2]
    ar = path[:, skill.STEPS - 1].astype(np.float32)
    state["said"][rows, place] = skill.rules(last, mean12, smoothed, mean60, day[:, 0], day[:, 3], ar)
    return skill.told(errors, view.scale)
