"""Records as a demo's observer sees them."""

from __future__ import annotations

from foretide.deploy.replay.records import RecordedRecord
from foretide.schemas.codec import encode
from foretide.schemas.ids import outcome_id
from foretide.schemas.messages import (
    Command,
    Decision,
    HorizonForecast,
    Message,
    OutcomeEvent,
    Placement,
    Prediction,
    Quantiles,
    RecordRef,
    SignalForecast,
    TelemetryWindow,
)
from foretide.schemas.messages.pool_events import OutcomeStatus
from foretide.schemas.topics import COMMANDS, DECISIONS, POOL_EVENTS, PREDICTIONS, TELEMETRY

POOL = "demo"
SOURCE = "demo"


def record(topic: str, offset: int, message: Message | bytes, at_ms: int = 1_000, partition: int = 0) -> RecordedRecord:
    """One record; `at_ms` is the broker's time."""
    value = message if isinstance(message, bytes) else encode(message)
    return RecordedRecord(topic, partition, offset, b"key", value, at_ms)


def window(app: str, start_ms: int, use: list[float | None], memory: list[float | None]) -> TelemetryWindow:
    """A window of both sized signals, a second a sample."""
    return TelemetryWindow(
        app=app,
        resource="card",
        source=SOURCE,
        start_ms=start_ms,
        step_ms=1000,
        signals={"gpu.sm_ratio": use, "gpu.memory_bytes": memory},
    )


def telemetry(offset: int, app: str, start_ms: int, use: float, at_ms: int) -> RecordedRecord:
    """A record of one sample."""
    return record(TELEMETRY, offset, window(app, start_ms, [use], [1e9]), at_ms)


def prediction(app: str, offset: int, *, epoch: int = 1) -> Prediction:
    """What was predicted from the telemetry record at `offset`."""
    peak = Quantiles(q50=0.2, q90=0.4, q95=0.5, q99=0.6)
    return Prediction(
        id=f"{TELEMETRY}/0/{offset}",
        app=app,
        issued_ms=5_000,
        phase="serve",
        learning=False,
        forecasts=[
            SignalForecast(
                signal="gpu.sm_ratio",
                last=0.3,
                horizons=[HorizonForecast(horizon_seconds=s, peak=peak, mean=peak) for s in (60.0, 900.0, 3600.0)],
                model="last",
                confidence=1.0,
            )
        ],
        based_on=RecordRef(topic=TELEMETRY, partition=0, offset=offset),
        epoch=epoch,
    )


def predicted(offset: int, app: str, based_on: int, at_ms: int, *, epoch: int = 1) -> RecordedRecord:
    """The record of a prediction."""
    return record(PREDICTIONS, offset, prediction(app, based_on, epoch=epoch), at_ms)


def slice_at(name: str, start: int = 0, card: str = "demo/card-00") -> Placement:
    """A placement."""
    return Placement(resource=card, slice=name, start=start)


def decided(offset: int, decision_id: str, app: str, pool: str = POOL) -> RecordedRecord:
    """The record of a decision."""
    decision = Decision(
        id=decision_id,
        pool=pool,
        app=app,
        at_ms=5_000,
        action="allocate",
        mode="auto",
        held=None,
        wanted=slice_at("3g.40gb"),
        reason="it asked",
        considered=[],
        guard=None,
        commanded=True,
        valid_for_seconds=60.0,
        based_on=[RecordRef(topic=POOL_EVENTS, partition=0, offset=1)],
    )
    return record(DECISIONS, offset, decision)


def commanded(offset: int, command_id: str, app: str, pool: str = POOL, issued_ms: int = 1) -> RecordedRecord:
    """The record of a command."""
    command = Command(
        id=command_id,
        pool=pool,
        app=app,
        action="allocate",
        expected=None,
        desired=slice_at("3g.40gb"),
        issued_ms=issued_ms,
        deadline_ms=issued_ms + 60_000,
        epoch=issued_ms,
    )
    return record(COMMANDS, offset, command)


def outcome(
    offset: int, command_id: str, app: str, at_ms: int, status: OutcomeStatus = "applied", pool: str = POOL
) -> RecordedRecord:
    """The record of a command's outcome."""
    event = OutcomeEvent(
        id=outcome_id(command_id),
        pool=pool,
        at_ms=5_000,
        command_id=command_id,
        app=app,
        status=status,
        placement=slice_at("3g.40gb"),
        duration_seconds=0.2,
        message="",
    )
    return record(POOL_EVENTS, offset, event, at_ms)
