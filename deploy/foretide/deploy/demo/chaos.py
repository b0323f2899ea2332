"""Kills during a demo: which process, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

VICTIMS: Final = (("profile-1", "profile-2"), ("plan",), ("actuator",), ("broker",))
"""The turn order. Of the two profile workers each is hit every other time."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL, `at_seconds` after the telemetry began."""

    at_seconds: float
    victim: str


def plan_kills(count: int, seconds: float, *, spare: Sequence[str] = ()) -> tuple[Kill, ...]:
    """`count` kills in turn, evenly over the run, none at its very beginning or end.

    `spare` names processes that must not be hit: a mock broker keeps nothing, and another's broker is not ours to kill.
    """
    turns = [tuple(v for v in group if v not in spare) for group in VICTIMS]
    turns = [group for group in turns if group]
    kills = []
    for i in range(count):
        group = turns[i % len(turns)]
        victim = group[(i // len(turns)) % len(group)]
        kills.append(Kill(at_seconds=seconds * (i + 1) / (count + 1), victim=victim))
    return tuple(kills)
