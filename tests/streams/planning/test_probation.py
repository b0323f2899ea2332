"""Changes that hurt, and the way back from them."""

from __future__ import annotations

import pytest

from foretide.schemas.messages import AppPolicy, Objective, Probation, Sizing
from foretide.schemas.units import GIB
from support.pools import Pool, spot

QUICK = Sizing(step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0, idle_wait_seconds=0.0)
LATENCY = Objective(signal="app.latency_ms", better="lower", tolerance=0.2, forecasts=2)


def stepped_down(pool: Pool, **told: float) -> None:
    """From the whole card to 1g.10gb at minute 1."""
    pool.place("a")
    published = {f"app.{name}": value for name, value in told.items()}
    (d,) = pool.forecast("a", 1, 0.1, 4, published=published)
    assert d.wanted == spot("card-0", "1g.10gb", 6)
    pool.outcome(d)


def test_a_slice_that_is_full_after_a_step_down_leads_back_and_is_not_tried_again_at_once() -> None:
    pool = Pool(sizing=QUICK)
    stepped_down(pool)
    (back,) = pool.forecast("a", 5, 0.1, 4, last=(0.1, 9.9))
    assert (back.action, back.guard, back.wanted) == ("resize", "probation", spot("card-0", "7g.80gb", 0))
    pool.outcome(back)
    (d,) = pool.forecast("a", 40, 0.1, 4)
    assert (d.action, d.wanted) == ("hold", None) or d.wanted != spot("card-0", "1g.10gb", 6)
    assert d.guard == "hold_off" or d.wanted == spot("card-0", "1g.20gb", 6)


def test_the_hold_off_doubles_and_ends_by_itself() -> None:
    pool = Pool(sizing=QUICK, a=AppPolicy(mode="auto", initial_slice="1g.20gb"))
    pool.place("a")
    minute, waits = 1, []
    for _ in range(3):
        (down,) = pool.forecast("a", minute, 0.1, 4)
        assert down.wanted is not None
        assert down.wanted.slice == "1g.10gb"
        pool.outcome(down)
        (back,) = pool.forecast("a", minute + 1, 0.1, 4, last=(0.1, 9.9))
        assert back.guard == "probation"
        pool.outcome(back)
        began = minute + 1
        assert pool.forecast("a", minute + 2, 0.1, 4)[0].guard == "hold_off"
        barred = pool.state.apps["a"].barred
        assert barred is not None
        minute = barred.until_ms // 60_000
        waits.append(minute - began)
    assert waits == [60, 120, 240]


def test_after_the_probation_a_full_slice_is_simply_raised() -> None:
    pool = Pool(sizing=QUICK)
    stepped_down(pool)
    (d,) = pool.forecast("a", 32, 0.1, 4, last=(0.1, 9.9))
    assert (d.guard, d.wanted) == (None, spot("card-0", "1g.20gb", 6))


def test_probation_of_no_length_watches_nothing() -> None:
    pool = Pool()
    pool.policy("auto", QUICK, probation=Probation(seconds=0.0))
    stepped_down(pool)
    assert pool.forecast("a", 5, 0.1, 4, last=(0.1, 9.9))[0].guard is None


@pytest.mark.parametrize(("better", "after"), [("lower", 25.0), ("higher", 15.0)])
def test_an_objective_that_is_worse_for_long_enough_leads_back(better: str, after: float) -> None:
    objective = Objective(signal="app.latency_ms", better=better, tolerance=0.2, forecasts=2)  # type: ignore[arg-type]
    pool = Pool(sizing=QUICK, a=AppPolicy(mode="auto", objective=objective))
    stepped_down(pool, latency_ms=20.0)
    told = {"app.latency_ms": after}
    assert pool.forecast("a", 5, 0.1, 4, published=told) == []
    assert pool.forecast("a", 6, 0.1, 4, published={"app.latency_ms": 21.0}) == [], "within the tolerance: anew"
    assert pool.forecast("a", 7, 0.1, 4, published=told) == []
    (back,) = pool.forecast("a", 8, 0.1, 4, published=told)
    assert (back.guard, back.wanted) == ("probation", spot("card-0", "7g.80gb", 0))
    assert f"app.latency_ms is {after:g}" in back.reason


def test_a_better_objective_or_none_leads_nowhere() -> None:
    pool = Pool(sizing=QUICK, a=AppPolicy(mode="auto", objective=LATENCY))
    stepped_down(pool, latency_ms=20.0)
    for minute in range(2, 10):
        assert pool.forecast("a", minute, 0.1, 4, published={"app.latency_ms": 3.0} if minute % 2 else None) == []


def test_a_move_that_hurt_goes_back_to_its_card_and_the_other_card_is_avoided() -> None:
    first = AppPolicy(mode="auto", initial_slice="3g.40gb", objective=LATENCY)
    pool = Pool(cards=2, sizing=QUICK, a=first, b=AppPolicy(mode="auto", initial_slice="3g.40gb"))
    pool.place("a")
    pool.place("b")
    (move,) = pool.forecast("a", 1, 0.5, 20, published={"app.latency_ms": 20.0})
    assert (move.action, move.wanted) == ("migrate", spot("card-1", "4g.40gb", 0))
    pool.outcome(move)
    pool.forecast("a", 2, 0.3, 20, published={"app.latency_ms": 40.0}, learning=True)
    (back,) = pool.forecast("a", 3, 0.3, 20, published={"app.latency_ms": 40.0}, learning=True)
    assert (back.action, back.guard, back.wanted) == ("migrate", "probation", spot("card-0", "3g.40gb", 4))
    pool.outcome(back)
    barred = pool.state.apps["a"].barred
    assert barred is not None
    assert (barred.card, barred.slice, barred.down) == ("card-1", "4g.40gb", False)
    assert pool.forecast("a", 4, 0.5, 20)[0].guard == "hold_off"
    assert pool.forecast("a", 5, 0.5, 20, last=(0.5, 20))[0].guard == "capacity", "full, but not onto that card"


def test_a_step_up_that_hurt_is_not_taken_back_below_what_is_needed() -> None:
    pool = Pool(sizing=QUICK, a=AppPolicy(mode="auto", initial_slice="1g.10gb", objective=LATENCY))
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.5, 20, published={"app.latency_ms": 20.0})[0])
    pool.forecast("a", 2, 0.5, 20, published={"app.latency_ms": 40.0})
    (d,) = pool.forecast("a", 3, 0.5, 20, published={"app.latency_ms": 40.0})
    assert (d.action, d.guard) == ("hold", "probation")
    assert "no longer covers" in d.reason


def test_a_way_back_that_failed_is_tried_again() -> None:
    pool = Pool(sizing=QUICK)
    stepped_down(pool)
    (back,) = pool.forecast("a", 5, 0.1, 4, last=(0.1, 9.9))
    assert pool.outcome(back, "failed", placement=back.held)[0].guard == "backoff"
    (again,) = pool.forecast("clock", 7, 0.1, 4)
    assert (again.app, again.guard, again.wanted) == ("a", "probation", back.wanted)


def test_running_out_of_memory_raises_at_once_and_keeps_what_was_learned() -> None:
    pool = Pool(sizing=Sizing(cooldown_seconds=600.0, urgent_cooldown_seconds=600.0), a=AppPolicy(
        mode="auto", initial_slice="1g.10gb"
    ))  # fmt: skip
    pool.forecast("clock", 1, 0.1, 4)
    pool.place("a")
    (d,) = pool.oom("a", 1, 17.0)
    assert (d.action, d.wanted) == ("resize", spot("card-0", "3g.40gb", 4)), "17 GiB and a fifth more"
    assert "ran out of memory, and needs 20.4 GiB at least" in d.reason
    pool.outcome(d)
    for minute in range(2, 400, 20):
        assert [x for x in pool.forecast("a", minute, 0.05, 1) if x.commanded] == [], "kept above what it had"


def test_without_a_figure_the_next_larger_slice_is_given() -> None:
    pool = Pool(a=AppPolicy(mode="auto", initial_slice="1g.10gb"))
    pool.place("a")
    (d,) = pool.oom("a", 1)
    assert d.wanted == spot("card-0", "1g.20gb", 6)


def test_an_old_report_that_says_nothing_new_changes_nothing() -> None:
    pool = Pool(a=AppPolicy(mode="auto", initial_slice="1g.10gb"))
    pool.forecast("clock", 10, 0.1, 4)
    pool.place("a")
    assert pool.oom("a", 5) == [], "it was about an earlier slice, and names no figure"
    assert pool.oom("unknown", 5, 4) == []
    assert pool.oom("a", 5, 9)[0].action == "resize", "a figure is a figure"


def test_memory_never_goes_below_the_autoscalers_step() -> None:
    pool = Pool(a=AppPolicy(mode="auto", initial_slice="1g.10gb"))
    pool.place("a")
    pool.oom("a", 1, 0.2)
    floor = pool.state.apps["a"].floor
    assert floor is not None
    assert floor.memory > 10 * GIB, "at least more than the slice"


def test_a_bound_takes_no_memory_from_an_application_that_ran_out_and_has_no_forecast() -> None:
    pool = Pool()
    pool.place("a")
    pool.oom("a", 1)
    (d,) = pool.policy("auto", apps={"a": AppPolicy(mode="auto", max_slice="1g.10gb")})
    assert (d.action, d.guard) == ("hold", "memory")
