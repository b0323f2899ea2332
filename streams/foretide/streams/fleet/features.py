"""What the network sees of many series at once: their shapes in units of their own changes, so that all look alike.

The same function serves training and live forecasts: there is no second way to compute an input. Every number is made
from its own row alone and in the same order of operations, whatever other rows are asked for with it.
"""

from __future__ import annotations

from math import ceil, copysign, isfinite, isnan, log1p, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled
from foretide.streams.fleet.ordering import ranked

Floats = NDArray[np.float32]

LAGS: Final = (1, 2, 3, 4, 6, 8, 12, 24)
WINDOWS: Final = (3, 12, 60, 288)
FREQUENT: Final = (60, WINDOWS[-1])
"""Windows of which the peak is told that nine of ten steps stay below."""
RECENT: Final = 48
AHEAD: Final = (1, 3, 5, 8, 15)
"""Steps ahead of which the inputs tell what was a day before."""
PROFILED: Final = (1, 5, 15)
"""Steps ahead of which they tell what is usual at that time of day."""
DAY: Final = 1 + len(AHEAD) + 1 + 1 + len(PROFILED)
"""Numbers that tell of the day: a day back now, at AHEAD, the peak over them; usual now, usual at PROFILED."""
AR_STEPS: Final = (1, 5, 15)
RULES: Final = 6
"""Simple rules whose recent errors are told (`skill`)."""
LARGEST: Final = float(np.finfo(np.float32).max)
"""An input beyond this counts as not known."""
FEATURES: Final = len(LAGS) + 3 * len(WINDOWS) + 4 + 3 + 4 + 8 + 1 + len(PROFILED) + len(AR_STEPS) + RULES + 1

_USUAL: Final = 1 + len(AHEAD) + 1
_CHANGES: Final = RECENT - 1
_OFTEN: Final = ceil(0.9 * _CHANGES) - 1
_SPREADS: Final = (12, 60)
"""Windows of which the standard deviation is told."""


def features(
    means: Floats, peaks: Floats, scale: Floats, steps: NDArray[np.int64], day: Floats, ar: Floats, skill: Floats
) -> Floats:
    """The inputs after the last step of each series: (rows, FEATURES).

    `means` and `peaks` (rows, history) are the latest steps, newest last, at least RECENT of them (before the first
    step they repeat it); `scale` (rows,) is each series' usual change from step to step, above 0; `steps` (rows,)
    counts all steps so far; `day` (rows, DAY) holds NaN where a time is not known; `ar` (rows, 3) are the
    autoregression's forecasts at AR_STEPS; `skill` (rows, RULES + 1) are the logarithms of the rules' recent errors in
    proportion to last value's, then last value's own error.
    """
    found = np.empty((len(means), FEATURES), dtype=np.float32)
    whole = np.ascontiguousarray
    _fill(whole(means), whole(peaks), whole(scale), whole(steps), whole(day), whole(ar), whole(skill), found)
    return found


@compiled
def _fill(
    means: Floats,
    peaks: Floats,
    scale: Floats,
    steps: NDArray[np.int64],
    day: Floats,
    ar: Floats,
    skill: Floats,
    found: Floats,
) -> None:
    history = means.shape[1]
    shape, out = np.empty(history), np.empty(FEATURES)
    for i in range(len(means)):
        last, unit = np.float64(means[i, history - 1]), np.float64(scale[i])
        for j in range(history):
            shape[j] = (means[i, j] - last) / unit
        place = _levels(shape, peaks[i], last, unit, out)
        place = _spreads(shape, peaks[i], last, unit, out, place)
        place = _changes(shape, out, place)
        out[place] = last / unit
        out[place + 1] = (peaks[i, history - 1] - last) / unit
        lowest, idle = out[len(LAGS) + 3 * len(WINDOWS) - 1], 0
        for j in range(history - RECENT, history):
            idle += shape[j] <= lowest + 1e-6
        out[place + 2] = 3.0 / RECENT * idle
        out[place + 3] = 0.5 * log1p(min(steps[i], 10_000))
        place = _by_day(day[i], last, unit, out, place + 4)
        for j in range(len(AR_STEPS)):
            out[place + j] = (ar[i, j] - last) / unit
        place += len(AR_STEPS)
        for j in range(RULES + 1):
            out[place + j] = skill[i, j]
        for j in range(FEATURES):
            # A day ago it may have been larger than any number of today's units.
            value = out[j] if isfinite(out[j]) and abs(out[j]) <= LARGEST else 0.0
            found[i, j] = copysign(log1p(abs(value)), value)


@compiled
def _levels(shape: Any, peaks: Any, last: float, unit: float, out: Any) -> int:
    """The lags; of each window the mean, the highest peak and the minimum. Where the next input goes."""
    history, place = len(shape), len(LAGS)
    for k, lag in enumerate(LAGS):
        out[k] = shape[history - 1 - lag]
    total, high, low, j = 0.0, peaks[history - 1], 0.0, history - 1
    for width in WINDOWS:
        many = min(width, history)
        while j >= history - many:
            total += shape[j]
            high, low = max(high, peaks[j]), min(low, shape[j])
            j -= 1
        out[place] = total / many
        out[place + 1] = (high - last) / unit
        out[place + 2] = low
        place += 3
    return place


@compiled
def _spreads(shape: Any, peaks: Any, last: float, unit: float, out: Any, place: int) -> int:
    """How far values are from their mean; the peak that nine of ten steps stay below."""
    history = len(shape)
    for width in _SPREADS:
        many, total, squares = min(width, history), 0.0, 0.0
        for j in range(history - many, history):
            total += shape[j]
        for j in range(history - many, history):
            off = shape[j] - total / many
            squares += off * off
        out[place] = sqrt(squares / many)
        place += 1
    for width in FREQUENT:
        many = min(width, history)
        high = ranked(peaks[history - many :], many - ceil(0.9 * many) + 1)
        out[place] = (high - last) / unit
        place += 1
    return place


@compiled
def _changes(shape: Any, out: Any, place: int) -> int:
    """The median of the latest changes, the one that nine of ten stay below, and the largest."""
    history = len(shape)
    ordered = np.empty(_CHANGES)
    for held in range(_CHANGES):
        change, k = abs(shape[history - 1 - held] - shape[history - 2 - held]), held
        while k > 0 and ordered[k - 1] > change:
            ordered[k] = ordered[k - 1]
            k -= 1
        ordered[k] = change
    out[place], out[place + 1], out[place + 2] = ordered[_CHANGES // 2], ordered[_OFTEN], ordered[_CHANGES - 1]
    return place + 3


@compiled
def _by_day(day: Any, last: float, unit: float, out: Any, place: int) -> int:
    """What was a day ago, and what is usual at this time; NaN where it is not known."""
    now, usual = np.float64(day[0]), np.float64(day[_USUAL])
    out[place] = (now - last) / unit
    for k in range(len(AHEAD)):
        out[place + 1 + k] = (day[1 + k] - now) / unit
    place += 1 + len(AHEAD)
    out[place] = (day[_USUAL - 1] - last) / unit
    out[place + 1] = 0.0 if isnan(now) else 1.0
    out[place + 2] = (usual - last) / unit
    for k in range(len(PROFILED)):
        out[place + 3 + k] = (day[_USUAL + 1 + k] - usual) / unit
    return place + 3 + len(PROFILED)
