"""The plain references: forecasts that need nothing but the latest values. A clever model must beat them to be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

NAMES: Final = ("last", "mean12", "ewma", "max12", "max48", "linear")
"""Every expert, in the order of their forecasts. `linear` is the River head; the others are the references."""

LAST: Final = 0


def references(values: Sequence[float], peaks: Sequence[float], smoothed: float) -> list[float]:
    """The references' forecasts, the same for every horizon.

    `values` are the latest steps' means (for a point or a mean) or peaks (for a peak), newest last; `smoothed` is
    their exponential average.
    """
    short = values[-12:]
    return [values[-1], sum(short) / len(short), smoothed, max(peaks[-12:]), max(peaks[-48:])]
