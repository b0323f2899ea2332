"""Forecasts kept until their outcome is known: as distances from the last value in units of the scale.

So kept, half precision is enough for all but what no decision hangs on, and they take half of the memory that a series
has.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from foretide.streams.compiled import compiled
from foretide.streams.forecasting.halves import narrowed, widened

LARGEST: Final = 60_000.0
"""Distances beyond this are kept as this: the largest number of half precision is 65,504. After so wrong a forecast it
does not matter how wrong it was."""


@compiled
def kept(value: float, anchor: float, unit: float) -> Any:
    """A forecast as the bits of a half."""
    return narrowed(min(max((value - anchor) / unit, -LARGEST), LARGEST))


@compiled
def told(half: Any, anchor: float, unit: float) -> float:
    """The forecast of which these bits were kept."""
    return anchor + unit * np.float64(widened(half))
