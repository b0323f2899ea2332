"""What a snapshot writes: its first part, and of the others those that have changed since they were written last.

The first part tells of which record each other one is. A part that was written, but whose first part never came, is
passed over by whoever reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from foretide.streams.worker.envelope import Envelope, Rank, encode_envelope, part_key
from foretide.streams.worker.parts import divide


class Written(NamedTuple):
    """A part in the changelog: what it holds, and of which snapshot it was."""

    digest: bytes
    rank: Rank


class Saving:
    """The parts of one partition's keys that are in its changelog, or on their way there."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[Written, ...]] = {}

    def records(self, snapshot: Envelope) -> Iterator[tuple[str, bytes]]:
        """The keys and values to write for a snapshot of a whole state, in this order."""
        first, *others = divide(snapshot.payload)
        known = self._written.get(snapshot.key, ())
        written: list[Written] = []
        for number, part in enumerate(others, 1):
            digest = _digest(part)
            if number <= len(known) and known[number - 1].digest == digest:
                written.append(known[number - 1])
                continue
            written.append(Written(digest, snapshot.rank))
            yield part_key(snapshot.key, number), encode_envelope(snapshot.with_part(number, part))
        self._written[snapshot.key] = tuple(written)
        yield snapshot.key, encode_envelope(snapshot.with_first(first, tuple(each.rank for each in written)))

    def inherit(self, snapshot: Envelope, payload: bytes) -> None:
        """A snapshot that was read, and its `payload`: the parts need not be written again until they change."""
        _, *others = divide(payload)
        written = zip(map(_digest, others), snapshot.needs, strict=True)
        self._written[snapshot.key] = tuple(Written(digest, rank) for digest, rank in written)


def _digest(part: bytes) -> bytes:
    return hashlib.blake2b(part, digest_size=16).digest()
