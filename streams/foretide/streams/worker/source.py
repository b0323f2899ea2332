"""A plain consumer beside Faust's: where the group stands, and the records that Faust passed over.

Faust's fetcher can hand out a batch, be interrupted by a rebalance, and count the offsets as read. The source topics
are neither compacted nor transactional, so their offsets are contiguous and a hole in them is always such a loss.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition


class Raw(NamedTuple):
    """One record of the source topic as it came from the broker."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int


class SourceReader:
    """Reads the source topic by partition and offset, with the group's id but never as its member."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises what aiokafka raises."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def position(self, partition: int) -> int:
        """The offset from which the group goes on in the partition: the committed one, else the log's beginning.

        A committed offset that the log no longer holds (retention) is replaced by the log's beginning.
        """
        tp = TopicPartition(self._topic, partition)
        async with self._lock:
            self._consumer.assign([tp])
            begin = await self._consumer.beginning_offsets([tp])
            return max(await self._consumer.committed(tp) or 0, int(begin[tp]))

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """Per partition the offset that the next record written will get."""
        tps = [TopicPartition(self._topic, p) for p in partitions]
        async with self._lock:
            ends = await self._consumer.end_offsets(tps)
        return {tp.partition: offset for tp, offset in ends.items()}

    async def read(self, partition: int, start: int, stop: int) -> AsyncIterator[Raw]:
        """The records with offsets in [start, stop) that the log still holds, in order."""
        tp = TopicPartition(self._topic, partition)
        async with self._lock:
            self._consumer.assign([tp])
            begin = (await self._consumer.beginning_offsets([tp]))[tp]
            position = max(start, begin)
            self._consumer.seek(tp, position)
            while position < stop:
                found = await self._consumer.getmany(tp, timeout_ms=500)
                for message in found.get(tp, ()):
                    position = message.offset + 1
                    if message.offset < stop:
                        yield Raw(partition, message.offset, message.key, message.value, message.timestamp)
                position = max(position, await self._consumer.position(tp))
