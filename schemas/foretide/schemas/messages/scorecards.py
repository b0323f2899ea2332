"""How well an application's forecasts did. Topic scorecards.v1, key app, compacted."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from foretide.schemas.messages.base import Message, Part, RecordRef
from foretide.schemas.units import Count, Epoch, EpochMs, Label, Name, Ratio, Seconds, SignalName, require_finite


class SignalScore(Part, frozen=True, kw_only=True):
    """Recent scores of one signal at one horizon.

    `coverage90` is the share of outcomes at or below the .9 quantile; `pinball90_ratio` and `error_ratio` are the
    pinball loss at .9 and the absolute error relative to last value's (below 1 is better), `leader_ratio` the absolute
    error relative to that of the best plain rule of late, taken over `outcomes` outcomes. Relative to what was used:
    `slack90` and `slack99`, how far the .9 and .99 quantiles stood above the outcomes, and `unmet99`, how far outcomes
    stood above the .99 quantile; `above99` is the share that did. None while unknown.
    """

    signal: SignalName
    horizon_seconds: Seconds
    coverage90: Ratio
    pinball90_ratio: float | None
    error_ratio: float | None
    outcomes: Count
    leader_ratio: float | None = None
    slack90: float | None = None
    slack99: float | None = None
    unmet99: float | None = None
    above99: Ratio | None = None

    def __post_init__(self) -> None:
        require_finite(
            coverage90=self.coverage90,
            pinball90_ratio=self.pinball90_ratio,
            error_ratio=self.error_ratio,
            leader_ratio=self.leader_ratio,
            slack90=self.slack90,
            slack99=self.slack99,
            unmet99=self.unmet99,
            above99=self.above99,
        )


class ModelChange(Part, frozen=True, kw_only=True):
    """What has changed in how one signal is forecast.

    promoted: the model `after` leads the shortest horizon in place of the one `before`; `loss_ratio` is its recent
    error relative to that one's. drift: the errors have changed for good, so that recent ones count for more from now
    on; `before` and `after` are the model that leads.
    """

    signal: SignalName
    horizon_seconds: Seconds
    kind: Literal["promoted", "drift"]
    before: Label
    after: Label
    at_ms: EpochMs
    loss_ratio: float | None = None

    def __post_init__(self) -> None:
        require_finite(loss_ratio=self.loss_ratio)


class Scorecard(Message, frozen=True, kw_only=True):
    """The scores of all of an application's signals, every so often and whenever a model has changed: `changes` holds
    what did so with this very window."""

    id: Name
    app: Name
    at_ms: EpochMs
    scores: list[SignalScore]
    based_on: RecordRef
    epoch: Epoch
    changes: list[ModelChange] = field(default_factory=list)
