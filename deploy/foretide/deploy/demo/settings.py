"""What a demo is asked to do, built once by the command."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from foretide.schemas.kafka.settings import KafkaSettings

SOURCE: Final = "demo"
"""Name of the exporter: windows and cards carry it."""


@dataclass(frozen=True, slots=True)
class SyntheticSettings:
    """The applications that are made up when no trace is given."""

    apps: int = 12
    """Few enough to see each."""

    seed: int = 7
    """The same seed gives the same telemetry."""

    step_seconds: float = 1.0
    """Time between two samples, as a GPU host takes them."""

    window_seconds: float = 5.0
    """Samples that travel together."""

    day_seconds: float = 3600.0
    """A day in the applications' lives, short enough to see its rhythm."""


@dataclass(frozen=True, slots=True)
class WorkerTimes:
    """How the workers are set for a short run. Seconds."""

    session: float = 6.0
    """After so long without a sign of life a killed worker's partitions move on; Kafka's own default is 45."""

    heartbeat: float = 2.0
    """A third of the session, as Kafka recommends."""

    snapshots: float = 5.0
    """Longest wait of a change for its snapshot: what a killed worker's successor has to read again."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """One demo."""

    out: Path
    """Folder for logs, recordings, states and the broker's data."""

    seconds: float = 60.0
    """How long telemetry flows; the run then drains and reckons."""

    speed: float = 60.0
    """Seconds of the applications' time per second."""

    trace: Path | None = None
    """A recorded trace; None: the synthetic source."""

    mappings: tuple[str, ...] = ()
    """SIGNAL=COLUMN for the trace, beside the defaults."""

    kafka: KafkaSettings | None = None
    """An existing broker; None: one of our own on loopback."""

    broker: Literal["auto", "kafka", "mock"] = "auto"
    """Which broker to start if none exists."""

    create_topics: bool = False
    """On an existing broker, whether missing topics may be created."""

    chaos: int = 0
    """How many processes are killed during the run, in turn."""

    cards: int | None = None
    """Cards in the simulated pool, a third of them small ones; None: one for each application."""

    pool_file: Path | None = None
    """A pool file with the cards to simulate; None: A100 80 GB and L4, as many as `cards`."""

    provoke: bool = True
    """Whether a migration that has gone well is made to look bad, so that its way back is seen: the demo says of the
    application that it ran out of memory, as an exporter would."""

    pool: str = "demo"
    """The pool's name. On an existing broker every run takes one of its own, so that no earlier run's events count."""

    initial_slice: str = "3g.40gb"
    """What every application is given before anything is known of it."""

    run: str = field(default_factory=lambda: secrets.token_hex(4))
    """Sets this run's ids apart from those of other runs."""

    synthetic: SyntheticSettings = SyntheticSettings()
    times: WorkerTimes = WorkerTimes()

    @property
    def telemetry_log(self) -> Path:
        """Where the telemetry topic is recorded."""
        return self.out / "telemetry.jsonl"

    @property
    def pool_log(self) -> Path:
        """Where the pool's log is recorded."""
        return self.out / "pool-events.jsonl"

    @property
    def inventory(self) -> Path:
        """Where the cards are told to the exporter and the actuator."""
        return self.out / "run" / "inventory.json"

    @property
    def report(self) -> Path:
        """Where the exporter reports what it sent."""
        return self.out / "exporter-report.json"
