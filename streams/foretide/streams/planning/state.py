"""What a pool's planner knows. Everything here follows from the pool's log; `snapshot` writes it as bytes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from functools import reduce
from hashlib import blake2b
from heapq import heappush
from typing import Final

from foretide.schemas.messages import Placement, ResourceKind
from foretide.streams.planning.cards import Cards
from foretide.streams.planning.layout import Spot
from foretide.streams.planning.records import App, Flight, Pause, Policy, PoolSize, Source
from foretide.streams.planning.spending import Charge, Spending, charge, dearer

KNOWN_IDS: Final = 4096
"""Ids of requests, policies and inventories remembered, so that a repeated one is dropped. Producers repeat within
seconds; a pool sees far fewer such events meanwhile. Forecasts and outcomes need no memory: see `events`."""

FORGET_MS: Final = 7 * 86_400_000
"""An application that holds, asks for and forecasts nothing for so long is forgotten: the log's own retention is of
this order, and nothing older can be repeated."""


class PoolState:
    """The state of one pool's planner.

    `step` changes it in place and hands it back: a pool of ten thousand applications is not copied for each event. An
    event that is refused has changed nothing. `clock_ms` is the newest forecast's time: requests, inventory and
    outcomes may carry another clock when an old trace is replayed, so they move no time.
    """

    def __init__(self, pool: str) -> None:
        self.pool = pool
        self.clock_ms = 0
        self.swept_ms = 0
        self.arrivals = 0
        self.policy = Policy()
        self.sources: dict[str, Source] = {}
        self.kinds: dict[str, ResourceKind] = {}
        """The kinds that the sources describe; of one described by several that of the first source by name."""
        self.speeds: dict[str, dict[tuple[str, str | None], float]] = {}
        """What the kinds tell: work per second by workload and class (None: the whole card)."""
        self.losses: dict[str, dict[tuple[str, str], float]] = {}
        """The share of its throughput that a workload loses to a neighbour, by both, for kinds that tell any."""
        self.cards = Cards()
        self.apps: dict[str, App] = {}
        self.queue: list[tuple[int, int, str]] = []
        self.wakes: list[tuple[int, str]] = []
        self.unserved = False
        """The pool's cap ended the last look through the queue before its end: who waits for room on its own card may
        have missed it."""
        self.paused: dict[str | None, Pause] = {}
        """Pauses by application; under None that of the whole pool."""
        self.spending = Spending()
        self.size = PoolSize()
        self.replan_ms = -1
        """When the whole pool is looked at next, -1: not yet known."""
        self.in_flight = 0
        self.in_flight_on: dict[str, int] = {}
        self._known: set[bytes] = set()
        self._order: deque[bytes] = deque()

    def app(self, name: str) -> App:
        """The application's state; a new one if it is not known."""
        app = self.apps.get(name)
        if app is None:
            app = self.apps[name] = App(name)
        return app

    def placement(self, spot: Spot | None) -> Placement | None:
        """The spot as the messages name it."""
        if spot is None:
            return None
        return Placement(resource=spot.card, slice=self.cards[spot.card].layout.names[spot.rank], start=spot.start)

    def gather_kinds(self) -> None:
        """Take the kinds over from the sources."""
        told = (kind for name in sorted(self.sources, reverse=True) for kind in reversed(self.sources[name].kinds))
        self.kinds = {kind.name: kind for kind in told}
        self.speeds = {
            kind.name: {(t.workload, t.slice): t.per_second for t in kind.throughput} for kind in self.kinds.values()
        }
        self.losses = {
            kind.name: {(i.workload, i.beside): i.loss for i in kind.interference}
            for kind in self.kinds.values()
            if kind.interference
        }

    # -- ids -----------------------------------------------------------------------------------------------------

    @staticmethod
    def digest(event_id: str) -> bytes:
        """The eight bytes by which an id is remembered."""
        return blake2b(event_id.encode(), digest_size=8).digest()

    def knows(self, digest: bytes) -> bool:
        """Whether an event of this id was handled lately."""
        return digest in self._known

    def learn_id(self, digest: bytes) -> None:
        """Remember an id, and forget the oldest beyond KNOWN_IDS."""
        self._known.add(digest)
        self._order.append(digest)
        if len(self._order) > KNOWN_IDS:
            self._known.discard(self._order.popleft())

    def known_ids(self) -> bytes:
        """The remembered ids, oldest first."""
        return b"".join(self._order)

    # -- room ----------------------------------------------------------------------------------------------------

    def move(self, app: App, held: Spot | None, flight: Flight | None) -> None:
        """Set what the application holds and the command under way, and keep the room that both may need.

        The old and the new place of an instance that is resized within its card may overlap: whichever of the two
        comes true, it is free for it.
        """
        before = {s.card for s in (app.held, app.flight.target if app.flight else None) if s}
        if app.flight is not None:
            self.in_flight -= 1
            for host in app.flight.hosts:
                self.in_flight_on[host] -= 1
                if not self.in_flight_on[host]:
                    del self.in_flight_on[host]
        app.held, app.flight = held, flight
        if flight is not None:
            self.in_flight += 1
            for host in flight.hosts:
                self.in_flight_on[host] = self.in_flight_on.get(host, 0) + 1
        spots = [s for s in (held, flight.target if flight else None) if s]
        for card in sorted(before | {s.card for s in spots}):
            layout = self.cards[card].layout
            taken = [layout.takes(s.rank, s.start) for s in spots if s.card == card]
            self.cards.occupy(card, app.name, reduce(layout.rule.either, taken) if taken else None)
        self.charge(app)

    def charge(self, app: App) -> None:
        """Charge the application with what it holds or may hold soon, at the prices known now."""
        amounts = [self.charge_of(s) for s in (app.held, app.flight.target if app.flight else None) if s]
        self.spending.set(app.name, reduce(dearer, amounts) if amounts else None)

    def charge_of(self, spot: Spot) -> Charge:
        """What a slice costs."""
        card = self.cards[spot.card]
        return charge(card.layout.cost[spot.rank], card.price)

    # -- queue and wakes -----------------------------------------------------------------------------------------

    def wait(self, app: App, guard: str, *, smallest: int = -1, host: str | None = None) -> None:
        """Queue the application for what `guard` lacks; one that queues already keeps its place."""
        app.waits_for, app.waits_class, app.waits_host = guard, smallest, host
        if app.waiting is None:
            self.arrivals += 1
            app.waits_since = self.clock_ms
            app.waiting = (-app.priority, self.arrivals)
            insort(self.queue, (*app.waiting, app.name))

    def leave_queue(self, app: App) -> None:
        """The application waits no more."""
        if app.waiting is not None:
            del self.queue[bisect_left(self.queue, (*app.waiting, app.name))]
            app.waiting, app.waits_for, app.waits_class, app.waits_host = None, None, -1, None
            app.waits_since = -1

    def wake_at(self, app: App, at_ms: int) -> None:
        """Look at the application again when the clock reaches `at_ms`."""
        if app.wake_ms != at_ms:
            app.wake_ms = at_ms
            heappush(self.wakes, (at_ms, app.name))
