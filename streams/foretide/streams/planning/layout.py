"""Slice geometries prepared for fast answers: numbers instead of lists, and every answer remembered."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, reduce
from itertools import pairwise
from typing import Final, NamedTuple

from foretide.schemas.slices import ALL_GEOMETRIES, Geometry
from foretide.streams.planning.occupancy import NOTHING, RULES, Occupancy

TOLERANCE: Final = 1e-6
"""A need this much of a card above a slice still fits it: sevenths are not exact, and needs are kept as
32-bit numbers."""


_AT: Final = " at "
_AS: Final = " as "


class Spot(NamedTuple):
    """Where an application sits: the card's name, the class (its rank in the card's layout), and the first memory
    slot."""

    card: str
    rank: int
    start: int


class Layout:
    """One geometry on cards of one speed; `kind` names the kind of card where kinds tell how fast workloads run, as
    cards that are cut alike may differ in that. A class is an index into its profiles, which are ordered so that a
    larger class holds at least as much of everything. `speed` is a whole card's compute, in the card that needs are
    stated in."""

    def __init__(self, geometry: Geometry, speed: float = 1.0, kind: str = "") -> None:
        profiles = geometry.profiles
        self.geometry = geometry
        self.speed = speed
        self.kind = kind
        self.name = geometry.name if speed == 1.0 else f"{geometry.name}{_AT}{speed!r}"
        self.name += f"{_AS}{kind}" if kind else ""
        self.compute_slots = geometry.compute_slots
        self.memory_bytes = geometry.memory_bytes
        self.names = tuple(p.name for p in profiles)
        self.index = {name: i for i, name in enumerate(self.names)}
        self.last = len(profiles) - 1
        self.slots = tuple(p.compute_slots for p in profiles)
        self.compute = tuple(geometry.compute_ratio(p) * speed for p in profiles)
        self.bytes = tuple(geometry.profile_bytes(p) for p in profiles)
        spare = TOLERANCE * self.memory_bytes
        self._room = tuple((c + TOLERANCE, b + spare) for c, b in zip(self.compute, self.bytes, strict=True))
        """The most that each class holds, compute and memory."""
        self.cost = tuple(geometry.cost(p) for p in profiles)
        self.starts = tuple(p.starts for p in profiles)
        self.rule = RULES[geometry.rule](geometry)
        self._fits: dict[tuple[Occupancy, int], int | None] = {}
        pairs = list(zip(self.slots, (p.memory_slots for p in profiles), strict=True))
        if any(a > b for one, two in pairwise(pairs) for a, b in zip(one, two, strict=True)):
            raise ValueError(f"geometry {self.name}: its profiles are not ordered from the smallest to the largest")

    def smallest(self, compute: float, memory: float) -> int:
        """The smallest class that has `compute` (share of a card) and `memory` (bytes); the largest if none has."""
        for index, (most_compute, most_memory) in enumerate(self._room):
            if compute <= most_compute and memory <= most_memory:
                return index
        return self.last

    def holds(self, index: int, compute: float, memory: float) -> bool:
        """Whether the class has `compute` (share of a card) and `memory` (bytes)."""
        most_compute, most_memory = self._room[index]
        return compute <= most_compute and memory <= most_memory

    def holds_memory(self, index: int, memory: float) -> bool:
        """Whether `memory` bytes fit into the class."""
        return memory <= self._room[index][1]

    def takes(self, index: int, start: int) -> Occupancy:
        """What an instance of the class takes at `start`."""
        return self.rule.takes(index, start)

    def together(self, occupancies: Iterable[Occupancy]) -> Occupancy:
        """What several instances take."""
        return reduce(self.rule.both, occupancies, NOTHING)

    def fit(self, taken: Occupancy, index: int) -> int | None:
        """Where the class fits beside what is taken, or None."""
        key = (taken, index)
        try:
            return self._fits[key]
        except KeyError:
            start = self._fits[key] = self.rule.start(taken, index)
            return start

    def has_room(self, taken: Occupancy, index: int, start: int) -> bool:
        """Whether the class fits beside what is taken, at this very start."""
        if self.geometry.rule != "placed":
            return self.fit(taken, index) == start
        mask, slots = self.takes(index, start)
        return not mask & taken[0] and slots + taken[1] <= self.compute_slots

    def left(self, taken: Occupancy) -> tuple[int, int]:
        """Memory and compute slots that are not taken."""
        return self.rule.memory_left(taken), self.compute_slots - taken[1]

    def knows(self, name: str, start: int) -> bool:
        """Whether the geometry has a slice of this name that may sit at `start`."""
        i = self.index.get(name)
        return i is not None and start in self.starts[i]


LAYOUTS: Final = {name: Layout(g) for name, g in ALL_GEOMETRIES.items()}
"""Every geometry, on cards of the speed that needs are stated in."""


@lru_cache(maxsize=1 << 16)
def layout_of(geometry: str, speed: float = 1.0, kind: str = "") -> Layout:
    """The layout of a geometry on cards of this speed and kind; always the same object. KeyError for a geometry that is
    not known."""
    return LAYOUTS[geometry] if speed == 1.0 and not kind else Layout(ALL_GEOMETRIES[geometry], speed, kind)


def layout_named(name: str) -> Layout:
    """The layout of this name."""
    known = LAYOUTS.get(name)
    if known is not None:
        return known
    cut, _, kind = name.partition(_AS)
    geometry, _, speed = cut.partition(_AT)
    return layout_of(geometry, float(speed or 1.0), kind)
