"""Everything a pool's planner may react to, in one order. Topic pool-events.v1, key pool."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Literal

from msgspec import Meta, field

from foretide.schemas.messages.base import Message, Part, RecordRef
from foretide.schemas.messages.guards import (
    Budget,
    Maintenance,
    Money,
    Objective,
    Performance,
    Probation,
    Provisioning,
    Replanning,
)
from foretide.schemas.messages.placement import Placement
from foretide.schemas.messages.predictions import Quantiles
from foretide.schemas.messages.resources import ResourceKind
from foretide.schemas.units import EpochMs, Label, Name, Seconds, SignalName, all_finite, require_finite

Mode = Literal["off", "advise", "initial", "auto"]
"""off: ignore; advise: decide, command nothing; initial: place on request, never change; auto: place and change."""

OutcomeStatus = Literal["applied", "unchanged", "rejected", "failed", "rolled_back", "expired"]


class PoolEvent(Message, frozen=True, kw_only=True, tag_field="kind"):
    """Root of the pool log's events. `id` is unique per event; a repeated id is dropped. `at_ms` is event time."""

    id: Name
    pool: Name
    at_ms: EpochMs


class SignalNeed(Part, frozen=True, kw_only=True):
    """Quantiles of the peak of one signal over `horizon_seconds`."""

    signal: SignalName
    horizon_seconds: Seconds
    peak: Quantiles

    def __post_init__(self) -> None:
        if not isfinite(self.horizon_seconds):
            raise ValueError("horizon_seconds is not finite")


class ForecastEvent(PoolEvent, frozen=True, kw_only=True, tag="forecast"):
    """An application's forecast, sent only when it could change a plan.

    `last` holds the latest value per signal, those included that the application publishes (`app.*`). `why` says what
    made it worth sending: the first of its kind, another class of slice needed, a margin crossed, or its age. `at_ms`
    is telemetry time.

    `reached` holds, per sized signal, pairs of a value and how many seconds ago it was reached and not again since: the
    highest and oldest first, falling to the newest. Before the first pair lie samples back to `watched_seconds` ago,
    none of which was higher.
    """

    app: Name
    needs: list[SignalNeed]
    last: dict[SignalName, float]
    learning: bool
    why: Literal["first", "class", "margin", "age"]
    based_on: RecordRef
    reached: dict[SignalName, list[tuple[float, Seconds]]] = field(default_factory=dict)
    watched_seconds: Seconds = 0.0

    def __post_init__(self) -> None:
        if not all_finite(self.last.values()):
            raise ValueError("last holds a number that is not finite")
        if not all(all_finite(pair) for pairs in self.reached.values() for pair in pairs):
            raise ValueError("reached holds a number that is not finite")
        require_finite(watched_seconds=self.watched_seconds)


class ResourceReport(Part, frozen=True, kw_only=True):
    """One card and its slicing rules (a name in foretide.schemas.slices.ALL_GEOMETRIES)."""

    resource: Name
    geometry: Name
    host: Name
    price_per_hour: Money | None = None
    """Of the whole card; None: unknown."""
    provisioned: bool = False
    """It came by a provisioning command, and may be given back by one."""
    kind: Name | None = None
    """Its kind, as the event's `kinds` name it; None: nothing but its geometry is known."""


class InventoryEvent(PoolEvent, frozen=True, kw_only=True, tag="inventory"):
    """All the resources of one `source` (an exporter). It replaces that source's earlier report."""

    source: Name
    resources: list[ResourceReport]
    kinds: list[ResourceKind] = field(default_factory=list)
    """The kinds that the resources are of."""


class AppPolicy(Part, frozen=True, kw_only=True):
    """What may be done to an application, within which bounds (slice names, inclusive; None is unbounded)."""

    mode: Mode = "advise"
    min_slice: Name | None = None
    max_slice: Name | None = None
    initial_slice: Name | None = None
    maintenance: list[Maintenance] = field(default_factory=list)
    """When it may be changed; all of these and all of the pool's must agree."""
    objective: Objective | None = None
    """What tells whether a change hurt it, beside memory and shortage."""
    performance: Performance | None = None
    """What it has to do a second: kinds and classes of cards that are too slow for that are not chosen."""


QuantileName = Literal["q50", "q90", "q95", "q99"]
Margin = Annotated[float, Meta(ge=0.0, le=10.0, description="added share of the value: 0.1 is ten per cent more")]
Fullness = Annotated[float, Meta(gt=0.0, le=1.0, description="share of a slice from which it counts as full")]
InFlight = Annotated[int, Meta(ge=1, le=100_000)]


class Sizing(Part, frozen=True, kw_only=True):
    """How a pool's slices are sized and changed. It travels in the pool's log, so that a replay needs nothing else.

    All times are event time (the applications' own), except `valid_for_seconds`, which an actuator's wall clock holds.
    """

    compute_quantile: QuantileName = "q90"
    """The quantile of the predicted peak of compute that a step down must cover. A short excess slows an application,
    no more."""
    memory_quantile: QuantileName = "q95"
    """The same of memory, before the margin. An excess ends the application."""
    raise_quantile: QuantileName = "q50"
    """The quantile of both that a step up must cover: a forecast raises a slice when it is more likely right than not.
    A higher one raises for bursts most of which never come; what is held against these is the price of shortage."""
    compute_margin: Margin = 0.0
    """Added to the compute quantile."""
    memory_margin: Margin = 0.05
    """Added to the memory quantile."""
    memory_hold_seconds: Seconds = 3600.0
    """A slice never shrinks below what memory has reached within so long."""
    shortage_price: Annotated[float, Meta(ge=0.0, le=1000.0, description="card-hours")] = 0.8
    """What one excess of a slice's compute is worth, in card-hours. The class to step down to is the one of least
    expected cost: its share of a card, and this price times the excesses expected per hour. At 0 excesses cost
    nothing, and quantiles alone decide."""
    least_saving: Annotated[float, Meta(ge=0.0, le=1.0, description="cards")] = 0.05
    """A step down must lower the expected cost by so many cards at least: each is a disturbance, and one more when it
    is undone."""
    raise_horizon_seconds: Seconds = 300.0
    """A step up covers the peaks up to this far ahead: the time until the next chance to act, and the change itself."""
    lower_horizon_seconds: Seconds = 900.0
    """A step down must cover the peaks up to this far ahead, or it would soon be undone."""
    compute_full_ratio: Fullness = 1.0
    """From this share of the slice's compute in use the application counts as short: it is raised at once."""
    memory_full_ratio: Fullness = 0.97
    """From this share of the slice's memory in use the application counts as running out: it is raised at once."""
    step_down_forecasts: Annotated[int, Meta(ge=1, le=10_000)] = 1
    """So many forecasts in a row must agree to a step down; it goes to the largest class that one of them asked for."""
    step_down_seconds: Seconds = 0.0
    """They must agree for so long. By default the price of shortage alone holds steps down, as long as what was reached
    lately makes an excess likely; to wait on top of that costs cards and changes and spares no shortage."""
    idle_ratio: Fullness = 0.05
    """Up to this share of a card in use an application counts as idle."""
    idle_wait_seconds: Seconds = 600.0
    """A step down waits for so long, at most, while the application is busy and predicted to be idle soon (by the
    raise horizon): its slice is made anew, which disturbs whatever runs."""
    shrink_while_learning: bool = False
    """Whether an application may be stepped down before its first phase has been learned."""
    cooldown_seconds: Seconds = 600.0
    """Least time between two changes of one application."""
    urgent_cooldown_seconds: Seconds = 0.0
    """The same for a step up on evidence: the slice is full already."""
    backoff_seconds: Seconds = 60.0
    """Wait after a change that failed; doubled with every further failure."""
    backoff_limit_seconds: Seconds = 3600.0
    """The longest such wait."""
    dry_run_pause_seconds: Seconds = 3600.0
    """Wait before a change is commanded again that a dry run answered without making it."""
    max_in_flight_per_host: InFlight = 8
    """Commands whose outcome is unknown, at most, per host."""
    max_in_flight_per_pool: InFlight = 64
    """Commands whose outcome is unknown, at most, in the pool."""
    valid_for_seconds: Annotated[float, Meta(ge=1.0, le=86_400.0)] = 120.0
    """A command is refused so long after it was issued."""


class PolicyEvent(PoolEvent, frozen=True, kw_only=True, tag="policy"):
    """The pool's policy: a default, per-application exceptions, how to size, and the pool's limits. It replaces the
    earlier one."""

    default: AppPolicy
    apps: dict[Name, AppPolicy] = field(default_factory=dict)
    sizing: Sizing = field(default_factory=Sizing)
    budget: Budget = field(default_factory=Budget)
    maintenance: list[Maintenance] = field(default_factory=list)
    """When applications may be changed; all of these must agree."""
    probation: Probation = field(default_factory=Probation)
    provisioning: Provisioning = field(default_factory=Provisioning)
    replanning: Replanning = field(default_factory=Replanning)


class AllocateRequest(PoolEvent, frozen=True, kw_only=True, tag="allocate"):
    """An application asks for a slice. `preallocate` is its willingness to have one reserved ahead of need."""

    app: Name
    preallocate: bool = False
    priority: Annotated[int, Meta(ge=0, le=100)] = 50


class ReleaseRequest(PoolEvent, frozen=True, kw_only=True, tag="release"):
    """An application gives its slice back."""

    app: Name


class OutcomeEvent(PoolEvent, frozen=True, kw_only=True, tag="outcome"):
    """What came of a command.

    `placement` is the actual state afterwards (None: the application holds nothing); `duration_seconds` was measured;
    `message` is for people. `dry_run`: the outcome is what would have come, nothing was changed.
    """

    command_id: Name
    app: Name
    status: OutcomeStatus
    placement: Placement | None
    duration_seconds: Seconds
    message: str
    dry_run: bool = False

    def __post_init__(self) -> None:
        require_finite(duration_seconds=self.duration_seconds)


class OomEvent(PoolEvent, frozen=True, kw_only=True, tag="oom"):
    """An application ran out of memory at `at_ms`, with `memory_bytes` in use (None: unknown)."""

    app: Name
    memory_bytes: Annotated[float, Meta(ge=0.0)] | None = None

    def __post_init__(self) -> None:
        require_finite(memory_bytes=self.memory_bytes)


class PauseEvent(PoolEvent, frozen=True, kw_only=True, tag="pause"):
    """The planner commands nothing but releases: for `app`, or, without one, for the whole pool."""

    app: Name | None = None
    reason: Label = ""


class ResumeEvent(PoolEvent, frozen=True, kw_only=True, tag="resume"):
    """Ends the pause of `app`, or, without one, that of the whole pool; the other kind of pause stays."""

    app: Name | None = None


AnyPoolEvent = (
    ForecastEvent
    | InventoryEvent
    | PolicyEvent
    | AllocateRequest
    | ReleaseRequest
    | OutcomeEvent
    | OomEvent
    | PauseEvent
    | ResumeEvent
)
