"""The profile agent's core: telemetry records in; predictions, deviations, scorecards and pool events out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from foretide.schemas.codec import parse_as
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import ModelChange, RecordRef, TelemetryWindow
from foretide.schemas.topics import DEVIATIONS, POOL_EVENTS, PREDICTIONS, SCORECARDS, TELEMETRY
from foretide.streams.fleet import default_network
from foretide.streams.forecasting.banks import Banks
from foretide.streams.profiling import answers
from foretide.streams.profiling.errors import ProfileError
from foretide.streams.profiling.heralding import Herald
from foretide.streams.profiling.outlook import Outlooks
from foretide.streams.profiling.profile import ApplicationProfile, Observation
from foretide.streams.profiling.scorecard import scores_of
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.profiling.signal import SignalProfile
from foretide.streams.profiling.state import FORMAT
from foretide.streams.profiling.survey import survey, weigh_all
from foretide.streams.profiling.tally import measures
from foretide.streams.profiling.writing import predictions
from foretide.streams.worker.processor import Measure, Output, Record
from foretide.streams.worker.written import WrittenOutput

Taken = tuple[ApplicationProfile, Observation, RecordRef]
"""A window that was taken in, and the record that it came with."""


class ProfileProcessor:
    """A profile per application; see `foretide.streams.worker.processor.Processor`."""

    name = "profile"
    source_topic = TELEMETRY
    format = FORMAT
    earlier_formats: frozenset[str] = frozenset()

    def __init__(self, settings: ProfileSettings | None = None) -> None:
        self.settings = settings or ProfileSettings()
        self._banks = Banks(default_network(), self.settings.experts)
        self._herald = Herald(self.settings)
        self._profiles: dict[str, ApplicationProfile] = {}
        self._restored: set[str] = set()
        """Those of which no window has come since."""
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
        self._look_up(records)
        taken: list[Taken | Exception] = []
        for record in records:
            try:
                window = _window(record)
                profile = self._profile(window.app)
                ref = RecordRef(topic=record.topic, partition=record.partition, offset=record.offset)
                taken.append((profile, profile.take(window), ref))
            except Exception as error:  # noqa: BLE001 -- it is this record's answer
                taken.append(error)
        answered = iter(self._answer([one for one in taken if not isinstance(one, Exception)]))
        return [one if isinstance(one, Exception) else next(answered) for one in taken]

    def _look_up(self, records: Sequence[Record]) -> None:
        """What was expected of a first window after a snapshot was put back is read for all profiles at once."""
        if self._restored:
            found = [self._profiles[r.key] for r in records if r.key in self._restored]
            self._restored -= {profile.app for profile in found}
            survey(signal for profile in found for signal in profile.signals.values())

    def observe(self, window: TelemetryWindow, ref: RecordRef) -> list[Output]:
        """The outputs of a window that was read already."""
        return self.observe_all([(window, ref)])[0]

    def observe_all(self, windows: Sequence[tuple[TelemetryWindow, RecordRef]]) -> list[list[Output]]:
        """The same for many windows, each of another application."""
        profiles = [self._profile(window.app) for window, _ in windows]
        return self._answer([(p, p.take(window), ref) for p, (window, ref) in zip(profiles, windows, strict=True)])

    def _profile(self, app: str) -> ApplicationProfile:
        profile = self._profiles.get(app)
        if profile is None:
            profile = self._profiles[app] = ApplicationProfile(app, self.settings, self._banks)
        return profile

    def _answer(self, taken: Sequence[Taken]) -> list[list[Output]]:
        """Take the steps that are due, and say what has come of them, for all at once where that is faster."""
        new = [(profile, seen, ref) for profile, seen, ref in taken if seen.samples]
        self._banks.step(due for _, seen, _ in new for due in seen.due)
        surveyed = survey(signal for profile, _, _ in new for signal in profile.signals.values())
        weighed = weigh_all(surveyed)
        changed = [profile.finish(weighed) for profile, _, _ in new]
        outputs = []
        due: list[tuple[list[Output], ApplicationProfile, tuple[ModelChange, ...], RecordRef]] = []
        for first, (profile, seen, ref), changes in zip(self._predictions(new, surveyed), new, changed, strict=True):
            found = [first]
            if changes:
                self._changes.update(change.kind for change in changes)
            if seen.departures:
                self._departed.update(d.departure.state for d in seen.departures)
                found += [Output(DEVIATIONS, profile.app, d) for d in answers.deviations(profile, seen.departures, ref)]
            if profile.signals and (changes or profile.windows_learned % self.settings.scorecard_windows == 0):
                due.append((found, profile, changes, ref))
            outputs.append(found)
        for (found, profile, changes, ref), scores in zip(due, scores_of([p for _, p, _, _ in due]), strict=True):
            found.append(Output(SCORECARDS, profile.app, answers.scorecard(profile, scores, changes, ref)))
        pool = self.settings.gate.pool
        for place, why in self._herald([profile for profile, _, _ in new], surveyed):
            profile, _, ref = new[place]
            outputs[place].append(Output(POOL_EVENTS, pool, answers.forecast_event(profile, pool, ref, why)))
        for profile, _, _ in new:
            for signal in profile.signals.values():
                signal.rest()
        told = iter(outputs)
        return [next(told) if seen.samples else [] for _, seen, _ in taken]

    def _predictions(self, new: Sequence[Taken], surveyed: Sequence[Outlooks[SignalProfile]]) -> list[Output]:
        bodies = predictions([(profile, ref) for profile, _, ref in new], surveyed)
        if bodies is None:
            return [Output(PREDICTIONS, profile.app, answers.prediction(profile, ref)) for profile, _, ref in new]
        return [WrittenOutput(PREDICTIONS, p.app, body) for (p, _, _), body in zip(new, bodies, strict=True)]

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
        self._restored.add(key)

    def forget(self, key: str) -> None:
        """Drop a profile that another worker now owns."""
        self._restored.discard(key)
        if (profile := self._profiles.pop(key, None)) is not None:
            profile.remove()


def _window(record: Record) -> TelemetryWindow:
    window = parse_as(TelemetryWindow, TELEMETRY, record.value)
    if window.app != record.key:
        raise InvalidMessage(TELEMETRY, "$.app", f"is {window.app!r}, but the record's key is {record.key!r}")
    return window
