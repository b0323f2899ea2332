"""What a bank knows of the latest step of some of its series: the numbers that every expert starts from."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

FADE: Final = 0.99
SMOOTHING: Final = 0.3
FLOOR: Final = 1e-6
"""The scale is at least this share of the largest size: a constant series must not be divided by nothing."""
LEAST: Final = 1e-12
"""And at least this."""


class View(NamedTuple):
    """Some rows after their latest step.

    `steps` (rows,) counts steps, `means` and `peaks` (rows, history) are the latest, newest last, `scale` (rows,) is
    the usual change from step to step, `smoothed` (rows, 2) the exponential means of the means and of the peaks;
    `centre` (rows,) is the mean of the means, `low` and `high` (rows,) their range, `top` (rows,) the highest peak.
    """

    steps: Ints
    means: Floats
    peaks: Floats
    scale: Floats
    smoothed: Floats
    centre: Doubles
    low: Floats
    high: Floats
    top: Floats


def take(state: NDArray[np.void], rows: Ints, means: Floats, peaks: Floats) -> View:
    """Take the next step of each of `rows` into `state` and give the view after it."""
    many, back = len(rows), state["means"].shape[1]
    single = np.float32
    view = View(
        np.empty(many, np.int64),
        np.empty((many, back), single),
        np.empty((many, back), single),
        np.empty(many, single),
        np.empty((many, 2), single),
        np.empty(many),
        np.empty(many, single),
        np.empty(many, single),
        np.empty(many, single),
    )
    kept = state["steps"], state["means"], state["peaks"], state["change"], state["smoothed"]
    _take(rows, means, peaks, *kept, view.steps, view.means, view.peaks, view.scale, view.smoothed, view.centre,
          view.low, view.high, view.top)  # fmt: skip
    return view


@compiled
def _take(
    rows: Ints,
    new_means: Floats,
    new_peaks: Floats,
    state_steps: Ints,
    state_means: Floats,
    state_peaks: Floats,
    state_change: Doubles,
    state_smoothed: Floats,
    steps: Ints,
    means: Floats,
    peaks: Floats,
    scale: Floats,
    smoothed: Floats,
    centre: Doubles,
    low: Floats,
    high: Floats,
    top: Floats,
) -> None:
    back = state_means.shape[1]
    for i in range(len(rows)):
        row, mean, peak = rows[i], new_means[i], new_peaks[i]
        before = state_steps[row]
        if before == 0:
            # As if it had always been as it is now.
            state_means[row, :], state_peaks[row, :] = mean, peak
            state_smoothed[row, 0], state_smoothed[row, 1] = mean, peak
        place = before % back
        state_means[row, place], state_peaks[row, place] = mean, peak
        steps[i] = state_steps[row] = before + 1
        _old_first(state_means[row], place, means[i])
        _old_first(state_peaks[row], place, peaks[i])
        total, lowest, highest, highest_peak = 0.0, mean, mean, peak
        for j in range(back):
            value, reached = means[i, j], peaks[i, j]
            total += value
            lowest, highest = min(lowest, value), max(highest, value)
            highest_peak = max(highest_peak, reached)
        fade = min(FADE, before / (before + 1))
        moved = abs(np.float64(mean) - means[i, back - 2]) + 0.5 * (np.float64(peak) - mean)
        change = fade * state_change[row] + (1 - fade) * moved
        state_change[row] = change
        largest = max(np.float64(highest_peak), -np.float64(lowest))
        scale[i] = max(max(change, FLOOR * largest), LEAST)
        for kind, value in enumerate((mean, peak)):
            was = state_smoothed[row, kind]
            smoothed[i, kind] = state_smoothed[row, kind] = was + SMOOTHING * (value - was)
        centre[i], low[i], high[i], top[i] = total / back, lowest, highest, highest_peak


@compiled
def _old_first(ring: Any, newest: int, found: Any) -> None:
    """A ring in the order of time, where `newest` is the place of the latest."""
    older = len(ring) - newest - 1
    for j in range(older):
        found[j] = ring[newest + 1 + j]
    for j in range(newest + 1):
        found[older + j] = ring[j]
