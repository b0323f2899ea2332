"""The exporter's settings, built once from the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from foretide.schemas.errors import SettingsError
from foretide.schemas.messages import ResourceKind


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How windows reach the broker."""

    buffer_windows: int = 20_000
    """Windows kept while the broker is away; the oldest are dropped first. At 64 applications and 10 s windows this
    is 52 minutes, in some 10 MB."""
    in_flight: int = 1_000
    """Windows handed to the client and not acknowledged yet: enough to fill its batches, few enough to hold."""
    flush_seconds: float = 30.0
    """How long a run that ended by itself waits for what is still unsent: longer than a broker's restart."""
    stop_flush_seconds: float = 4.0
    """The same after SIGTERM or SIGINT: a supervisor's patience is short. With closing it stays below 12 s."""
    close_seconds: float = 3.0
    """How long the client may take to close its connections."""


@dataclass(frozen=True, slots=True)
class ExporterSettings:
    """What every source has in common. Building it checks it: SettingsError names the option."""

    pool: str = "default"
    """The pool whose planner hears of this exporter's cards."""
    source: str = "exporter"
    """This exporter's name, in every window and as the prefix of its cards: unique among the exporters."""
    window_seconds: float = 10.0
    """The event time one window covers at most. A message costs the workers the same whatever it holds."""
    seconds: float | None = None
    """Wall-clock limit of the run. None: until the source ends or a signal comes."""
    metrics_host: str = "127.0.0.1"
    """Address of the metrics endpoint: loopback, unless a scraper on another host needs it."""
    metrics_port: int = 0
    """Its port; 0 takes a free one, named in the log."""
    report: Path | None = None
    """File for the JSON report written at the end."""
    kinds: tuple[ResourceKind, ...] = ()
    """What the announced cards are: their prices, speeds and times of change."""
    delivery: DeliverySettings = DeliverySettings()
    """How windows reach the broker."""

    def __post_init__(self) -> None:
        for field, value in (("pool", self.pool), ("source", self.source)):
            if not re.fullmatch(r"[^\x00-\x20\x7f]{1,150}", value):
                raise SettingsError(field, f"{value!r} is no name", "Use 1 to 150 characters without blanks.")
        if not 0.001 <= self.window_seconds <= 86_400:
            raise SettingsError("window-seconds", f"{self.window_seconds:g} is out of range", "Use 0.001 to 86400.")
        if self.delivery.buffer_windows < 1:
            raise SettingsError("buffer-windows", "the buffer needs room for a window", "Use 1 or more.")
        if self.seconds is not None and self.seconds <= 0:
            raise SettingsError("seconds", f"{self.seconds:g} is no time", "Use more than 0.")
