"""What a bank knows of the latest step of some of its series: the numbers that every expert starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
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
    the usual change from step to step, `smoothed` (rows, 2) the exponential means of the means and of the peaks.
    """

    steps: Ints
    means: Floats
    peaks: Floats
    scale: Floats
    smoothed: Floats

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
    order = (place[:, None] + np.arange(1, back + 1)) % back
    old_first = state["means"][rows[:, None], order]
    highs = state["peaks"][rows[:, None], order]
    steps = steps + 1
    fade = np.minimum(FADE, (steps - 1) / steps)
    moved = np.abs(means - old_first[:, -2]) + np.float32(0.5) * (peaks - means)
    change = fade * state["change"][rows] + (1 - fade) * moved
    # The floor keeps a constant series from being divided by nothing.
    largest = np.maximum(highs.max(axis=1), -old_first.min(axis=1))
    scale = np.maximum(np.maximum(change, 1e-6 * largest), 1e-12).astype(np.float32)
    before = state["smoothed"][rows]
    smoothed = before + SMOOTHING * (np.stack([means, peaks], axis=1) - before)
    state["steps"][rows], state["change"][rows], state["smoothed"][rows] = steps, change, smoothed
    return View(steps, old_first, highs, scale, smoothed)
