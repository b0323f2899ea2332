"""How well an application's forecasts did. Topic scorecards.v1, key app, compacted."""

from __future__ import annotations

from foretide.schemas.messages.base import Message, Part, RecordRef
from foretide.schemas.units import Count, Epoch, EpochMs, Name, Ratio, Seconds, SignalName, require_finite


class SignalScore(Part, frozen=True, kw_only=True):
    """Recent scores of one signal at one horizon.

    `coverage90` is the share of outcomes at or below the .9 quantile; `pinball90_ratio` and `error_ratio` are the
    pinball loss at .9 and the absolute error relative to last value's (below 1 is better; None while unknown), taken
    over `outcomes` outcomes.
    """

    signal: SignalName
    horizon_seconds: Seconds
    coverage90: Ratio
    pinball90_ratio: float | None
    error_ratio: float | None
    outcomes: Count

    def __post_init__(self) -> None:
        require_finite(coverage90=self.coverage90, pinball90_ratio=self.pinball90_ratio, error_ratio=self.error_ratio)


class Scorecard(Message, frozen=True, kw_only=True):
    """The scores of all of an application's signals."""

    id: Name
    app: Name
    at_ms: EpochMs
    scores: list[SignalScore]
    based_on: RecordRef
    epoch: Epoch
