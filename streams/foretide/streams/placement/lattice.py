"""A geometry prepared for search: every state a card can be in, numbered from the fullest to the emptiest.

With this order "the fullest open card that the class fits" is one `and` of two bit sets and its lowest bit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from foretide.schemas.slices import Geometry
from foretide.streams.placement.errors import PlacementError

MOST_STATES: Final = 20_000
"""A geometry with more states than this is refused: its tables would take longer to build than a plan."""


class State(NamedTuple):
    """What is taken of a card. `memory` is a mask of slots where positions count, else a sum; `rank` is the class of a
    uniform card (-1: none yet), and -1 elsewhere."""

    memory: int
    compute: int
    rank: int


class Lattice:
    """The states of one geometry, and how classes lead from one to another.

    `fits[rank]` has bit s set if the class fits state s. `empty` is the number of the empty state, the highest.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.placed = geometry.rule == "placed"
        self.uniform = geometry.rule == "uniform"
        self.names = tuple(p.name for p in geometry.profiles)
        self.index = {name: i for i, name in enumerate(self.names)}
        self.compute = tuple(p.compute_slots for p in geometry.profiles)
        self.memory = tuple(p.memory_slots for p in geometry.profiles)
        self.starts = tuple(tuple(sorted(p.starts, reverse=True)) for p in geometry.profiles)
        self.share = tuple(geometry.cost(p) for p in geometry.profiles)
        reached = {State(0, 0, -1)}
        todo = list(reached)
        while todo:
            state = todo.pop()
            for rank in range(len(self.names)):
                for start in self.starts[rank]:
                    after = self._plus(state, rank, start)
                    if after is not None and after not in reached:
                        reached.add(after)
                        todo.append(after)
            if len(reached) > MOST_STATES:
                raise PlacementError(
                    f"geometry {geometry.name}",
                    f"it has more than {MOST_STATES} states",
                    "Give it fewer slots or fewer slice sizes.",
                )
        self.states = sorted(reached, key=lambda s: (-self._used(s), -s.compute, s.memory, s.rank))
        self.number = {s: i for i, s in enumerate(self.states)}
        self.empty = len(self.states) - 1
        self.used = tuple(self._used(s) for s in self.states)
        """Share of the card that is taken: the scarcer of compute and memory."""
        self.fits = [0] * len(self.names)
        self._puts: list[list[tuple[int, int] | None]] = [[None] * len(self.states) for _ in self.names]
        self._prepare()

    def _used(self, state: State) -> float:
        memory = state.memory.bit_count() if self.placed else state.memory
        return max(memory / self.geometry.memory_slots, state.compute / self.geometry.compute_slots)

    def _plus(self, state: State, rank: int, start: int) -> State | None:
        compute = state.compute + self.compute[rank]
        if compute > self.geometry.compute_slots:
            return None
        if self.placed:
            mask = ((1 << self.memory[rank]) - 1) << start
            return None if state.memory & mask else State(state.memory | mask, compute, -1)
        memory = state.memory + self.memory[rank]
        if memory > self.geometry.memory_slots or (self.uniform and state.rank not in (-1, rank)):
            return None
        return State(memory, compute, rank if self.uniform else -1)

    def _prepare(self) -> None:
        """Which start each class takes in each state: the one that keeps the most places for other classes."""
        options: list[list[list[tuple[int, int]]]] = []
        for rank in range(len(self.names)):
            row = []
            for s in self.states:
                found = []
                for start in self.starts[rank]:
                    after = self._plus(s, rank, start)
                    if after is not None:
                        found.append((start, self.number[after]))
                row.append(found)
            options.append(row)
            self.fits[rank] = sum(1 << i for i, found in enumerate(row) if found)
        self.room = tuple(
            sum(self.share[r] * len(options[r][i]) / len(self.starts[r]) for r in range(len(self.names)))
            for i in range(len(self.states))
        )
        """How many places are left, each counted with its size: what the choice of a start keeps high."""
        for rank, row in enumerate(options):
            for i, found in enumerate(row):
                if found:
                    self._puts[rank][i] = max(found, key=lambda f: (self.room[f[1]], f[0]))

    def put(self, state: int, rank: int) -> tuple[int, int] | None:
        """Where class `rank` goes in a card of this state, and the state afterwards; None if it does not fit."""
        return self._puts[rank][state]

    def put_at(self, state: int, rank: int, start: int) -> int | None:
        """The state after class `rank` has been put at `start`, or None if it cannot be."""
        if start not in self.starts[rank]:
            return None
        after = self._plus(self.states[state], rank, start)
        return None if after is None else self.number[after]

    def take(self, state: int, rank: int, start: int) -> int:
        """The state after an instance of class `rank` at `start` is gone."""
        s = self.states[state]
        compute = s.compute - self.compute[rank]
        if self.placed:
            return self.number[State(s.memory & ~(((1 << self.memory[rank]) - 1) << start), compute, -1)]
        memory = s.memory - self.memory[rank]
        return self.number[State(memory, compute, s.rank if compute or memory else -1)]


@lru_cache(maxsize=256)
def lattice(geometry: Geometry) -> Lattice:
    """The geometry's lattice, built once."""
    return Lattice(geometry)
