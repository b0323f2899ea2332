"""The catalogue of topics: one place for names, keys, message types, partitions, retention and compaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from foretide.schemas.messages import (
    AnyPoolEvent,
    Command,
    DeadLetter,
    Decision,
    Deviation,
    Prediction,
    Scorecard,
    TelemetryWindow,
)

TELEMETRY: Final = "telemetry.v1"
PREDICTIONS: Final = "predictions.v1"
DEVIATIONS: Final = "deviations.v1"
SCORECARDS: Final = "scorecards.v1"
POOL_EVENTS: Final = "pool-events.v1"
DECISIONS: Final = "decisions.v1"
COMMANDS: Final = "commands.v1"
DEAD_LETTERS: Final = "dead-letters.v1"

PROFILE_GROUP: Final = "foretide-profile"
PLAN_GROUP: Final = "foretide-plan"
SNAPSHOT_TABLE: Final = "snapshots"

PARTITIONS: Final = 4
"""Partitions of every topic whose order matters per key; a changelog must have as many as its source. The mock
cluster creates topics with 4 and cannot be told otherwise."""


def changelog(group: str) -> str:
    """The changelog topic in which a worker group keeps its snapshots."""
    return f"{group}-{SNAPSHOT_TABLE}-changelog"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `message` is the type its values hold (None: a worker's own snapshots). `retention` None with
    `compacted` means that the newest value of a key is kept for good. `broker_time`: the broker stamps arrival."""

    name: str
    key: str
    message: Any
    meaning: str
    retention: timedelta | None
    compacted: bool = False
    partitions: int = PARTITIONS
    max_message_bytes: int = 1_048_576
    broker_time: bool = True

    def config(self) -> dict[str, str]:
        """The topic's broker-side configuration.

        Only closed segments are compacted: with Kafka's own 1 GB a changelog would long be read in full at each start.
        """
        compaction = {"segment.bytes": "67108864", "segment.ms": "3600000"} if self.compacted else {}
        return compaction | {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(int(self.retention.total_seconds() * 1000)) if self.retention else "-1",
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "LogAppendTime" if self.broker_time else "CreateTime",
        }


CATALOGUE: Final[dict[str, Topic]] = {
    t.name: t
    for t in (
        Topic(TELEMETRY, "app", TelemetryWindow, "windows of samples of one application", timedelta(days=7)),
        Topic(PREDICTIONS, "app", Prediction, "quantiles of peak and mean per horizon", timedelta(days=7)),
        Topic(DEVIATIONS, "app", Deviation, "usage departed from the prediction", timedelta(days=30)),
        Topic(SCORECARDS, "app", Scorecard, "how well forecasts did lately", None, compacted=True),
        Topic(POOL_EVENTS, "pool", AnyPoolEvent, "all a pool's planner reacts to, in order", timedelta(days=30)),
        Topic(DECISIONS, "pool", Decision, "what was decided and why", timedelta(days=90)),
        Topic(COMMANDS, "pool", Command, "changes to make, once", timedelta(days=7)),
        Topic(DEAD_LETTERS, "topic", DeadLetter, "records that could not be read", timedelta(days=30)),
        Topic(changelog(PROFILE_GROUP), "app", None, "snapshots of the profiles", None, compacted=True),
        Topic(changelog(PLAN_GROUP), "pool", None, "snapshots of the planners", None, compacted=True),
    )
}
