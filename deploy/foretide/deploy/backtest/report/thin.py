"""Fewer points than a trace has, all of them real."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

MOST_POINTS: Final = 400


def thinned(values: Sequence[float], most: int = MOST_POINTS) -> list[int]:
    """The indices to draw: of every so many neighbours the largest, so that no peak is lost."""
    every = -(-len(values) // most)
    return [
        max(range(first, min(first + every, len(values))), key=lambda i: values[i])
        for first in range(0, len(values), every or 1)
    ]
