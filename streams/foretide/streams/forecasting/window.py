"""A ring of the latest numbers, whose quantiles can be asked for."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from math import ceil


class Window:
    """The latest `size` numbers, in single precision: 4 bytes each, and a quantile needs no more."""

    __slots__ = ("_next", "_size", "_values")

    def __init__(self, size: int) -> None:
        self._size = size
        self._values = array("f")
        self._next = 0

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float) -> None:
        """Take one number in; the oldest one falls out of a full window."""
        if len(self._values) < self._size:
            self._values.append(value)
        else:
            self._values[self._next] = value
            self._next = (self._next + 1) % self._size

    def quantiles(self, levels: Sequence[float]) -> list[float]:
        """The quantiles at `levels`: of n numbers the ceil(level x (n + 1))-th smallest, at most the largest.

        The n + 1 is what makes a quantile of few numbers cover a new one as often as it says (split conformal
        prediction; Vovk et al., Algorithmic Learning in a Random World, 2005).
        """
        ordered = sorted(self._values)
        return [ordered[place] for place in _places(len(ordered), tuple(levels))]

    def dump(self) -> tuple[bytes, int]:
        """The numbers and the place of the oldest."""
        return self._values.tobytes(), self._next

    @classmethod
    def load(cls, size: int, state: tuple[bytes, int]) -> Window:
        """A window as it was dumped; ValueError if it cannot be one of that size."""
        window = cls(size)
        window._values.frombytes(state[0])
        window._next = state[1]
        if len(window) > size or not 0 <= window._next < size:
            raise ValueError(f"a window of {size} numbers holds {len(window)}, the next at {window._next}")
        return window


@lru_cache(maxsize=1024)
def _places(n: int, levels: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(min(n, max(1, ceil(level * (n + 1)))) - 1 for level in levels)
