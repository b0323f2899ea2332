"""For each guard of the planner one situation in which it binds: what docs/guards.md tells, and what a test replays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from foretide.schemas.messages import (
    AbsoluteInterval,
    AppPolicy,
    Budget,
    CardKind,
    Decision,
    InventoryEvent,
    Maintenance,
    Objective,
    Performance,
    Provisioning,
    ResourceKind,
    ResourceReport,
    Sizing,
    Throughput,
)
from support.pools import MINUTE, POOL, Pool

QUICK = Sizing(step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0, idle_wait_seconds=0.0)
KIND = CardKind(geometry="mig-80gb", lead_seconds=120.0, price_per_hour=2.0)


@dataclass(frozen=True, slots=True)
class Scene:
    """A situation in words, and as events that end in the decision of the guard."""

    guard: str
    situation: str
    play: Callable[[], Decision]


def small(**more: object) -> AppPolicy:
    return AppPolicy(mode="auto", initial_slice="1g.10gb", **more)  # type: ignore[arg-type]


def _mode() -> Decision:
    return Pool(mode="advise").allocate("a")[-1]


def _in_flight() -> Decision:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    pool.forecast("a", 1, 0.1, 4)
    return pool.forecast("a", 2, 0.9, 70)[-1]


def _learning() -> Decision:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    return pool.forecast("a", 1, 0.1, 4, learning=True)[-1]


def _agreement() -> Decision:
    pool = Pool(sizing=Sizing(step_down_forecasts=3, step_down_seconds=600.0, cooldown_seconds=0.0))
    pool.place("a")
    return pool.forecast("a", 1, 0.1, 4)[-1]


def _idle() -> Decision:
    pool = Pool(sizing=msgspec.structs.replace(QUICK, idle_wait_seconds=600.0))
    pool.place("a")
    return pool.forecast("a", 1, 0.02, 4, last=(0.12, 2))[-1]


def _bounds() -> Decision:
    pool = Pool(a=small(max_slice="1g.10gb"))
    pool.place("a")
    return pool.forecast("a", 1, 0.9, 70)[-1]


def _memory() -> Decision:
    pool = Pool()
    pool.place("a")
    pool.forecast("a", 1, 0.1, 60, last=(0.1, 50))
    return pool.policy("auto", apps={"a": AppPolicy(mode="auto", max_slice="2g.20gb")})[-1]


def _cooldown() -> Decision:
    pool = Pool(a=small(), sizing=Sizing(cooldown_seconds=600.0))
    pool.forecast("clock", 1, 0.1, 4)
    pool.place("a")
    return pool.forecast("a", 2, 0.25, 4)[-1]


def _hold_off() -> Decision:
    pool = Pool(sizing=QUICK, a=AppPolicy(mode="auto", initial_slice="1g.20gb"))
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.1, 4)[0])
    pool.outcome(pool.forecast("a", 5, 0.1, 12, last=(0.1, 9.9))[0])
    return pool.forecast("a", 40, 0.1, 4)[-1]


def _maintenance() -> Decision:
    pool = Pool(a=small())
    freeze = Maintenance(changes="never_inside", absolute=[AbsoluteInterval(begin_ms=0, end_ms=60 * MINUTE)])
    pool.policy("auto", QUICK, {"a": small()}, maintenance=[freeze])
    pool.place("a")
    return pool.forecast("a", 1, 0.25, 4)[-1]


def _paused() -> Decision:
    pool = Pool(a=small(), sizing=QUICK)
    pool.place("a")
    pool.pause(reason="driver upgrade")
    return pool.forecast("a", 1, 0.25, 4)[-1]


def _budget_cards() -> Decision:
    pool = Pool(cards=3)
    pool.policy("auto", budget=Budget(cards=1.5))
    pool.place("a")
    return pool.allocate("b")[-1]


def _budget_money() -> Decision:
    pool = Pool(cards=0)
    pool.inventory("card-0", "card-1", price=2.0)
    pool.policy("auto", budget=Budget(money_per_hour=3.0))
    pool.place("a")
    return pool.allocate("b")[-1]


def _budget_price() -> Decision:
    pool = Pool()
    pool.policy("auto", budget=Budget(money_per_hour=100.0))
    return pool.allocate("a")[-1]


def _pool_cap() -> Decision:
    pool = Pool(cards=2, sizing=Sizing(max_in_flight_per_pool=1))
    pool.allocate("a")
    return pool.allocate("b")[-1]


def _host_cap() -> Decision:
    pool = Pool(cards=2, sizing=Sizing(max_in_flight_per_host=1))
    pool.allocate("a")
    return pool.allocate("b")[-1]


def _capacity() -> Decision:
    pool = Pool(cards=1)
    pool.place("a")
    return pool.allocate("b")[-1]


def _too_slow() -> Decision:
    tells = [Throughput(workload="llm", per_second=200.0)]
    kind = ResourceKind(
        name="l4", resource_class="mps", geometry="mps-24gb", price_per_hour=0.8, throughput=tells
    )  # fmt: skip
    card = ResourceReport(resource="l4-0", geometry=kind.geometry, host="h", kind=kind.name)
    pool = Pool(cards=0)
    pool.feed(InventoryEvent(id="cards", pool=POOL, at_ms=0, source="l4", resources=[card], kinds=[kind]))
    pool.policy("auto", apps={"a": AppPolicy(mode="auto", performance=Performance(workload="llm", per_second=250.0))})
    return pool.allocate("a")[-1]


def _backoff() -> Decision:
    pool = Pool()
    return pool.outcome(pool.allocate("a")[0], "failed")[-1]


def _dry_run() -> Decision:
    pool = Pool()
    return pool.outcome(pool.allocate("a")[0], "applied", dry_run=True)[-1]


def _lost_card() -> Decision:
    pool = Pool(cards=1)
    pool.place("a")
    return pool.inventory(at_ms=1)[-1]


def _back_full() -> Decision:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.1, 4)[0])
    return pool.forecast("a", 5, 0.2, 12, last=(0.1, 9.9))[-1]


def _back_oom() -> Decision:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.1, 4)[0])
    return pool.oom("a", 1, 9.5)[-1]


def _back_objective() -> Decision:
    objective = Objective(signal="app.latency_ms", better="lower", forecasts=1)
    pool = Pool(sizing=QUICK, a=AppPolicy(mode="auto", objective=objective))
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.1, 4, published={"app.latency_ms": 20.0})[0])
    return pool.forecast("a", 10, 0.1, 4, published={"app.latency_ms": 31.0})[-1]


def _provision_mode() -> Decision:
    pool = Pool(cards=0)
    pool.policy("auto", provisioning=Provisioning(kinds=[KIND], wait_seconds=60.0))
    pool.forecast("clock", 1, 0.1, 4)
    pool.allocate("a")
    return pool.forecast("clock", 3, 0.1, 4)[-1]


def _provision_budget() -> Decision:
    pool = Pool(cards=0)
    rules = Provisioning(mode="auto", kinds=[KIND], wait_seconds=60.0, budget=Budget(money_per_hour=1.0))
    pool.policy("auto", provisioning=rules)
    pool.forecast("clock", 1, 0.1, 4)
    pool.allocate("a")
    return pool.forecast("clock", 3, 0.1, 4)[-1]


SCENES = (
    Scene("mode", "mode advise: an application asks for a slice", _mode),
    Scene("in_flight", "more is needed while a command has no outcome yet", _in_flight),
    Scene("learning", "it could hold less, but its first phase is still being learned", _learning),
    Scene("agreement", "too few forecasts agree to a step down", _agreement),
    Scene("idle", "less is enough, but it is busy now and predicted to be idle soon", _idle),
    Scene("bounds", "more is needed than the policy's largest slice", _bounds),
    Scene("memory", "the policy's largest slice was lowered below the memory in use", _memory),
    Scene("cooldown", "more is predicted shortly after a change", _cooldown),
    Scene("hold_off", "the same step down had to be taken back before", _hold_off),
    Scene("maintenance", "more is predicted during a freeze", _maintenance),
    Scene("paused", "more is predicted while someone has paused the pool", _paused),
    Scene("budget", "the budget in cards is used up", _budget_cards),
    Scene("budget", "the budget in money is used up", _budget_money),
    Scene("budget", "a budget in money, and a card without a price", _budget_price),
    Scene("capacity", "no card has room", _capacity),
    Scene("capacity", "no kind of card is fast enough for what it has to do", _too_slow),
    Scene("pool_cap", "as many commands are in flight in the pool as are allowed", _pool_cap),
    Scene("host_cap", "as many commands are in flight on the host as are allowed", _host_cap),
    Scene("backoff", "the last change failed", _backoff),
    Scene("dry_run", "the actuator runs dry", _dry_run),
    Scene("lost_card", "the card has left every source's inventory", _lost_card),
    Scene("probation", "the slice is full after a step down", _back_full),
    Scene("probation", "memory ran out after a step down", _back_oom),
    Scene("probation", "its objective is worse after a change", _back_objective),
    Scene("mode", "the pool has no room, and provisioning advises", _provision_mode),
    Scene("budget", "the pool has no room, and the provisioning budget is used up", _provision_budget),
)


def table() -> str:
    """The scenes as a Markdown table."""
    lines = ["| guard | situation | action | commanded | what the decision says |", "|---|---|---|---|---|"]
    for scene in SCENES:
        d = scene.play()
        said = d.reason.replace("|", "\\|")
        lines.append(f"| `{d.guard}` | {scene.situation} | {d.action} | {'yes' if d.commanded else 'no'} | {said} |")
    return "\n".join(lines) + "\n"
