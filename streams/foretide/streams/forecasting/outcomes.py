"""What came of targets, told from the history: the outcome at each of the latest steps.

Nothing of this is kept: the history holds it. Where time was lost the steps on both sides of it count as neighbours.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from foretide.streams.compiled import compiled
from foretide.streams.fleet.network import KINDS

_PEAK: Final = KINDS.index("peak")
_MEAN: Final = KINDS.index("mean")


@compiled
def late_outcomes(means: Any, peaks: Any, steps: int, kind: int, found: Any) -> None:
    """Fill `found` with the outcomes of a target `steps` ahead, of a kind by its place in KINDS, oldest first.

    `means` and `peaks` (history,) are the latest steps, newest last, of which there are len(found) + steps - 1 at
    least. An outcome is the value at its last step, the highest peak, or the mean, of so many steps.
    """
    many = len(found)
    first = len(means) - many
    if kind == _PEAK:
        _highest(peaks[first - steps + 1 :], steps, found)
        return
    if kind == _MEAN:
        _averages(means[first - steps + 1 :], steps, found)
        return
    for j in range(many):
        found[j] = means[first + j]


@compiled
def _highest(values: Any, steps: int, found: Any) -> None:
    """The maxima of each so many neighbours, by maxima of twice as many each time."""
    high = values.copy()
    width = 1
    while width < steps:
        more = min(width, steps - width)
        for j in range(len(high) - width - more + 1):
            high[j] = max(high[j], high[j + more])
        width += more
    for j in range(len(found)):
        found[j] = high[j]


@compiled
def _averages(values: Any, steps: int, found: Any) -> None:
    """The means of each so many neighbours, from sums of all before them: of numbers in single precision these are
    exact enough in double."""
    sums = np.empty(len(values) + 1)
    sums[0] = 0.0
    for j in range(len(values)):
        sums[j + 1] = sums[j] + values[j]
    for j in range(len(found)):
        found[j] = (sums[j + steps] - sums[j]) / steps
