"""What a bank remembers of its forecasts, told by plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting.view import Doubles, Ints


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was issued for each head (rows, heads, …): the `experts`, their `mixture`, the `ways` to spread, and of the
    quantiles those that are `issued` for later."""

    experts: Doubles
    mixture: Doubles
    ways: Doubles
    issued: Doubles


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
