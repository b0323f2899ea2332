"""How long a simulated change takes, and whether it fails: drawn by seed, command and attempt, so never by chance."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Failure = Literal["refused", "halfway"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What befalls one attempt. `failure` refused: before anything changed; halfway: between the two steps."""

    seconds: float
    failure: Failure | None
    temporary: bool


@dataclass(frozen=True, slots=True)
class Faults:
    """The draw. The same seed gives every attempt of every command the same fate, in whatever order they come."""

    seed: int = 0
    """Which draw."""
    latency_ms: tuple[float, float] = (20.0, 80.0)
    """A change takes between these, evenly spread: as long as creating a MIG instance takes on an idle card."""
    failure_rate: float = 0.0
    """Share of attempts that fail; half of them half-way, and half of them for good."""

    def fate(self, command_id: str, attempt: int) -> Fate:
        """What befalls this attempt."""
        draw = random.Random(f"{self.seed}/{command_id}/{attempt}")
        seconds = draw.uniform(*self.latency_ms) / 1000
        failed = draw.random() < self.failure_rate
        halfway, temporary = draw.random() < 0.5, draw.random() < 0.5
        return Fate(seconds, ("halfway" if halfway else "refused") if failed else None, temporary)
