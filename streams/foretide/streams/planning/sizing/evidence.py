"""What an application has reached lately, in a few numbers: the stairs of its recent maxima.

A stair is a sample that no later one has reached: its time and its value. Read from the newest to the oldest, stairs
rise, so they tell for every level when it was last exceeded, and for every window the largest sample in it. They are
kept where the samples are seen and travel with the forecast; which levels matter only the planner knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import sub
from typing import Final, NamedTuple

MOST_STAIRS: Final = 16
"""Stairs kept of one signal. Shares of a card have a hundred values at most, and recent history rarely has ten stairs;
where there are more, the two that differ least become one."""


def climb(stairs: list[tuple[int, float]], at_ms: int, value: float) -> None:
    """Add a sample to the stairs (time in ms, value), which are in time order, each lower than the one before."""
    while stairs and stairs[-1][1] <= value:
        stairs.pop()
    stairs.append((at_ms, value))
    if len(stairs) > MOST_STAIRS:
        values = [value for _, value in stairs]
        steps = list(map(sub, values, values[1:]))
        i = steps.index(min(steps))
        # The higher value at the later time: what is forgotten makes the application look busier, never quieter.
        stairs[i : i + 2] = [(stairs[i + 1][0], stairs[i][1])]


def reached(stairs: Sequence[tuple[int, float]], now_ms: int) -> list[tuple[float, float]]:
    """The stairs as a message carries them: value, and seconds ago; the oldest and highest first."""
    return [(value, (now_ms - at_ms) / 1000) for at_ms, value in stairs]


class Evidence(NamedTuple):
    """One signal's stairs (value, seconds ago; the highest first), and for how many seconds it has been watched."""

    stairs: tuple[tuple[float, float], ...] = ()
    watched_seconds: float = 0.0

    def quiet_seconds(self, level: float) -> float:
        """For how long `level` has not been exceeded; as long as the signal was watched if it never was."""
        quiet = self.watched_seconds
        for value, ago in self.stairs:
            if value <= level:
                break
            quiet = ago
        return quiet

    def highest(self, seconds: float) -> float:
        """The largest value of the last `seconds`, 0 if there is none."""
        return max([value for value, ago in self.stairs if ago <= seconds], default=0.0)
