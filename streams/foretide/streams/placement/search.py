"""Improving search: today's placement, repaired, emptied card by card, then bettered by large neighbourhoods.

The neighbourhoods follow "ruin and recreate" (Schrimpf et al., 2000) with acceptance by record-to-record travel (Dueck,
1993). Everything is counted in steps and drawn from one seeded generator, so equal input gives equal output.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from random import Random

from foretide.streams.placement.board import LOOKS, NOWHERE, Board, Guide, Seat
from foretide.streams.placement.bound import Bound, Group, contents, groups_of
from foretide.streams.placement.polish import neighbourhood, polish


@dataclass(frozen=True, slots=True)
class Effort:
    """How much the search may do, in steps."""

    steps: int
    """Neighbourhoods tried, at most."""
    seed: int = 1
    """Of the generator that draws them."""
    tolerance: float = 0.04
    """A plan dearer than the best so far by at most this share is still worked on (small problems only)."""
    polish: int = 8
    """Neighbourhoods of a small problem that are solved exactly, at the end."""
    polish_choices: int = 700
    """The most yes-or-no questions of such a neighbourhood."""
    polish_nodes: int = 200
    """Nodes that HiGHS may branch over for each."""
    small: int = 256
    """Up to so many applications a problem counts as small."""


class Search:
    """One search over one board. `best` is what it has found, `cost` what that costs."""

    def __init__(self, board: Board, bound: Bound | None, effort: Effort) -> None:
        self.board = board
        self.bound = bound
        self.effort = effort
        self.rng = Random(effort.seed)
        self.best = list(board.seat)
        self.cost = board.cost
        self.steps = 0
        demands = board.problem.demands
        self._size = [min((board.lattices[o.kind].share[o.rank] for o in d.options), default=0.0) for d in demands]
        self._cuts = [(k, len(of.names)) for k, of in enumerate(board.lattices) if of.uniform]
        self._fewest = [len(d.options) for d in demands]

    def run(self) -> None:
        """Search until the bound is met or the steps are used up."""
        board = self.board
        self.recreate([a for a, s in enumerate(board.seat) if s.card < 0])
        self._note()
        if self.bound is not None and not self._met():
            self._follow_bound()
            self._note()
            self._back_to_best()
        while not self._met() and self.steps < self.effort.steps and self._empty_cards():
            self._note()
        self._note()
        self._relocate()
        self._note()
        self._neighbourhoods()
        self._polish()

    # -- parts ---------------------------------------------------------------------------------------------------

    def recreate(self, apps: list[int], guide: Guide | None = None, may_open: bool = True) -> bool:
        """Seat applications, the largest and choosiest first; whether all found a seat."""
        self._sort(apps)
        return self._seat_all(apps, guide, 0.0, may_open)

    def _sort(self, apps: list[int]) -> None:
        size, fewest, demand_of = self._size, self._fewest, self.board.demand_of
        apps.sort(key=lambda a: (-size[demand_of[a]], fewest[demand_of[a]], demand_of[a], a))

    def _seat_all(self, apps: list[int], guide: Guide | None, blink: float, may_open: bool, without: int = -1) -> bool:
        board, rng, whole = self.board, self.rng, True
        for app in apps:
            options = len(board.problem.demands[board.demand_of[app]].options)
            skip = rng.randrange(options) if blink and options > 1 and rng.random() < blink else -1
            seat = board.best(app, guide, may_open, skip, without)
            if seat is None:
                whole = False
            else:
                kind = board.kind_of[seat.card]
                if board.preset[kind] >= 0 and not board.on[seat.card]:  # the next card may be cut otherwise
                    board.preset[kind] = rng.randrange(-1, len(board.lattices[kind].names))
                board.put(app, seat)
        return whole

    def _met(self) -> bool:
        return self.bound is not None and self.cost <= self.bound.value

    def _note(self) -> None:
        """Remember the board if it is the best so far."""
        if self.board.cost < self.cost:
            self.best, self.cost = list(self.board.seat), self.board.cost
        self.board.journal.clear()

    def _back_to_best(self) -> None:
        board = self.board
        changed = [a for a, s in enumerate(self.best) if board.seat[a] != s]
        for app in changed:
            if board.seat[app].card >= 0:
                board.remove(app)
        for app in changed:
            if self.best[app].card >= 0:
                board.put(app, self.best[app])
        board.journal.clear()

    def _follow_bound(self) -> None:
        """Close as many cards of each content as the bound's optimum closes, and seat by what slices are worth."""
        assert self.bound is not None
        board = self.board
        for app, seat in enumerate(board.seat):
            if seat.card >= 0 and seat != board.homes[app]:
                board.remove(app)
        groups: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
        for card, held in enumerate(contents(board)):
            groups[board.kind_of[card], held].append(card)
        ahead = []
        for (kind, held), cards in sorted(groups.items()):
            surplus = len(cards) - round(self.bound.keep.get((kind, held), 0.0))
            if not any(held):
                ahead += cards[: len(cards) - surplus]
            elif surplus > 0:
                cards.sort(key=lambda c: (sum(board.move[a] for a in board.on[c]), c))
                for card in cards[:surplus]:
                    for app in list(board.on[card]):
                        board.remove(app)
        for card in ahead:
            board.open(card)
        self._let_go()
        loose = [a for a, s in enumerate(board.seat) if s.card < 0]
        self._sort(loose)
        self._spread(loose, self._places())
        loose = [a for a in loose if board.seat[a].card < 0]
        self.recreate(loose, self.bound.worth, may_open=False)
        self.recreate([a for a in loose if board.seat[a].card < 0])
        for card in ahead:
            board.close_if_empty(card)

    def _let_go(self) -> None:
        """Take so many of each group from their seats that no more stay than in the bound's optimum, first from the
        cards with the fewest."""
        assert self.bound is not None
        board = self.board
        members: dict[Group, list[int]] = defaultdict(list)
        for app, group in enumerate(groups_of(board)):
            if board.seat[app].card >= 0:
                members[group].append(app)
        for group, apps in sorted(members.items()):
            surplus = len(apps) - math.ceil(self.bound.stay.get(group, 0.0) - 1e-6)
            if surplus > 0:
                apps.sort(key=lambda a: (len(board.on[board.seat[a].card]), board.seat[a].card, a))
                for app in apps[:surplus]:
                    board.remove(app)

    def _places(self) -> dict[tuple[int, int], list[int]]:
        """Cards by kind and class: one entry for each slice that is to be added to the card so that it is filled by one
        of the patterns by which the bound's optimum fills cards of its kind.

        Best fit alone fills cards with what is largest in one dimension first, and wastes the other.
        """
        assert self.bound is not None
        board = self.board
        cards: dict[int, list[tuple[tuple[int, ...], int]]] = defaultdict(list)
        for card, kind in enumerate(board.kind_of):
            of = board.lattices[kind]
            if board.opened[card] and not of.uniform and len(of.names) > 1:
                there = [0] * len(of.names)
                for app in board.on[card]:
                    there[board.seat[app].rank] += 1
                cards[kind].append((tuple(there), card))
        places: dict[tuple[int, int], list[int]] = defaultdict(list)
        for kind, found in sorted(cards.items()):
            wanted, share = self.bound.patterns.get(kind, []), board.lattices[kind].share
            left = [math.ceil(count - 1e-6) for count, _ in wanted]
            found.sort(key=lambda one: (-sum(n * s for n, s in zip(one[0], share, strict=True)), one))
            for held, card in found:
                fitting = [
                    (sum((n - h) * s for n, h, s in zip(pattern, held, share, strict=True)), i)
                    for i, (_, pattern) in enumerate(wanted)
                    if left[i] and all(n >= h for n, h in zip(pattern, held, strict=True))
                ]
                if fitting:
                    i = min(fitting)[1]
                    left[i] -= 1
                    for rank, (n, h) in enumerate(zip(wanted[i][1], held, strict=True)):
                        places[kind, rank] += [card] * (n - h)
        return places

    def _planned(self, app: int, places: list[int], rank: int) -> int:
        """The first of the places that takes the application, which is then used up; -1 if none of the next few
        does."""
        board = self.board
        for i in range(len(places) - 1, max(len(places) - 1 - LOOKS, -1), -1):
            card = places[i]
            fits = board.lattices[board.kind_of[card]].put(board.state[card], rank) is not None
            if fits and board.welcome(app, card, rank):
                del places[i]
                return card
        return -1

    def _spread(self, loose: list[int], places: dict[tuple[int, int], list[int]]) -> None:
        """Seat applications in the classes that the bound's optimum gives their demands, as far as there is room."""
        assert self.bound is not None
        board = self.board
        shares: dict[int, list[list[float]]] = defaultdict(list)
        for (demand, kind, rank), count in sorted(self.bound.spread.items()):
            shares[demand].append([count, kind, rank])
        for app in loose:
            for share in shares[board.demand_of[app]]:
                count, kind, rank = share[0], int(share[1]), int(share[2])
                if count > 0.5:
                    card = self._planned(app, places[kind, rank], rank)
                    card = board.among(app, kind, rank) if card < 0 else card
                    if card < 0:
                        share[0] = 0.0
                        continue
                    place = board.lattices[kind].put(board.state[card], rank)
                    assert place is not None
                    share[0] -= 1.0
                    board.put(app, Seat(card, rank, place[0]))
                    break

    def _empty_cards(self) -> bool:
        """Try to seat each card's applications elsewhere, the cheapest to empty first; whether anything was gained."""
        board, gained = self.board, False
        order = []
        for card, opened in enumerate(board.opened):
            if opened:
                moves = sum(board.move[a] for a in board.on[card] if board.homes[a].card == card)
                price = board.price[board.kind_of[card]]
                if moves < price or len(board.on[card]) <= 2:
                    order.append((moves - price, len(board.on[card]), card))
        for _, _, card in sorted(order):
            if self.steps >= self.effort.steps or self._met():
                return False
            if board.opened[card] and self._try_without(card):
                gained = True
        return gained

    def _try_without(self, card: int) -> bool:
        board = self.board
        self.steps += 1
        before, mark = board.cost, len(board.journal)
        apps = sorted(board.on[card], key=lambda a: (-self._size[board.demand_of[a]], a))
        for app in apps:
            board.remove(app)
        for app in apps:
            seat = board.best(app, without=card)
            if seat is not None:
                board.put(app, seat)
            if (
                board.cost
                - sum(board.problem.demands[board.demand_of[a]].unplaced for a in apps if board.seat[a].card < 0)
                >= before
            ):
                break
        if board.cost < before:
            return True
        board.rollback(mark)
        return False

    def _relocate(self) -> None:
        """Give each application the seat that is best for it alone, once."""
        board = self.board
        for app in range(len(board.seat)):
            if self.steps >= self.effort.steps or self._met():
                return
            seat = board.seat[app]
            if seat.card >= 0:
                cheapest = min(o.price for o in board.problem.demands[board.demand_of[app]].options)
                if board.worth(app) <= cheapest and len(board.on[seat.card]) > 1:
                    continue
            self.steps += 1
            before, mark = board.cost, len(board.journal)
            if seat.card >= 0:
                board.remove(app)
            found = board.best(app)
            if found is not None:
                board.put(app, found)
            if board.cost >= before:
                board.rollback(mark)

    def _polish(self) -> None:
        """Solve neighbourhoods of a small problem exactly."""
        board = self.board
        if not 0 < len(board.seat) <= self.effort.small or len(board.kind_of) < 2:
            return
        self._back_to_best()
        for _ in range(self.effort.polish):
            if self._met():
                return
            cards = neighbourhood(board, self.rng, self.effort.polish_choices)
            if polish(board, cards, self.effort.polish_nodes):
                self._note()

    # -- neighbourhoods ------------------------------------------------------------------------------------------

    def _neighbourhoods(self) -> None:
        board = self.board
        count = len(board.seat)
        if not count:
            return
        small = count <= self.effort.small
        self._back_to_best()
        try:
            self._travel(small)
        finally:
            board.preset = [-1] * len(board.preset)

    def _travel(self, small: bool) -> None:
        board, rng, stale = self.board, self.rng, 0
        while self.steps < self.effort.steps and not self._met():
            self.steps += 1
            before, mark = board.cost, len(board.journal)
            loose, without = self._ruin()
            ahead = self._ahead(without) if rng.random() < 0.35 else -1
            for kind, most in self._cuts:
                board.preset[kind] = rng.randrange(-1, most)
            if rng.random() < 0.5:
                self._sort(loose)
            else:
                rng.shuffle(loose)
            self._seat_all(loose, None, 0.1, True, without)
            if ahead >= 0:
                board.close_if_empty(ahead)
            limit = max(before, self.cost + int(self.cost * self.effort.tolerance)) if small else before
            if board.cost > limit:
                board.rollback(mark)
            stale += 1
            if board.cost < self.cost:
                self._note()
                stale = 0
            elif small and stale >= 400:
                self._back_to_best()
                stale = 0
            if not small:
                board.journal.clear()

    def _ruin(self) -> tuple[list[int], int]:
        """Take applications from their seats: one to three cards emptied, or a few drawn at will. Who is loose then,
        and a card that must stay empty (-1: none)."""
        board, rng = self.board, self.rng
        loose = self._unplaced_sample()
        without = -1
        if rng.random() < 0.7:
            for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
                card = board.seat[rng.randrange(len(board.seat))].card
                if rng.random() < 0.5:
                    card = rng.randrange(len(board.on))
                if card >= 0 and board.on[card]:
                    if without < 0 and rng.random() < 0.5:
                        without = card
                    taken = list(board.on[card])
                    for app in taken:
                        board.remove(app)
                    loose += taken
        else:
            for _ in range(rng.randint(1, 6)):
                app = rng.randrange(len(board.seat))
                if board.seat[app].card >= 0:
                    board.remove(app)
                    loose.append(app)
        return loose, without

    def _unplaced_sample(self) -> list[int]:
        board = self.board
        if len(board.seat) > self.effort.small:
            return []
        return [a for a, s in enumerate(board.seat) if s is NOWHERE or s.card < 0]

    def _ahead(self, without: int) -> int:
        """Open a closed card, so that several applications can share its price."""
        board, rng = self.board, self.rng
        kinds = [k for k, row in enumerate(board.closed) if row]
        if not kinds:
            return -1
        row = board.closed[rng.choice(kinds)]
        card = row[rng.randrange(len(row))]
        if card == without:
            return -1
        board.open(card)
        return card
