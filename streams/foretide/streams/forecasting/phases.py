"""What is usual in each phase of an application: the level of a series there, kept apart from the other phases'."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting.view import Floats, Ints, View

FADE: Final = 0.95


def phase_levels(state: NDArray[np.void], rows: Ints, phases: Ints, view: View) -> Floats:
    """Take the latest step into the level of its phase; that level of the means and of the peaks: (rows, 2)."""
    at = rows, phases
    steps = state["phase_steps"][at]
    fade = np.minimum(FADE, steps / (steps + 1)).astype(np.float32)[:, None]
    latest = np.stack([view.means[:, -1], view.peaks[:, -1]], axis=1)
    levels: Floats = fade * state["phase"][at] + (1 - fade) * latest
    state["phase"][at] = levels
    state["phase_steps"][at] = steps + 1
    return levels
