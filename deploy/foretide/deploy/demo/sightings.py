"""Ids that were seen, and whether what came under one id again was the same."""

from __future__ import annotations

import re
from typing import Final

_STAMPS: Final = re.compile(rb'"(epoch|issued_ms|deadline_ms)":\d+')
_SHOWN: Final = 5


class Sightings:
    """Distinct messages of one kind. A repeated id must come with the same content; a worker's epoch and a command's
    wall-clock times, which say who sent it and when, do not count."""

    def __init__(self, kind: str, *, stamped: bool = False) -> None:
        self.kind = kind
        self.repeated = 0
        self.contradictions: list[str] = []
        self._stamped = stamped
        self._digests: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._digests)

    def __contains__(self, key: str) -> bool:
        return key in self._digests

    def first(self, key: str, value: bytes) -> bool:
        """Whether `key` is new. A repeated one is compared with what came under it first."""
        digest = hash(_STAMPS.sub(b"", value) if self._stamped else value)
        before = self._digests.get(key)
        if before is None:
            self._digests[key] = digest
            return True
        self.repeated += 1
        if before != digest and len(self.contradictions) < _SHOWN:
            self.contradictions.append(f"{self.kind} {key} came twice with different content")
        return False
