"""Order where it matters: work that shares a key runs one after the other, all other work at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable


class Lanes:
    """Runs work in the order given, per key. At most `limit` pieces are under way or waiting."""

    def __init__(self, limit: int) -> None:
        self._room = asyncio.Semaphore(limit)
        self._last: dict[Hashable, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.failure: BaseException | None = None
        """What the first failing piece of work raised."""
        self.failed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._tasks)

    async def submit(self, keys: Iterable[Hashable], work: Callable[[], Awaitable[None]]) -> None:
        """Accept work once there is room; it begins when all earlier work with any of its keys has ended.

        After a failure work that has not begun does not begin any more.
        """
        await self._room.acquire()
        wanted = list(keys)
        before = {self._last[key] for key in wanted if key in self._last}
        task = asyncio.create_task(self._run(before, work))
        self._tasks.add(task)
        for key in wanted:
            self._last[key] = task
        task.add_done_callback(lambda done: self._ended(done, wanted))

    async def idle(self, timeout_seconds: float) -> bool:
        """Wait until nothing is under way; whether that was reached."""
        if not self._tasks:
            return True
        _, unfinished = await asyncio.wait(set(self._tasks), timeout=timeout_seconds)
        return not unfinished

    async def cancel(self) -> None:
        """Give up whatever is under way."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, before: set[asyncio.Task[None]], work: Callable[[], Awaitable[None]]) -> None:
        if before:
            await asyncio.wait(before)
        if self.failure is None:
            await work()

    def _ended(self, task: asyncio.Task[None], keys: list[Hashable]) -> None:
        self._tasks.discard(task)
        for key in keys:
            if self._last.get(key) is task:
                del self._last[key]
        self._room.release()
        if not task.cancelled() and (error := task.exception()) is not None and self.failure is None:
            self.failure = error
            self.failed.set()
