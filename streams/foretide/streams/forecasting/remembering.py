"""Forecasts kept until their outcome is known: as distances from the last value in units of the scale.

So kept, half precision is enough for all but what no decision hangs on, and they take half of the memory that a series
has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting.view import Doubles, Floats, Ints

LARGEST: Final = 60_000.0
"""Distances beyond this are kept as this: the largest number of half precision is 65,504. After so wrong a forecast it
does not matter how wrong it was."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was issued for each head (rows, heads, …): the `experts`, their `mixture`, the `ways` to spread, and of the
    quantiles those that are `issued` for later."""

    experts: Doubles
    mixture: Doubles
    ways: Doubles
    issued: Doubles


def remember(
    state: NDArray[np.void],
    rows: Ints,
    slot: Ints,
    experts: Floats | Doubles,
    mixture: Doubles,
    ways: Floats | Doubles,
    issued: Doubles,
) -> None:
    """Keep what was issued for each head of `rows` in the ring's `slot` (rows,), whose frame was written before."""
    heads = np.arange(mixture.shape[1])
    was = rows[:, None], heads, slot[:, None]
    frame = state["frame"][rows, slot]
    for name, values in (("experts", experts), ("mixture", mixture), ("ways", ways), ("issued", issued)):
        ones = (1,) * (values.ndim - 1)
        anchor, unit = frame[:, 0].reshape(-1, *ones), frame[:, 2].reshape(-1, *ones)
        state[name][was] = np.clip((values - anchor) / unit, -LARGEST, LARGEST)


def recall(state: NDArray[np.void], rows: Ints, slot: Ints) -> Recalled:
    """What was kept for each head in its `slot` (rows, heads)."""
    was = rows[:, None], np.arange(slot.shape[1]), slot
    frame = state["frame"][rows[:, None], slot].astype(np.float64)

    def told(name: str) -> Doubles:
        values = state[name][was].astype(np.float64)
        ones = (1,) * (values.ndim - 2)
        found: Doubles = frame[..., 0].reshape(*slot.shape, *ones) + frame[..., 2].reshape(*slot.shape, *ones) * values
        return found

    return Recalled(told("experts"), told("mixture"), told("ways"), told("issued"))
