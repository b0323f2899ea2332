"""A recorded series as others might have recorded it, or as other work would look: more to train on from one source.

What holds for a minute's samples need not hold for means of five minutes; what is busy or idle by a threshold, or
comes in whole numbers, moves differently from what it was made of.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet.rows import Series

TAIL: Final = 6000
"""Latest steps of a series that are learnt from as they are."""

VARIANT_TAIL: Final = 3000
"""Steps of a variant."""

WIDTHS: Final = (2, 5, 15)
"""Steps that are taken together."""

SHORTEST_AGGREGATED: Final = 600
"""Steps that taken together must be more than this many to be a variant."""

THRESHOLDED: Final = 0.5
ROUNDED: Final = 0.3
"""The shares of series that have such variants."""


def series_of(times_ms: NDArray[np.int64], means: NDArray[np.float64], peaks: NDArray[np.float64]) -> Series:
    """A series of which no rows are picked yet. One array may be given as means and as peaks."""
    average = array("d", means.tobytes())
    return Series(
        array("q", times_ms.tobytes()), average, average if peaks is means else array("d", peaks.tobytes()), ()
    )


def variants(series: Series, draw: np.random.Generator) -> Iterator[tuple[str, Series]]:
    """The series' tail and its variants, each with a name of its own within the series."""
    yield "tail", tail(series, TAIL)
    for width in WIDTHS:
        if len(series.means) > SHORTEST_AGGREGATED * width:
            yield f"aggregated {width}", aggregated(tail(series, VARIANT_TAIL * width), width)
    if draw.random() < THRESHOLDED:
        yield "thresholded", tail(thresholded(series, draw.uniform(0.3, 0.95)), VARIANT_TAIL)
    if draw.random() < ROUNDED:
        yield "rounded", tail(rounded(series, draw.uniform(1, 6)), VARIANT_TAIL)


def tail(series: Series, steps: int) -> Series:
    """The latest steps."""
    means = series.means[-steps:]
    peaks = means if series.peaks is series.means else series.peaks[-steps:]
    return Series(series.times_ms[-steps:], means, peaks, ())


def aggregated(series: Series, width: int) -> Series:
    """Every `width` steps as one, which ends with the last of them: their mean and their peak. What is left over at
    the end is left out."""
    whole = len(series.means) // width * width
    times, means, peaks = _arrays(series)
    return series_of(
        times[:whole].reshape(-1, width)[:, -1],
        means[:whole].reshape(-1, width).mean(axis=1),
        peaks[:whole].reshape(-1, width).max(axis=1),
    )


def thresholded(series: Series, share: float) -> Series:
    """Means and peaks where they are above a level, and 0 elsewhere; `share` of the means are at or below it."""
    times, means, peaks = _arrays(series)
    level = np.quantile(means, share)
    above = np.where(means > level, means, 0.0)
    return series_of(times, above, above if peaks is means else np.where(peaks > level, peaks, 0.0))


def rounded(series: Series, units: float) -> Series:
    """Whole numbers of a unit of which the means' standard deviation has so many."""
    times, means, peaks = _arrays(series)
    unit = float(means.std()) / units
    if unit <= 0:
        return series_of(times, means, peaks)
    whole = np.round(means / unit)
    return series_of(times, whole, whole if peaks is means else np.round(peaks / unit))


def _arrays(series: Series) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    means = np.asarray(series.means, dtype=np.float64)
    peaks = means if series.peaks is series.means else np.asarray(series.peaks, dtype=np.float64)
    return np.asarray(series.times_ms, dtype=np.int64), means, peaks
