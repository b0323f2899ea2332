"""Moves that belong together: each group can be made now, and makes the pool cheaper even if no other one follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from foretide.streams.planning import performance
from foretide.streams.planning.layout import Spot
from foretide.streams.planning.occupancy import Occupancy
from foretide.streams.planning.replanning.look import Look
from foretide.streams.planning.state import PoolState


class Move(NamedTuple):
    """An application that is to leave its card for another place."""

    app: str
    source: str
    target: Spot


class Group(NamedTuple):
    """Moves that are made together: the cards that they free and newly take into use, and what is saved over the
    horizon, the moves paid (millionths of money)."""

    moves: tuple[Move, ...]
    freed: tuple[str, ...]
    opened: tuple[str, ...]
    saving: int


class Room:
    """What is taken of each card, moves that were accepted included. Their sources stay taken: a command may fail."""

    def __init__(self, state: PoolState, look: Look) -> None:
        self._state = state
        self._look = look
        self._layout = {c.name: c.layout for c in look.cards}
        self._taken: dict[str, Occupancy] = {c.name: c.taken for c in look.cards}
        self._on = {c.name: set(c.occupants) for c in look.cards}
        self._ranks = {c.name: performance.residents_of(state, c) for c in look.cards} if state.losses else {}
        """Who is on a card, who leaves included: a command may fail."""

    def group(self, moves: Iterable[Move]) -> Group | None:
        """The moves as a group, their targets adjusted to the room that there is; None if there is none for one."""
        taken, placed = dict(self._taken), []
        ranks = {card: dict(there) for card, there in self._ranks.items()}
        for move in moves:
            of, there = self._layout[move.target.card], taken[move.target.card]
            start: int | None = move.target.start
            if not of.has_room(there, move.target.rank, move.target.start):
                start = of.fit(there, move.target.rank)
            if start is None or not self._welcome(ranks, move):
                return None
            taken[move.target.card] = of.rule.both(there, of.takes(move.target.rank, start))
            placed.append(move._replace(target=move.target._replace(start=start)))
        targets = {m.target.card for m in placed}
        leaving: dict[str, set[str]] = defaultdict(set)
        for m in placed:
            leaving[m.source].add(m.app)
        freed = tuple(c for c in sorted(leaving) if c not in targets and self._on[c] == leaving[c])
        opened = tuple(c for c in sorted(targets) if not self._on[c])
        price, move_price = self._look.price, self._look.move
        saving = sum(price[c] for c in freed) - sum(price[c] for c in opened) - sum(move_price[m.app] for m in placed)
        return Group(tuple(placed), freed, opened, saving)

    def _welcome(self, ranks: dict[str, dict[str, int]], move: Move) -> bool:
        """Whether those on the target bear the application and it them; it then counts as one of them."""
        there = ranks.get(move.target.card)
        if there is None:
            return True
        of, rank = self._layout[move.target.card], move.target.rank
        found = performance.welcome(self._state, of, there, move.app, rank)
        there[move.app] = rank
        return found

    def accept(self, group: Group) -> None:
        """Take the room of the group's targets."""
        for m in group.moves:
            of, there = self._layout[m.target.card], self._taken[m.target.card]
            self._taken[m.target.card] = of.rule.both(there, of.takes(m.target.rank, m.target.start))
            self._on[m.target.card].add(m.app)
            if m.target.card in self._ranks:
                self._ranks[m.target.card][m.app] = m.target.rank
            # Whoever else leaves this card frees it only if the move succeeds as well; reckon as if it does.
            self._on[m.source].discard(m.app)


def groups_of(moves: Sequence[Move], look: Look) -> list[tuple[Move, ...]]:
    """Candidates, the most telling first: moves whose cards are linked (they empty a card, or open one, together), then
    the same card by card."""
    empty = {c.name for c in look.cards if not c.occupants}
    parent = {m.source: m.source for m in moves}

    def root(card: str) -> str:
        while parent[card] != card:
            card = parent[card]
        return card

    opened_by: dict[str, str] = {}
    for m in moves:
        if m.target.card in empty:
            first = opened_by.setdefault(m.target.card, m.source)
            parent[root(m.source)] = root(first)
    linked: dict[str, list[Move]] = defaultdict(list)
    single: dict[str, list[Move]] = defaultdict(list)
    for m in moves:
        linked[root(m.source)].append(m)
        single[m.source].append(m)
    found = {tuple(group): None for group in (*linked.values(), *single.values())}
    return list(found)
