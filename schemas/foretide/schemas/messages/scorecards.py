"""How well an application's forecasts did. Topic scorecards.v1, key app, compacted."""

from __future__ import annotations

from foretide.schemas.messages.base import Message, Part, RecordRef
from foretide.schemas.units import Epoch, EpochMs, Name, Ratio, Seconds, SignalName


class SignalScore(Part, frozen=True, kw_only=True):
    """Recent scores of one signal at one horizon; losses are relative to last value's (below 1 is better)."""

    signal: SignalName
    horizon_seconds: Seconds
    coverage90: Ratio
    pinball90_ratio: float | None
    error_ratio: float | None
    outcomes: int


class Scorecard(Message, frozen=True, kw_only=True):
    """The scores of all of an application's signals."""

    id: Name
    app: Name
    at_ms: EpochMs
    scores: list[SignalScore]
    based_on: RecordRef
    epoch: Epoch
