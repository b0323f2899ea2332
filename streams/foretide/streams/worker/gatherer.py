"""Lets records be handled together, without waiting for any that have not arrived.

The core handles many records of different keys for little more than one: a batch of any size costs some milliseconds.
So what arrives during a batch is taken together after it, at most a batch at a time, from all partitions in turn.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Final, Self

from foretide.streams.worker.batch import MOST
from foretide.streams.worker.source import Raw

TURN_SECONDS: Final = 0.005
"""After so much time in batches heartbeats, acknowledgements and the outbox have their turn: what a batch brought would
else wait for the next one's end."""

PASSES: Final = 16
"""Passes of the event loop in such a turn: from the acknowledgement of what was sent before to the socket the outbox
needs so many."""

MOST_WAITING: Final = 4096
"""Records kept; with as many no more are accepted. Enough that several partitions are among them."""


class Gatherer:
    """Between `async with` and its end, what is offered is given to `take_all`, never twice at a time.

    The records of a partition stay in their order. Those given together have different keys. `failed` is told what
    `take_all` raised; nothing is taken after that.
    """

    def __init__(
        self, take_all: Callable[[list[Raw]], Awaitable[None]], failed: Callable[[BaseException], None]
    ) -> None:
        self._take_all = take_all
        self._failed = failed
        self._waiting: dict[int, deque[Raw]] = {}
        self._count = 0
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="gatherer")
        self._task.add_done_callback(self._ended)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def offer(self, raws: Sequence[Raw]) -> None:
        """The next records of one partition; waits while too many are waiting already."""
        await self._room.wait()
        if raws:
            self._waiting.setdefault(raws[0].partition, deque()).extend(raws)
            self._counted(len(raws))

    def _counted(self, more: int) -> None:
        self._count += more
        for event, holds in (
            (self._some, self._count > 0),
            (self._room, self._count < MOST_WAITING),
        ):
            if holds:
                event.set()
            else:
                event.clear()

    async def _run(self) -> None:
        turn = time.monotonic()
        while True:
            await self._some.wait()
            await self._take_all(self._pick())
            if time.monotonic() - turn >= TURN_SECONDS:
                for _ in range(PASSES):
                    await asyncio.sleep(0)
                turn = time.monotonic()

    def _pick(self) -> list[Raw]:
        """One after another from each partition, until a batch is full or each partition's next key is in it."""
        picked: list[Raw] = []
        keys: set[bytes | None] = set()
        going = list(self._waiting.values())
        while going and len(picked) < MOST:
            still = []
            for queue in going:
                if queue[0].key in keys or len(picked) == MOST:
                    continue
                raw = queue.popleft()
                keys.add(raw.key)
                picked.append(raw)
                if queue:
                    still.append(queue)
            going = still
        self._waiting = {number: queue for number, queue in self._waiting.items() if queue}
        self._counted(-len(picked))
        return picked

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
