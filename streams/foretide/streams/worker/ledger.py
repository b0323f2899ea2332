"""What one partition still owes: the books from which the offset safe to commit is read.

An offset may be committed when the state of every key that a record below it changed is in the broker as a snapshot,
and every output of those records is in the broker too. Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum


class Admission(Enum):
    """What to do with a record that arrived."""

    NEXT = "next"
    BEHIND = "behind"
    AHEAD = "ahead"


@dataclass(slots=True)
class _Dirty:
    first: int
    last: int
    since: float


@dataclass(frozen=True, slots=True)
class Due:
    """A key whose state has changed since its last snapshot, up to and including `last_offset`."""

    key: str
    last_offset: int


class Ledger:
    """The books of one partition during one assignment.

    `expected` is the offset of the next record to handle. Sequence numbers are those of the outbox, which confirms in
    order: a confirmed number confirms all lower ones.
    """

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self._dirty: dict[str, _Dirty] = {}  # in order of `first`, hence of age
        self._snapshots: deque[tuple[int, int]] = deque()  # (first offset covered, ascending sequence)
        self._outputs: deque[tuple[int, int]] = deque()  # (offset, sequence), both ascending

    @property
    def dirty_keys(self) -> int:
        """Keys with changes that no snapshot holds yet."""
        return len(self._dirty)

    def admit(self, offset: int) -> Admission:
        """Whether a record is the next one, was handled already, or comes after a gap."""
        if offset == self.expected:
            return Admission.NEXT
        return Admission.BEHIND if offset < self.expected else Admission.AHEAD

    def skipped(self, offset: int) -> None:
        """The record at `offset` changed nothing: a snapshot covered it, or the log no longer holds it."""
        self.expected = offset + 1

    def handled(self, key: str, offset: int, now: float, sequence: int | None) -> None:
        """The record at `offset` changed `key`; `sequence` is that of its last output, None without outputs."""
        entry = self._dirty.get(key)
        if entry is None:
            self._dirty[key] = _Dirty(offset, offset, now)
        else:
            entry.last = offset
        self.set_aside(offset, sequence)

    def set_aside(self, offset: int, sequence: int | None) -> None:
        """The record at `offset` changed no state, but its output (a dead letter) must arrive before the commit."""
        if sequence is not None:
            self._outputs.append((offset, sequence))
        self.expected = offset + 1

    def oldest(self, before: float, unfit: Collection[str] = ()) -> Due | None:
        """The key that has waited longest for a snapshot, if it has waited since `before`; `unfit` are passed over."""
        for key, entry in self._dirty.items():
            if key not in unfit:
                return Due(key, entry.last) if entry.since <= before else None
        return None

    def changed_from(self, key: str) -> int | None:
        """The first offset that changed `key` after its last snapshot; None if none did."""
        entry = self._dirty.get(key)
        return None if entry is None else entry.first

    def oldest_since(self) -> float | None:
        """When the oldest change without a snapshot was made, on the clock given to `handled`."""
        return next((entry.since for entry in self._dirty.values()), None)

    def snapshotted(self, key: str, sequence: int) -> None:
        """A snapshot of `key` as it is now was handed to the outbox under `sequence`."""
        self._snapshots.append((self._dirty.pop(key).first, sequence))

    def watermark(self, confirmed: int) -> int:
        """The offset safe to commit, when all up to the sequence number `confirmed` has arrived in the broker."""
        while self._snapshots and self._snapshots[0][1] <= confirmed:
            self._snapshots.popleft()
        while self._outputs and self._outputs[0][1] <= confirmed:
            self._outputs.popleft()
        safe = self.expected
        if self._dirty:
            safe = min(safe, next(iter(self._dirty.values())).first)
        if self._snapshots:
            safe = min(safe, min(first for first, _ in self._snapshots))
        if self._outputs:
            safe = min(safe, self._outputs[0][0])
        return safe
