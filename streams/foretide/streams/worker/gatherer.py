"""Lets records that have arrived be handled together, without waiting for any that have not.

Faust hands records over in bundles, one for each partition that a fetch brought some of, with some passes of the event
loop between two. What is offered is kept until a few passes bring nothing new; then it is taken, at most a batch at a
time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Final, Self

from foretide.streams.worker.batch import MOST
from foretide.streams.worker.source import Raw

PASSES: Final = 8
"""Passes of the event loop that must bring nothing: Faust needs about five for a bundle that it has fetched."""


class Gatherer:
    """Between `async with` and its end, what is offered is given to `take_all`, in order, never twice at a time.

    `failed` is told what `take_all` raised; nothing is taken after that.
    """

    def __init__(
        self, take_all: Callable[[list[Raw]], Awaitable[None]], failed: Callable[[BaseException], None]
    ) -> None:
        self._take_all = take_all
        self._failed = failed
        self._waiting: list[Raw] = []
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
        """The next records; waits while two batches are waiting already."""
        await self._room.wait()
        self._waiting.extend(raws)
        self._some.set()
        if len(self._waiting) >= 2 * MOST:
            self._room.clear()

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            await self._settled()
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            if not self._waiting:
                self._some.clear()
            if len(self._waiting) < 2 * MOST:
                self._room.set()
            await self._take_all(taken)
            await asyncio.sleep(0)  # heartbeats and acknowledgements have their turn, however much is waiting

    async def _settled(self) -> None:
        """Until nothing more arrives, or a batch is full."""
        passes, before = 0, 0
        while passes < PASSES and len(self._waiting) < MOST:
            passes = passes + 1 if len(self._waiting) == before else 0
            before = len(self._waiting)
            await asyncio.sleep(0)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
