"""A profile as an operator sees it: plain numbers, and words for what they mean. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from foretide.schemas.messages import Quantiles
from foretide.streams.forecasting.head import Head
from foretide.streams.profiling import ApplicationProfile
from foretide.streams.profiling.deviation import DeviationState
from foretide.streams.profiling.signal import SignalProfile
from foretide.streams.worker.envelope import Envelope


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """The snapshot that was read: where its worker stood. What was learnt since is not in it."""

    group: str
    format: str
    partition: int
    last_offset: int
    epoch: int
    bytes: int


@dataclass(frozen=True, slots=True)
class TargetView:
    """The forecast of the peak or the mean over a horizon, in the signal's unit, and how such forecasts did lately.

    `model` is the expert with the largest share; the other scores are those of a `SignalScore`: `pinball90_ratio` and
    `error_ratio` relative to last value's, `leader_ratio` to the best plain rule's, slack and unmet demand to what was
    used. None while too few outcomes are known.
    """

    quantiles: Quantiles
    outcomes: int
    model: str | None
    coverage90: float | None
    pinball90_ratio: float | None
    error_ratio: float | None
    leader_ratio: float | None
    slack90: float | None
    slack99: float | None
    unmet99: float | None
    above99: float | None


@dataclass(frozen=True, slots=True)
class HorizonView:
    """What is expected over the next `horizon_seconds`."""

    horizon_seconds: float
    peak: TargetView
    mean: TargetView


@dataclass(frozen=True, slots=True)
class DeviationView:
    """Whether use departs from its prediction: `outside` until enough windows in a row are, then `deviating`.

    `windows` counts those in a row outside, `inside` those in a row inside; `since_ms` is the first one outside.
    """

    state: Literal["as predicted", "outside", "deviating"]
    direction: Literal["above", "below"] | None
    windows: int
    inside: int
    since_ms: int | None


@dataclass(frozen=True, slots=True)
class SignalView:
    """One predicted signal; `minimum` and `maximum` are those of all readings so far. `model` is the expert that leads,
    `challenger` one that was better in the latest `better_outcomes` and is promoted if it stays so, `weights` the
    shares of the experts in the shortest horizon's peak, without the small ones."""

    signal: str
    last: float
    minimum: float
    maximum: float
    confidence: float
    model: str
    challenger: str | None
    better_outcomes: int
    weights: dict[str, float]
    deviation: DeviationView
    horizons: tuple[HorizonView, ...]


@dataclass(frozen=True, slots=True)
class ProfileView:
    """One application's profile; times are event time, None before the first sample.

    `gaps` counts how often telemetry was missing for longer than a few windows, `missing_seconds` for how long in all;
    `phases` are those seen (with the user, where one was told), `exogenous` the signals listened to.
    """

    app: str
    windows_learned: int
    duplicates: int
    first_sample_ms: int | None
    last_sample_ms: int | None
    gaps: int
    missing_seconds: float
    phase: str
    phases: tuple[str, ...]
    exogenous: tuple[str, ...]
    learning: bool
    learning_reason: str
    snapshot: SnapshotView
    signals: tuple[SignalView, ...]


def view_of(profile: ApplicationProfile, envelope: Envelope, group: str) -> ProfileView:
    """The profile that was loaded from `envelope`, a snapshot of the worker group `group`."""
    learning = profile.learning_state()
    return ProfileView(
        app=profile.app,
        windows_learned=profile.windows_learned,
        duplicates=profile.duplicates,
        first_sample_ms=profile.first_ms if profile.first_ms >= 0 else None,
        last_sample_ms=profile.last_ms if profile.last_ms >= 0 else None,
        gaps=profile.gaps,
        missing_seconds=profile.missing_ms / 1000,
        phase=profile.phase,
        phases=tuple(profile.outside.phases),
        exogenous=tuple(profile.outside.exogenous),
        learning=learning.state == "learning",
        learning_reason=learning.reason,
        snapshot=SnapshotView(
            group=group,
            format=envelope.format,
            partition=envelope.partition,
            last_offset=envelope.last_offset,
            epoch=envelope.epoch,
            bytes=len(envelope.payload),
        ),
        signals=_signals(profile),
    )


def _signals(profile: ApplicationProfile) -> tuple[SignalView, ...]:
    found = []
    for forecast in profile.forecasts():
        signal = profile.signals[forecast.signal]
        heads = {(h.kind, h.ms / 1000): signal.head(i) for i, h in enumerate(profile.settings.horizons)}
        found.append(
            SignalView(
                signal=forecast.signal,
                last=forecast.last,
                minimum=signal.low,
                maximum=signal.high,
                confidence=forecast.confidence,
                model=forecast.model,
                challenger=signal.lead.challenger or None,
                better_outcomes=signal.lead.run,
                weights=forecast.weights,
                deviation=_deviation(signal),
                horizons=tuple(
                    HorizonView(
                        horizon_seconds=h.horizon_seconds,
                        peak=_target(h.peak, heads["peak", h.horizon_seconds]),
                        mean=_target(h.mean, heads["mean", h.horizon_seconds]),
                    )
                    for h in forecast.horizons
                ),
            )
        )
    return tuple(found)


def _target(quantiles: Quantiles, head: Head) -> TargetView:
    score = head.score
    return TargetView(
        quantiles=quantiles,
        outcomes=head.known,
        model=head.winner if head.known else None,
        coverage90=score.coverage90,
        pinball90_ratio=score.pinball90_ratio,
        error_ratio=score.error_ratio,
        leader_ratio=score.leader_ratio,
        slack90=score.slack90,
        slack99=score.slack99,
        unmet99=score.unmet99,
        above99=score.above99,
    )


def _deviation(signal: SignalProfile) -> DeviationView:
    state: DeviationState = signal.watch.state
    side = state.active or state.run
    return DeviationView(
        state="deviating" if state.active else "outside" if state.run else "as predicted",
        direction=None if not side else "above" if side > 0 else "below",
        windows=abs(state.run),
        inside=state.inside,
        since_ms=state.since_ms if side else None,
    )
