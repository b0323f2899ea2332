"""Allocating, resizing, migrating and releasing, with no guard in the way."""

from __future__ import annotations

from foretide.schemas.messages import AppPolicy, Sizing
from foretide.streams.planning import command_of
from support.pools import Pool, spot

QUICK = Sizing(step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0)


def test_a_request_gets_the_whole_card_by_default() -> None:
    pool = Pool()
    (d,) = pool.allocate("a")
    assert (d.action, d.held, d.wanted, d.commanded) == ("allocate", None, spot("card-0", "7g.80gb", 0), True)
    pool.outcome(d)
    assert pool.held("a") == d.wanted


def test_the_policy_names_the_first_slice() -> None:
    pool = Pool(sizing=QUICK, a=AppPolicy(mode="auto", initial_slice="2g.20gb"))
    assert pool.place("a").wanted == spot("card-0", "2g.20gb", 4)


def test_the_first_slice_is_kept_within_bounds() -> None:
    pool = Pool(a=AppPolicy(mode="auto", max_slice="3g.40gb"))
    assert pool.place("a").wanted == spot("card-0", "3g.40gb", 4)


def test_where_the_first_slice_fits_nowhere_the_largest_smaller_one_is_taken() -> None:
    pool = Pool(cards=1, a=AppPolicy(mode="auto", initial_slice="3g.40gb"))
    pool.place("a")
    (d,) = pool.allocate("b")
    assert d.wanted == spot("card-0", "4g.40gb", 0)
    assert d.guard == "capacity"
    assert "7g.80gb fits nowhere" in d.reason


def test_the_tightest_card_is_taken() -> None:
    half, quarter = (AppPolicy(mode="auto", initial_slice=name) for name in ("3g.40gb", "2g.20gb"))
    pool = Pool(cards=3, a=half, b=quarter)
    pool.place("a")
    assert pool.place("b").wanted == spot("card-0", "2g.20gb", 2)


def test_a_step_down_is_made_in_place_and_says_why() -> None:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.25, 12)
    assert (d.action, d.held, d.wanted) == ("resize", spot("card-0", "7g.80gb", 0), spot("card-0", "2g.20gb", 4))
    assert "0.25 of a card" in d.reason
    assert "12.6 GiB" in d.reason
    verdicts = {a.slice: a.verdict for a in d.considered}
    assert "needed, it has 0.14 of a card" in verdicts["1g.10gb"]
    assert "more than is needed" in verdicts["3g.40gb"]
    assert [(r.topic, r.offset) for r in d.based_on] == [("pool-events.v1", 4), ("telemetry.v1", 4)]
    assert d.id == "pool-events.v1/0/4/0"


def test_a_step_up_is_made_in_place_where_the_card_has_room_though_at_another_start() -> None:
    pool = Pool(sizing=QUICK)
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.1, 4)[0])
    assert pool.held("a") == spot("card-0", "1g.10gb", 6)
    (d,) = pool.forecast("a", 2, 0.5, 20, last=(0.1, 4))
    assert (d.action, d.wanted) == ("resize", spot("card-0", "4g.40gb", 0))


def test_an_application_migrates_when_its_card_cannot_hold_the_new_slice() -> None:
    first = AppPolicy(mode="auto", initial_slice="3g.40gb")
    pool = Pool(cards=3, sizing=QUICK, a=first, b=first, c=first)
    for app in "abc":
        pool.place(app)
    (d,) = pool.forecast("a", 1, 0.5, 20)
    assert (d.action, d.wanted) == ("migrate", spot("card-1", "4g.40gb", 0))
    assert "card-0 has no room for it" in d.reason
    # both places are kept until the outcome is known
    (whole,) = pool.allocate("d")
    assert whole.wanted == spot("card-2", "7g.80gb", 0)
    pool.outcome(d)
    assert pool.allocate("e")[0].wanted == spot("card-0", "3g.40gb", 4)


def test_a_step_up_that_fits_nowhere_waits_and_is_made_when_room_appears() -> None:
    half = AppPolicy(mode="auto", initial_slice="3g.40gb")
    pool = Pool(cards=1, sizing=QUICK, a=half, b=half)
    pool.place("a")
    pool.place("b")
    (d,) = pool.forecast("a", 1, 0.9, 60)
    assert (d.action, d.guard, d.commanded) == ("hold", "capacity", False)
    assert pool.forecast("a", 2, 0.9, 60) == [], "said once"
    (gone,) = pool.release("b")
    (up,) = pool.outcome(gone)
    assert (up.app, up.action, up.wanted) == ("a", "resize", spot("card-0", "7g.80gb", 0))


def test_those_who_wait_are_served_by_priority_then_by_arrival() -> None:
    pool = Pool(cards=1)
    pool.place("a")
    for app, priority in (("low", 10), ("first", 60), ("second", 60)):
        (d,) = pool.allocate(app, priority)
        assert (d.action, d.guard) == ("hold", "capacity")
    served = []
    current = pool.release("a")[0]
    for _ in range(3):
        (d,) = pool.outcome(current)
        pool.outcome(d)
        served.append(d.app)
        (current,) = pool.release(d.app)
    assert served == ["first", "second", "low"]


def test_a_release_frees_the_slice() -> None:
    pool = Pool(cards=1)
    placed = pool.place("a")
    (d,) = pool.release("a")
    assert (d.action, d.held, d.wanted, d.commanded) == ("release", placed.wanted, None, True)
    assert pool.outcome(d) == []
    assert pool.held("a") is None
    assert pool.allocate("b")[0].wanted == placed.wanted


def test_a_request_can_be_withdrawn_while_it_waits() -> None:
    pool = Pool(cards=0)
    assert pool.allocate("a")[0].guard == "capacity"
    (d,) = pool.release("a")
    assert (d.action, d.commanded) == ("release", False)
    assert pool.inventory("card-0") == []


def test_a_release_waits_for_the_command_in_flight() -> None:
    pool = Pool()
    (allocate,) = pool.allocate("a")
    assert pool.release("a") == []
    (d,) = pool.outcome(allocate)
    assert (d.action, d.held) == ("release", allocate.wanted)


def test_asking_again_while_a_release_is_in_flight_gets_a_new_slice() -> None:
    pool = Pool()
    pool.place("a")
    (release,) = pool.release("a")
    assert pool.allocate("a") == []
    (d,) = pool.outcome(release)
    assert d.action == "allocate"


def test_asking_again_while_a_dry_release_is_in_flight_keeps_the_slice() -> None:
    pool = Pool()
    placed = pool.place("a")
    (release,) = pool.release("a")
    pool.allocate("a")
    pool.outcome(release, "unchanged", dry_run=True)
    assert pool.held("a") == placed.wanted
    assert not pool.state.apps["a"].asked


def test_a_release_during_a_dry_allocation_withdraws_the_request() -> None:
    pool = Pool()
    (allocate,) = pool.allocate("a")
    pool.release("a")
    assert pool.outcome(allocate, "unchanged", dry_run=True) == []
    app = pool.state.apps["a"]
    assert (app.asked, app.releasing, app.held) == (False, False, None)


def test_a_command_names_precondition_and_goal() -> None:
    pool = Pool(sizing=Sizing(valid_for_seconds=30.0, step_down_forecasts=1, step_down_seconds=0, cooldown_seconds=0))
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.1, 4)
    command = command_of(d)
    assert command is not None
    assert (command.id, command.pool, command.app, command.action) == (d.id, d.pool, "a", "resize")
    assert (command.expected, command.desired) == (d.held, d.wanted)
    assert (command.issued_ms, command.deadline_ms, command.epoch) == (0, 30_000, 0)
    (hold,) = pool.forecast("a", 2, 0.9, 70)
    assert hold.guard == "in_flight"
    assert command_of(hold) is None
