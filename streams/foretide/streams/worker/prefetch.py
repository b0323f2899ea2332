"""Fetches on while records are handled.

Faust asks its consumer's thread for records, handles them, and asks again: what came in between lies in the broker
until then, and its answer waits for two or three batches. Here the thread fetches on by itself, and what it has found
is taken all at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Set
from typing import Any, Final

from faust.types import TP

from foretide.streams.worker.source import Raw

MOST_AHEAD: Final = 1000
"""Records that are fetched ahead; with as many no more are asked for. More than two batches: a taker finds enough for
the next one while the broker answers."""

Fetch = Callable[[Set[TP]], Awaitable[Mapping[TP, list[Any]]]]
"""Waits for records of the given partitions, but not long; nothing, at once, while no records may be fetched."""

Found = dict[int, list[Raw]]
"""Per partition the next records, in order."""


class Prefetch:
    """Between the fetching thread, whose loop runs `run`, and the handling one, which calls the others.

    Nothing is asked for before the first `take`, and nothing while there is no partition to fetch from. Records of a
    partition stay in their order. What is thrown away is for the ledger to notice, like all that is lost between the
    consumer and the core.
    """

    def __init__(self, fetch: Fetch, fetching: asyncio.AbstractEventLoop, allowed: Callable[[], bool]) -> None:
        """`fetch` is awaited in the loop `fetching`; `allowed`: whether records may be fetched now."""
        self._fetch = fetch
        self._allowed = allowed
        self._fetching = fetching
        self._handling: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._partitions: Set[TP] = frozenset()
        self._found: Found = {}
        self._count = 0
        self._error: BaseException | None = None
        self._go = asyncio.Event()  # the fetching loop's
        self._going = False
        self._arrived = asyncio.Event()  # the handling loop's
        self._awaited = False

    async def run(self) -> None:
        """Fetch until cancelled; an error ends it, and `take` raises it."""
        try:
            while True:
                while self._pauses():
                    await self._go.wait()
                self._add(await self._fetch(self._partitions))
        except Exception as error:  # noqa: BLE001 -- it is the taker's
            self._fail(error)

    async def take(self, partitions: Callable[[], Set[TP]], seconds: float) -> Found:
        """What was fetched of any partition since the last time; waits for something, at most so long.

        `partitions` tells from which to fetch. Raises what the fetching raised.
        """
        self._handling = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                while not (found := self._drain(partitions)):
                    await self._arrived.wait()
                return found
        except TimeoutError:
            return {}

    def look_again(self) -> None:
        """Let a taker that waits ask anew from which partitions to fetch. For the handling thread."""
        self._arrived.set()

    def clear(self) -> None:
        """Throw away what was fetched: other partitions, or other offsets, are this worker's now."""
        with self._lock:
            self._found, self._count = {}, 0

    def _drain(self, partitions: Callable[[], Set[TP]]) -> Found:
        wanted = partitions()
        with self._lock:
            if self._error is not None:
                raise self._error
            self._partitions = wanted
            found, self._found, self._count = self._found, {}, 0
            self._awaited = not found
            self._arrived.clear()
            wake, self._going = not self._going, True
        if wake:
            self._fetching.call_soon_threadsafe(self._go.set)
        return found

    def _pauses(self) -> bool:
        """Whether it is to wait until somebody takes."""
        with self._lock:
            self._going = self._going and self._count < MOST_AHEAD and bool(self._partitions) and self._allowed()
            if not self._going:
                self._go.clear()
            return not self._going

    def _add(self, found: Mapping[TP, list[Any]]) -> None:
        raws = {
            tp.partition: [Raw(tp.partition, r.offset, r.key, r.value, r.timestamp or 0) for r in records]
            for tp, records in found.items()
        }
        with self._lock:
            for partition, more in raws.items():
                self._found.setdefault(partition, []).extend(more)
                self._count += len(more)
            tell = self._awaited and bool(self._found)
            self._awaited = self._awaited and not tell
        if tell:
            self._tell()

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            self._error = error
        self._tell()

    def _tell(self) -> None:
        if self._handling is not None:
            self._handling.call_soon_threadsafe(self._arrived.set)
