"""Telemetry windows of one application in time order, short to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foretide.schemas.codec import encode
from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.topics import TELEMETRY
from foretide.streams.worker.processor import Record

START_MS = 1_700_000_000_000
STEP_MS = 2_000


def window(
    signals: Mapping[str, Sequence[float | None]], *, sample: int = 0, app: str = "app", step_ms: int = STEP_MS
) -> TelemetryWindow:
    """The window whose first sample is the `sample`-th of the application."""
    return TelemetryWindow(
        app=app,
        resource="card-0",
        source="test",
        start_ms=START_MS + sample * step_ms,
        step_ms=step_ms,
        signals={name: list(values) for name, values in signals.items()},
    )


def cut(
    signal: str, values: Sequence[float | None], size: int, *, app: str = "app", step_ms: int = STEP_MS
) -> list[TelemetryWindow]:
    """The series of one signal in windows of `size` samples; the last one may be shorter."""
    return [
        window({signal: values[i : i + size]}, sample=i, app=app, step_ms=step_ms) for i in range(0, len(values), size)
    ]


def record(message: TelemetryWindow, offset: int) -> Record:
    """The record that carries `message`."""
    return Record(TELEMETRY, 0, offset, message.app, encode(message), message.end_ms)
