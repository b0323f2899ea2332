"""How good simple rules were of late, five steps ahead: it tells the network which kind of series it looks at."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet.features import RULES

Floats = NDArray[np.float32]

STEPS: Final = 5
FADE: Final = 0.5 ** (1 / 100)
"""Errors have a half-life of 100 steps."""
LEAST: Final = 1e-3
"""Errors below this share of the scale count as this."""
WEIGHT: Final = 4.0
"""What a logarithm of errors counts among the network's inputs."""


def rules(
    last: Floats, mean12: Floats, smoothed: Floats, mean60: Floats, day_now: Floats, day_then: Floats, ar: Floats
) -> Floats:
    """What the rules say of five steps ahead (rows, RULES + 1), last value at the end."""
    moved = last + (day_then - day_now)
    found = np.stack(
        [
            mean12,
            smoothed,
            np.where(np.isnan(moved), last, moved),
            np.where(np.isnan(day_then), last, day_then),
            mean60,
            ar,
            last,
        ],
        axis=1,
    )
    return found.astype(np.float32)


def learn(errors: Floats, said: Floats, outcome: Floats, known: NDArray[np.bool_]) -> Floats:
    """The faded errors (rows, RULES + 1) after an outcome (rows,) of what was `said` five steps before."""
    fresh = np.float32(FADE) * errors + np.float32(1 - FADE) * np.abs(outcome[:, None] - said)
    return np.where(known[:, None], fresh, errors)


def told(errors: Floats, scale: Floats) -> Floats:
    """The errors as the network's inputs (rows, RULES + 1)."""
    least = np.float32(LEAST) * scale[:, None]
    base = errors[:, RULES:] + least
    told = np.empty_like(errors)
    with np.errstate(over="ignore"):  # what is infinite then counts as not known among the network's inputs
        told[:, :RULES] = np.float32(WEIGHT) * np.log((errors[:, :RULES] + least) / base)
        told[:, RULES:] = base / scale[:, None]
    return told
