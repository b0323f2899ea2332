"""How good simple rules were of late, five steps ahead: it tells the network which kind of series it looks at."""

from __future__ import annotations

from math import isnan, log
from typing import Any, Final

from foretide.streams.compiled import compiled
from foretide.streams.fleet.features import RULES

STEPS: Final = 5
FADE: Final = 0.5 ** (1 / 100)
"""Errors have a half-life of 100 steps."""
LEAST: Final = 1e-3
"""Errors below this share of the scale count as this."""
WEIGHT: Final = 4.0
"""What a logarithm of errors counts among the network's inputs."""


@compiled
def rules(
    last: float,
    mean12: float,
    smoothed: float,
    mean60: float,
    day_now: float,
    day_then: float,
    ar: float,
    said: Any,
) -> None:
    """Fill `said` (RULES + 1,) with what the rules say of five steps ahead, last value at the end."""
    moved = last + (day_then - day_now)
    said[0] = mean12
    said[1] = smoothed
    said[2] = last if isnan(moved) else moved
    said[3] = last if isnan(day_then) else day_then
    said[4] = mean60
    said[5] = ar
    said[6] = last


@compiled
def learn(errors: Any, said: Any, outcome: float) -> None:
    """Make the faded errors (RULES + 1,) what they are after an outcome of what was `said` five steps before."""
    for rule in range(RULES + 1):
        errors[rule] = FADE * errors[rule] + (1 - FADE) * abs(outcome - said[rule])


@compiled
def told(errors: Any, scale: float, found: Any) -> None:
    """Fill `found` (RULES + 1,) with the errors as the network's inputs."""
    least = LEAST * scale
    base = errors[RULES] + least
    for rule in range(RULES):
        found[rule] = WEIGHT * log((errors[rule] + least) / base)
    found[RULES] = base / scale
