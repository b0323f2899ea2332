"""The entry point: `plan(problem, limits) -> Plan`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np

from foretide.streams.placement.board import Board, Seat
from foretide.streams.placement.bound import lower_bound
from foretide.streams.placement.exact import choices, solve
from foretide.streams.placement.fragmentation import fragmentation
from foretide.streams.placement.problem import Ints, Problem
from foretide.streams.placement.search import Effort, Search

Method = Literal["today", "search", "exact"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much work a plan may take. Counted in steps, never in time, so that a replay is exact."""

    steps: int = 3000
    """Neighbourhoods the search tries."""
    seed: int = 1
    """Of the search's generator."""
    polish: int = 8
    """Neighbourhoods of a small problem (256 applications at most) that HiGHS solves for the search."""
    exact_choices: int = 1500
    """A problem of at most so many yes-or-no questions goes to HiGHS as a whole; 0 never does."""
    exact_nodes: int = 200
    """Nodes HiGHS may branch over."""
    bound_rounds: int = 40
    """Linear programmes solved at most for the bound; 0 leaves it (and the search's guidance by it) out."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Where every application goes (`card` -1: nowhere), what that costs and how far from optimal it can be."""

    card: Ints
    rank: Ints
    start: Ints
    cost: int
    """In micro-units over the horizon: cards in use, risks, moves, and applications without a slice."""
    today: int
    """The same for staying as today where that is legal, and taking the rest as unplaced. Never below `cost`."""
    bound: int
    """No plan costs less. 0 if none was asked for."""
    method: Method
    steps: int
    fragmentation: float
    """Share of what is free on cards in use that applications of this pool cannot use."""

    @property
    def gap(self) -> float:
        """How much dearer than the bound the plan is, as a share of the bound; 0 is proven optimal."""
        if self.cost <= self.bound:
            return 0.0
        return (self.cost - self.bound) / self.bound if self.bound else float("inf")

    @property
    def optimal(self) -> bool:
        """Whether nothing cheaper exists: the bound is within its rounding of the cost."""
        return self.cost - self.bound <= 2 + self.cost // 1_000_000

    def digest(self) -> str:
        """A hash of all that the plan says: equal problems, limits and seeds give equal ones."""
        h = sha256()
        for values in (self.card, self.rank, self.start):
            h.update(np.ascontiguousarray(values, dtype="<i8").tobytes())
        h.update(f"{self.cost}/{self.today}/{self.bound}/{self.method}/{self.steps}".encode())
        return h.hexdigest()


def plan(problem: Problem, limits: Limits | None = None) -> Plan:
    """The cheapest placement found within the limits. It starts from today's, so it is never dearer.

    Raises PlacementError if HiGHS cannot make sense of the problem's prices.
    """
    limits = limits or Limits()
    board = Board(problem)
    today, start = board.cost, list(board.seat)
    bound = lower_bound(problem, limits.bound_rounds, board) if limits.bound_rounds else None
    floor = bound.value if bound else 0
    search = Search(board, bound, Effort(limits.steps, limits.seed, polish=limits.polish))
    search.run()
    seats, cost = search.best, search.cost
    method: Method = "search" if cost < today else "today"
    if limits.exact_choices and cost > floor and choices(problem) <= limits.exact_choices:
        answer = solve(problem, limits.exact_nodes)
        floor = max(floor, answer.bound)
        if answer.seats is not None:
            exact = cost_of(problem, answer.seats)
            if exact < cost or (answer.optimal and exact == cost):
                seats, cost, method = answer.seats, exact, "exact"
    if cost == today:
        seats, method = start, "today"
    card, rank, first = (np.array([s[i] for s in seats], dtype=np.int64) for i in range(3))
    return Plan(
        card,
        rank,
        first,
        cost,
        today,
        min(floor, cost),
        method,
        search.steps,
        fragmentation(problem, card, rank, first),
    )


def cost_of(problem: Problem, seats: list[Seat]) -> int:
    """What a placement costs, reckoned anew; AssertionError if it breaks a geometry."""
    board = Board(problem)
    for app, seat in enumerate(board.seat):
        if seat.card >= 0:
            board.remove(app)
    for app, seat in enumerate(seats):
        if seat.card >= 0:
            board.put(app, seat)
    return board.cost


def why_unplaced(problem: Problem, made: Plan, app: int) -> str:
    """Why an application has no slice in the plan, and why nothing better was found, in one line for people."""
    demand = problem.demands[int(problem.app_demand[app])]
    refused = f" ({'; '.join(demand.refused)})" if demand.refused else ""
    if not demand.options:
        return f"no kind of resource in the pool meets its requirement{refused}"
    cards = Counter(problem.card_kind.tolist())
    used = Counter(int(problem.card_kind[c]) for c in set(made.card.tolist()) if c >= 0)
    wanted = sorted({o.kind for o in demand.options})
    there = [k for k in wanted if cards[k]]
    if not there:
        names = ", ".join(problem.kinds[k].name for k in wanted)
        return f"the pool has no card of a kind that would do: {names}{refused}"
    cheapest = min(o.price + problem.kinds[o.kind].price for o in demand.options if cards[o.kind])
    if any(used[k] < cards[k] for k in there) and cheapest >= demand.unplaced:
        return "the cheapest slice that would do costs more than going without"
    state = ", ".join(f"{used[k]} of {cards[k]} {problem.kinds[k].name} in use" for k in there)
    proof = "no plan is cheaper" if made.optimal else f"search ended after {made.steps} steps, gap {made.gap:.2%}"
    return f"no room where it may go: {state}; {proof}{refused}"
