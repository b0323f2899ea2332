"""The whole problem as a mixed-integer programme for HiGHS: exact, for problems that are small enough."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from foretide.streams.placement.board import NOWHERE, Board, Seat
from foretide.streams.placement.problem import Problem


@dataclass(frozen=True, slots=True)
class Exact:
    """HiGHS's answer. `seats` is None if it found none within its limit; `bound` is proven, in micro-units."""

    seats: list[Seat] | None
    bound: int
    optimal: bool


class _Choice(NamedTuple):
    app: int
    seat: Seat


def choices(problem: Problem) -> int:
    """How many yes-or-no questions the programme asks: what decides whether it is small enough."""
    per_kind: list[int] = np.bincount(problem.card_kind, minlength=len(problem.kinds)).tolist()
    per_demand = [
        sum(per_kind[o.kind] * len(problem.kinds[o.kind].geometry.profiles[o.rank].starts) for o in d.options)
        for d in problem.demands
    ]
    apps: list[int] = problem.app_demand.tolist()
    return sum(per_demand[d] for d in apps) + len(problem.card_kind)


class _Rows:
    """Rows `low <= a x <= high`."""

    def __init__(self) -> None:
        self.low: list[float] = []
        self.high: list[float] = []
        self.entries: tuple[list[int], list[int], list[float]] = ([], [], [])

    def add(self, terms: list[tuple[int, float]], high: float, low: float = -math.inf) -> None:
        for column, value in terms:
            self.entries[0].append(len(self.high))
            self.entries[1].append(column)
            self.entries[2].append(value)
        self.low.append(low)
        self.high.append(high)

    def constraint(self, columns: int) -> LinearConstraint:
        rows, cols, values = self.entries
        matrix = coo_matrix((values, (rows, cols)), shape=(len(self.high), columns)).tocsr()
        return LinearConstraint(matrix, np.array(self.low), np.array(self.high))


def solve(problem: Problem, nodes: int, relative_gap: float = 0.0) -> Exact:
    """Solve with HiGHS, branching over at most `nodes` nodes."""
    board = Board(problem)
    cards, demands = len(problem.card_kind), problem.demands
    taken: list[_Choice] = []
    for app, demand in enumerate(board.demand_of):
        for card, kind in enumerate(board.kind_of):
            for (k, rank), _ in board.options[demand].items():
                if k == kind:
                    taken += [_Choice(app, Seat(card, rank, s)) for s in board.lattices[kind].starts[rank]]
    uniform = [
        (card, rank)
        for card, kind in enumerate(board.kind_of)
        if board.lattices[kind].uniform
        for rank in range(len(board.lattices[kind].names))
    ]
    first_uniform = cards + len(taken)
    columns = first_uniform + len(uniform)
    costs = np.zeros(columns)
    costs[:cards] = [problem.kinds[k].price for k in board.kind_of]
    base = sum(demands[d].unplaced for d in board.demand_of)
    for i, (app, seat) in enumerate(taken):
        demand = board.demand_of[app]
        option = board.options[demand][board.kind_of[seat.card], seat.rank]
        costs[cards + i] = option.price + board.fee(app, seat) - demands[demand].unplaced
    scale = 1000.0 / max(1.0, float(np.abs(costs).max(initial=1.0)))
    rows = _Rows()
    by_card: list[list[int]] = [[] for _ in range(cards)]
    by_app: list[list[int]] = [[] for _ in board.demand_of]
    for i, (app, seat) in enumerate(taken):
        by_card[seat.card].append(i)
        by_app[app].append(i)
    for mine in by_app:
        rows.add([(cards + i, 1.0) for i in mine], 1.0)
        of_card: dict[int, list[int]] = defaultdict(list)
        for i in mine:
            of_card[taken[i].seat.card].append(i)
        for card, its in of_card.items():  # tighter than capacity alone: nothing sits on a card that is not in use
            rows.add([*((cards + i, 1.0) for i in its), (card, -1.0)], 0.0)
    where = {pair: first_uniform + i for i, pair in enumerate(uniform)}
    for card, kind in enumerate(board.kind_of):
        _card_rows(rows, problem, board, taken, card, kind, by_card[card], where)
    _host_rows(rows, problem, board, taken, by_card)
    _order_rows(rows, board)
    found = milp(
        costs * scale,
        constraints=rows.constraint(columns),
        integrality=np.ones(columns),
        bounds=Bounds(0.0, 1.0),
        options={"node_limit": nodes, "mip_rel_gap": relative_gap},
    )
    dual = found.mip_dual_bound
    bound = (
        0 if dual is None or not math.isfinite(dual) else math.floor(dual / scale + base - 1 - abs(dual / scale) * 1e-7)
    )
    if found.x is None:
        return Exact(None, max(0, bound), False)
    seats = [NOWHERE] * len(board.demand_of)
    for i in np.flatnonzero(found.x[cards:first_uniform] > 0.5).tolist():
        seats[taken[i].app] = taken[i].seat
    return Exact(seats, max(0, bound), found.status == 0)


def _card_rows(
    rows: _Rows,
    problem: Problem,
    board: Board,
    taken: list[_Choice],
    card: int,
    kind: int,
    mine: list[int],
    where: dict[tuple[int, int], int],
) -> None:
    of, cards = board.lattices[kind], len(problem.card_kind)
    geometry = problem.kinds[kind].geometry
    rows.add([*((cards + i, of.compute[taken[i].seat.rank]) for i in mine), (card, -geometry.compute_slots)], 0.0)
    if of.placed:
        for slot in range(geometry.memory_slots):
            over = [
                (cards + i, 1.0)
                for i in mine
                if taken[i].seat.start <= slot < taken[i].seat.start + of.memory[taken[i].seat.rank]
            ]
            rows.add([*over, (card, -1.0)], 0.0)
    else:
        rows.add([*((cards + i, of.memory[taken[i].seat.rank]) for i in mine), (card, -geometry.memory_slots)], 0.0)
    if of.uniform:
        rows.add([*((where[card, r], 1.0) for r in range(len(of.names))), (card, -1.0)], 0.0)
        for rank in range(len(of.names)):
            most = min(geometry.compute_slots // of.compute[rank], geometry.memory_slots // of.memory[rank])
            its = [(cards + i, 1.0) for i in mine if taken[i].seat.rank == rank]
            rows.add([*its, (where[card, rank], -float(most))], 0.0)
    losses = problem.kinds[kind].losses
    if losses:
        workload = [problem.demands[d].workload for d in board.demand_of]
        for i in mine:
            app = taken[i].app
            others = [
                (cards + j, losses[workload[app]][workload[taken[j].app]] / 1e6) for j in mine if taken[j].app != app
            ]
            slack = board.options[board.demand_of[app]][kind, taken[i].seat.rank].slack / 1e6
            load = sum(losses[workload[app]][workload[b]] / 1e6 for b in {taken[j].app for j in mine} if b != app)
            if load > slack:
                rows.add([*others, (cards + i, load - slack)], load + 1e-9)


def _host_rows(rows: _Rows, problem: Problem, board: Board, taken: list[_Choice], by_card: list[list[int]]) -> None:
    if not board.host_of:
        return
    cards = len(problem.card_kind)
    for host, capacity in enumerate(problem.host_capacity.tolist()):
        on = [i for card, h in enumerate(board.host_of) if h == host for i in by_card[card]]
        for r, amount in enumerate(capacity):
            terms = [
                (cards + i, float(board.hosted[board.demand_of[taken[i].app]][r]))
                for i in on
                if board.hosted[board.demand_of[taken[i].app]]
            ]
            if terms:
                rows.add(terms, float(amount))


def _order_rows(rows: _Rows, board: Board) -> None:
    """Cards that nobody holds today are alike: the first ones are used first."""
    if board.host_of:
        return
    held = {seat.card for seat in board.today if seat.card >= 0}
    last: dict[int, int] = {}
    for card, kind in enumerate(board.kind_of):
        if card not in held:
            if kind in last:
                rows.add([(card, 1.0), (last[kind], -1.0)], 0.0)
            last[kind] = card
