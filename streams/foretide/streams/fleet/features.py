"""What the network sees of many series at once: their shapes in units of their own changes, so that all look alike.

The same function serves training and live forecasts: there is no second way to compute an input. Every number is made
from its own row alone and in the same order of operations, whatever other rows are asked for with it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
FEATURES: Final = len(LAGS) + 3 * len(WINDOWS) + 4 + 3 + 4 + 8 + 1 + len(PROFILED) + len(AR_STEPS) + RULES + 1

_DAY_FROM: Final = 1 + len(AHEAD)


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
    rows, history = means.shape
    last = means[:, -1:]
    unit = scale[:, None]
    shape = means - last
    shape /= unit
    # To subtract and to divide by what is positive keeps the order: of the peaks only those told are brought to units.
    top = np.empty((rows, len(WINDOWS) + len(FREQUENT) + 1), dtype=np.float32)
    for i, width in enumerate(WINDOWS):
        top[:, i] = peaks[:, -width:].max(axis=1)
    for i, width in enumerate(FREQUENT, len(WINDOWS)):
        part = peaks[:, -width:]
        rank = math.ceil(0.9 * part.shape[1]) - 1
        top[:, i] = np.partition(part, rank, axis=1)[:, rank]
    top[:, -1] = peaks[:, -1]
    top -= last
    top /= unit
    out = np.zeros((rows, FEATURES), dtype=np.float32)
    place = len(LAGS)
    out[:, :place] = shape[:, [history - 1 - lag for lag in LAGS]]
    for i, width in enumerate(WINDOWS):
        part = shape[:, -width:]
        out[:, place] = part.sum(axis=1) / np.float32(part.shape[1])
        out[:, place + 1] = top[:, i]
        out[:, place + 2] = part.min(axis=1)
        place += 3
    lowest = out[:, place - 1]
    for width in (12, 60):
        part = shape[:, -width:]
        off = part - (part.sum(axis=1) / np.float32(part.shape[1]))[:, None]
        out[:, place] = np.sqrt((off * off).sum(axis=1) / np.float32(part.shape[1]))
        place += 1
    out[:, place : place + len(FREQUENT)] = top[:, len(WINDOWS) : -1]
    place += len(FREQUENT)
    changes = shape[:, 1 - RECENT :] - shape[:, -RECENT:-1]
    np.abs(changes, out=changes)
    changes.sort(axis=1)
    out[:, place] = changes[:, (RECENT - 1) // 2]
    out[:, place + 1] = changes[:, math.ceil(0.9 * (RECENT - 1)) - 1]
    out[:, place + 2] = changes[:, -1]
    out[:, place + 3] = last[:, 0] / scale
    out[:, place + 4] = top[:, -1]
    idle = shape[:, -RECENT:] <= lowest[:, None] + np.float32(1e-6)
    out[:, place + 5] = np.float32(3.0 / RECENT) * idle.sum(axis=1, dtype=np.int64)
    out[:, place + 6] = np.float32(0.5) * np.log1p(np.minimum(steps, 10_000)).astype(np.float32)
    place += 7
    with np.errstate(over="ignore"):  # a day ago it may have been larger than any number of today's units
        place = _by_day(out, place, day, last, unit)
    out[:, place : place + len(AR_STEPS)] = (ar - last) / unit
    place += len(AR_STEPS)
    out[:, place:] = skill
    np.nan_to_num(out, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    squashed: Floats = np.copysign(np.log1p(np.abs(out)), out)
    return squashed


def _by_day(out: Floats, place: int, day: Floats, last: Floats, unit: Floats) -> int:
    now = day[:, :1]
    out[:, place] = ((now - last) / unit)[:, 0]
    out[:, place + 1 : place + 1 + len(AHEAD)] = (day[:, 1:_DAY_FROM] - now) / unit
    place += 1 + len(AHEAD)
    out[:, place] = (day[:, _DAY_FROM] - last[:, 0]) / unit[:, 0]
    out[:, place + 1] = ~np.isnan(now[:, 0])
    usual = day[:, _DAY_FROM + 1 : _DAY_FROM + 2]
    out[:, place + 2] = ((usual - last) / unit)[:, 0]
    out[:, place + 3 : place + 3 + len(PROFILED)] = (day[:, _DAY_FROM + 2 :] - usual) / unit
    return place + 3 + len(PROFILED)
