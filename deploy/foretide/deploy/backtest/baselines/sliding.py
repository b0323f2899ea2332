"""The latest values of something, in order of size, for quantiles of them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque


class Sliding:
    """The last `most` values."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: deque[float] = deque()
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float) -> None:
        """One more; the oldest goes."""
        self._values.append(value)
        insort(self._sorted, value)
        if len(self._values) > self._most:
            del self._sorted[bisect_left(self._sorted, self._values.popleft())]

    def quantile(self, share: float) -> float:
        """The quantile of them, in proportion between neighbours; there must be one value at least."""
        place = share * (len(self._sorted) - 1)
        low = int(place)
        high = min(low + 1, len(self._sorted) - 1)
        return self._sorted[low] + (place - low) * (self._sorted[high] - self._sorted[low])
