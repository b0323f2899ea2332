"""One application's profile: what it learns from its telemetry and what it says it will need.

A backtest makes one with `backtest_settings(signals, steps)`, feeds it windows of one sample and asks
`raw_forecasts()` after each: in the signals' own units, for every signal and kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from foretide.schemas.messages import (
    HorizonForecast,
    ModelChange,
    Quantiles,
    SignalForecast,
    SignalNeed,
    TelemetryWindow,
)
from foretide.streams.fleet import default_network
from foretide.streams.forecasting.banks import Banks, Due
from foretide.streams.forecasting.ladder import GAP, Horizon, Ladder, shift_of
from foretide.streams.forecasting.targets import Kind
from foretide.streams.profiling.deviation import Departure
from foretide.streams.profiling.errors import ProfileError
from foretide.streams.profiling.gate import GateState
from foretide.streams.profiling.leading import Change
from foretide.streams.profiling.outside import UNKNOWN_PHASE, Outside, found_phase, newest, pure
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.profiling.signal import SignalProfile, quantiles_of
from foretide.streams.profiling.state import FORMAT, ProfileState, decode_state, encode_state
from foretide.streams.profiling.survey import Changes, survey, weigh_all


class SignalDeparture(NamedTuple):
    """A deviation of one signal: what was observed, and the quantiles that had been expected."""

    signal: str
    observed: float
    expected: Quantiles
    departure: Departure


class Observation(NamedTuple):
    """What came of a window: how many `samples` were new (0: a duplicate), deviations that started or ended, the steps
    that were due in the banks, and, once these were taken, the `changes` of models."""

    samples: int
    departures: tuple[SignalDeparture, ...] = ()
    due: tuple[Due, ...] = ()
    changes: tuple[ModelChange, ...] = ()


class RawForecast(NamedTuple):
    """The quantiles at .5 .9 .95 .99 of one signal and kind over one horizon."""

    signal: str
    kind: Kind
    horizon_ms: int
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LearningState:
    """Whether the profile is in its learning phase, and what keeps it there or has ended it."""

    state: Literal["learning", "learnt"]
    reason: str


class ApplicationProfile:
    """Learns window by window. Asking it changes nothing: two profiles that saw the same windows are equal."""

    def __init__(self, app: str, settings: ProfileSettings, banks: Banks | None = None) -> None:
        """`banks` are those that several profiles share; without any it has its own."""
        self.app = app
        self.settings = settings
        self.banks = banks or Banks(default_network(), settings.experts)
        self.outside = Outside()
        self.windows_learned = 0
        self.duplicates = 0
        self.first_ms = self.last_ms = -1
        self.gaps = self.missing_ms = 0
        self.span_ms = 0
        self.phase = UNKNOWN_PHASE
        self.learning = True
        self.gate = GateState()
        self.limits = b""
        """What the gate's state means for the next windows; see `quiet`. Empty where it must be found anew."""
        self.published: dict[str, float] = {}
        """What the application itself told in the newest window: the last reading of each of its first signals."""
        self.signals: dict[str, SignalProfile] = {}

    def observe(self, window: TelemetryWindow) -> Observation:
        """Learn the window's samples that are newer than all before; those that are not were learnt already."""
        seen = self.take(window)
        if seen.samples:
            self.banks.step(seen.due)
            return seen._replace(changes=self.finish(weigh_all(survey(self.signals.values()))))
        return seen

    def take(self, window: TelemetryWindow) -> Observation:
        """The first part of `observe`: what is due in the banks. Where there are new samples, these steps must then be
        taken, and `finish` called, before anything else is asked of the profile."""
        samples, start_ms, step_ms = window.samples, window.start_ms, window.step_ms
        fresh, end_ms = samples, start_ms + (samples - 1) * step_ms
        if start_ms <= self.last_ms:
            fresh = max(0, samples - ((self.last_ms - start_ms) // step_ms + 1))
        if fresh == 0:
            self.duplicates += 1
            return Observation(0)
        if not self.span_ms:
            self.span_ms = step_ms * samples
        self._note_time(window)
        signals, settings = window.signals, self.settings
        readings = {name: _known(signals[name], fresh) for name in settings.chosen(pure(window))}
        self.phase = window.phase or self._found_phase(readings)
        phase = self.outside.place_of(self.phase if window.user is None else f"{self.phase} for {window.user}")
        outside = self.outside.numbers(window, fresh)
        self.published = newest(window, fresh)
        departures: list[SignalDeparture] = []
        due: list[Due] = []
        learning = self.windows_learned < settings.learning_windows
        for name, values in readings.items():
            if not values:
                continue
            signal = self.signals.get(name)
            if signal is None:
                shift_ms = shift_of(self.app, self.span_ms)
                ladder = Ladder(settings.horizons, self.span_ms, self.banks, shift_ms)
                signal = self.signals[name] = SignalProfile(name, settings, ladder)
            elif (expected := signal.expected()) is not None:
                value = max(values)
                departure = signal.watch.weigh(end_ms, value, expected, settings.deviation, learning=learning)
                if departure is not None:
                    departures.append(SignalDeparture(name, value, quantiles_of(expected), departure))
            due += signal.observe(end_ms, values, outside, phase)
        self.last_ms = end_ms
        return Observation(fresh, tuple(departures), tuple(due))

    def _note_time(self, window: TelemetryWindow) -> None:
        """When the application was first heard of, and how often and how long nothing was."""
        if self.first_ms < 0:
            self.first_ms = window.start_ms
        missing = window.start_ms - self.last_ms if self.last_ms >= 0 else 0
        if missing > GAP * self.span_ms:
            self.gaps += 1
            self.missing_ms += missing

    def _found_phase(self, readings: Mapping[str, Sequence[float]]) -> str:
        for name, values in readings.items():
            if (signal := self.signals.get(name)) is not None:
                return found_phase(sum(values) / len(values) if values else None, signal.high)
            break  # the first one decides
        return UNKNOWN_PHASE

    def finish(self, changed: Changes) -> tuple[ModelChange, ...]:
        """The second part of `observe`, after what was due was stepped: which models have `changed`, as they are told.
        The signals must have been surveyed since, and all changes be weighed."""
        self.windows_learned += 1
        self.learning = self._still_learning()
        if not changed:
            return ()
        return tuple(
            self._told(name, change) for name, signal in self.signals.items() for change in changed.get(id(signal), ())
        )

    def _told(self, signal: str, change: Change) -> ModelChange:
        return ModelChange(
            signal=signal,
            horizon_seconds=self.settings.horizons[0].ms / 1000,
            kind=change.kind,
            before=change.before,
            after=change.after,
            loss_ratio=change.loss_ratio,
            at_ms=self.last_ms,
        )

    def remove(self) -> None:
        """Give up what is kept in banks; the profile is of no use after that."""
        for signal in self.signals.values():
            signal.remove()

    def raw_forecasts(self) -> list[RawForecast]:
        """Every forecast as plain numbers."""
        return [
            RawForecast(name, horizon.kind, horizon.ms, tuple(row))
            for name, signal in self.signals.items()
            for horizon, row in zip(self.settings.horizons, signal.quantiles(), strict=True)
        ]

    def forecasts(self) -> list[SignalForecast]:
        """The forecasts as they are published: of each signal peak and mean over each horizon."""
        return [self._forecast(signal) for signal in self.signals.values()]

    def needs(self) -> list[SignalNeed]:
        """The peaks a planner sizes by, of the signals that decide a slice."""
        return [
            SignalNeed(signal=name, horizon_seconds=horizon.ms / 1000, peak=row)
            for name, signal in self.signals.items()
            for horizon, row in zip(self.settings.horizons, signal.published(), strict=True)
            if horizon.kind == "peak"
        ]

    def _forecast(self, signal: SignalProfile) -> SignalForecast:
        rows = signal.published()
        seen = signal.look()
        return SignalForecast(
            signal=signal.name,
            last=signal.last,
            horizons=[
                HorizonForecast(horizon_seconds=seconds, peak=rows[peak], mean=rows[mean])
                for seconds, peak, mean in pairs(self.settings.horizons)
            ],
            model=signal.lead.champion,
            confidence=confidence(seen.covered) if seen.known else 0.0,
            recent_loss=seen.pinball_ratio,
            weights=seen.shares,
        )

    def _still_learning(self) -> bool:
        least = self.settings.learning_windows
        if self.windows_learned < least or not self.signals:
            return True
        if not self.learning:
            return False
        return any(self._unlearnt(*signal.progress()) for signal in self.signals.values())

    def _unlearnt(self, known: int, loss: float | None) -> bool:
        return known < self.settings.learning_windows or (loss is not None and loss > self.settings.learning_loss)

    def learning_state(self) -> LearningState:
        """`learning`, and why: what each signal still lacks, or what was asked of all."""
        least, most = self.settings.learning_windows, self.settings.learning_loss
        if not self.learning:
            return LearningState(
                "learnt",
                f"{least} outcomes of every signal were known, with an error of at most {most:g} times last value's",
            )
        if self.windows_learned < least:
            return LearningState("learning", f"{self.windows_learned} of {least} windows learnt")
        if not self.signals:
            return LearningState("learning", "no predicted signal in its telemetry")
        lacks = [
            f"{name} has {known} of {least} outcomes"
            if known < least
            else f"{name} has an error of {loss:.3g} times last value's, above {most:g}"
            for name, (known, loss) in ((n, s.progress()) for n, s in self.signals.items())
            if self._unlearnt(known, loss)
        ]
        return LearningState("learning", "; ".join(lacks) or "ends with the next window")

    def dump(self) -> bytes:
        """The profile as bytes: numbers only."""
        return encode_state(
            ProfileState(
                format=FORMAT,
                app=self.app,
                windows_learned=self.windows_learned,
                duplicates=self.duplicates,
                first_ms=self.first_ms,
                last_ms=self.last_ms,
                gaps=self.gaps,
                missing_ms=self.missing_ms,
                span_ms=self.span_ms,
                phase=self.phase,
                learning=self.learning,
                gate=self.gate,
                exogenous=self.outside.exogenous,
                phases=self.outside.phases,
                signals={name: signal.dump() for name, signal in self.signals.items()},
            )
        )

    @classmethod
    def load(cls, payload: bytes, settings: ProfileSettings, banks: Banks | None = None) -> ApplicationProfile:
        """A profile that goes on to the last bit as the dumped one would have; ProfileError if that cannot be."""
        state = decode_state(payload)
        profile = cls(state.app, settings, banks)
        profile.outside = Outside(state.exogenous, state.phases)
        profile.windows_learned, profile.duplicates = state.windows_learned, state.duplicates
        profile.first_ms, profile.last_ms, profile.span_ms = state.first_ms, state.last_ms, state.span_ms
        profile.gaps, profile.missing_ms = state.gaps, state.missing_ms
        profile.phase, profile.learning, profile.gate = state.phase, state.learning, state.gate
        try:
            for name, signal in state.signals.items():
                profile.signals[name] = SignalProfile.load(name, settings, signal, profile.banks)
        except (ValueError, IndexError) as e:
            profile.remove()
            raise ProfileError(
                f"snapshot of {state.app} does not fit the settings: other horizons, or damaged; it must learn anew"
            ) from e
        return profile


@lru_cache(maxsize=8)
def pairs(horizons: tuple[Horizon, ...]) -> tuple[tuple[float, int, int], ...]:
    """Each horizon in seconds, and the places of its peak and of its mean."""
    places = {(h.kind, h.ms): i for i, h in enumerate(horizons)}
    return tuple((ms / 1000, i, places["mean", ms]) for (kind, ms), i in places.items() if kind == "peak")


def _known(readings: Sequence[float | None], fresh: int) -> list[float]:
    """The latest `fresh` readings, without those that are missing."""
    return [v for v in readings[-fresh:] if v is not None]


def confidence(covered: float) -> float:
    return max(0.0, 1.0 - abs(covered - 0.9) / 0.9)
