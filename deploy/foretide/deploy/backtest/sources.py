"""Where a backtest's windows come from: trace files, or the telemetry topic of a running system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from foretide.deploy.backtest.cutting import single_samples
from foretide.deploy.backtest.errors import BacktestError
from foretide.deploy.replay.topic import read_topic
from foretide.exporters.mapping import ColumnMapping
from foretide.exporters.traces import OLDEST_SECONDS, read_beside
from foretide.schemas.codec import parse_as
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.topics import TELEMETRY

Applications = Mapping[str, Sequence[TelemetryWindow]]
"""Each application's windows of one sample, in time order."""


def from_trace(
    path: Path, maps: Sequence[str], beside: Sequence[Path] = (), oldest_seconds: float = OLDEST_SECONDS
) -> Applications:
    """The applications of a trace, with the latest readings of the traces `beside`; a reading counts so many seconds.

    What is wrong with a file is said with its line and column.
    """
    trace = read_beside(path, ColumnMapping.from_options(maps), beside, oldest_seconds)
    found: dict[str, list[TelemetryWindow]] = defaultdict(list)
    for window in trace.windows(window_seconds=0.001):
        found[window.app].append(window)
    return {app: single_samples(found[app]) for app in sorted(found)}


async def from_topic(kafka: KafkaSettings, since_ms: int | None, until_ms: int | None) -> tuple[Applications, int]:
    """The applications of the telemetry topic up to its present end, and how many records could not be read.

    `since_ms` and `until_ms` are sample times; the first is included, the second is not.
    """
    found: dict[str, list[TelemetryWindow]] = defaultdict(list)
    unreadable = 0
    async for record in read_topic(kafka, TELEMETRY):
        try:
            window = parse_as(TelemetryWindow, TELEMETRY, record.value)
        except InvalidMessage:
            unreadable += 1
            continue
        found[window.app].append(window)
    applications = {
        app: [
            w
            for w in single_samples(found[app])
            if (since_ms is None or w.start_ms >= since_ms) and (until_ms is None or w.start_ms < until_ms)
        ]
        for app in sorted(found)
    }
    applications = {app: windows for app, windows in applications.items() if windows}
    if not applications:
        raise BacktestError(
            f"{TELEMETRY} on {kafka.bootstrap} holds no telemetry in that time; start an exporter first"
        )
    return applications, unreadable
