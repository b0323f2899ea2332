"""The actuator's settings, built once from the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from foretide.actuators.carrying import EngineSettings
from foretide.schemas.errors import SettingsError


@dataclass(frozen=True, slots=True)
class StopSettings:
    """How long the steps of an orderly stop may take. Together they stay below 12 s."""

    settle_seconds: float = 4.0
    """For changes under way to come to their end; what has not is settled after the restart."""
    flush_seconds: float = 2.5
    """For outcomes to reach the broker; the rest is sent after the restart."""
    close_seconds: float = 2.0
    """For the last commit and the consumer."""


@dataclass(frozen=True, slots=True)
class ActuatorSettings:
    """What every driver has in common. Building it checks it: SettingsError names the option."""

    pool: str = "default"
    """The pool whose commands are carried out. One actuator serves one pool."""
    ledger: Path = Path("foretide-ledger.sqlite")
    """The file of what was begun and done. It must outlive the process."""
    engine: EngineSettings = field(default_factory=EngineSettings)
    """How commands are carried out."""
    in_flight: int = 64
    """Commands under way or waiting for their turn, at most: as many as a planner has in flight in its pool."""
    session_seconds: float = 10.0
    """After so long without a sign of life another actuator of the pool takes over. A restart with the same ledger
    does not wait for it."""
    commit_seconds: float = 1.0
    """Time between two commits."""
    stuck_seconds: float = 120.0
    """A command under way for so long counts as stuck, and the process as not alive."""
    metrics_host: str = "127.0.0.1"
    """Address of the metrics endpoint: loopback, unless a scraper on another host needs it."""
    metrics_port: int = 0
    """Its port; 0 takes a free one, named in the log."""
    port_file: Path | None = None
    """File for the endpoint's port, for whoever started this process."""
    report: Path | None = None
    """File for the JSON report written at the end."""
    stop: StopSettings = StopSettings()
    """How an orderly stop goes."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^\x00-\x20\x7f]{1,150}", self.pool):
            raise SettingsError("pool", f"{self.pool!r} is no name", "Use 1 to 150 characters without blanks.")

    @property
    def group(self) -> str:
        """The consumer group of this pool's actuators."""
        return f"foretide-actuator-{self.pool}"
