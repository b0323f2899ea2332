"""Records that are handled together: each the next one of its partition, no two of one key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from foretide.streams.worker.partition import Owned
from foretide.streams.worker.source import Raw

MOST: Final = 128
"""Records in a batch: outputs, heartbeats and acknowledgements wait for no more than these, some 30 ms. With three
times as many a record costs the core the same."""


@dataclass(slots=True)
class Batch:
    """The `members` in the order of delivery."""

    members: list[tuple[Owned, Raw]] = field(default_factory=list)
    _expected: dict[int, int] = field(default_factory=dict)
    _keys: set[bytes] = field(default_factory=set)

    def joins(self, owned: Owned | None, raw: Raw) -> bool:
        """Take a record in; False for one that does not fit: it must wait for this batch, or be looked at alone."""
        if owned is None or not owned.active or not raw.key or raw.key in self._keys or len(self.members) == MOST:
            return False
        if raw.offset != self._expected.get(raw.partition, owned.ledger.expected):
            return False
        self.members.append((owned, raw))
        self._expected[raw.partition] = raw.offset + 1
        self._keys.add(raw.key)
        return True


def key_of(raw: Raw) -> str:
    """A member's key as text. What is no UTF-8 has no state: any text does."""
    return (raw.key or b"").decode(errors="replace")
