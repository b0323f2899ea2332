"""How far a partition has been handled without a hole: only that may be committed."""

from __future__ import annotations

from collections import deque


class Watermark:
    """Records are `taken` in order and `done` in any; `next_offset` is the first that is not done."""

    def __init__(self) -> None:
        self._pending: deque[int] = deque()
        self._done: set[int] = set()
        self._last_taken = -1
        self.committed: int | None = None
        """The last offset that was committed."""

    def take(self, offset: int) -> None:
        """The record was read."""
        self._pending.append(offset)
        self._last_taken = offset

    def done(self, offset: int) -> None:
        """The record needs nothing more."""
        self._done.add(offset)
        while self._pending and self._pending[0] in self._done:
            self._done.discard(self._pending.popleft())

    @property
    def next_offset(self) -> int | None:
        """The offset to commit; None before anything was taken."""
        if self._pending:
            return self._pending[0]
        return self._last_taken + 1 if self._last_taken >= 0 else None
