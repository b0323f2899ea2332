"""Several kinds of cards in one pool: where a first slice, a step up, a step down and the way back lead."""

from __future__ import annotations

import pytest

from foretide.schemas.messages import AppPolicy, Budget, Probation
from foretide.streams.planning.snapshot import from_bytes, to_bytes
from support.mixed import LARGE, SMALL, MixedPool
from support.pools import POOL, spot

WHOLE = spot("small-0", "whole", 0)


def first(name: str | None, **more: object) -> AppPolicy:
    return AppPolicy(mode="auto", initial_slice=name, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "card"),
    [("2g.20gb", "small-0"), ("3g.40gb", "large-0"), (None, "large-0"), ("whole", "small-0")],
    ids=["a small card holds as much for less", "only the large one holds it", "the whole of the largest", "by name"],
)
def test_a_first_slice_goes_to_the_cheapest_card_that_holds_as_much(asked: str | None, card: str) -> None:
    pool = MixedPool(a=first(asked))
    (d,) = pool.allocate("a")
    assert d.wanted is not None
    assert (d.wanted.resource, d.commanded) == (card, True)


def test_a_bound_keeps_it_from_a_kind_that_is_too_small_or_only_given_whole() -> None:
    pool = MixedPool(a=first("2g.20gb", min_slice="3g.40gb"), b=first("1g.10gb", max_slice="1g.10gb"))
    assert pool.place("a").wanted == spot("large-0", "3g.40gb", 4)
    assert pool.place("b").wanted == spot("large-0", "1g.10gb", 3)


def test_where_no_kind_is_within_the_bounds_it_says_so() -> None:
    pool = MixedPool(large=0, a=first("2g.20gb", min_slice="3g.40gb"))
    (d,) = pool.allocate("a")
    assert d.guard == "capacity"
    assert "no kind of card in the pool has a slice within its bounds" in d.reason


def test_a_step_up_that_its_own_kind_cannot_hold_leads_to_another_kind() -> None:
    pool = MixedPool(a=first("2g.20gb"))
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.3, 30, last=(0.3, 23.9))
    assert (d.action, d.wanted) == ("migrate", spot("large-0", "3g.40gb", 4))
    assert "whole is full at the present use" in d.reason
    assert "large-0 is the cheapest card that covers it" in d.reason
    pool.outcome(d)
    assert pool.held("a") == spot("large-0", "3g.40gb", 4)


def test_a_compute_need_counts_with_the_speed_of_the_card() -> None:
    pool = MixedPool(a=first("2g.20gb"))
    pool.place("a")
    assert pool.forecast("a", 1, 0.39, 10) == []
    (d,) = pool.forecast("a", 2, 0.5, 10)
    assert d.wanted is not None
    assert d.wanted.resource == "large-0"


def test_it_waits_for_room_on_a_kind_that_would_do() -> None:
    pool = MixedPool(a=first("2g.20gb"), b=first(None))
    pool.place("a")
    pool.place("b")
    (d,) = pool.forecast("a", 1, 0.3, 30)
    assert (d.action, d.guard) == ("hold", "capacity")
    made = pool.forecast("b", 2, 0.1, 9)
    assert made[0].wanted == spot("large-0", "1g.10gb", 6)
    settled = pool.outcome(made[0])
    assert [(x.app, x.action) for x in settled] == [("a", "migrate")]


def test_a_step_down_moves_to_a_cheaper_kind_only_if_that_is_worth_it() -> None:
    pool = MixedPool(a=first("7g.80gb"))
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.25, 18)
    assert (d.action, d.wanted) == ("migrate", WHOLE)
    assert "costs 0.50 an hour instead of 1.14 an hour in place" in d.reason

    dear = SMALL.__class__(**{f: getattr(SMALL, f) for f in SMALL.__struct_fields__} | {"price_per_hour": 0.9})
    pool = MixedPool(kinds=(LARGE, dear), a=first("7g.80gb"))
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.25, 18)
    assert (d.action, d.wanted) == ("resize", spot("large-0", "2g.20gb", 4)), "0.24 saved, 0.2 + the move needed"


def test_a_step_up_without_room_in_place_takes_the_cheapest_card_of_any_kind() -> None:
    pool = MixedPool(small=0, a=first("1g.10gb"), b=first("4g.40gb"), c=first("2g.20gb"))
    for app in "bca":
        pool.place(app)
    pool.stock(2, 1)
    (d,) = pool.forecast("a", 1, 0.35, 22)
    assert (d.action, d.wanted) == ("migrate", WHOLE), "not the empty large-1, which has room as well"
    assert "large-0 has no room for it, small-0 is the cheapest card that covers it" in d.reason


def hurt_on_the_small_card() -> MixedPool:
    pool = MixedPool(a=first("7g.80gb"), rules={"probation": Probation(seconds=1800.0, hold_off_seconds=3600.0)})
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.25, 18)[0])
    assert pool.held("a") == WHOLE
    return pool


def test_the_way_back_leads_to_the_kind_and_card_of_before() -> None:
    pool = hurt_on_the_small_card()
    made = pool.oom("a", 2, 23.5)
    assert [(d.action, d.guard) for d in made] == [("migrate", "probation")]
    assert made[0].wanted is not None
    assert made[0].wanted.resource == "large-0"
    assert "ran out of memory" in made[0].reason
    pool.outcome(made[0])
    assert pool.state.apps["a"].barred is not None
    assert pool.state.apps["a"].barred.layout == "whole-24gb at 0.4"


def test_a_kind_on_which_it_fared_badly_is_avoided_for_a_while() -> None:
    pool = hurt_on_the_small_card()
    pool.stock(1, 3)
    pool.outcome(pool.forecast("a", 3, 0.3, 18, last=(0.41, 18))[0])
    assert pool.held("a") is not None
    assert pool.held("a").resource == "large-0"  # type: ignore[union-attr]
    for minute in range(4, 60):
        for d in pool.forecast("a", minute, 0.25, 18):
            assert d.action == "resize", d.reason
            pool.outcome(d)
    made = pool.forecast("a", 90, 0.5, 50)
    pool.outcome(made[0])
    (d,) = pool.forecast("a", 91, 0.25, 18)
    assert (d.action, d.wanted and d.wanted.resource) == ("migrate", "small-0")


def test_advice_names_the_cheapest_kind() -> None:
    pool = MixedPool(mode="advise")
    (d,) = pool.forecast("a", 1, 0.25, 18)
    assert (d.action, d.wanted, d.guard) == ("allocate", WHOLE, "mode")


def test_the_budget_in_money_takes_prices_from_kinds() -> None:
    pool = MixedPool(rules={"budget": Budget(money_per_hour=3.9)}, a=first(None), b=first("2g.20gb"))
    (d,) = pool.allocate("a")
    assert (d.action, d.guard) == ("hold", "budget")
    assert pool.place("b").wanted == WHOLE


def test_kinds_speeds_and_what_is_barred_outlive_a_snapshot() -> None:
    pool = hurt_on_the_small_card()
    pool.outcome(pool.oom("a", 2, 23.5)[0])
    again = from_bytes(POOL, to_bytes(pool.state))
    assert to_bytes(again) == to_bytes(pool.state)
    assert (again.kinds, again.sources) == (pool.state.kinds, pool.state.sources)
    assert {c.name: (c.layout.name, c.price, c.kind) for c in again.cards} == {
        "large-0": ("mig-80gb", 4.0, "a100"),
        "small-0": ("whole-24gb at 0.4", 0.5, "l4"),
    }
    assert again.apps == pool.state.apps
