"""Everything a worker writes, in one order, until the broker has it.

A message enters with `put` and gets a sequence number; `confirmed` is the highest number up to which all have arrived.
The broker may be away for any time: nothing is dropped, the order within a partition is kept, a message may arrive
twice (outputs have ids for that). A message that the broker refuses for good stops the worker.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from foretide.streams.worker.errors import CrashedError
from foretide.streams.worker.parcels import Item, Parcels

log = logging.getLogger(__name__)

BATCH: Final = 2000
"""Messages handed to the producer at once; the next batch forms while the broker answers."""

BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0)
"""Pauses before a batch that failed is sent again; the last one repeats."""

REFUSED: Final = (MessageSizeTooLargeError, TopicAuthorizationFailedError)


class Outbox:
    """An ordered, bounded, patient sender on top of one aiokafka producer, which it starts and stops.

    `check` is called right before anything is written to a socket. `failed` hears of a refusal, once.
    """

    def __init__(
        self,
        producer: AIOKafkaProducer,
        *,
        max_messages: int,
        max_bytes: int,
        check: Callable[[], None],
        failed: Callable[[CrashedError], None],
    ) -> None:
        self._producer = producer
        self._parcels = Parcels(producer)
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._failed = failed
        self._queue: deque[Item] = deque()
        self._bytes = 0
        self._sequence = 0
        self._confirmed = 0
        self._changed = asyncio.Condition()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._guard_socket(check)

    @property
    def confirmed(self) -> int:
        """All messages up to this sequence number are in the broker."""
        return self._confirmed

    @property
    def waiting(self) -> int:
        """Messages not yet confirmed."""
        return self._sequence - self._confirmed

    @property
    def full(self) -> bool:
        """Whether no more should be put before some have arrived."""
        return self.waiting >= self._max_messages or self._bytes >= self._max_bytes

    async def start(self) -> None:
        """Connect. Raises what aiokafka raises."""
        await self._producer.start()
        self._task = asyncio.create_task(self._run(), name="outbox")
        self._task.add_done_callback(self._ended)

    def put(self, topic: str, key: str, value: bytes, partition: int | None = None) -> int:
        """Queue a message and return its sequence number. Without `partition` the key decides."""
        self._sequence += 1
        self._queue.append(Item(self._sequence, topic, key.encode(), value, partition))
        self._bytes += len(value)
        self._wake.set()
        return self._sequence

    async def arrived(self, sequence: int) -> None:
        """Wait until the broker has all up to `sequence`."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._confirmed >= sequence)

    async def room(self) -> None:
        """Wait until the outbox is no longer full."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self.full)

    async def flush(self) -> None:
        """Wait until the broker has all that was put."""
        await self.arrived(self._sequence)

    async def stop(self, seconds: float) -> None:
        """Stop sending; what has not arrived is given up. Takes at most `seconds`."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=seconds)
        if self._sequence > self._confirmed:
            # The producer's own stop would wait for the broker; what it holds is re-made after the next start.
            log.warning("%d messages had not reached the broker and are given up", self.waiting)
        try:
            await asyncio.wait_for(self._producer.stop(), timeout=seconds)
        except (TimeoutError, KafkaError):
            log.warning("the producer did not stop within %.1f s", seconds)

    def _guard_socket(self, check: Callable[[], None]) -> None:
        client = self._producer.client
        send = client.send

        async def guarded(*args: Any, **kwargs: Any) -> Any:
            check()
            return await send(*args, **kwargs)

        client.send = guarded

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            crashed = error if isinstance(error, CrashedError) else CrashedError(f"the sender failed: {error!r}")
            self._failed(crashed)

    async def _run(self) -> None:
        while True:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            await self._deliver(batch)
            async with self._changed:
                self._confirmed = batch[-1].sequence
                self._bytes -= sum(len(item.value) for item in batch)
                self._changed.notify_all()

    async def _deliver(self, batch: Sequence[Item]) -> None:
        failures = 0
        while batch:
            batch, failure = await self._parcels.send(batch)
            if failure is None:
                continue
            if isinstance(failure.error, REFUSED):
                raise CrashedError(f"the broker refuses what this worker writes to {failure.topic}: {failure.error}")
            if failures == 0:
                log.warning("writing to the broker failed, trying again: %s", failure.error)
            await asyncio.sleep(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)])
            failures += 1
