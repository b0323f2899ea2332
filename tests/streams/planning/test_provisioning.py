"""The pool's own size: cards asked for, and given back."""

from __future__ import annotations

from typing import Any

from foretide.schemas.messages import PROVISIONING_APP, Budget, CardKind, Decision, Provisioning, Sizing
from foretide.streams.planning import PoolLoop, command_of
from support.pools import Pool

KIND = CardKind(geometry="mig-80gb", lead_seconds=120.0, price_per_hour=2.0)
QUICK = Sizing(step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0, idle_wait_seconds=0.0)


def rules(**more: Any) -> Provisioning:
    usual: dict[str, Any] = {"mode": "auto", "kinds": [KIND], "wait_seconds": 300.0, "empty_seconds": 600.0}
    return Provisioning(**(usual | more))


def waiting(cards: int = 1, **more: Any) -> Pool:
    """An application waits for room from minute 1 on."""
    pool = Pool(cards=cards)
    pool.policy("auto", QUICK, provisioning=rules(**more))
    for n in range(cards):
        pool.place(f"old-{n}")
        pool.forecast(f"old-{n}", 1, 0.9, 70, last=(0.8, 60))
    pool.forecast("clock", 1, 0.1, 4)
    pool.allocate("new")
    return pool


def arrive(pool: Pool, decision: Decision, minute: float) -> list[Decision]:
    """The cards come: inventory, then outcome."""
    assert decision.provision is not None
    names = [f"p-{minute:g}-{n}" for n in range(decision.provision.count)]
    made = pool.inventory(*names, source="p", host="dc", at_ms=int(minute * 60_000), price=2.0, provisioned=True)
    return made + pool.outcome(decision)


def test_a_long_wait_asks_for_a_card_and_the_one_who_waits_gets_it() -> None:
    pool = waiting()
    assert pool.forecast("clock", 3, 0.1, 4) == [], "not yet for long"
    (d,) = pool.forecast("clock", 7, 0.1, 4)
    assert (d.app, d.action, d.commanded, d.guard) == (PROVISIONING_APP, "provision", True, None)
    assert d.provision is not None
    assert (d.provision.geometry, d.provision.count, d.provision.lead_seconds) == ("mig-80gb", 1, 120.0)
    assert 0.9 < d.provision.confidence <= 1.0
    command = command_of(d)
    assert command is not None
    assert (command.provision, command.expected, command.desired) == (d.provision, None, None)
    assert pool.forecast("clock", 9, 0.1, 4) == [], "one at a time"
    (placed,) = arrive(pool, d, 9)
    assert (placed.app, placed.action, placed.commanded) == ("new", "allocate", True)


def test_predicted_demand_above_the_cards_asks_before_anyone_waits() -> None:
    pool = Pool(cards=1)
    pool.policy("auto", QUICK, provisioning=rules())
    pool.place("a")
    pool.forecast("a", 1, 0.1, 4)
    for d in pool.decisions[-1:]:
        pool.outcome(d)
    pool.place("b")
    pool.forecast("a", 2, 0.9, 70, last=(0.1, 4))
    made = [d for minute in range(2, 9) for d in pool.forecast("clock", minute, 0.1, 4)]
    assert [d.action for d in made if d.app == PROVISIONING_APP] == ["provision"]


def test_a_card_that_stays_empty_is_given_back_and_others_are_not() -> None:
    pool = waiting()
    (d,) = pool.forecast("clock", 7, 0.1, 4)
    for one in arrive(pool, d, 8):
        pool.outcome(one)
    (gone,) = pool.release("new")
    pool.outcome(gone)
    (gone,) = pool.release("old-0")
    pool.outcome(gone)
    made = [d for minute in range(20, 60, 2) for d in pool.forecast("clock", minute, 0.1, 4)]
    assert [(d.action, d.provision.resources if d.provision else None) for d in made] == [("decommission", ["p-8-0"])]
    (back,) = made
    assert [d.wanted.resource for d in pool.allocate("late") if d.wanted] == ["card-0"], "nothing on a leaving card"
    pool.inventory(source="p", host="dc", at_ms=60 * 60_000)
    assert pool.outcome(back) == []
    assert pool.state.cards.get("p-8-0") is None


def test_a_card_that_could_not_be_given_back_is_used_again() -> None:
    pool = waiting()
    (d,) = pool.forecast("clock", 7, 0.1, 4)
    for one in arrive(pool, d, 8):
        pool.outcome(one)
    pool.outcome(pool.release("new")[0])
    made = [d for minute in range(20, 60, 2) for d in pool.forecast("clock", minute, 0.1, 4)]
    pool.outcome(made[0], "failed")
    assert [d.wanted.resource for d in pool.allocate("late") if d.wanted] == ["p-8-0"]


def test_a_failure_backs_off_and_a_dry_run_does_not_spin() -> None:
    pool = waiting()
    (d,) = pool.forecast("clock", 7, 0.1, 4)
    pool.outcome(d, "failed")
    (again,) = pool.forecast("clock", 9, 0.1, 4)
    assert again.action == "provision"
    pool.outcome(again, "applied", dry_run=True)
    assert [d.guard for d in pool.forecast("clock", 12, 0.1, 4)] == ["backoff"]
    assert pool.forecast("clock", 40, 0.1, 4) == []


def test_the_budget_shapes_and_fails_closed() -> None:
    pool = waiting(budget=Budget(cards=0.0))
    (d,) = pool.forecast("clock", 7, 0.1, 4)
    assert (d.action, d.guard) == ("hold", "budget")
    pool = waiting(kinds=[CardKind(geometry="mig-80gb")], budget=Budget(money_per_hour=100.0))
    (d,) = pool.forecast("clock", 7, 0.1, 4)
    assert (d.action, d.guard) == ("hold", "budget")
    assert "a price is not known" in d.reason
    pool = waiting(budget=Budget(money_per_hour=3.0))
    for n in range(3):
        pool.allocate(f"more-{n}")
    (d,) = pool.forecast("clock", 7, 0.1, 4)
    assert d.provision is not None
    assert (d.action, d.guard, d.provision.count) == ("provision", "budget", 1)


def test_a_paused_pool_asks_for_nothing_and_advice_is_said_once() -> None:
    pool = waiting(mode="advise")
    (d,) = pool.forecast("clock", 7, 0.1, 4)
    assert (d.action, d.commanded, d.guard) == ("provision", False, "mode")
    assert pool.forecast("clock", 9, 0.1, 4) == []
    pool = waiting()
    pool.forecast("clock", 6, 0.1, 4)
    assert pool.state.size.command_id is not None
    pool = waiting()
    pool.pause()
    assert [d.guard for d in pool.forecast("clock", 7, 0.1, 4)] == ["paused"]


def test_in_a_backtest_the_cards_come_at_once() -> None:
    scene, loop = waiting(), PoolLoop("pool-a")
    scene.forecast("clock", 7, 0.1, 4)
    made = [d for e in scene.log if type(e).__name__ != "OutcomeEvent" for d in loop.feed(e)]
    assert [(d.app, d.action) for d in made if d.commanded][-2:] == [
        (PROVISIONING_APP, "provision"),
        ("new", "allocate"),
    ]
    assert sum(card.provisioned for card in loop.state.cards) == 1
