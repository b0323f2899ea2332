"""Sends many messages as few: those for one partition are packed into batches that the producer takes whole.

Handing single messages to aiokafka costs a future and several awaits each; a batch costs that once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

LARGEST_BYTES: Final = 1_048_576
"""Key and value of a message, uncompressed; a larger one is refused before it is sent, as the producer itself would.
What the broker allows is about the same, and it has the last word."""


class Item(NamedTuple):
    """A message on its way. Without `partition` the key decides."""

    sequence: int
    topic: str
    key: bytes
    value: bytes
    partition: int | None


class Failure(NamedTuple):
    """Why a message for `topic` did not arrive."""

    topic: str
    error: KafkaError


@lru_cache(maxsize=65_536)
def place_of(key: bytes) -> int:
    """The key's place among all partitions, to be taken modulo their number: what every Kafka client computes."""
    return int(murmur2(key)) & 0x7FFFFFFF


class Parcels:
    """Packs and sends messages through `producer`, keeping their order within each partition."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def send(self, items: Sequence[Item]) -> tuple[list[Item], Failure | None]:
        """Send the messages; those to send again, in their order, and what kept the first of them back.

        In a partition, all after one that failed are sent again too: the last to arrive is the last one written.
        """
        try:
            groups = await self._by_partition(items)
        except KafkaError as unknown:
            return list(items), Failure(items[0].topic, unknown)
        outcomes = await asyncio.gather(*(self._send(*place, group) for place, group in groups.items()))
        left: list[Item] = []
        failures: list[tuple[int, Failure]] = []
        for ((topic, _), group), (done, error) in zip(groups.items(), outcomes, strict=True):
            if error is not None:
                left += group[done:]
                failures.append((group[done].sequence, Failure(topic, error)))
        left.sort()  # by sequence
        return left, min(failures)[1] if failures else None

    async def _by_partition(self, items: Sequence[Item]) -> dict[tuple[str, int], list[Item]]:
        groups: dict[tuple[str, int], list[Item]] = {}
        partitions: dict[str, list[int]] = {}
        for item in items:
            number = item.partition
            if number is None:
                known = partitions.get(item.topic)
                if known is None:
                    known = partitions[item.topic] = sorted(await self._producer.partitions_for(item.topic))
                number = known[place_of(item.key) % len(known)]
            group = groups.get((item.topic, number))
            if group is None:
                groups[item.topic, number] = [item]
            else:
                group.append(item)
        return groups

    async def _send(self, topic: str, partition: int, group: Sequence[Item]) -> tuple[int, KafkaError | None]:
        """Send what goes to one partition; how many of the first messages arrived, and what kept the next one back."""
        sent: list[Any] = []
        ends: list[int] = []
        kept_back: KafkaError | None = None
        end = 0
        try:
            while end < len(group):
                batch, end = self._pack(group, end)
                # aiokafka queues one batch a partition: this waits until the one before has left.
                sent.append(await self._producer.send_batch(batch, topic, partition=partition))
                ends.append(end)
        except KafkaError as error:
            kept_back = error
        done = 0
        for upto, result in zip(ends, await asyncio.gather(*sent, return_exceptions=True), strict=True):
            if isinstance(result, KafkaError):
                return done, result
            if isinstance(result, BaseException):
                raise result
            done = upto
        return done, kept_back

    def _pack(self, group: Sequence[Item], start: int) -> tuple[Any, int]:
        """A batch with as many messages from `start` on as it holds, at least one; and where the next one starts."""
        batch = self._producer.create_batch()
        now = time.time_ns() // 1_000_000
        for place in range(start, len(group)):
            item = group[place]
            if len(item.key) + len(item.value) > LARGEST_BYTES:
                if place > start:
                    return batch, place
                raise MessageSizeTooLargeError(
                    f"key and value have {len(item.key) + len(item.value)} bytes, more than {LARGEST_BYTES}"
                )
            if batch.append(timestamp=now, key=item.key, value=item.value) is None:
                return batch, place
        return batch, len(group)
