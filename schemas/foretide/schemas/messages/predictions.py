"""Predictions and deviations. Topics predictions.v1 and deviations.v1, key app."""

from __future__ import annotations

from math import inf, isfinite
from typing import Literal

from msgspec import field

from foretide.schemas.messages.base import Message, Part, RecordRef
from foretide.schemas.units import (
    Epoch,
    EpochMs,
    Label,
    Name,
    Ratio,
    Seconds,
    SignalName,
    all_finite,
    require_finite,
)


class Quantiles(Part, frozen=True, kw_only=True):
    """Quantiles of a forecast, never decreasing, in the signal's unit."""

    q50: float
    q90: float
    q95: float
    q99: float

    def __post_init__(self) -> None:
        if -inf < self.q50 <= self.q90 <= self.q95 <= self.q99 < inf:
            return
        if not all_finite((self.q50, self.q90, self.q95, self.q99)):
            raise ValueError("a quantile is not finite")
        raise ValueError("quantiles must not decrease")


class HorizonForecast(Part, frozen=True, kw_only=True):
    """What is expected over the `horizon_seconds` after the time of issue: the largest value, and the mean."""

    horizon_seconds: Seconds
    peak: Quantiles
    mean: Quantiles

    def __post_init__(self) -> None:
        if not isfinite(self.horizon_seconds):
            raise ValueError("horizon_seconds is not finite")


class SignalForecast(Part, frozen=True, kw_only=True):
    """The forecast of one signal.

    `last` is the latest value, `model` the model that leads (another must be better for a while to be promoted in its
    place), `weights` the shares of the models in the forecast, without the small ones, `recent_loss` the forecast's
    recent pinball loss at .9 relative to last value's (below 1 is better; None while too few outcomes are known), and
    `confidence` the share of recent outcomes that stayed below the .9 quantile, against .9: 1 is perfectly calibrated,
    0 useless or unknown. Model, weights, loss and confidence are those of the shortest horizon's peak.
    """

    signal: SignalName
    last: float
    horizons: list[HorizonForecast]
    model: Label
    confidence: Ratio
    recent_loss: float | None = None
    weights: dict[Label, Ratio] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_finite(last=self.last, confidence=self.confidence, recent_loss=self.recent_loss)
        if not all_finite(self.weights.values()):
            raise ValueError("a weight is not finite")


class Prediction(Message, frozen=True, kw_only=True):
    """What one application will need.

    `issued_ms` is event time: the last sample the prediction is based on, and its horizons count from there. `phase` is
    the application's phase then, and `learning` says that its first one has not ended yet.
    """

    id: Name
    app: Name
    issued_ms: EpochMs
    phase: Label
    learning: bool
    forecasts: list[SignalForecast]
    based_on: RecordRef
    epoch: Epoch


class Deviation(Message, frozen=True, kw_only=True):
    """Usage departed from the prediction: how unlikely, for how long, in which direction.

    `probability` is the chance of what was observed, had the forecast been right.
    """

    id: Name
    app: Name
    signal: SignalName
    at_ms: EpochMs
    state: Literal["started", "ended"]
    direction: Literal["above", "below"]
    observed: float
    expected: Quantiles
    probability: Ratio
    lasted_seconds: Seconds
    based_on: RecordRef
    epoch: Epoch

    def __post_init__(self) -> None:
        require_finite(observed=self.observed, probability=self.probability, lasted_seconds=self.lasted_seconds)
