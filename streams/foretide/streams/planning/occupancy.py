"""How much of a card is taken, under each of the rules by which slices share one.

An occupancy is a pair: what is taken of memory, and how many compute slots are. Memory is a mask of slots where
positions count (placed), else a number of slots (counted); on a uniform card a bit for each class that is on it, or
may be soon, stands above that number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from foretide.schemas.slices import Geometry

Occupancy = tuple[int, int]

NOTHING: Final[Occupancy] = (0, 0)


class Occupying(ABC):
    """One rule for one geometry. Classes are indices into the geometry's profiles."""

    def __init__(self, geometry: Geometry) -> None:
        self.compute_slots = geometry.compute_slots
        self.memory_slots = geometry.memory_slots
        self.slots = tuple(p.compute_slots for p in geometry.profiles)
        self.memory = tuple(p.memory_slots for p in geometry.profiles)
        self.starts = tuple(tuple(sorted(p.starts, reverse=True)) for p in geometry.profiles)

    @abstractmethod
    def takes(self, index: int, start: int) -> Occupancy:
        """What an instance of the class takes at `start`."""

    @abstractmethod
    def both(self, one: Occupancy, other: Occupancy) -> Occupancy:
        """What two instances take together."""

    @abstractmethod
    def either(self, one: Occupancy, other: Occupancy) -> Occupancy:
        """What must be kept free of others while one of the two comes true, and it is not known which."""

    @abstractmethod
    def start(self, taken: Occupancy, index: int) -> int | None:
        """Where the class fits beside what is taken, or None."""

    @abstractmethod
    def memory_left(self, taken: Occupancy) -> int:
        """Memory slots that are not taken."""

    @abstractmethod
    def freer(self, now: Occupancy, before: Occupancy) -> bool:
        """Whether something may fit now that did not before."""


class Placed(Occupying):
    """Each instance takes consecutive memory slots from one of its starts."""

    def takes(self, index: int, start: int) -> Occupancy:
        return ((1 << self.memory[index]) - 1) << start, self.slots[index]

    def both(self, one: Occupancy, other: Occupancy) -> Occupancy:
        return one[0] | other[0], one[1] + other[1]

    def either(self, one: Occupancy, other: Occupancy) -> Occupancy:
        return one[0] | other[0], max(one[1], other[1])

    def start(self, taken: Occupancy, index: int) -> int | None:
        """Of several starts the highest, as the driver does, so that the low ones stay free for large slices."""
        if taken[1] + self.slots[index] > self.compute_slots:
            return None
        mask = (1 << self.memory[index]) - 1
        return next((s for s in self.starts[index] if not taken[0] & (mask << s)), None)

    def memory_left(self, taken: Occupancy) -> int:
        return self.memory_slots - taken[0].bit_count()

    def freer(self, now: Occupancy, before: Occupancy) -> bool:
        return bool(before[0] & ~now[0]) or now[1] < before[1]


class Counted(Occupying):
    """Only the sums count. Every start is 0."""

    def takes(self, index: int, start: int) -> Occupancy:
        return self.memory[index], self.slots[index]

    def both(self, one: Occupancy, other: Occupancy) -> Occupancy:
        return one[0] + other[0], one[1] + other[1]

    def either(self, one: Occupancy, other: Occupancy) -> Occupancy:
        return max(one[0], other[0]), max(one[1], other[1])

    def start(self, taken: Occupancy, index: int) -> int | None:
        room = taken[0] + self.memory[index] <= self.memory_slots and taken[1] + self.slots[index] <= self.compute_slots
        return 0 if room else None

    def memory_left(self, taken: Occupancy) -> int:
        return self.memory_slots - taken[0]

    def freer(self, now: Occupancy, before: Occupancy) -> bool:
        return now[0] < before[0] or now[1] < before[1]


_CLASSES: Final = 32
"""The bits of the classes begin here; below is the number of memory slots."""
_NUMBER: Final = (1 << _CLASSES) - 1


class Uniform(Occupying):
    """The sums count, and all instances of a card are of one class: an empty card may be cut anew."""

    def takes(self, index: int, start: int) -> Occupancy:
        return 1 << (_CLASSES + index) | self.memory[index], self.slots[index]

    def both(self, one: Occupancy, other: Occupancy) -> Occupancy:
        classes, memory = (one[0] | other[0]) & ~_NUMBER, (one[0] & _NUMBER) + (other[0] & _NUMBER)
        return classes | memory, one[1] + other[1]

    def either(self, one: Occupancy, other: Occupancy) -> Occupancy:
        classes, memory = (one[0] | other[0]) & ~_NUMBER, max(one[0] & _NUMBER, other[0] & _NUMBER)
        return classes | memory, max(one[1], other[1])

    def start(self, taken: Occupancy, index: int) -> int | None:
        classes, memory = taken[0] >> _CLASSES, taken[0] & _NUMBER
        alike = not classes & ~(1 << index)
        room = memory + self.memory[index] <= self.memory_slots and taken[1] + self.slots[index] <= self.compute_slots
        return 0 if alike and room else None

    def memory_left(self, taken: Occupancy) -> int:
        return self.memory_slots - (taken[0] & _NUMBER)

    def freer(self, now: Occupancy, before: Occupancy) -> bool:
        fewer = (before[0] & ~now[0]) >> _CLASSES
        return bool(fewer) or now[0] & _NUMBER < before[0] & _NUMBER or now[1] < before[1]


RULES: Final[dict[str, type[Occupying]]] = {"placed": Placed, "counted": Counted, "uniform": Uniform}
"""By the geometry's rule."""
