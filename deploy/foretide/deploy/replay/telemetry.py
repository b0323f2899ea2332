"""Recorded telemetry through the profiles again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from foretide.deploy.replay.feeding import Feed
from foretide.deploy.replay.records import RecordedRecord
from foretide.schemas.topics import PREDICTIONS
from foretide.streams.profiling import ProfileProcessor, ProfileSettings, model_hash
from foretide.streams.profiling.settings import GateSettings


@dataclass(frozen=True, slots=True)
class TelemetryReplay:
    """What a replay of recorded telemetry gave. `set_aside` counts records that break the contract."""

    model_hash: str
    applications: int
    predictions: int
    records: int
    set_aside: int


def replay_telemetry(records: Iterable[RecordedRecord], gate: GateSettings | None = None) -> TelemetryReplay:
    """Feed recorded telemetry through the profile agent's core, set as it is live; `gate`: as the workers' was."""
    feed = Feed(ProfileProcessor(ProfileSettings(gate=gate or GateSettings())))
    predictions = sum(output.topic == PREDICTIONS for output in feed.run(records))
    return TelemetryReplay(
        model_hash=model_hash(feed.states()),
        applications=len(feed.keys),
        predictions=predictions,
        records=feed.counts.handled,
        set_aside=feed.counts.aside,
    )
