"""What keeps a pool's planner within limits: times, budgets, probation, the pool's own size. Parts of its policy."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, field

from foretide.schemas.messages.base import Part
from foretide.schemas.units import EpochMs, Name, Ratio, Seconds, SignalName, require_finite

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="HH:MM, UTC")]
Money = Annotated[float, Meta(ge=0.0, le=1e9, description="in the pool's currency, whatever it is")]
Cards = Annotated[float, Meta(ge=0.0, le=1e6, description="whole cards; a slice counts as its share of one")]

PROVISIONING_APP: Final = "@provisioning"
"""Stands as the application in decisions, commands and outcomes that are about the pool's own size."""


class WeeklyInterval(Part, frozen=True, kw_only=True):
    """A time that comes back every week, or every day if no days are named.

    From `begin` to `end`, UTC, on each of `days`. An `end` at or before `begin` is that of the next day.
    """

    begin: TimeOfDay
    end: TimeOfDay
    days: list[Day] = field(default_factory=list)


class AbsoluteInterval(Part, frozen=True, kw_only=True):
    """One time, from `begin_ms` to before `end_ms`."""

    begin_ms: EpochMs
    end_ms: EpochMs

    def __post_init__(self) -> None:
        if self.end_ms <= self.begin_ms:
            raise ValueError("end_ms must be after begin_ms")


class Maintenance(Part, frozen=True, kw_only=True):
    """When a running application may be resized or migrated: only inside the intervals, or never inside.

    A first placement, a release and the way back from a change that hurt are made at any time.
    """

    changes: Literal["only_inside", "never_inside"]
    weekly: list[WeeklyInterval] = field(default_factory=list)
    absolute: list[AbsoluteInterval] = field(default_factory=list)
    urgent_passes: bool = False
    """Whether a step up on evidence (the slice is full, or the application ran out of memory) is made at any time.
    False: a freeze is a freeze."""

    def __post_init__(self) -> None:
        if not (self.weekly or self.absolute):
            raise ValueError("maintenance without an interval; leave it out, or name one")


class Budget(Part, frozen=True, kw_only=True):
    """The most that may be held at a time; None is unlimited. What lowers the bill is always allowed.

    While a change is under way the dearer of the old and the new slice counts. A limit in money needs the prices of all
    cards in use: without them nothing is allowed that may cost more.
    """

    money_per_hour: Money | None = None
    """Share of the card times the card's price, over all applications."""
    cards: Cards | None = None
    """Cards' worth of slices, over all applications."""


class Objective(Part, frozen=True, kw_only=True):
    """What tells whether a change hurt an application: one of the signals that it publishes."""

    signal: SignalName
    """For example app.latency_ms."""
    better: Literal["higher", "lower"]
    """Which way is better. Take one that the load alone does not move: requests per second fall at night."""
    tolerance: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.1
    """Worse by more than this share of the value before counts."""
    forecasts: Annotated[int, Meta(ge=1, le=1000)] = 2
    """So many forecasts in a row must show it."""


class Performance(Part, frozen=True, kw_only=True):
    """What an application has to do, in its workload's own unit of work (steps, tokens, frames)."""

    workload: Name
    """Its kind of workload, as throughputs and interference of resource kinds name it."""
    per_second: Annotated[float, Meta(ge=0.0, le=1e18)] = 0.0
    """Least throughput. 0: none is required, and only what it and its neighbours take from each other counts."""

    def __post_init__(self) -> None:
        require_finite(per_second=self.per_second)


class Probation(Part, frozen=True, kw_only=True):
    """How long a change is watched, and what follows if it hurt. Event time."""

    seconds: Seconds = 1800.0
    """From the change. Running out of memory, a slice that is full after a step down, or a worse objective lead back to
    what was held before. 0: changes are not watched. A forecast is sent every 15 min at the latest, so less than that
    may see none."""
    hold_off_seconds: Seconds = 3600.0
    """The same change is not tried again for so long; doubled each time that it hurts again."""
    hold_off_limit_seconds: Seconds = 86_400.0
    """The longest such wait."""
    memory_floor_seconds: Seconds = 86_400.0
    """For so long an application that ran out of memory is kept above what it had."""

    def __post_init__(self) -> None:
        require_finite(seconds=self.seconds, hold_off_seconds=self.hold_off_seconds,
                       hold_off_limit_seconds=self.hold_off_limit_seconds,
                       memory_floor_seconds=self.memory_floor_seconds)  # fmt: skip


class Replanning(Part, frozen=True, kw_only=True):
    """Whether and how the whole pool is looked at now and then, and applications are moved for a cheaper placement.

    A card costs its price per hour while anything is on it. A price that is not known counts as the dearest known one,
    and as 1 where none is.
    """

    enabled: bool = False
    every_seconds: Annotated[float, Meta(ge=60.0, le=604_800.0)] = 900.0
    """Event time from one look to the next."""
    most_moves: Annotated[int, Meta(ge=1, le=1000)] = 4
    """Migrations that follow from one look, at most: each disturbs, and the next look sees what came of them."""
    steps: Annotated[int, Meta(ge=0, le=100_000)] = 200
    """Neighbourhoods that the search tries, at most. Steps, not seconds, so that a replay is exact."""
    least_saving: Money = 0.1
    """Moves that belong together must save so much over the horizon at least, what they cost taken off."""
    migration_cost: Money = 0.05
    """What one migration costs beside the time that the application stands still: each is a disturbance."""
    horizon_seconds: Annotated[float, Meta(ge=60.0, le=604_800.0)] = 3600.0
    """So long a cheaper placement is counted on to last. Savings are weighed against moves over this time."""


class CardKind(Part, frozen=True, kw_only=True):
    """A kind of card that can be had."""

    geometry: Name
    """Its slicing rules, a name in foretide.schemas.slices.GEOMETRIES."""
    lead_seconds: Seconds = 300.0
    """From the request to the first slice."""
    price_per_hour: Money | None = None
    """Of one card; None: unknown, which a limit in money refuses."""

    def __post_init__(self) -> None:
        require_finite(lead_seconds=self.lead_seconds)


class Provisioning(Part, frozen=True, kw_only=True):
    """Whether and how far the pool's own size follows demand. Only cards that came this way are given back."""

    mode: Literal["off", "advise", "auto"] = "advise"
    """off: nothing is said; advise: it is said, not commanded; auto: commanded."""
    kinds: list[CardKind] = field(default_factory=list)
    """What can be had; the cheapest known price comes first. Empty: nothing, so nothing is said."""
    budget: Budget = field(default_factory=Budget)
    """Over the cards that came this way, whole, used or not."""
    wait_seconds: Seconds = 300.0
    """Too small: an application has waited for room so long, or predicted demand has been above capacity so long."""
    empty_seconds: Seconds = 3600.0
    """Too large: a card was empty for so long, and predicted demand needs none of it."""
    spare_cards: Annotated[int, Meta(ge=0, le=10_000)] = 0
    """Cards beyond the predicted demand that are kept."""
    cooldown_seconds: Seconds = 600.0
    """Least time between two such changes, after the outcome of the first."""
    most_at_once: Annotated[int, Meta(ge=1, le=10_000)] = 8
    """Cards in one request, at most."""

    def __post_init__(self) -> None:
        require_finite(wait_seconds=self.wait_seconds, empty_seconds=self.empty_seconds,
                       cooldown_seconds=self.cooldown_seconds)  # fmt: skip


class Provision(Part, frozen=True, kw_only=True):
    """Cards to add to a pool, or to take from it."""

    geometry: Name
    count: Annotated[int, Meta(ge=1, le=10_000)]
    resources: list[Name] = field(default_factory=list)
    """Which cards are given back; empty where cards are added."""
    lead_seconds: Seconds = 0.0
    """How long it is expected to take."""
    confidence: Ratio = 0.0
    """The share of the demand behind it that is there already or was stated by a learnt forecast."""
    price_per_hour: Money | None = None
    """Of one card, if known."""
