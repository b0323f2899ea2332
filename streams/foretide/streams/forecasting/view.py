"""What a bank knows of the latest step of some of its series: the numbers that every expert starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

FADE: Final = 0.99
SMOOTHING: Final = np.float32(0.3)


@dataclass(frozen=True, slots=True)
class View:
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

    def references(self) -> Floats:
        """Last, mean of 12, exponential mean, maximum of 12 and of 48: (rows, 2, 5), from the means and the peaks."""
        high12, high48 = self.peaks[:, -12:].max(axis=1), self.peaks[:, -48:].max(axis=1)
        rows = []
        for i, history in enumerate((self.means, self.peaks)):
            mean = history[:, -12:].sum(axis=1) / np.float32(12)
            rows.append(np.stack([history[:, -1], mean, self.smoothed[:, i], high12, high48], axis=1))
        return np.stack(rows, axis=1)


def take(state: NDArray[np.void], rows: Ints, means: Floats, peaks: Floats) -> View:
    """Take the next step of each of `rows` into `state` and give the view after it."""
    steps = state["steps"][rows]
    fresh = steps == 0
    if fresh.any():
        new = rows[fresh]
        state["means"][new], state["peaks"][new] = means[fresh, None], peaks[fresh, None]
        state["smoothed"][new] = np.stack([means[fresh], peaks[fresh]], axis=1)
    back = state["means"].shape[1]
    place = steps % back
    state["means"][rows, place], state["peaks"][rows, place] = means, peaks
    old_first, highs = _old_first(state["means"][rows], place), _old_first(state["peaks"][rows], place)
    steps = steps + 1
    fade = np.minimum(FADE, (steps - 1) / steps)
    moved = np.abs(means - old_first[:, -2]) + np.float32(0.5) * (peaks - means)
    change = fade * state["change"][rows] + (1 - fade) * moved
    # The floor keeps a constant series from being divided by nothing.
    low, top = old_first.min(axis=1), highs.max(axis=1)
    largest = np.maximum(top, -low)
    scale = np.maximum(np.maximum(change, 1e-6 * largest), 1e-12).astype(np.float32)
    before = state["smoothed"][rows]
    smoothed = before + SMOOTHING * (np.stack([means, peaks], axis=1) - before)
    state["steps"][rows], state["change"][rows], state["smoothed"][rows] = steps, change, smoothed
    centre = old_first.sum(axis=1, dtype=np.float64) / back
    return View(steps, old_first, highs, scale, smoothed, centre, low, old_first.max(axis=1), top)


def _old_first(ring: Floats, newest: Ints) -> Floats:
    """The rows of a ring (rows, history) in the order of time, where `newest` (rows,) is the place of the latest."""
    twice = np.concatenate([ring, ring], axis=1)
    found: Floats = sliding_window_view(twice, ring.shape[1], axis=1)[np.arange(len(ring)), newest + 1]
    return found
