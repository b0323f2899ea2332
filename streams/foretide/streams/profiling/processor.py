"""The profile agent's core: telemetry records in; predictions, deviations, scorecards and pool events out."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from foretide.schemas.codec import parse_as
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.ids import record_id
from foretide.schemas.messages import Deviation, ForecastEvent, Prediction, RecordRef, Scorecard, TelemetryWindow
from foretide.schemas.signals import SIZED
from foretide.schemas.topics import DEVIATIONS, POOL_EVENTS, PREDICTIONS, SCORECARDS, TELEMETRY
from foretide.streams.profiling.errors import ProfileError
from foretide.streams.profiling.gate import why_send
from foretide.streams.profiling.profile import ApplicationProfile, Observation
from foretide.streams.profiling.scorecard import scores
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.profiling.state import FORMAT
from foretide.streams.worker.processor import Output, Record


class ProfileProcessor:
    """A profile per application; see `foretide.streams.worker.processor.Processor`."""

    name = "profile"
    source_topic = TELEMETRY
    format = FORMAT

    def __init__(self, settings: ProfileSettings | None = None) -> None:
        self.settings = settings or ProfileSettings()
        self._profiles: dict[str, ApplicationProfile] = {}

    def handle(self, record: Record) -> Sequence[Output]:
        """Learn one window and answer; a window that holds nothing new gets no answer."""
        window = parse_as(TelemetryWindow, TELEMETRY, record.value)
        if window.app != record.key:
            raise InvalidMessage(TELEMETRY, "$.app", f"is {window.app!r}, but the record's key is {record.key!r}")
        return self.observe(window, RecordRef(topic=record.topic, partition=record.partition, offset=record.offset))

    def observe(self, window: TelemetryWindow, ref: RecordRef) -> list[Output]:
        """The outputs of a window that was read already."""
        profile = self._profiles.get(window.app)
        if profile is None:
            profile = self._profiles[window.app] = ApplicationProfile(window.app, self.settings)
        seen = profile.observe(window)
        if not seen.samples:
            return []
        return [
            Output(PREDICTIONS, window.app, _prediction(profile, ref)),
            *self._deviations(profile, seen, ref),
            *self._scorecard(profile, ref),
            *self._pool_event(profile, ref),
        ]

    def _deviations(self, profile: ApplicationProfile, seen: Observation, ref: RecordRef) -> list[Output]:
        return [
            Output(
                DEVIATIONS,
                profile.app,
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
                ),
            )
            for i, d in enumerate(seen.departures)
        ]

    def _scorecard(self, profile: ApplicationProfile, ref: RecordRef) -> list[Output]:
        if profile.windows_learned % self.settings.scorecard_windows or not profile.signals:
            return []
        card = Scorecard(
            id=_id(ref) + "/scorecard",
            app=profile.app,
            at_ms=profile.last_ms,
            scores=scores(profile),
            based_on=ref,
            epoch=0,
        )
        return [Output(SCORECARDS, profile.app, card)]

    def _pool_event(self, profile: ApplicationProfile, ref: RecordRef) -> list[Output]:
        gate = self.settings.gate
        needs = [n for n in profile.needs() if n.signal in SIZED]
        if not needs:
            return []
        event = ForecastEvent(
            id=_id(ref) + "/forecast",
            pool=gate.pool,
            at_ms=profile.last_ms,
            app=profile.app,
            needs=needs,
            last={s: profile.signals[s].last for s in SIZED if s in profile.signals},
            learning=profile.learning,
            why="age",
            based_on=ref,
        )
        why = why_send(profile.gate, event, gate)
        return [Output(POOL_EVENTS, gate.pool, replace(event, why=why))] if why is not None else []

    def snapshot(self, key: str) -> bytes:
        """The application's profile as bytes."""
        return self._profiles[key].dump()

    def restore(self, key: str, payload: bytes) -> None:
        """Put a profile back; ProfileError for a payload that is none, or another application's."""
        profile = ApplicationProfile.load(payload, self.settings)
        if profile.app != key:
            raise ProfileError(f"snapshot of {profile.app!r} was found under the key {key!r}")
        self._profiles[key] = profile

    def forget(self, key: str) -> None:
        """Drop a profile that another worker now owns."""
        self._profiles.pop(key, None)


def _id(ref: RecordRef) -> str:
    return record_id(ref.topic, ref.partition, ref.offset)


def _prediction(profile: ApplicationProfile, ref: RecordRef) -> Prediction:
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
