"""A proven lower bound on the cost of any plan, and what slices are worth at it.

It is the optimum of a linear programme that every legal plan satisfies: cards in use carry whole patterns of slices
(Gilmore and Gomory's cutting-stock columns, so geometry and fragmentation within a card are kept), an application
keeps its seat only on a card that stays in use, and every other seat costs its move. What it leaves out (neighbours'
interference, hosts, exact starts, whole numbers) can only make a plan dearer.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from foretide.streams.placement.board import Board
from foretide.streams.placement.errors import PlacementError
from foretide.streams.placement.lattice import Lattice
from foretide.streams.placement.patterns import Pattern, all_patterns, best_pattern
from foretide.streams.placement.problem import Option, Problem

_SLACK: Final = 1e-7
"""Relative error allowed to HiGHS: the bound is lowered by this much."""
_FINE: Final = 4
"""Prices of moving count with so many leading bits, rounded down, so that applications alike come together."""

Content = tuple[int, tuple[int, ...]]
"""A kind and how many applications hold each class on a card today."""

Group = tuple[int, int, int, int, int]
"""Applications alike: demand, today's kind and class (-1: none that would do), price of moving and of moving near."""


@dataclass(frozen=True, slots=True)
class Bound:
    """`value` in micro-units. `worth[kind][rank]` is the price of one slice at the bound's optimum.

    `keep` says how many of the cards with each content of today the optimum keeps in use; `rounds` how many linear
    programmes were solved.
    """

    value: int
    worth: list[list[int]]
    keep: dict[Content, float]
    stay: dict[Group, float]
    """How many applications of each group the optimum leaves where they are."""
    spread: dict[tuple[int, int, int], float]
    """How many of each demand take another seat, by kind and class."""
    patterns: dict[int, list[tuple[float, Pattern]]]
    """How many cards of each kind the optimum fills by each pattern, the most frequent first."""
    rounds: int


def contents(board: Board) -> list[tuple[int, ...]]:
    """How many applications hold each class on each card today, those apart that may not stay."""
    found = [[0] * len(board.lattices[k].names) for k in board.kind_of]
    for app, seat in enumerate(board.today):
        if _may_stay(board, app):
            found[seat.card][seat.rank] += 1
    return [tuple(c) for c in found]


def groups_of(board: Board) -> list[Group]:
    """The group of each application."""
    rough = {price: _rough(price) for price in {*board.move, *board.resize}}
    found: list[Group] = []
    for app, demand in enumerate(board.demand_of):
        today = board.today[app]
        if today.card < 0:
            found.append((demand, -1, -1, 0, 0))
            continue
        kind = board.kind_of[today.card]
        rank = today.rank if (kind, today.rank) in board.options[demand] else -1
        move = rough[board.move[app]]
        found.append((demand, kind, rank, move, min(move, rough[board.resize[app]])))
    return found


def _may_stay(board: Board, app: int) -> bool:
    """Whether today's class still meets the demand. That seats of today may exclude each other is left out."""
    seat = board.today[app]
    return seat.card >= 0 and (board.kind_of[seat.card], seat.rank) in board.options[board.demand_of[app]]


class _Programme:
    """Columns and rows as they are gathered. Rows are `a x <= b`, those of demands `a x = b`."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.upper: list[float | None] = []
        self.entries: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.equal: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.counts: list[int] = []
        self.rows: dict[tuple[str, int, int], int] = {}
        self.high: dict[int, float] = {}
        self.stays: dict[Group, int] = {}
        self.spreads: dict[tuple[int, int, int], int] = {}
        self.patterns: dict[tuple[int, Pattern], int] = {}

    def column(self, cost: float, upper: float | None = None) -> int:
        self.costs.append(cost)
        self.upper.append(upper)
        return len(self.costs) - 1

    def row(self, name: str, kind: int, rank: int = -1) -> int:
        return self.rows.setdefault((name, kind, rank), len(self.rows))

    def add(self, row: int, column: int, value: float) -> None:
        self.entries[0].append(row)
        self.entries[1].append(column)
        self.entries[2].append(value)

    def balance(self, total: int) -> int:
        """A new row whose sum must be `total`."""
        self.counts.append(total)
        return len(self.counts) - 1

    def equate(self, balance: int, column: int, value: float = 1.0) -> None:
        self.equal[0].append(balance)
        self.equal[1].append(column)
        self.equal[2].append(value)

    def limit(self, row: int, high: float) -> None:
        self.high[row] = high

    def solve(self) -> Any:
        n = len(self.costs)
        rows, columns, values = self.entries
        upper = coo_matrix((values, (rows, columns)), shape=(len(self.rows), n)).tocsr()
        rows, columns, values = self.equal
        equal = coo_matrix((values, (rows, columns)), shape=(len(self.counts), n)).tocsr()
        bounds = np.array([(0.0, math.inf if u is None else u) for u in self.upper])
        high = np.zeros(len(self.rows))
        for row, value in self.high.items():
            high[row] = value
        found = linprog(self.costs, upper, high, equal, np.array(self.counts, float), bounds, method="highs-ds")
        if found.status != 0:
            raise PlacementError("problem", f"HiGHS gives no bound: {found.message}", "Check prices and counts.")
        return found


def lower_bound(problem: Problem, rounds: int = 40, board: Board | None = None) -> Bound:
    """The bound of a problem. Where a geometry's patterns are too many to list, at most `rounds` columns are added for
    each kind; the bound holds after any number of them, and is the tighter the more there are. `board`
    saves making one from the problem; only today's seats are read from it."""
    board = board or Board(problem)
    scale = 1.0 / max(1, *(k.price for k in problem.kinds), *(d.unplaced for d in problem.demands))
    scale *= 1000.0
    lp = _Programme()
    cards = Counter(board.kind_of)
    used = _used_classes(problem, cards)
    today = contents(board)
    groups = Counter((board.kind_of[c], today[c]) for c in range(len(today)))
    open_columns: dict[Content, list[int]] = {}
    for content, count in sorted(groups.items()):
        open_columns[content] = _add_cards(lp, problem, board, content, count, scale)
    priced = []
    for kind in sorted(used):
        listed = all_patterns(problem.kinds[kind].geometry, frozenset(used[kind]))
        if listed is None:
            priced.append(kind)
            listed = tuple(_first_patterns(problem, kind, used[kind]))
        for pattern in listed:
            _add_pattern(lp, kind, pattern)
    _add_applications(lp, problem, board, scale, cards)
    found, done = lp.solve(), 1
    missing = _price(lp, problem, priced, used, cards, found)
    while missing[1] and done < rounds:
        for kind, pattern in missing[1]:
            _add_pattern(lp, kind, pattern)
        found, done = lp.solve(), done + 1
        missing = _price(lp, problem, priced, used, cards, found)
    value = (found.fun + missing[0]) / scale
    marginals = found.ineqlin.marginals
    worth = [[0] * len(k.geometry.profiles) for k in problem.kinds]
    for (name, kind, rank), row in lp.rows.items():
        if name == "slots":
            worth[kind][rank] = max(0, round(-float(marginals[row]) / scale))
    return Bound(
        value=max(0, math.floor(value - abs(value) * _SLACK - 1)),
        worth=worth,
        keep={content: float(sum(found.x[z] for z in zs)) for content, zs in open_columns.items()},
        stay={group: float(found.x[c]) for group, c in lp.stays.items()},
        spread={where: float(found.x[c]) for where, c in lp.spreads.items() if found.x[c] > 1e-6},
        patterns=_filled(lp, found.x),
        rounds=done,
    )


def _filled(lp: _Programme, x: Any) -> dict[int, list[tuple[float, Pattern]]]:
    found: dict[int, list[tuple[float, Pattern]]] = defaultdict(list)
    for (kind, pattern), column in lp.patterns.items():
        if x[column] > 1e-6:
            found[kind].append((float(x[column]), pattern))
    return {kind: sorted(rows, reverse=True) for kind, rows in sorted(found.items())}


def _add_cards(lp: _Programme, problem: Problem, board: Board, content: Content, count: int, scale: float) -> list[int]:
    """Cards alike today that stay in use: their occupants may stay. A uniform card is either left as it is cut, or cut
    anew, and then nobody stays on it."""
    kind, held = content
    price, of = problem.kinds[kind].price * scale, board.lattices[kind]
    crowded = bool(problem.kinds[kind].losses)
    ranks = [rank for rank, n in enumerate(held) if n]
    columns = []
    if of.uniform and ranks:
        total = lp.row("total", len(lp.rows), len(lp.rows))
        lp.limit(total, float(count))
        for rank in ranks:
            kept = lp.column(price)
            lp.add(lp.row("slots", kind, rank), kept, -float(most_alike(of, rank)))
            lp.add(lp.row("stay", kind, rank), kept, -float(held[rank]))
            columns.append(kept)
        columns.append(lp.column(price))
        for column in columns:
            lp.add(total, column, 1.0)
        lp.add(lp.row("cards", kind), columns[-1], -1.0)
    else:
        columns.append(lp.column(price, float(count)))
        lp.add(lp.row("cards", kind), columns[0], -1.0)
        for rank in ranks:
            lp.add(lp.row("stay", kind, rank), columns[0], -float(held[rank]))
    if crowded:
        for column in columns:
            lp.add(lp.row("crowd", kind), column, -1.0)
    return columns


def most_alike(of: Lattice, rank: int) -> int:
    """How many slices of one class a card holds where positions do not count."""
    return min(of.geometry.compute_slots // of.compute[rank], of.geometry.memory_slots // of.memory[rank])


def _used_classes(problem: Problem, cards: Counter[int]) -> dict[int, set[int]]:
    used: dict[int, set[int]] = defaultdict(set)
    for demand in problem.demands:
        for option in demand.options:
            if cards[option.kind]:
                used[option.kind].add(option.rank)
    return dict(used)


def _add_pattern(lp: _Programme, kind: int, pattern: Pattern) -> None:
    column = lp.patterns[kind, pattern] = lp.column(0.0)
    lp.add(lp.row("cards", kind), column, 1.0)
    for rank, n in enumerate(pattern):
        if n:
            lp.add(lp.row("slots", kind, rank), column, -float(n))


def _add_applications(lp: _Programme, problem: Problem, board: Board, scale: float, cards: Counter[int]) -> None:
    """Each group of applications alike stays, takes another seat (near: of today's kind), or goes without; each demand
    spreads those who take another seat over its options."""
    alike = Counter(groups_of(board))
    spread: dict[int, int] = {}
    near_of: dict[tuple[int, int], int] = {}
    for number, demand in enumerate(problem.demands):
        spread[number] = lp.balance(0)
        for option in demand.options:
            if not cards[option.kind]:
                continue
            column = lp.spreads[number, option.kind, option.rank] = lp.column(option.price * scale)
            lp.equate(spread[number], column, -1.0)
            _take(lp, problem, board, number, option, column)
            key = (number, option.kind)
            near_of.setdefault(key, lp.row("near", *key))
            lp.add(near_of[key], column, -1.0)
    for (number, kind, rank, move, near), count in sorted(alike.items()):
        equation = lp.balance(count)
        lp.equate(equation, lp.column(problem.demands[number].unplaced * scale))
        far = lp.column(move * scale)
        lp.equate(equation, far)
        lp.equate(spread[number], far)
        if near < move and (number, kind) in near_of:
            close = lp.column(near * scale)
            lp.equate(equation, close)
            lp.equate(spread[number], close)
            lp.add(near_of[number, kind], close, 1.0)
        if rank >= 0:
            option = board.options[number][kind, rank]
            stay = lp.stays[number, kind, rank, move, near] = lp.column(option.price * scale)
            lp.equate(equation, stay)
            lp.add(lp.row("stay", kind, rank), stay, 1.0)
            _take(lp, problem, board, number, option, stay)


def _take(lp: _Programme, problem: Problem, board: Board, number: int, option: Option, column: int) -> None:
    """What an application takes of the cards in use: a slot of its class.

    One that bears at most n - 1 neighbours, whoever they are, fills at least an nth of its card as well: if n share a
    card, each bears n, so their parts add up to one at most. On a uniform card, where a slot is a fixed part of it, the
    larger of the two parts counts (for n alike in their slot, neither part is above an nth); elsewhere one that bears
    nobody takes the whole card.
    """
    kind, of = option.kind, board.lattices[option.kind]
    losses = problem.kinds[kind].losses
    least = min(losses[problem.demands[number].workload]) if losses else 0
    together = 1 + option.slack // least if least > 0 else None
    slots = 1.0
    if together is not None:
        lp.add(lp.row("crowd", kind), column, 1.0 / together)
        if of.uniform:
            slots = max(1.0, most_alike(of, option.rank) / together)
        elif together == 1:
            lp.add(lp.row("cards", kind), column, 1.0)
            return
    lp.add(lp.row("slots", kind, option.rank), column, slots)


def _rough(price: int) -> int:
    drop = max(0, price.bit_length() - _FINE)
    return price >> drop << drop


def _first_patterns(problem: Problem, kind: int, ranks: set[int]) -> list[Pattern]:
    """One class alone on a card: enough for a first solution."""
    return [best_pattern(problem.kinds[kind].geometry, {rank: 1.0})[1] for rank in sorted(ranks)]


def _price(
    lp: _Programme,
    problem: Problem,
    kinds: Sequence[int],
    used: dict[int, set[int]],
    cards: Counter[int],
    found: Any,
) -> tuple[float, list[tuple[int, Pattern]]]:
    """What the columns that are not there yet could lower the optimum by, at most (Lagrange's bound), and the best."""
    lower, better = 0.0, []
    marginals = found.ineqlin.marginals
    for kind in kinds:
        worths = {
            rank: -float(marginals[lp.rows["slots", kind, rank]])
            for rank in used[kind]
            if ("slots", kind, rank) in lp.rows
        }
        value, pattern = best_pattern(problem.kinds[kind].geometry, worths)
        gain = value + float(marginals[lp.rows["cards", kind, -1]])
        if gain > 1e-9 * max(1.0, value):
            lower -= gain * cards[kind]
            better.append((kind, pattern))
    return lower, better
