"""The situation in which each guard binds, and the decision that says so."""

from __future__ import annotations

import pytest

from foretide.schemas.messages import AppPolicy, OutcomeStatus, Sizing
from support.pools import Pool, spot

QUICK = Sizing(step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0)


def small(initial: str = "1g.10gb", max_slice: str | None = None) -> AppPolicy:
    return AppPolicy(mode="auto", initial_slice=initial, max_slice=max_slice)


def test_advise_is_the_default_decides_and_commands_nothing() -> None:
    pool = Pool(mode="advise", sizing=QUICK)
    (d,) = pool.allocate("a")
    assert (d.action, d.guard, d.commanded, d.wanted) == ("allocate", "mode", False, spot("card-0", "7g.80gb", 0))
    (d,) = pool.forecast("a", 1, 0.1, 4)
    assert (d.action, d.commanded, d.wanted) == ("allocate", False, spot("card-0", "1g.10gb", 6))
    assert pool.forecast("a", 2, 0.1, 4) == [], "the same advice is given once"
    assert pool.state.in_flight == 0


def test_advice_follows_an_application_that_never_asked_once_it_is_learned() -> None:
    pool = Pool(mode="advise", sizing=QUICK)
    assert pool.forecast("a", 1, 0.1, 4, learning=True) == []
    (d,) = pool.forecast("a", 2, 0.25, 4)
    assert (d.commanded, d.wanted) == (False, spot("card-0", "2g.20gb", 4))
    (d,) = pool.forecast("a", 3, 0.5, 4)
    assert d.wanted == spot("card-0", "4g.40gb", 0)


def test_what_was_advised_is_done_when_the_mode_becomes_auto() -> None:
    pool = Pool(mode="advise", sizing=QUICK)
    pool.allocate("a")
    (d,) = pool.policy("auto", QUICK)
    assert (d.action, d.commanded) == ("allocate", True)


def test_initial_places_and_never_changes() -> None:
    pool = Pool(mode="initial", sizing=QUICK)
    pool.place("a")
    assert pool.forecast("a", 1, 0.1, 4) == []
    assert pool.release("a")[0].commanded


def test_off_keeps_the_request_and_does_nothing() -> None:
    pool = Pool(mode="off", sizing=QUICK)
    (d,) = pool.allocate("a")
    assert (d.action, d.guard) == ("hold", "mode")
    assert pool.forecast("a", 1, 0.1, 4) == []
    assert pool.policy("auto", QUICK)[0].action == "allocate"


def test_learning_keeps_a_slice_large_and_says_so_once() -> None:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.1, 4, learning=True)
    assert (d.action, d.guard) == ("hold", "learning")
    assert pool.forecast("a", 2, 0.1, 4, learning=True) == []
    assert pool.forecast("a", 3, 0.1, 4)[0].action == "resize"


def test_a_step_down_waits_for_agreement_and_a_step_up_does_not() -> None:
    pool = Pool(sizing=Sizing(step_down_forecasts=3, step_down_seconds=300.0, cooldown_seconds=0.0))
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.1, 4)
    assert (d.action, d.guard) == ("hold", "agreement")
    assert pool.steady("a", 2, 5, 0.1, 4) == []
    (d,) = pool.forecast("a", 6, 0.1, 4)
    assert d.action == "resize"
    assert "6 forecasts over 5 min agree" in d.reason
    pool.outcome(d)
    assert pool.forecast("a", 7, 0.3, 4)[0].action == "resize"


def test_cooldown_binds_and_lets_go_by_itself_when_other_applications_move_the_clock() -> None:
    pool = Pool(a=small(), sizing=Sizing(cooldown_seconds=600.0))
    pool.forecast("clock", 1, 0.1, 4)
    pool.place("a")
    (d,) = pool.forecast("a", 2, 0.25, 4)
    assert (d.action, d.guard) == ("hold", "cooldown")
    assert pool.forecast("clock", 10, 0.1, 4) == []
    (d,) = pool.forecast("clock", 11, 0.1, 4)
    assert (d.app, d.action, d.wanted) == ("a", "resize", spot("card-0", "2g.20gb", 4))


def test_a_full_slice_is_raised_through_the_cooldown() -> None:
    pool = Pool(a=small(), sizing=Sizing(cooldown_seconds=600.0))
    pool.forecast("clock", 1, 0.1, 4)
    pool.place("a")
    (d,) = pool.forecast("a", 2, 0.1, 4, last=(0.1, 9.9))
    assert (d.action, d.wanted) == ("resize", spot("card-0", "1g.20gb", 6))
    assert "full at the present use" in d.reason


def test_the_urgent_cooldown_binds_where_it_is_set() -> None:
    pool = Pool(a=small(), sizing=Sizing(cooldown_seconds=600.0, urgent_cooldown_seconds=120.0))
    pool.forecast("clock", 1, 0.1, 4)
    pool.place("a")
    assert pool.forecast("a", 2, 0.1, 4, last=(0.1, 9.9))[0].guard == "cooldown"
    assert pool.forecast("a", 3, 0.1, 4, last=(0.1, 9.9))[0].action == "resize"


def test_bounds_bind_upwards() -> None:
    pool = Pool(sizing=QUICK, a=small(max_slice="2g.20gb"))
    pool.place("a")
    (d,) = pool.outcome(pool.forecast("a", 1, 0.9, 70)[0])
    assert d.held == spot("card-0", "2g.20gb", 4)
    assert (d.action, d.guard) == ("hold", "bounds")
    assert "its bounds end at 2g.20gb" in d.reason
    assert pool.forecast("a", 2, 0.9, 70) == []


def test_bounds_bind_downwards() -> None:
    pool = Pool(sizing=QUICK, a=AppPolicy(mode="auto", min_slice="3g.40gb"))
    pool.place("a")
    assert pool.forecast("a", 1, 0.01, 1)[0].wanted == spot("card-0", "3g.40gb", 4)


def test_a_new_bound_is_kept_at_once_but_never_under_the_memory_in_use() -> None:
    pool = Pool(sizing=Sizing(cooldown_seconds=0.0))
    pool.place("a")
    pool.forecast("a", 1, 0.1, 60, last=(0.1, 50))
    lowered = {"a": AppPolicy(mode="auto", max_slice="2g.20gb")}
    (d,) = pool.policy("auto", Sizing(cooldown_seconds=0.0), lowered)
    assert (d.action, d.guard) == ("hold", "memory")
    (d,) = pool.forecast("a", 2, 0.1, 15, last=(0.1, 15))
    assert (d.action, d.wanted) == ("resize", spot("card-0", "2g.20gb", 4))


def test_the_pools_cap_binds_and_lets_go_with_the_next_outcome() -> None:
    pool = Pool(cards=3, sizing=Sizing(max_in_flight_per_pool=1))
    (first,) = pool.allocate("a")
    (d,) = pool.allocate("b")
    assert (d.action, d.guard) == ("hold", "pool_cap")
    (d,) = pool.outcome(first)
    assert (d.app, d.action) == ("b", "allocate")


def test_a_hosts_cap_binds_for_that_host_only() -> None:
    pool = Pool(cards=2, sizing=Sizing(max_in_flight_per_host=1))
    pool.inventory("z-0", source="t", host="other")
    (first,) = pool.allocate("a")
    assert pool.allocate("b")[0].guard == "host_cap"
    pool.inventory(source="s", at_ms=1)
    (d,) = pool.allocate("c")
    assert d.wanted == spot("z-0", "7g.80gb", 0)
    pool.inventory("card-1", source="s", at_ms=2)
    assert [x.app for x in pool.outcome(first)] == ["b"]


def test_a_release_is_never_capped() -> None:
    pool = Pool(cards=2, sizing=Sizing(max_in_flight_per_pool=1))
    pool.place("a")
    pool.allocate("b")
    assert pool.release("a")[0].commanded


@pytest.mark.parametrize("status", ["rejected", "failed", "expired", "rolled_back"])
def test_what_failed_is_tried_again_after_a_growing_pause(status: OutcomeStatus) -> None:
    pool = Pool(sizing=Sizing(step_down_forecasts=1, step_down_seconds=0, cooldown_seconds=0, backoff_seconds=60.0))
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.1, 4)
    (hold,) = pool.outcome(d, status, placement=d.held)
    assert (hold.action, hold.guard) == ("hold", "backoff")
    assert pool.held("a") == d.held
    assert pool.forecast("a", 1.5, 0.1, 4) == []
    (again,) = pool.forecast("clock", 2, 0.1, 4)
    assert (again.app, again.action, again.wanted) == ("a", "resize", d.wanted)
    assert again.id != d.id
    pool.outcome(again, status, placement=d.held)
    assert pool.forecast("clock", 3, 0.1, 4) == [], "two minutes now"
    (again,) = pool.forecast("clock", 4, 0.1, 4)
    pool.outcome(again)
    assert pool.state.apps["a"].failures == 0


def test_an_instance_lost_in_a_failed_change_is_allocated_anew() -> None:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.1, 4)
    (hold,) = pool.outcome(d, "failed", placement=None)
    assert (hold.guard, hold.held) == ("backoff", None)
    (again,) = pool.forecast("a", 2, 0.1, 4)
    assert (again.action, again.commanded) == ("allocate", True)


def test_the_state_is_what_the_actuator_found() -> None:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.1, 4)
    pool.outcome(d, "rolled_back", placement=spot("card-1", "3g.40gb", 4))
    assert pool.held("a") == spot("card-1", "3g.40gb", 4)
    assert pool.allocate("b")[0].wanted == spot("card-0", "7g.80gb", 0)


def test_a_dry_run_changes_nothing_and_does_not_spin() -> None:
    pool = Pool(sizing=Sizing(dry_run_pause_seconds=600.0))
    (d,) = pool.allocate("a")
    (hold,) = pool.outcome(d, "unchanged", dry_run=True)
    assert (hold.action, hold.guard) == ("hold", "dry_run")
    assert pool.held("a") is None
    for minute in range(1, 10):
        assert pool.forecast("a", minute, 0.1, 4) == []
    (again,) = pool.forecast("a", 10, 0.1, 4)
    assert again.action == "allocate"


def test_a_card_that_vanishes_keeps_its_applications_and_says_so() -> None:
    pool = Pool(cards=2, sizing=QUICK)
    placed = pool.place("a")
    (d,) = pool.inventory("card-1", at_ms=1)
    assert (d.app, d.action, d.guard, d.held) == ("a", "hold", "lost_card", placed.wanted)
    assert pool.forecast("a", 1, 0.1, 4) == [], "it was said"
    assert pool.allocate("b")[0].wanted == spot("card-1", "7g.80gb", 0)
    (d,) = pool.inventory("card-0", "card-1", at_ms=2)
    assert (d.app, d.action, d.wanted) == ("a", "resize", spot("card-0", "1g.10gb", 6))


def test_a_card_that_two_sources_report_stays_while_one_does() -> None:
    pool = Pool(cards=1)
    pool.place("a")
    pool.inventory("card-0", source="t")
    assert pool.inventory(source="s", at_ms=1) == []
    assert pool.inventory(source="t", at_ms=1)[0].guard == "lost_card"
