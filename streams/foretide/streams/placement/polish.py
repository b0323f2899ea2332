"""A neighbourhood solved exactly: some cards, everyone on them and everyone without a seat, handed to HiGHS."""

from __future__ import annotations

from random import Random

import numpy as np

from foretide.streams.placement.board import NOWHERE, Board, Seat
from foretide.streams.placement.exact import choices, solve
from foretide.streams.placement.problem import Problem


def neighbourhood(board: Board, rng: Random, most: int) -> list[int]:
    """Cards drawn at will: three, or at most three quarters of all, of at most `most` yes-or-no questions."""
    order = list(range(len(board.kind_of)))
    rng.shuffle(order)
    cards = order[:2]
    for card in order[2 : max(3, 3 * len(order) // 4)]:
        if choices(part(board, [*cards, card])[0]) > most:
            break
        cards.append(card)
    return sorted(cards)


def part(board: Board, cards: list[int]) -> tuple[Problem, list[int]]:
    """The problem of these cards alone, and its applications.

    Who was elsewhere today counts as new there: its move costs the same wherever it goes, so the choice is the same.
    """
    whole, place = board.problem, {card: i for i, card in enumerate(cards)}
    apps = [a for a, s in enumerate(board.seat) if s.card < 0 or s.card in place]
    today = [board.today[a] if board.today[a].card in place else NOWHERE for a in apps]
    host_capacity = whole.host_capacity
    if board.host_of:
        host_capacity = np.array(board.host_free, dtype=np.int64)
        for app in apps:
            seat, demand = board.seat[app], board.demand_of[app]
            if seat.card >= 0 and board.hosted[demand]:
                host_capacity[board.host_of[seat.card]] += np.array(board.hosted[demand], dtype=np.int64)
    return Problem(
        whole.kinds,
        whole.demands,
        whole.card_kind[cards],
        whole.app_demand[apps],
        np.array([place.get(s.card, -1) for s in today], dtype=np.int64),
        np.array([s.rank for s in today], dtype=np.int64),
        np.array([s.start for s in today], dtype=np.int64),
        whole.app_move[apps],
        whole.app_resize[apps],
        whole.card_host[cards] if board.host_of else whole.card_host,
        host_capacity,
    ), apps


def polish(board: Board, cards: list[int], nodes: int) -> bool:
    """Seat everyone on these cards (and everyone without a seat) as HiGHS says, if that is cheaper; whether it was."""
    problem, apps = part(board, cards)
    answer = solve(problem, nodes)
    if answer.seats is None:
        return False
    before, mark = board.cost, len(board.journal)
    for app in apps:
        if board.seat[app].card >= 0:
            board.remove(app)
    for app, (card, rank, start) in zip(apps, answer.seats, strict=True):
        if card >= 0:
            board.put(app, Seat(cards[card], rank, start))
    if board.cost < before:
        return True
    board.rollback(mark)
    return False
