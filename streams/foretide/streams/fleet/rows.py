"""Training rows from whole series: inputs as the live code computes them, and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet.features import WINDOWS
from foretide.streams.fleet.network import KINDS, STEPS
from foretide.streams.forecasting.record import blank, record_of
from foretide.streams.forecasting.season import Season
from foretide.streams.forecasting.sensing import sense
from foretide.streams.forecasting.view import take

CLIP: Final = 20.0
"""Outcomes farther than this many scales from the last value teach no more than this."""


@dataclass(frozen=True, slots=True)
class Series:
    """A series to learn from: when each step ended, its mean and its peak (the same, where steps are single samples),
    and at which steps rows are `picked`."""

    times_ms: Sequence[int]
    means: Sequence[float]
    peaks: Sequence[float]
    picked: Sequence[int]


@dataclass(frozen=True, slots=True)
class Rows:
    """`inputs` (rows, FEATURES) and `targets` (rows, steps x kinds), the distances of outcomes from the last value in
    units of the scale; NaN where the series ended before."""

    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]


def rows_of(series: Sequence[Series]) -> Rows:
    """The rows at the picked places of all series, which are gone through side by side; each row sees nothing that
    comes after it."""
    state = np.zeros(len(series), dtype=record_of((), WINDOWS[-1], 0))
    state[:] = blank(state.dtype)
    steps_ms = [int(np.median(np.diff(np.asarray(s.times_ms)))) if len(s.times_ms) > 1 else 60_000 for s in series]
    seasons = [Season(max(1, step_ms)) for step_ms in steps_ms]
    wanted = [frozenset(s.picked) for s in series]
    inputs: list[NDArray[np.float32]] = []
    targets: list[NDArray[np.float32]] = []
    for step in range(max((len(s.means) for s in series), default=0)):
        rows = np.array([i for i, s in enumerate(series) if step < len(s.means)], dtype=np.int64)
        day = []
        for i in rows.tolist():
            one = series[i]
            seasons[i].observe(one.times_ms[step], one.peaks[step], one.means[step])
            day.append(seasons[i].day(one.times_ms[step], steps_ms[i]))
        means = np.array([series[i].means[step] for i in rows.tolist()], dtype=np.float32)
        peaks = np.array([series[i].peaks[step] for i in rows.tolist()], dtype=np.float32)
        view = take(state, rows, means, peaks)
        sensed = sense(state, rows, view, np.array(day, dtype=np.float32))
        state["since"][rows] += 1
        for place, i in enumerate(rows.tolist()):
            if step in wanted[i]:
                inputs.append(sensed.inputs[place])
                targets.append(_outcomes(series[i], step, float(view.scale[place])))
    return Rows(np.array(inputs, dtype=np.float32), np.array(targets, dtype=np.float32))


def _outcomes(series: Series, step: int, unit: float) -> NDArray[np.float32]:
    ahead = np.asarray(series.means[step + 1 : step + 1 + STEPS[-1]], dtype=np.float64)
    peaks = np.asarray(series.peaks[step + 1 : step + 1 + STEPS[-1]], dtype=np.float64)
    found = np.full((len(STEPS), len(KINDS)), np.nan)
    for i, steps in enumerate(STEPS):
        if len(ahead) >= steps:
            found[i] = ahead[steps - 1], peaks[:steps].max(), ahead[:steps].mean()
    return np.clip((found.ravel() - series.means[step]) / unit, -CLIP, CLIP).astype(np.float32)
