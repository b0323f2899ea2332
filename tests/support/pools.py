"""Events for a pool's log, short to write, and a planner to feed them to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foretide.schemas.ids import outcome_id
from foretide.schemas.messages import (
    AllocateRequest,
    AnyPoolEvent,
    AppPolicy,
    Decision,
    ForecastEvent,
    InventoryEvent,
    Mode,
    OomEvent,
    OutcomeEvent,
    OutcomeStatus,
    PauseEvent,
    Placement,
    PolicyEvent,
    Quantiles,
    RecordRef,
    ReleaseRequest,
    ResourceReport,
    ResumeEvent,
    SignalNeed,
    Sizing,
)
from foretide.schemas.units import GIB
from foretide.streams.planning import PoolState, step

POOL = "pool-a"
MINUTE = 60_000
HORIZONS = (60.0, 300.0, 900.0, 3600.0)


def flat(value: float) -> Quantiles:
    """A forecast without spread."""
    return Quantiles(q50=value, q90=value, q95=value, q99=value)


def needs(compute: float, memory_gib: float) -> list[SignalNeed]:
    """The same peaks over every horizon."""
    peaks = (("gpu.sm_ratio", compute), ("gpu.memory_bytes", memory_gib * GIB))
    return [SignalNeed(signal=s, horizon_seconds=h, peak=flat(v)) for s, v in peaks for h in HORIZONS]


def spot(resource: str, slice_name: str, start: int) -> Placement:
    return Placement(resource=resource, slice=slice_name, start=start)


class Pool:
    """A planner and its log. Every method appends one event and returns the decisions that follow."""

    def __init__(
        self, mode: Mode = "auto", cards: int = 2, sizing: Sizing | None = None, geometry: str = "mig-80gb",
        **apps: AppPolicy,
    ) -> None:  # fmt: skip
        self.state = PoolState(POOL)
        self.geometry = geometry
        self.log: list[AnyPoolEvent] = []
        self.decisions: list[Decision] = []
        self.inventory(*(f"card-{i}" for i in range(cards)))
        self.policy(mode, sizing, apps)

    def feed(self, event: AnyPoolEvent) -> list[Decision]:
        ref = RecordRef(topic="pool-events.v1", partition=0, offset=len(self.log))
        self.log.append(event)
        self.state, made = step(self.state, event, ref)
        self.decisions += made
        return list(made)

    def inventory(
        self, *cards: str, source: str = "s", host: str = "h", at_ms: int = 0, price: float | None = None,
        provisioned: bool = False,
    ) -> list[Decision]:  # fmt: skip
        reports = [
            ResourceReport(resource=c, geometry=self.geometry, host=host, price_per_hour=price, provisioned=provisioned)
            for c in cards
        ]
        event_id = f"inventory/{len(self.log)}"
        return self.feed(InventoryEvent(id=event_id, pool=POOL, at_ms=at_ms, source=source, resources=reports))

    def policy(
        self, mode: Mode = "auto", sizing: Sizing | None = None, apps: Mapping[str, AppPolicy] | None = None,
        **rules: Any,
    ) -> list[Decision]:  # fmt: skip
        """`rules`: the policy's budget, maintenance, probation and provisioning."""
        event = PolicyEvent(
            id=f"policy/{len(self.log)}",
            pool=POOL,
            at_ms=0,
            default=AppPolicy(mode=mode),
            apps=dict(apps or {}),
            sizing=sizing or Sizing(),
            **rules,
        )
        return self.feed(event)

    def allocate(self, app: str, priority: int = 50) -> list[Decision]:
        event_id = f"allocate/{len(self.log)}"
        return self.feed(AllocateRequest(id=event_id, pool=POOL, at_ms=0, app=app, priority=priority))

    def release(self, app: str) -> list[Decision]:
        return self.feed(ReleaseRequest(id=f"release/{len(self.log)}", pool=POOL, at_ms=0, app=app))

    def forecast(
        self, app: str, minute: float, compute: float, memory_gib: float, *,
        last: tuple[float, float] | None = None, learning: bool = False, ahead: list[SignalNeed] | None = None,
        published: Mapping[str, float] | None = None,
    ) -> list[Decision]:  # fmt: skip
        """A forecast of these peaks at `minute`; `last` is (compute, GiB) in use, half the peaks by default;
        `published` are the application's own signals."""
        in_use = last or (compute / 2, memory_gib / 2)
        event = ForecastEvent(
            id=f"telemetry.v1/0/{len(self.log)}/forecast",
            pool=POOL,
            at_ms=int(minute * MINUTE),
            app=app,
            needs=needs(compute, memory_gib) if ahead is None else ahead,
            last={"gpu.sm_ratio": in_use[0], "gpu.memory_bytes": in_use[1] * GIB, **(published or {})},
            learning=learning,
            why="class",
            based_on=RecordRef(topic="telemetry.v1", partition=0, offset=len(self.log)),
        )
        return self.feed(event)

    def oom(self, app: str, minute: float, memory_gib: float | None = None) -> list[Decision]:
        """The application ran out of memory with so much in use."""
        used = None if memory_gib is None else memory_gib * GIB
        event_id = f"oom/{len(self.log)}"
        return self.feed(OomEvent(id=event_id, pool=POOL, at_ms=int(minute * MINUTE), app=app, memory_bytes=used))

    def pause(self, app: str | None = None, reason: str = "") -> list[Decision]:
        return self.feed(PauseEvent(id=f"pause/{len(self.log)}", pool=POOL, at_ms=0, app=app, reason=reason))

    def resume(self, app: str | None = None) -> list[Decision]:
        return self.feed(ResumeEvent(id=f"resume/{len(self.log)}", pool=POOL, at_ms=0, app=app))

    def steady(self, app: str, first: int, last: int, compute: float, memory_gib: float) -> list[Decision]:
        """A forecast of the same peaks every minute from `first` to `last`."""
        return [d for m in range(first, last + 1) for d in self.forecast(app, m, compute, memory_gib)]

    def outcome(
        self, decision: Decision, status: OutcomeStatus = "applied", *,
        placement: Placement | None = None, dry_run: bool = False,
    ) -> list[Decision]:  # fmt: skip
        """The outcome of the decision's command: what it wanted if applied, else `placement`."""
        after = decision.wanted if status in ("applied", "unchanged") and not dry_run else placement
        event = OutcomeEvent(
            id=outcome_id(decision.id),
            pool=POOL,
            at_ms=0,
            command_id=decision.id,
            app=decision.app,
            status=status,
            placement=after,
            duration_seconds=0.1,
            message="",
            dry_run=dry_run,
        )
        return self.feed(event)

    def place(self, app: str, priority: int = 50) -> Decision:
        """Allocate, and have it applied at once."""
        (decision,) = self.allocate(app, priority)
        assert decision.commanded, decision.reason
        self.outcome(decision)
        return decision

    def held(self, app: str) -> Placement | None:
        return self.state.placement(self.state.apps[app].held)
