"""A bounded queue of encoded windows that drops its oldest when it is full."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Packet:
    """An encoded window: the record's key and value, and how many samples it holds."""

    key: bytes
    value: bytes
    samples: int


class Buffer:
    """First in, first out, at most `limit` packets: one more pushes the oldest out."""

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("the buffer needs room for one packet")
        self.limit = limit
        self._packets: deque[Packet] = deque()
        self._filled = asyncio.Event()
        self._taken = asyncio.Event()

    def __len__(self) -> int:
        return len(self._packets)

    def put(self, packet: Packet) -> Packet | None:
        """Add a packet; the one that was pushed out, if the buffer was full."""
        pushed_out = self._packets.popleft() if len(self._packets) >= self.limit else None
        self._packets.append(packet)
        self._filled.set()
        return pushed_out

    async def get(self) -> Packet:
        """The oldest packet; waits for one."""
        while not self._packets:
            self._filled.clear()
            await self._filled.wait()
        packet = self._packets.popleft()
        self._taken.set()
        return packet

    async def room(self, share: float = 0.5) -> None:
        """Wait until at most `share` of the limit is in use (or a single packet fits, if that is less)."""
        while len(self._packets) > share * (self.limit - 1):
            self._taken.clear()
            await self._taken.wait()

    def clear(self) -> int:
        """Throw everything away; how many packets that were."""
        count = len(self._packets)
        self._packets.clear()
        self._taken.set()
        return count
