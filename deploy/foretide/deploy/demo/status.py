"""What the views show beside the figures: the stage of the run and what the supervisor knows."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

Stage = Literal["starting the broker", "starting", "running", "draining", "stopping", "reckoning", "done"]


@dataclass(slots=True)
class RunStatus:
    """Set by the run, read by the views. Times are seconds since the telemetry began."""

    stage: Stage = "starting the broker"
    broker: str = ""
    source: str = ""
    speed: float = 1.0
    seconds: float = 0.0
    """How long telemetry is to flow."""
    began: float | None = None
    """When the telemetry began, by the monotonic clock."""
    cards: int = 0
    kills: int = 0
    provoked: int = 0
    """Applications that were said to have run out of memory."""
    notes: deque[str] = field(default_factory=lambda: deque(maxlen=4))
    """Kills, restarts and failures, newest last."""

    @property
    def elapsed(self) -> float:
        """Seconds since the telemetry began; 0 before."""
        return 0.0 if self.began is None else time.monotonic() - self.began
