"""The planner over a backtest's forecasts: one whole card for each application, every command applied at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from foretide.deploy.backtest.application import ApplicationRun
from foretide.deploy.backtest.naming import seconds_text
from foretide.schemas.messages import (
    AllocateRequest,
    AppPolicy,
    Decision,
    InventoryEvent,
    PolicyEvent,
    ResourceKind,
    ResourceReport,
    Sizing,
)
from foretide.schemas.slices import MIG_80GB, Geometry
from foretide.streams.planning import PoolLoop, decision_hash
from foretide.streams.planning.layout import layout_of

POOL = "default"
HOST = "backtest"


@dataclass(slots=True)
class Held:
    """What one application held: its slices with the times they began, and how many samples it was short on."""

    since: list[tuple[int, str]] = field(default_factory=list)
    samples: int = 0
    short: int = 0
    out_of_memory: int = 0
    cards: float = 0.0


@dataclass(frozen=True, slots=True)
class SizingResult:
    """`rows` are the lines of decisions.csv; the shares are over samples after the first decision of each."""

    rows: list[str]
    decisions: int
    changes: int
    shortage_ratio: float
    out_of_memory_ratio: float
    cards_held_mean: float
    decision_hash: str
    held: dict[str, Held]


def size(
    runs: Sequence[ApplicationRun], interval_ms: int, geometry: Geometry = MIG_80GB, kind: ResourceKind | None = None
) -> SizingResult | None:
    """Decide over all applications in time order; None if none has a signal that decides a slice. `kind` tells more of
    the cards than their geometry.

    No application is changed twice within `interval_ms`, not even on evidence: that is the setting it is judged in.
    """
    sized = [run for run in runs if run.sizing]
    if not sized:
        return None
    loop = PoolLoop(POOL)
    decisions: list[Decision] = []
    start = min(run.sizing[0].at_ms for run in sized)
    for event in _opening(sized, start, interval_ms / 1000, geometry, kind):
        decisions += loop.feed(event)
    layout = layout_of(geometry.name, 1.0 if kind is None else kind.relative_compute)
    held = _held(decisions, {})
    rows = [(start, run.app, held[run.app]) for run in sized if run.app in held]
    each = {run.app: Held() for run in sized}
    for _, app, name in rows:
        each[app].since.append((start, name))
    # Samples are numbered by application so that equal times are taken in a fixed order.
    order = sorted((s.at_ms, i, j) for i, run in enumerate(sized) for j, s in enumerate(run.sizing))
    changes = 0
    for at_ms, i, j in order:
        run, sample = sized[i], sized[i].sizing[j]
        rank = layout.index[held.get(run.app, layout.names[-1])]
        own = each[run.app]
        own.samples += 1
        own.cards += layout.cost[rank]
        own.short += sample.compute is not None and sample.compute > layout.compute[rank] + 1e-9
        own.out_of_memory += sample.memory is not None and sample.memory > layout.bytes[rank] + 0.5
        if sample.event is None:
            continue
        made = loop.feed(sample.event)
        decisions += made
        for app, name in _held(made, {}).items():
            if held.get(app) != name:
                held[app] = name
                changes += 1
                rows.append((at_ms, app, name))
                each[app].since.append((at_ms, name))
    samples = sum(h.samples for h in each.values())
    return SizingResult(
        rows=[f"{app},{seconds_text(at_ms)},{name}" for at_ms, app, name in rows],
        decisions=len(decisions),
        changes=changes,
        shortage_ratio=sum(h.short for h in each.values()) / samples,
        out_of_memory_ratio=sum(h.out_of_memory for h in each.values()) / samples,
        cards_held_mean=sum(h.cards for h in each.values()) / samples,
        decision_hash=decision_hash(decisions),
        held=each,
    )


def _opening(
    runs: Sequence[ApplicationRun], at_ms: int, interval_seconds: float, geometry: Geometry, kind: ResourceKind | None
) -> list[InventoryEvent | PolicyEvent | AllocateRequest]:
    named, kinds = (None, []) if kind is None else (kind.name, [kind])
    cards = [
        ResourceReport(resource=f"card-{i:05d}", geometry=geometry.name, host=HOST, kind=named)
        for i in range(len(runs))
    ]
    sizing = Sizing(
        urgent_cooldown_seconds=interval_seconds,
        cooldown_seconds=max(interval_seconds, Sizing().cooldown_seconds),
        max_in_flight_per_host=len(runs) + 1,
        max_in_flight_per_pool=len(runs) + 1,
    )
    return [
        InventoryEvent(id="backtest/inventory", pool=POOL, at_ms=at_ms, source=HOST, resources=cards, kinds=kinds),
        PolicyEvent(id="backtest/policy", pool=POOL, at_ms=at_ms, default=AppPolicy(mode="auto"), sizing=sizing),
        *(AllocateRequest(id=f"backtest/{r.app}", pool=POOL, at_ms=at_ms, app=r.app) for r in runs),
    ]


def _held(decisions: Sequence[Decision], held: dict[str, str]) -> dict[str, str]:
    for decision in decisions:
        if decision.commanded and decision.wanted is not None:
            held[decision.app] = decision.wanted.slice
    return held
