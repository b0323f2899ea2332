"""Pauses of a pool and of an application."""

from __future__ import annotations

from foretide.schemas.messages import Sizing
from support.pools import Pool

QUICK = Sizing(step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0, idle_wait_seconds=0.0)


def test_a_paused_pool_commands_nothing_but_releases() -> None:
    pool = Pool(cards=3, sizing=QUICK)
    pool.place("a")
    pool.place("b")
    assert pool.pause(reason="upgrade") == []
    (d,) = pool.forecast("a", 1, 0.1, 4)
    assert (d.action, d.guard, d.commanded) == ("hold", "paused", False)
    assert "pool-a is paused (upgrade)" in d.reason
    assert pool.forecast("a", 2, 0.1, 4) == [], "said once"
    assert pool.allocate("c")[0].guard == "paused"
    assert pool.release("b")[0].commanded


def test_those_who_waited_are_served_by_priority_when_it_ends() -> None:
    pool = Pool(cards=3)
    pool.pause()
    for app, priority in (("low", 10), ("first", 60), ("second", 60)):
        pool.allocate(app, priority)
    assert [(d.app, d.commanded) for d in pool.resume()] == [("first", True), ("second", True), ("low", True)]


def test_an_application_is_paused_apart_from_its_pool() -> None:
    pool = Pool(cards=3)
    pool.pause("a")
    assert pool.allocate("a")[0].guard == "paused"
    assert pool.allocate("b")[0].commanded
    assert pool.resume() == [], "the pool was not paused, and the application still is"
    assert [d.app for d in pool.resume("a")] == ["a"]


def test_an_outcome_counts_while_paused_and_a_later_pause_is_said_again() -> None:
    pool = Pool(sizing=QUICK)
    (d,) = pool.allocate("a")
    pool.pause()
    pool.outcome(d)
    assert pool.held("a") == d.wanted
    assert pool.forecast("a", 1, 0.1, 4)[0].guard == "paused"
    (step,) = pool.resume()
    assert step.action == "resize"
    pool.outcome(step)
    pool.pause()
    assert pool.forecast("a", 60, 0.5, 20)[0].guard == "paused"


def test_cards_freed_while_paused_are_found_afterwards() -> None:
    pool = Pool(cards=1)
    pool.place("a")
    pool.allocate("b")
    pool.pause()
    (gone,) = pool.release("a")
    assert pool.outcome(gone) == []
    assert [(d.app, d.commanded) for d in pool.resume()] == [("b", True)]
