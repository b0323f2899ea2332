"""The messages that answer a window: what an application will need, where it departed, how well it was forecast."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.schemas.ids import record_id
from foretide.schemas.messages import (
    Deviation,
    ForecastEvent,
    ModelChange,
    Prediction,
    RecordRef,
    Scorecard,
    SignalScore,
)
from foretide.schemas.signals import SIZED
from foretide.streams.profiling.gate import Why
from foretide.streams.profiling.profile import ApplicationProfile, SignalDeparture


def prediction(profile: ApplicationProfile, ref: RecordRef) -> Prediction:
    """The prediction of every signal, based on the record `ref`."""
    return Prediction(
        id=_id(ref),
        app=profile.app,
        issued_ms=profile.last_ms,
        phase=profile.phase,
        learning=profile.learning,
        forecasts=profile.forecasts(),
        based_on=ref,
        epoch=0,
    )


def deviations(profile: ApplicationProfile, departures: Sequence[SignalDeparture], ref: RecordRef) -> list[Deviation]:
    """The deviations that have started or ended with that record."""
    return [
        Deviation(
            id=record_id(ref.topic, ref.partition, ref.offset, i),
            app=profile.app,
            signal=d.signal,
            at_ms=profile.last_ms,
            state=d.departure.state,
            direction=d.departure.direction,
            observed=d.observed,
            expected=d.expected,
            probability=d.departure.probability,
            lasted_seconds=d.departure.lasted_seconds,
            based_on=ref,
            epoch=0,
        )
        for i, d in enumerate(departures)
    ]


def scorecard(
    profile: ApplicationProfile, scores: list[SignalScore], changes: Sequence[ModelChange], ref: RecordRef
) -> Scorecard:
    """How well the profile's forecasts did lately, and which models have changed with that record."""
    return Scorecard(
        id=_id(ref) + "/scorecard",
        app=profile.app,
        at_ms=profile.last_ms,
        scores=scores,
        changes=list(changes),
        based_on=ref,
        epoch=0,
    )


def forecast_event(profile: ApplicationProfile, pool: str, ref: RecordRef, why: Why) -> ForecastEvent:
    """What a planner hears of a profile with signals that it sizes by, and why."""
    return ForecastEvent(
        id=_id(ref) + "/forecast",
        pool=pool,
        at_ms=profile.last_ms,
        app=profile.app,
        needs=[n for n in profile.needs() if n.signal in SIZED],
        last={s: profile.signals[s].last for s in SIZED if s in profile.signals} | profile.published,
        learning=profile.learning,
        why=why,
        based_on=ref,
        reached=profile.gate.reached(profile.last_ms),
        watched_seconds=profile.gate.watched_seconds(profile.last_ms),
    )


def _id(ref: RecordRef) -> str:
    return record_id(ref.topic, ref.partition, ref.offset)
