"""A careful producer: order kept per key, retries while the broker is away, and no wait without a limit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import deque
from dataclasses import dataclass

from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, UnknownTopicOrPartitionError
from aiokafka.structs import RecordMetadata

from foretide.schemas.codec import encode
from foretide.schemas.errors import BrokerError
from foretide.schemas.kafka.clients import producer
from foretide.schemas.kafka.errors import BrokerUnreachable, SendFailed
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import Message

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where an acknowledged record lies. `timestamp_ms` is the broker's."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


@dataclass(slots=True)
class SenderCounts:
    """Records `accepted` by `send`; of these `sent` were acknowledged and `failed` were given up."""

    accepted: int = 0
    sent: int = 0
    failed: int = 0

    @property
    def pending(self) -> int:
        """Records whose fate is not known yet."""
        return self.accepted - self.sent - self.failed


@dataclass(slots=True)
class _Pending:
    topic: str
    key: bytes | None
    value: bytes | None
    delivery: asyncio.Future[Delivered]


class Sender:
    """Sends records one after the other, so that two with the same key arrive in the order of their `send`.

    While the broker is away records wait, at most `max_pending` of them, and are sent when it is back; one whose
    acknowledgement was lost is sent again. Only `close` gives records up, and the broker, by refusing them.
    """

    def __init__(
        self, settings: KafkaSettings, *, max_pending: int = 10_000, linger_ms: int = 0, retry_seconds: float = 0.2
    ) -> None:
        self.counts = SenderCounts()
        self._settings = settings
        self._max_pending = max_pending
        self._linger_ms = linger_ms
        self._retry_seconds = retry_seconds
        self._queue: deque[_Pending] = deque()
        self._in_flight: set[asyncio.Future[Delivered]] = set()
        self._queued = asyncio.Event()
        self._settled = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect. BrokerUnreachable if no broker answers; `check_broker` finds out why."""
        self._producer = producer(self._settings, linger_ms=self._linger_ms)
        # A batch that aiokafka gives up would be overtaken by later ones of the same partition. Without an expiry it
        # keeps its place at the head of the partition until it is acknowledged or refused; `close` is the limit.
        self._producer._message_accumulator._batch_ttl = math.inf  # noqa: SLF001
        try:
            await asyncio.wait_for(self._producer.start(), self._settings.request_timeout_seconds * 2)
        except (KafkaError, OSError, TimeoutError) as e:
            await self._stop_producer(1.0)
            raise BrokerUnreachable(f"no broker of {self._settings.bootstrap} can be used: {e}") from e
        self._task = asyncio.create_task(self._run(), name="sender")

    async def send(
        self, topic: str, key: str, message: Message, *, timeout_seconds: float = 30.0
    ) -> asyncio.Future[Delivered]:
        """`send_raw` of the encoded message."""
        return await self.send_raw(topic, key.encode(), encode(message), timeout_seconds=timeout_seconds)

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, *, timeout_seconds: float = 30.0
    ) -> asyncio.Future[Delivered]:
        """Accept a record; the future ends with its place once the broker has it, or with SendFailed.

        Waits only while `max_pending` records are on their way; SendFailed if that lasts `timeout_seconds`. The future
        need not be awaited: `counts` tells of failures.
        """
        if self._task is None or self._closing:
            raise SendFailed("the sender is not running")
        if self.counts.pending >= self._max_pending:
            await self._wait_for_room(timeout_seconds)
            if self._closing or self.counts.pending >= self._max_pending:
                raise SendFailed(f"{self._max_pending} records wait already and the broker takes none")
        pending = _Pending(topic, key, value, asyncio.get_running_loop().create_future())
        self.counts.accepted += 1
        self._in_flight.add(pending.delivery)
        self._queue.append(pending)
        self._queued.set()
        return pending.delivery

    async def deliver(self, topic: str, key: str, message: Message, *, timeout_seconds: float = 30.0) -> Delivered:
        """Send and wait for the acknowledgement; SendFailed after `timeout_seconds` (it may arrive all the same)."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await asyncio.shield(await self.send(topic, key, message, timeout_seconds=timeout_seconds))
        except TimeoutError as e:
            raise SendFailed(f"{topic}: no acknowledgement within {timeout_seconds:g} s") from e

    async def flush(self, timeout_seconds: float) -> bool:
        """Wait until everything accepted so far is settled; whether that was reached in time."""
        waiting = set(self._in_flight)
        if not waiting:
            return True
        _, unfinished = await asyncio.wait(waiting, timeout=timeout_seconds)
        return not unfinished

    async def close(self, timeout_seconds: float) -> bool:
        """Flush, then stop, within about `timeout_seconds` in all. What is left fails with SendFailed.

        Returns whether everything accepted was acknowledged or refused before.
        """
        if self._task is None:
            return True
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_seconds
        flushed = await self.flush(timeout_seconds * 0.7)
        self._closing = True
        self._settled.set()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        for delivery in list(self._in_flight):
            self._settle(delivery, SendFailed("the sender was closed before the broker acknowledged the record"))
        self._queue.clear()
        await self._stop_producer(max(0.2, end - loop.time()))
        return flushed

    async def _run(self) -> None:
        while True:
            while self._queue:
                await self._hand_over(self._queue.popleft())
            self._queued.clear()
            await self._queued.wait()

    async def _hand_over(self, pending: _Pending) -> None:
        """Give one record to aiokafka, as often as it takes until its partition has room for it."""
        while True:
            try:
                future = await self._producer.send(pending.topic, pending.value, pending.key)
            except (KafkaTimeoutError, KafkaConnectionError, UnknownTopicOrPartitionError) as e:
                # No room in the partition's batch, or its leader is not known: the broker is away.
                log.warning("waiting to send to %s: %s", pending.topic, e or type(e).__name__)
                await asyncio.sleep(self._retry_seconds)
            except KafkaError as e:
                self._settle(pending.delivery, _send_failed(pending.topic, e))
                return
            else:
                future.add_done_callback(lambda done: self._acknowledged(pending, done))
                return

    def _acknowledged(self, pending: _Pending, done: asyncio.Future[RecordMetadata]) -> None:
        if done.cancelled():
            self._settle(pending.delivery, SendFailed(f"{pending.topic}: cancelled"))
        elif (error := done.exception()) is not None:
            self._settle(pending.delivery, _send_failed(pending.topic, error))
        else:
            record = done.result()
            self._settle(pending.delivery, Delivered(record.topic, record.partition, record.offset, record.timestamp))

    def _settle(self, delivery: asyncio.Future[Delivered], result: Delivered | BrokerError) -> None:
        if delivery not in self._in_flight:
            return  # settled by `close` already
        self._in_flight.discard(delivery)
        if isinstance(result, Delivered):
            self.counts.sent += 1
            if not delivery.done():
                delivery.set_result(result)
        else:
            self.counts.failed += 1
            if not delivery.done():
                delivery.set_exception(result)
                delivery.exception()  # marks it as seen: who sends without waiting reads the counts
        self._settled.set()

    async def _wait_for_room(self, timeout_seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                while self.counts.pending >= self._max_pending and not self._closing:
                    self._settled.clear()
                    await self._settled.wait()

    async def _stop_producer(self, timeout_seconds: float) -> None:
        """Stop aiokafka's producer; left alone its `stop` waits for a broker that is away.

        First every batch expires, so that its next attempt is its last. If an attempt still hangs (a broker that is
        connected but silent), the connections are closed under it.
        """
        accumulator = self._producer._message_accumulator  # noqa: SLF001
        for batch in [*accumulator._pending_batches, *(b for bs in accumulator._batches.values() for b in bs)]:  # noqa: SLF001
            batch._ttl = 0.0  # noqa: SLF001
        stopping = asyncio.ensure_future(self._producer.stop())
        done, _ = await asyncio.wait({stopping}, timeout=timeout_seconds * 0.6)
        if not done:
            log.warning("the producer did not stop by itself; its connections are closed")
            await asyncio.wait({asyncio.ensure_future(self._producer.client.close())}, timeout=timeout_seconds * 0.2)
            await asyncio.wait({stopping}, timeout=timeout_seconds * 0.2)
        if not stopping.done():
            stopping.cancel()
        elif (error := stopping.exception()) is not None:
            log.warning("the producer stopped with an error: %s", error)


def _send_failed(topic: str, error: BaseException) -> SendFailed:
    return SendFailed(f"{topic}: the broker refused the record: {type(error).__name__} {error}".rstrip())
