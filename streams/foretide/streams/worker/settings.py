"""A worker's settings, built once by the command and handed down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from foretide.schemas.errors import SettingsError
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import PARTITIONS, changelog

MOCK_SESSION_SECONDS: Final = 6.0
"""The longest session timeout on the mock cluster, which makes every rebalance wait about as long."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How this worker takes part in its consumer group. Durations in seconds."""

    timeout: float = 45.0
    """How long the broker waits for a sign of life before it gives the partitions away; that long a crashed worker's
    partitions rest. The default is Kafka's own; the demo uses 6."""

    heartbeat: float = 3.0
    """Interval of the signs of life: a fifth of the timeout or less."""

    rebalance_timeout: float = 60.0
    """How long a worker may take to hand its partitions over."""

    commit_interval: float = 2.8
    """How often offsets are committed, as far as snapshots cover."""

    instance_id: str | None = None
    """Static membership: a stable name (a pod's) lets a quick restart keep its partitions."""


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """When state is written to the changelog. Durations in seconds."""

    cadence: float = 30.0
    """The longest that a change waits for its snapshot while the worker keeps up. After a crash at most this much is
    read again, per application."""

    budget: float = 0.01
    """The time spent on snapshots in one go before records are handled again: it bounds what they add to latency."""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Bounds on what a worker holds and how long it waits."""

    outbox_messages: int = 20_000
    """Outputs waiting for the broker; at this many the worker takes no more records until some have arrived."""

    outbox_bytes: int = 64 * 1024 * 1024
    """The same bound in bytes."""

    dead_letters_consecutive: int = 1_000
    """Stop when this many records in a row could not be read: a broken producer should not drain a topic into the
    dead letters."""

    dead_letters_ratio: float = 0.5
    """Stop when more than this share of the last `dead_letters_window` records could not be read."""

    dead_letters_window: int = 2_000
    """Records over which the ratio is taken; nothing is judged before that many were seen."""

    start_seconds: float = 12.0
    """For the checks of topics, access and broker before the worker starts."""

    stop_seconds: float = 12.0
    """From SIGTERM to the end of the process, also with the broker away. State not saved by then is re-read by the next
    owner; the exit code says so."""


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """The loopback endpoint with /metrics, /healthz and /progress."""

    port: int = 0
    """TCP port; 0 takes a free one."""

    port_file: Path | None = None
    """File that receives the port as decimal digits once the endpoint answers."""

    stall_seconds: float = 60.0
    """/healthz fails when a partition has had records waiting for this long without one being handled, or when the
    worker has been without its group's decision about partitions for this long."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """All of a worker's settings."""

    kafka: KafkaSettings
    group: str
    source_topic: str
    output_topics: tuple[str, ...]
    """Topics that the processor writes; access to them is checked before the start."""

    partitions: int = PARTITIONS
    mock_broker: bool = False
    """Work around librdkafka's mock cluster: its control records have no checksum, it wants the leader's assignment
    after the followers' requests, and each rebalance takes it a session timeout. `run_worker` sets it by itself."""

    session: SessionSettings = field(default_factory=SessionSettings)
    snapshots: SnapshotSettings = field(default_factory=SnapshotSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    endpoint: EndpointSettings = field(default_factory=EndpointSettings)

    def __post_init__(self) -> None:
        if not 0 < self.session.heartbeat <= self.session.timeout / 2:
            raise SettingsError(
                "--heartbeat",
                f"{self.session.heartbeat:g} s is not between 0 and half the session timeout",
                "Give a third of --session-timeout or less",
            )
        if self.snapshots.cadence <= 0:
            raise SettingsError("--snapshot-seconds", "it must be above 0", "30 is the default")

    @property
    def changelog(self) -> str:
        """The topic of this group's snapshots."""
        return changelog(self.group)

    def for_mock_broker(self) -> WorkerSettings:
        """The same settings with the work-arounds for the mock cluster."""
        session = replace(
            self.session,
            timeout=min(self.session.timeout, MOCK_SESSION_SECONDS),
            heartbeat=min(self.session.heartbeat, MOCK_SESSION_SECONDS / 4),
            rebalance_timeout=min(self.session.rebalance_timeout, MOCK_SESSION_SECONDS),
        )
        return replace(self, mock_broker=True, session=session)

    @property
    def hand_over_seconds(self) -> float:
        """How long snapshots and the commit may take when partitions are given away: well within the rebalance."""
        return min(self.session.timeout, self.session.rebalance_timeout) / 2

    @property
    def freeze_limit(self) -> float:
        """A pause longer than this many seconds may have cost the worker its partitions."""
        return self.session.timeout - self.session.heartbeat
