"""The placement as the search changes it: who sits where, what it costs, and how to take changes back.

Cards of one kind in one state are kept together, so finding a place costs one look per option, however many cards
there are. Every change is exact integer arithmetic, in an order that depends on nothing but the problem and the seed.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final, NamedTuple

from foretide.streams.placement.lattice import lattice
from foretide.streams.placement.problem import MICRO, Option, Problem

LOOKS: Final = 6
"""So many cards of one state are tried at most when neighbours decide whether an application can go there."""

Guide = list[list[int]]
"""Per kind and class what a slice is worth, instead of what opening a card costs."""


class Seat(NamedTuple):
    """A card, a class and a start; NOWHERE for an application without a slice."""

    card: int
    rank: int
    start: int


NOWHERE: Final = Seat(-1, -1, 0)


class Board:
    """A placement under change. It starts with every application at its seat of today, where that is still legal."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.lattices = [lattice(k.geometry) for k in problem.kinds]
        self.price = [k.price for k in problem.kinds]
        self.losses = [k.losses for k in problem.kinds]
        self.kind_of: list[int] = problem.card_kind.tolist()
        self.demand_of: list[int] = problem.app_demand.tolist()
        self.move: list[int] = problem.app_move.tolist()
        self.resize: list[int] = problem.app_resize.tolist()
        self.host_of: list[int] = problem.card_host.tolist()
        self.host_free: list[list[int]] = problem.host_capacity.tolist()
        self.hosted = [d.host if self.host_of and any(d.host) else () for d in problem.demands]
        self.today = [
            Seat(c, r, s) if c >= 0 else NOWHERE
            for c, r, s in zip(
                problem.app_card.tolist(), problem.app_rank.tolist(), problem.app_start.tolist(), strict=True
            )
        ]
        self.options: list[dict[tuple[int, int], Option]] = [
            {(o.kind, o.rank): o for o in d.options} for d in problem.demands
        ]
        self.seat = [NOWHERE] * len(self.demand_of)
        self.state = [self.lattices[k].empty for k in self.kind_of]
        self.on: list[dict[int, None]] = [{} for _ in self.kind_of]
        self.opened = [False] * len(self.kind_of)
        self.present = [0] * len(problem.kinds)
        self.buckets: list[list[list[int]]] = [[[] for _ in of.states] for of in self.lattices]
        self.closed: list[list[int]] = [[] for _ in problem.kinds]
        for card, kind in enumerate(self.kind_of):
            self.closed[kind].append(card)
        self.workload = [d.workload for d in problem.demands]
        self._company: list[tuple[list[int], list[int]] | None] = [None] * len(self.kind_of)
        self.preset = [-1] * len(problem.kinds)
        """The class that an empty uniform card is cut into from now on, per kind; -1: whatever comes first."""
        self._refused: set[tuple[int, int, int]] = set()
        """Demands that no card in use takes as this class of this kind, until room appears."""
        self.cost: int = sum(problem.demands[d].unplaced for d in self.demand_of)
        self.journal: list[tuple[int, Seat]] = []
        self.homes = [NOWHERE] * len(self.demand_of)
        """Today's seats that are still legal."""
        for app in range(len(self.demand_of)):
            self._seat_as_today(app)
        self.journal.clear()

    def _seat_as_today(self, app: int) -> None:
        card, rank, start = self.today[app]
        if card < 0 or (self.kind_of[card], rank) not in self.options[self.demand_of[app]]:
            return
        of = self.lattices[self.kind_of[card]]
        if of.put_at(self.state[card], rank, start) is not None and self.welcome(app, card, rank):
            self.put(app, Seat(card, rank, start))
            self.homes[app] = self.today[app]

    # -- money ---------------------------------------------------------------------------------------------------

    def fee(self, app: int, seat: Seat) -> int:
        """What leaving today's seat for this one costs."""
        home = self.today[app]
        if home.card < 0 or seat == home:
            return 0
        return self.resize[app] if seat.card == home.card else self.move[app]

    def worth(self, app: int) -> int:
        """What the application's own seat adds to the cost, its card apart."""
        seat = self.seat[app]
        if seat.card < 0:
            return self.problem.demands[self.demand_of[app]].unplaced
        return self.options[self.demand_of[app]][self.kind_of[seat.card], seat.rank].price + self.fee(app, seat)

    # -- changes -------------------------------------------------------------------------------------------------

    def put(self, app: int, seat: Seat) -> None:
        """Seat an application that has no seat. The caller has made sure that it fits."""
        self.journal.append((app, NOWHERE))
        self._put(app, seat)

    def remove(self, app: int) -> None:
        """Take an application from its seat; a card that is empty then is closed."""
        self.journal.append((app, self.seat[app]))
        self._remove(app)

    def rollback(self, mark: int) -> None:
        """Undo all changes since the journal had the length `mark`."""
        while len(self.journal) > mark:
            app, before = self.journal.pop()
            if before.card < 0:
                self._remove(app)
            else:
                self._put(app, before)

    def _put(self, app: int, seat: Seat) -> None:
        card, rank, start = seat
        kind, demand = self.kind_of[card], self.demand_of[app]
        after = self.lattices[kind].put_at(self.state[card], rank, start)
        assert after is not None, "a class was put where it does not fit"
        self.open(card)
        self._shift(card, kind, after)
        self.on[card][app] = None
        self.cost -= self.problem.demands[demand].unplaced
        self.seat[app] = seat
        self.cost += self.worth(app)
        if self.hosted[demand]:
            free = self.host_free[self.host_of[card]]
            for i, amount in enumerate(self.hosted[demand]):
                free[i] -= amount

    def _remove(self, app: int) -> None:
        seat, demand = self.seat[app], self.demand_of[app]
        card, kind = seat.card, self.kind_of[seat.card]
        self._refused.clear()
        self.cost -= self.worth(app)
        self.seat[app] = NOWHERE
        self.cost += self.problem.demands[demand].unplaced
        del self.on[card][app]
        if self.hosted[demand]:
            free = self.host_free[self.host_of[card]]
            for i, amount in enumerate(self.hosted[demand]):
                free[i] += amount
        self._shift(card, kind, self.lattices[kind].take(self.state[card], seat.rank, seat.start))
        self.close_if_empty(card)

    def open(self, card: int) -> None:
        """Have the card in use (and pay for it), even if nothing sits on it yet."""
        if not self.opened[card]:
            kind = self.kind_of[card]
            self.opened[card] = True
            self._refused.clear()
            self.cost += self.price[kind]
            row = self.closed[kind]
            del row[bisect_left(row, card)]
            self._enter(card, kind)

    def close_if_empty(self, card: int) -> None:
        """Stop paying for a card on which nothing sits."""
        if self.opened[card] and not self.on[card]:
            kind = self.kind_of[card]
            self._leave(card, kind)
            self.opened[card] = False
            self.cost -= self.price[kind]
            insort(self.closed[kind], card)

    def _shift(self, card: int, kind: int, state: int) -> None:
        self._company[card] = None
        self._leave(card, kind)
        self.state[card] = state
        self._enter(card, kind)

    def _enter(self, card: int, kind: int) -> None:
        state = self.state[card]
        insort(self.buckets[kind][state], card)
        self.present[kind] |= 1 << state

    def _leave(self, card: int, kind: int) -> None:
        state = self.state[card]
        row = self.buckets[kind][state]
        del row[bisect_left(row, card)]
        if not row:
            self.present[kind] &= ~(1 << state)

    # -- places --------------------------------------------------------------------------------------------------

    def welcome(self, app: int, card: int, rank: int) -> bool:
        """Whether host and neighbours bear the application on this card, and it them."""
        demand = self.demand_of[app]
        if self.hosted[demand] and any(
            a > f for a, f in zip(self.hosted[demand], self.host_free[self.host_of[card]], strict=True)
        ):
            return False
        kind = self.kind_of[card]
        losses = self.losses[kind]
        if not losses or not self.on[card]:
            return True
        counts, spare = self._company[card] or self._meet(card, kind)
        mine = losses[self.workload[demand]]
        if sum(loss * n for loss, n in zip(mine, counts, strict=True)) > self.options[demand][kind, rank].slack:
            return False
        at = self.workload[demand]
        return all(row[at] <= s for row, s in zip(losses, spare, strict=True))

    def _meet(self, card: int, kind: int) -> tuple[list[int], list[int]]:
        """Who sits on the card: how many of each workload, and the least that one of each can still lose."""
        losses, demand_of = self.losses[kind], self.demand_of
        counts = [0] * len(losses)
        spare = [MICRO * MICRO] * len(losses)
        on = [(demand_of[a], self.seat[a].rank) for a in self.on[card]]
        for d, _ in on:
            counts[self.workload[d]] += 1
        for d, rank in on:
            w = self.workload[d]
            load = sum(loss * n for loss, n in zip(losses[w], counts, strict=True)) - losses[w][w]
            spare[w] = min(spare[w], self.options[d][kind, rank].slack - load)
        self._company[card] = found = (counts, spare)
        return found

    def best(
        self, app: int, guide: Guide | None = None, may_open: bool = True, skip: int = -1, without: int = -1
    ) -> Seat | None:
        """The cheapest seat for an application without one, or None if staying without is cheaper or all there is.

        Its seat of today comes first among equals, then the fullest card. With a `guide` a slice costs what it is
        worth, without one what it adds. `skip` leaves out one of the demand's options, `without` one card.
        """
        demand = self.demand_of[app]
        home = self.today[app]
        limit = self.problem.demands[demand].unplaced
        found: Seat | None = None
        if home.card >= 0 and home.card != without:
            found, limit = self._at_home(app, demand, home, guide, may_open, limit)
        away = self.move[app] if home.card >= 0 else 0
        for nth, option in enumerate(self.problem.demands[demand].options):
            if nth == skip:
                continue
            kind, rank = option.kind, option.rank
            cost = option.price + away + (guide[kind][rank] if guide else 0)
            if cost >= limit:
                continue
            of = self.lattices[kind]
            bits = self.present[kind] & of.fits[rank]
            fresh = self.preset[kind] in (-1, rank)
            if not fresh:
                bits &= (1 << of.empty) - 1
            card = self._among(app, kind, rank, bits, without) if bits else -1
            if card < 0:
                if not (may_open and fresh and self.closed[kind]):
                    continue
                cost += 0 if guide else self.price[kind]
                if cost >= limit:
                    continue
                card = self._closed(app, kind, rank, without)
                if card < 0:
                    continue
            place = of.put(self.state[card], rank)
            assert place is not None
            found, limit = Seat(card, rank, place[0]), cost
        return found

    def _at_home(
        self, app: int, demand: int, home: Seat, guide: Guide | None, may_open: bool, limit: int
    ) -> tuple[Seat | None, int]:
        card, kind = home.card, self.kind_of[home.card]
        if not self.opened[card] and not may_open:
            return None, limit
        base = 0 if self.opened[card] or guide else self.price[kind]
        of, state, found = self.lattices[kind], self.state[card], None
        for (k, rank), option in self.options[demand].items():
            if k != kind or (state == of.empty and self.preset[kind] not in (-1, rank)):
                continue
            cost = base + option.price + (guide[kind][rank] if guide else 0)
            if rank == home.rank and cost < limit and of.put_at(state, rank, home.start) is not None:
                if self.welcome(app, card, rank):
                    found, limit = home, cost
                continue
            cost += self.resize[app]
            place = of.put(state, rank)
            if cost < limit and place is not None and self.welcome(app, card, rank):
                found, limit = Seat(card, rank, place[0]), cost
        return found, limit

    def among(self, app: int, kind: int, rank: int) -> int:
        """The fullest card in use that takes the application as this class, else a closed one; -1 if there is none."""
        bits = self.present[kind] & self.lattices[kind].fits[rank]
        card = self._among(app, kind, rank, bits, -1)
        return card if card >= 0 or not self.closed[kind] else self._closed(app, kind, rank, -1)

    def _among(self, app: int, kind: int, rank: int, bits: int, without: int) -> int:
        """The first card, of the fullest states in `bits`, that takes the application; -1 if none does."""
        demand = self.demand_of[app]
        picky = bool(self.losses[kind] or self.hosted[demand])
        if (demand, kind, rank) in self._refused:
            return -1
        while bits:
            low = bits & -bits
            row = self.buckets[kind][low.bit_length() - 1]
            if not picky:
                if row[0] != without:
                    return row[0]
                if len(row) > 1:
                    return row[1]
            else:
                for card in row if not self.losses[kind] else row[:LOOKS]:
                    if card != without and self.welcome(app, card, rank):
                        return card
            bits ^= low
        if picky and without < 0:
            self._refused.add((demand, kind, rank))
        return -1

    def _closed(self, app: int, kind: int, rank: int, without: int) -> int:
        row = self.closed[kind]
        if not self.hosted[self.demand_of[app]]:
            return row[0] if row[0] != without else row[1] if len(row) > 1 else -1
        return next((card for card in row if card != without and self.welcome(app, card, rank)), -1)
