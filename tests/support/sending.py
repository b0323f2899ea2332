"""A sender without a broker, for tests of what happens around one."""

from __future__ import annotations

import asyncio

from foretide.schemas.kafka.errors import SendFailed
from foretide.schemas.kafka.sender import Delivered


class FakeSender:
    """Takes records like the real one: at most `max_pending` unacknowledged. While `away` nothing is acknowledged."""

    def __init__(self, max_pending: int = 4) -> None:
        self.max_pending = max_pending
        self.away = False
        self.refuse: set[bytes] = set()
        self.log: list[tuple[bytes, bytes]] = []
        self.pending: list[tuple[bytes, bytes, asyncio.Future[Delivered]]] = []
        self.closed = False
        self._room = asyncio.Event()

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, *, timeout_seconds: float = 30.0
    ) -> asyncio.Future[Delivered]:
        while len(self.pending) >= self.max_pending:
            self._room.clear()
            await self._room.wait()
        assert key is not None
        assert value is not None
        future: asyncio.Future[Delivered] = asyncio.get_running_loop().create_future()
        self.pending.append((key, value, future))
        if not self.away:
            self._acknowledge()
        return future

    def come_back(self) -> None:
        """The broker is there again and takes what waits, in order."""
        self.away = False
        self._acknowledge()

    def _acknowledge(self) -> None:
        for key, value, future in self.pending:
            if key in self.refuse:
                future.set_exception(SendFailed("refused"))
                future.exception()
            else:
                future.set_result(Delivered("telemetry.v1", 0, len(self.log), 0))
                self.log.append((key, value))
        self.pending.clear()
        self._room.set()

    async def close(self, timeout_seconds: float) -> bool:
        self.closed = True
        for _, _, future in self.pending:
            future.set_exception(SendFailed("closed"))
            future.exception()
        left = not self.pending
        self.pending.clear()
        return left
