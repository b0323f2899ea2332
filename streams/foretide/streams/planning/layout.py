"""Slice geometries prepared for fast answers: masks instead of lists, and every answer remembered.

A card's occupancy is a pair: the mask of its memory slots in use and the number of its compute slots in use.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from foretide.schemas.slices import ALL_GEOMETRIES, Geometry

TOLERANCE: Final = 1e-6
"""A need this much of a card above a slice still fits it: sevenths are not exact, and needs are kept as
32-bit numbers."""


_AT: Final = " at "


class Spot(NamedTuple):
    """Where an application sits: the card's name, the class (its rank in the card's layout), and the first memory
    slot."""

    card: str
    rank: int
    start: int


class Layout:
    """One geometry on cards of one speed. A class is an index into its profiles, which are ordered so that a larger
    class holds at least as much of everything. `speed` is a whole card's compute, in the card that needs are stated
    in."""

    def __init__(self, geometry: Geometry, speed: float = 1.0) -> None:
        profiles = geometry.profiles
        self.geometry = geometry
        self.speed = speed
        self.name = geometry.name if speed == 1.0 else f"{geometry.name}{_AT}{speed!r}"
        self.compute_slots = geometry.compute_slots
        self.memory_slots = geometry.memory_slots
        self.memory_bytes = geometry.memory_bytes
        self.names = tuple(p.name for p in profiles)
        self.index = {name: i for i, name in enumerate(self.names)}
        self.last = len(profiles) - 1
        self.slots = tuple(p.compute_slots for p in profiles)
        self.compute = tuple(geometry.compute_ratio(p) * speed for p in profiles)
        self.bytes = tuple(geometry.profile_bytes(p) for p in profiles)
        self.cost = tuple(geometry.cost(p) for p in profiles)
        self.starts = tuple(tuple(sorted(p.starts, reverse=True)) for p in profiles)
        self._masks = tuple((1 << p.memory_slots) - 1 for p in profiles)
        self._fits: dict[tuple[int, int, int], int | None] = {}
        pairs = list(zip(self.slots, (p.memory_slots for p in profiles), strict=True))
        if any(a > b for one, two in pairwise(pairs) for a, b in zip(one, two, strict=True)):
            raise ValueError(f"geometry {self.name}: its profiles are not ordered from the smallest to the largest")

    def smallest(self, compute: float, memory: float) -> int:
        """The smallest class that has `compute` (share of a card) and `memory` (bytes); the largest if none has."""
        return next((i for i in range(self.last + 1) if self.holds(i, compute, memory)), self.last)

    def holds(self, index: int, compute: float, memory: float) -> bool:
        """Whether the class has `compute` (share of a card) and `memory` (bytes)."""
        return compute <= self.compute[index] + TOLERANCE and self.holds_memory(index, memory)

    def holds_memory(self, index: int, memory: float) -> bool:
        """Whether `memory` bytes fit into the class."""
        return memory <= self.bytes[index] + TOLERANCE * self.memory_bytes

    def mask(self, index: int, start: int) -> int:
        """The memory slots that an instance of the class takes at `start`."""
        return self._masks[index] << start

    def fit(self, taken: int, compute: int, index: int) -> int | None:
        """Where the class fits beside what is taken, or None.

        Of several starts the highest, as the driver does, so that the low ones stay free for large slices.
        """
        key = (taken, compute, index)
        try:
            return self._fits[key]
        except KeyError:
            start = None
            if compute + self.slots[index] <= self.compute_slots:
                mask = self._masks[index]
                start = next((s for s in self.starts[index] if not taken & (mask << s)), None)
            self._fits[key] = start
            return start

    def knows(self, name: str, start: int) -> bool:
        """Whether the geometry has a slice of this name that may sit at `start`."""
        i = self.index.get(name)
        return i is not None and start in self.starts[i]


PLACEABLE: Final = {g.name: g for g in ALL_GEOMETRIES.values() if g.rule == "placed" or len(g.profiles) == 1}
"""Geometries that the planner puts applications on: slices with places, and what is given whole. On others (shares of
a card) only the optimiser places."""

LAYOUTS: Final = {name: Layout(g) for name, g in PLACEABLE.items()}
"""Each on cards of the speed that needs are stated in."""


@lru_cache(maxsize=1024)
def layout_of(geometry: str, speed: float = 1.0) -> Layout:
    """The layout of a geometry on cards of this speed; always the same object. KeyError for a geometry that is not
    PLACEABLE."""
    return LAYOUTS[geometry] if speed == 1.0 else Layout(PLACEABLE[geometry], speed)


def layout_named(name: str) -> Layout:
    """The layout of this name."""
    known = LAYOUTS.get(name)
    if known is not None:
        return known
    geometry, _, speed = name.partition(_AT)
    return layout_of(geometry, float(speed or 1.0))
