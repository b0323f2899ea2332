"""What came of a bank's forecasts, one by one: what its linear heads learn from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled
from foretide.streams.forecasting.halves import Halves, bits, widened
from foretide.streams.forecasting.linear import CLIP
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.record import PLAIN
from foretide.streams.forecasting.settling import Settled
from foretide.streams.forecasting.view import Doubles, Floats, Ints


class Lessons(NamedTuple):
    """Of each forecast whose outcome has become known (pairs,): the row and its head, the `inputs` (pairs, PLAIN) at
    the time of issue, and the change that came since, in units of the scale."""

    rows: Ints
    heads: Ints
    inputs: Floats
    changes: Doubles


def lessons_of(state: NDArray[np.void], rows: Ints, settled: Settled, plan: Plan) -> Lessons:
    """The lessons of what was `settled` with the latest step of `rows`, row by row."""
    many = np.count_nonzero(settled.known)
    found = Lessons(
        np.empty(many, np.int64), np.empty(many, np.int64), np.empty((many, PLAIN), np.float32), np.empty(many)
    )
    _recall(rows, settled.outcome, settled.known, settled.slot, plan.of_peaks, bits(state["inputs"]), state["frame"],
            *found)  # fmt: skip
    return found


@compiled
def _recall(
    rows: Ints,
    outcome: Floats,
    known: NDArray[np.bool_],
    slot: Ints,
    of_peaks: Ints,
    seen: Halves,
    frame: Floats,
    whose: Ints,
    heads: Ints,
    inputs: Floats,
    changes: Doubles,
) -> None:
    pair = 0
    for i in range(len(rows)):
        for head in range(known.shape[1]):
            if not known[i, head]:
                continue
            row, at = rows[i], slot[i, head]
            whose[pair], heads[pair] = row, head
            for k in range(PLAIN):
                inputs[pair, k] = widened(seen[row, at, k])
            # In double precision: a large change in units of a scale that was tiny is beyond single precision.
            change = np.float64(outcome[i, head]) - np.float64(frame[row, at, of_peaks[head]])
            changes[pair] = min(max(change / np.float64(frame[row, at, 2]), -CLIP), CLIP)
            pair += 1
