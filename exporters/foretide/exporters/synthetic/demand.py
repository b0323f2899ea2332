"""Demand that moves in steps: flat for a while, then somewhere else, and nothing in its past tells when or where to."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Final

_LEVELS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_SHORTEST: Final = 30.0


class Demand:
    """Demand as a share of the most there can be, known at any time up to `reach` seconds back.

    A level holds for 30 s at least and `typical` seconds on average. It is a function of the seed and the time alone:
    how often it is asked for changes nothing.
    """

    def __init__(self, seed: str, typical: float, reach: float = 0.0) -> None:
        self._rng = Random(f"{seed}/demand")
        self._typical = typical
        self._reach = reach
        self._changes: deque[tuple[float, float]] = deque([(-reach, self._rng.choice(_LEVELS))])
        self._drawn_until = -reach

    def level(self, at: float) -> float:
        """The level at `at`; later calls may go back by `reach` seconds and no further."""
        while self._drawn_until <= at:
            self._draw()
        while len(self._changes) > 1 and self._changes[1][0] <= at - self._reach:
            self._changes.popleft()
        return next(level for since, level in reversed(self._changes) if since <= at)

    def between(self, since: float, until: float) -> float:
        """What came from `since`, at most `reach` seconds before the latest time asked for, to `until`, level times
        seconds."""
        self.level(until)
        ends = [*(start for start, _ in self._changes), until][1:]
        spans = zip(self._changes, ends, strict=True)
        return sum(level * max(0.0, min(end, until) - max(start, since)) for (start, level), end in spans)

    def _draw(self) -> None:
        others = [level for level in _LEVELS if level != self._changes[-1][1]]
        self._drawn_until += _SHORTEST + self._rng.expovariate(1.0 / (self._typical - _SHORTEST))
        self._changes.append((self._drawn_until, self._rng.choice(others)))
