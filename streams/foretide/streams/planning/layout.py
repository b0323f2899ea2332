"""Slice geometries prepared for fast answers: masks instead of lists, and every answer remembered.

A card's occupancy is a pair: the mask of its memory slots in use and the number of its compute slots in use.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

from foretide.schemas.slices import GEOMETRIES, Geometry

TOLERANCE: Final = 1e-6
"""A need this much of a card above a slice still fits it: sevenths are not exact, and needs are kept as
32-bit numbers."""


class Spot(NamedTuple):
    """Where an application sits: the card's name, the class (its rank in the card's layout), and the first memory
    slot."""

    card: str
    rank: int
    start: int


class Layout:
    """One geometry. A class is an index into its profiles, which are ordered so that a larger class holds at least
    as much of everything."""

    def __init__(self, geometry: Geometry) -> None:
        profiles = geometry.profiles
        self.name = geometry.name
        self.compute_slots = geometry.compute_slots
        self.memory_slots = geometry.memory_slots
        self.memory_bytes = geometry.memory_bytes
        self.names = tuple(p.name for p in profiles)
        self.index = {name: i for i, name in enumerate(self.names)}
        self.last = len(profiles) - 1
        self.slots = tuple(p.compute_slots for p in profiles)
        self.compute = tuple(geometry.compute_ratio(p) for p in profiles)
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
        for i, (c, m) in enumerate(zip(self.compute, self.bytes, strict=True)):
            if compute <= c + TOLERANCE and memory <= m + TOLERANCE * self.memory_bytes:
                return i
        return self.last

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


LAYOUTS: Final = {name: Layout(g) for name, g in GEOMETRIES.items()}
