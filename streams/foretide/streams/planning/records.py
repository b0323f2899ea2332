"""What a pool's planner notes down: of an application, of a change, of the pool. Times are event time in ms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from foretide.schemas.messages import (
    AppPolicy,
    Budget,
    Maintenance,
    Mode,
    Probation,
    Provision,
    Provisioning,
    Replanning,
    ResourceKind,
    ResourceReport,
    Sizing,
)
from foretide.streams.planning.layout import Spot
from foretide.streams.planning.sizing import Agreement, Need

Change = Literal["allocate", "resize", "migrate", "release"]


@dataclass(slots=True)
class Flight:
    """A command whose outcome is unknown. `hosts` are those it counts against."""

    command_id: str
    action: Change
    target: Spot | None
    hosts: tuple[str, ...]


@dataclass(slots=True)
class Trial:
    """A change on probation: what was held before it, and how the application has fared since."""

    since_ms: int
    card: str
    slice: str
    level: float | None = None
    """The objective before the change, None if it was not known."""
    worse: int = 0
    """Forecasts in a row that showed a worse objective."""
    hurt: str | None = None
    """Why it goes back; None while nothing speaks against the change."""
    undoing: bool = False
    """The command under way is the way back."""
    layout: str = ""
    """The layout of the card before; empty: that of the card it is on now."""


@dataclass(slots=True)
class Barred:
    """A change that hurt, and is not tried again before `until_ms`: steps `down` to this slice or a smaller one, else
    steps up to it or a larger one; with a `card`, moves onto that card; with a `layout`, onto any card of that layout.
    `times`: how often it has hurt."""

    until_ms: int
    slice: str | None
    down: bool
    card: str | None
    times: int
    layout: str | None = None


@dataclass(slots=True)
class Floor:
    """Memory (bytes) below which an application is not sized until `until_ms`: it ran out of less."""

    memory: float
    until_ms: int


@dataclass(slots=True)
class Pause:
    """Since when and why an application or the pool is paused."""

    since_ms: int
    reason: str


@dataclass(slots=True)
class PoolSize:
    """How far the pool's own size follows demand."""

    command_id: str | None = None
    """The command whose outcome is unknown."""
    wish: Provision | None = None
    """What that command asks for."""
    changed_ms: int = -1
    failures: int = 0
    retry_ms: int = 0
    check_ms: int = 0
    """When it is looked at next."""
    short_ms: int = -1
    """Since when predicted demand has been above capacity, -1: it is not."""
    told: str | None = None
    empty: dict[str, int] = field(default_factory=dict)
    """Since when each card that may be given back has been empty."""


@dataclass(slots=True)
class App:
    """One application. Times are event time in ms."""

    name: str
    held: Spot | None = None
    flight: Flight | None = None
    asked: bool = False
    """It asked for a slice, or lost the one it had, and has none yet."""
    releasing: bool = False
    """It gave its slice back, and still has it."""
    priority: int = 50
    forecast_ms: int = -1
    """Time of its newest forecast, -1 before the first."""
    based_on: tuple[str, int, int] | None = None
    """The telemetry record (topic, partition, offset) behind its newest forecast."""
    learning: bool = True
    need: Need | None = None
    run: Agreement | None = None
    changed_ms: int = -1
    """When it last changed, -1 for never."""
    failures: int = 0
    """Failed changes in a row."""
    retry_ms: int = 0
    """No change before this time: back-off, or the pause after a dry run."""
    dry_run: bool = False
    """The pause until `retry_ms` follows a dry run, not a failure."""
    advised: str | None = None
    """The slice last advised, in mode advise."""
    told: str | None = None
    """The guard that was last reported to bind, so that it is reported once."""
    wake_ms: int = -1
    """When a guard that binds now lets go, -1 for none."""
    waiting: tuple[int, int] | None = None
    """Its place in the queue (lower first): minus priority, order of arrival."""
    waits_for: str | None = None
    """The guard it queues for: capacity, budget, host_cap or pool_cap."""
    waits_class: int = -1
    """The smallest class that would do, when it queues for capacity."""
    waits_host: str | None = None
    """The host whose cap it queues for."""
    waits_since: int = -1
    """When it joined the queue."""
    trial: Trial | None = None
    barred: Barred | None = None
    floor: Floor | None = None
    level: float | None = None
    """Where its objective has been lately: a mean that forgets."""

    @property
    def idle(self) -> bool:
        """It holds nothing, asks for nothing and is not being changed."""
        return self.held is None and self.flight is None and not self.asked


@dataclass(slots=True)
class Source:
    """A source's newest inventory report."""

    at_ms: int
    resources: tuple[ResourceReport, ...]
    kinds: tuple[ResourceKind, ...] = ()


@dataclass(slots=True)
class Policy:
    """The policy in force."""

    default: AppPolicy = field(default_factory=AppPolicy)
    apps: dict[str, AppPolicy] = field(default_factory=dict)
    sizing: Sizing = field(default_factory=Sizing)
    budget: Budget = field(default_factory=Budget)
    maintenance: tuple[Maintenance, ...] = ()
    probation: Probation = field(default_factory=Probation)
    provisioning: Provisioning = field(default_factory=Provisioning)
    replanning: Replanning = field(default_factory=Replanning)

    def of(self, app: str) -> AppPolicy:
        """The application's own policy, or the pool's default."""
        return self.apps.get(app, self.default)

    def mode(self, app: str) -> Mode:
        """The application's mode."""
        return self.of(app).mode
