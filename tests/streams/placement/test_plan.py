"""No plan breaks a rule or a bound, is dearer than today's, or differs from one run to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretide.schemas.slices import ALL_GEOMETRIES
from foretide.streams.placement import (
    MICRO,
    Demand,
    Kind,
    Limits,
    Option,
    PlacementError,
    Problem,
    plan,
    price,
    violations,
    why_unplaced,
)
from foretide.streams.placement.bound import lower_bound
from foretide.streams.placement.exact import solve
from foretide.streams.placement.instances import KINDS, mixed, small
from foretide.streams.placement.plan import cost_of

SEARCH = Limits(steps=150, exact_choices=0)
A100 = Kind("a100", ALL_GEOMETRIES["mig-40gb"], 3 * MICRO)


def problem(kinds: list[Kind], demands: list[Demand], cards: list[int], apps: list[int], **more: Any) -> Problem:
    """`today` may give each application's (card, rank, start); all moves cost 10,000 and resizes 5,000."""
    today = more.pop("today", [(-1, 0, 0)] * len(apps))
    card, rank, start = (np.array([t[i] for t in today], dtype=np.int64) for i in range(3))
    return Problem(
        kinds,
        demands,
        np.array(cards, dtype=np.int64),
        np.array(apps, dtype=np.int64),
        card,
        rank,
        start,
        np.full(len(apps), 10_000, dtype=np.int64),
        np.full(len(apps), 5_000, dtype=np.int64),
        **more,
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Small pools of every sort of geometry; some with hosts that bind."""
    kinds = sorted(draw(st.sets(st.integers(0, len(KINDS) - 1), min_size=1, max_size=4)))
    made = mixed(draw(st.integers(0, 14)), draw(st.integers(1, 6)), draw(st.integers(0, 10_000)), kinds, types=4)
    if draw(st.booleans()):
        return made
    hosts = draw(st.integers(1, 3))
    return replace(
        made,
        demands=[replace(d, host=(draw(st.integers(0, 5)),)) for d in made.demands],
        card_host=np.arange(len(made.card_kind), dtype=np.int64) % hosts,
        host_capacity=np.full((hosts, 1), draw(st.integers(4, 20)), dtype=np.int64),
    )


@settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems(), st.integers(0, 3))
def test_no_plan_breaks_a_rule_or_the_bound_or_is_dearer_than_today(given_problem: Problem, seed: int) -> None:
    made = plan(given_problem, replace(SEARCH, seed=seed))
    assert violations(given_problem, made.card, made.rank, made.start) == []
    assert price(given_problem, made.card, made.rank, made.start) == made.cost
    assert made.bound <= made.cost <= made.today
    assert 0.0 <= made.fragmentation <= 1.0
    assert made.digest() == plan(given_problem, replace(SEARCH, seed=seed)).digest()


@pytest.mark.parametrize("seed", [0, 2, 5, 7, 10, 12])
def test_the_exact_answer_lies_between_the_bound_and_the_search(seed: int) -> None:
    given_problem = small(seed)
    answer = solve(given_problem, nodes=2000)
    assert answer.optimal
    assert answer.seats is not None
    seats = [np.array([s[i] for s in answer.seats], dtype=np.int64) for i in range(3)]
    assert violations(given_problem, *seats) == []
    optimum = cost_of(given_problem, answer.seats)
    assert price(given_problem, *seats) == optimum
    assert answer.bound <= optimum
    assert lower_bound(given_problem).value <= optimum
    found = plan(given_problem, Limits(steps=1500, exact_choices=0))
    assert optimum <= found.cost <= 1.1 * optimum
    assert plan(given_problem, Limits(steps=20, exact_choices=10**6, exact_nodes=2000)).cost == optimum


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_holds_where_neighbours_slow_each_other(seed: int) -> None:
    """On shares of cards some applications bear few neighbours or none: what they waste counts, not more."""
    drawn = mixed(5, 3, seed, kinds=(5, 6), types=3)
    for tight in (1, 4, 10_000):
        demands = [
            replace(d, options=tuple(replace(o, slack=o.slack // tight) for o in d.options)) for d in drawn.demands
        ]
        given_problem = replace(drawn, demands=demands)
        answer = solve(given_problem, 2000)
        assert answer.seats is not None
        assert answer.optimal
        assert lower_bound(given_problem).value <= cost_of(given_problem, answer.seats)


def test_columns_found_one_by_one_give_the_same_bound_as_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given_problem = mixed(40, 10, 3, kinds=(0, 6), types=6)
    whole = lower_bound(given_problem).value
    monkeypatch.setattr("foretide.streams.placement.bound.all_patterns", lambda *_: None)
    assert lower_bound(given_problem).value == pytest.approx(whole, rel=1e-6)
    few = lower_bound(given_problem, rounds=1).value
    assert few <= whole


def test_a_mixed_pool_in_disorder_is_planned_cheaper_and_everyone_placed_may_stay() -> None:
    given_problem = mixed(600, 150, 4)
    made = plan(given_problem, replace(SEARCH, steps=100))
    assert violations(given_problem, made.card, made.rank, made.start) == []
    assert made.cost < made.today
    assert (made.card < 0).sum() <= (given_problem.app_card < 0).sum()


def test_two_half_empty_cards_become_one_only_if_moving_is_cheaper_than_the_card() -> None:
    demand = Demand((Option(0, 0),), 100 * MICRO)
    given_problem = problem([A100], [demand], [0, 0], [0, 0], today=[(0, 0, 6), (1, 0, 6)])
    made = plan(given_problem)
    assert made.cost == 3 * MICRO + 10_000
    assert len(set(made.card.tolist())) == 1
    dear = replace(given_problem, app_move=np.full(2, 4 * MICRO, dtype=np.int64))
    assert plan(dear).method == "today"
    assert plan(dear).card.tolist() == [0, 1]


def test_instances_are_seated_so_that_a_large_one_fits_beside_them() -> None:
    small_one, large = Demand((Option(0, 0),), 100 * MICRO), Demand((Option(0, 4),), 100 * MICRO)
    made = plan(problem([A100], [small_one, large], [0], [0, 1, 0, 0]), SEARCH)
    assert (made.card == 0).all()
    assert made.start[1] == 0
    assert made.optimal


def test_a_cheaper_kind_that_may_be_interrupted_is_taken_unless_the_risk_costs_more() -> None:
    spot = Kind("spot", ALL_GEOMETRIES["mig-40gb"], 1 * MICRO)
    brave, timid = (Demand((Option(0, 0), Option(1, 0, risk)), 100 * MICRO) for risk in (500_000, 5 * MICRO))
    assert plan(problem([A100, spot], [brave], [0, 1], [0])).card.tolist() == [1]
    assert plan(problem([A100, spot], [timid], [0, 1], [0])).card.tolist() == [0]


def test_neighbours_that_would_miss_their_requirement_are_kept_apart() -> None:
    shared = Kind("shared", ALL_GEOMETRIES["mps-24gb"], 1 * MICRO, ((200_000,),))
    tolerant, strict = (Demand((Option(0, 1, 0, slack),), 100 * MICRO) for slack in (300_000, 100_000))
    assert len(set(plan(problem([shared], [tolerant], [0, 0], [0, 0])).card.tolist())) == 1
    assert len(set(plan(problem([shared], [tolerant, strict], [0, 0], [0, 1])).card.tolist())) == 2


@pytest.mark.parametrize(
    ("options", "cards", "words"),
    [
        ((), [0], "no kind of resource in the pool meets its requirement (too small)"),
        ((Option(1, 0),), [0], "the pool has no card of a kind that would do: other"),
        ((Option(0, 5, 200 * MICRO),), [0], "costs more than going without"),
    ],
)
def test_why_an_application_goes_without_is_told(options: tuple[Option, ...], cards: list[int], words: str) -> None:
    other = replace(A100, name="other")
    given_problem = problem([A100, other], [Demand(options, 100 * MICRO, refused=("too small",))], cards, [0])
    made = plan(given_problem)
    assert made.card.tolist() == [-1]
    assert words in why_unplaced(given_problem, made, 0)


def test_a_full_pool_says_so_with_the_proof() -> None:
    given_problem = problem([A100], [Demand((Option(0, 5),), 100 * MICRO)], [0], [0, 0])
    made = plan(given_problem)
    (app,) = np.flatnonzero(made.card < 0).tolist()
    assert why_unplaced(given_problem, made, app) == "no room where it may go: 1 of 1 a100 in use; no plan is cheaper"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"app_move": np.array([-1])}, "app_move"),
        ({"app_card": np.array([7])}, "app_card"),
        ({"card_kind": np.array([3])}, "card_kind"),
        ({"demands": [Demand((Option(0, 9),), MICRO)]}, "demands[0].options"),
        ({"demands": [Demand((Option(0, 0), Option(0, 0)), MICRO)]}, "demands[0].options"),
        ({"kinds": [replace(A100, price=-1)]}, "kinds[0].price"),
        ({"cards": ["a", "b"]}, "cards"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused_by_the_field(change: dict[str, Any], field: str) -> None:
    given_problem = problem([A100], [Demand((Option(0, 0),), MICRO)], [0], [0])
    with pytest.raises(PlacementError) as caught:
        replace(given_problem, **change)
    assert caught.value.field == field
    assert caught.value.remedy
