"""The profile agent's core: telemetry records in; predictions, deviations, scorecards and pool events out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from foretide.schemas.codec import parse_as
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.ids import record_id
from foretide.schemas.messages import (
    Deviation,
    ForecastEvent,
    ModelChange,
    Prediction,
    RecordRef,
    Scorecard,
    TelemetryWindow,
)
from foretide.schemas.signals import SIZED
from foretide.schemas.topics import DEVIATIONS, POOL_EVENTS, PREDICTIONS, SCORECARDS, TELEMETRY
from foretide.streams.fleet import default_network
from foretide.streams.forecasting.banks import Banks
from foretide.streams.profiling.errors import ProfileError
from foretide.streams.profiling.gate import why_send
from foretide.streams.profiling.profile import ApplicationProfile, Observation
from foretide.streams.profiling.scorecard import scores
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.profiling.state import FORMAT
from foretide.streams.profiling.tally import measures
from foretide.streams.worker.processor import Measure, Output, Record


class ProfileProcessor:
    """A profile per application; see `foretide.streams.worker.processor.Processor`."""

    name = "profile"
    source_topic = TELEMETRY
    format = FORMAT
    earlier_formats: frozenset[str] = frozenset()

    def __init__(self, settings: ProfileSettings | None = None) -> None:
        self.settings = settings or ProfileSettings()
        self._banks = Banks(default_network(), self.settings.experts)
        self._profiles: dict[str, ApplicationProfile] = {}
        self._changes: Counter[str] = Counter()
        self._departed: Counter[str] = Counter()

    def handle(self, record: Record) -> Sequence[Output]:
        """Learn one window and answer; a window that holds nothing new gets no answer."""
        (found,) = self.handle_all([record])
        if isinstance(found, Exception):
            raise found
        return found

    def handle_all(self, records: Sequence[Record]) -> list[Sequence[Output] | Exception]:
        """The same for many records, each of another application, whose profiles are stepped together."""
        taken: list[tuple[ApplicationProfile, Observation] | Exception] = []
        for record in records:
            try:
                window = _window(record)
                profile = self._profile(window.app)
                taken.append((profile, profile.take(window)))
            except Exception as error:  # noqa: BLE001 -- it is this record's answer
                taken.append(error)
        self._banks.step(due for one in taken if not isinstance(one, Exception) for due in one[1].due)
        found: list[Sequence[Output] | Exception] = []
        for record, one in zip(records, taken, strict=True):
            if isinstance(one, Exception):
                found.append(one)
                continue
            try:
                ref = RecordRef(topic=record.topic, partition=record.partition, offset=record.offset)
                found.append(self._answer(*one, ref))
            except Exception as error:  # noqa: BLE001 -- it is this record's answer
                found.append(error)
        return found

    def observe(self, window: TelemetryWindow, ref: RecordRef) -> list[Output]:
        """The outputs of a window that was read already."""
        return self.observe_all([(window, ref)])[0]

    def observe_all(self, windows: Sequence[tuple[TelemetryWindow, RecordRef]]) -> list[list[Output]]:
        """The same for many windows, each of another application."""
        profiles = [self._profile(window.app) for window, _ in windows]
        seen = [profile.take(window) for profile, (window, _) in zip(profiles, windows, strict=True)]
        self._banks.step(due for one in seen for due in one.due)
        return [self._answer(p, s, ref) for p, s, (_, ref) in zip(profiles, seen, windows, strict=True)]

    def _profile(self, app: str) -> ApplicationProfile:
        profile = self._profiles.get(app)
        if profile is None:
            profile = self._profiles[app] = ApplicationProfile(app, self.settings, self._banks)
        return profile

    def _answer(self, profile: ApplicationProfile, seen: Observation, ref: RecordRef) -> list[Output]:
        if not seen.samples:
            return []
        changes = profile.finish()
        self._changes.update(change.kind for change in changes)
        self._departed.update(d.departure.state for d in seen.departures)
        return [
            Output(PREDICTIONS, profile.app, _prediction(profile, ref)),
            *self._deviations(profile, seen, ref),
            *self._scorecard(profile, changes, ref),
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

    def _scorecard(self, profile: ApplicationProfile, changes: tuple[ModelChange, ...], ref: RecordRef) -> list[Output]:
        due = profile.windows_learned % self.settings.scorecard_windows == 0
        if not profile.signals or not (due or changes):
            return []
        card = Scorecard(
            id=_id(ref) + "/scorecard",
            app=profile.app,
            at_ms=profile.last_ms,
            scores=scores(profile),
            changes=list(changes),
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
            last={s: profile.signals[s].last for s in SIZED if s in profile.signals} | profile.published,
            learning=profile.learning,
            why="age",
            based_on=ref,
            reached=profile.gate.reach(profile.last_ms, {n.signal: profile.signals[n.signal].peak for n in needs}),
            watched_seconds=profile.gate.watched_seconds(profile.last_ms),
        )
        why = why_send(profile.gate, event, gate)
        return [Output(POOL_EVENTS, gate.pool, replace(event, why=why))] if why is not None else []

    def measures(self) -> list[Measure]:
        """How all profiles here do; see `tally`."""
        return measures(self._profiles.values(), self.settings, self._changes, self._departed)

    def snapshot(self, key: str) -> bytes:
        """The application's profile as bytes."""
        return self._profiles[key].dump()

    def restore(self, key: str, payload: bytes) -> None:
        """Put a profile back; ProfileError for a payload that is none, or another application's."""
        profile = ApplicationProfile.load(payload, self.settings, self._banks)
        if profile.app != key:
            profile.remove()
            raise ProfileError(f"snapshot of {profile.app!r} was found under the key {key!r}")
        self.forget(key)
        self._profiles[key] = profile

    def forget(self, key: str) -> None:
        """Drop a profile that another worker now owns."""
        if (profile := self._profiles.pop(key, None)) is not None:
            profile.remove()


def _window(record: Record) -> TelemetryWindow:
    window = parse_as(TelemetryWindow, TELEMETRY, record.value)
    if window.app != record.key:
        raise InvalidMessage(TELEMETRY, "$.app", f"is {window.app!r}, but the record's key is {record.key!r}")
    return window


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
