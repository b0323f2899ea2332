"""Reading a group's snapshots back from its changelog topic.

Of the snapshots of a key the one of the highest (epoch, last offset) counts, not the newest in the log: a worker that
was given up may still have written a late one. Each partition's reading also tells the highest epoch it has seen.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from foretide.schemas.kafka import clients
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import changelog
from foretide.streams.worker.envelope import CLAIM_KEY, Envelope, Rank, decode_envelope
from foretide.streams.worker.errors import EnvelopeError

log = logging.getLogger(__name__)

FETCH_BYTES: Final = 4_194_304
"""Of a partition in one answer of the broker. With the usual 1 MiB a changelog takes half as long again to read."""


@dataclass(slots=True)
class Snapshots:
    """What one partition of a changelog holds: the snapshot to trust per key, the highest epoch, unreadable ones."""

    by_key: dict[str, Envelope] = field(default_factory=dict)
    highest_epoch: int = 0
    unreadable: int = 0
    _parts: dict[tuple[str, int], Envelope] = field(default_factory=dict)
    _newest: dict[tuple[str, int], Rank] = field(default_factory=dict)

    def add(self, place: str, value: bytes | None) -> None:
        """Take one record of the changelog; `place` names it in the log line if it cannot be read."""
        if value is None:
            return  # a key deleted by hand
        try:
            envelope = decode_envelope(value)
        except EnvelopeError as error:
            self.unreadable += 1
            log.warning("%s: %s; its key starts from the snapshot before it, if there is one", place, error)
            return
        self.highest_epoch = max(self.highest_epoch, envelope.epoch)
        if envelope.key == CLAIM_KEY:
            return
        if envelope.part:
            self._add_part(envelope)
            return
        known = self.by_key.get(envelope.key)
        if known is not None and envelope.rank < known.rank:
            return
        # Its parts stand before it in the log; a later one of them may already be of a snapshot that never came.
        others = [self._parts.get((envelope.key, number)) for number in range(1, len(envelope.needs) + 1)]
        fit = tuple(o for o, need in zip(others, envelope.needs, strict=True) if o is not None and o.rank == need)
        if len(fit) == len(envelope.needs):
            self.by_key[envelope.key] = envelope.whole(fit)
        else:
            self.unreadable += 1
            log.warning("%s: not all parts of the snapshot are there; the one before it counts, if there is one", place)

    def _add_part(self, part: Envelope) -> None:
        place = part.key, part.part
        known = self._parts.get(place)
        if known is None or part.rank >= known.rank:
            self._parts[place] = part
        self._newest[place] = part.rank

    def stands(self, envelope: Envelope) -> bool:
        """Whether each part of a snapshot is the newest of its key in the log: else compaction will drop it."""
        return all(self._newest[envelope.key, n] == need for n, need in enumerate(envelope.needs, 1))


def reader(kafka: KafkaSettings, **overrides: Any) -> AIOKafkaConsumer:
    """A consumer made for reading changelogs; not started."""
    return clients.consumer(kafka, **({"max_partition_fetch_bytes": FETCH_BYTES} | overrides))


async def read_partitions(consumer: AIOKafkaConsumer, topic: str, partitions: Iterable[int]) -> dict[int, Snapshots]:
    """Read the given partitions of a changelog from their beginning to their present end.

    `consumer` is started and subscribed to nothing; its assignment is replaced. Raises what aiokafka raises.
    """
    tps = [TopicPartition(topic, p) for p in partitions]
    found = {tp.partition: Snapshots() for tp in tps}
    consumer.assign(tps)
    begin = await consumer.beginning_offsets(tps)
    ends = await consumer.end_offsets(tps)
    left = {tp for tp in tps if ends[tp] > begin[tp]}
    consumer.pause(*(set(tps) - left))
    for tp in left:
        consumer.seek(tp, begin[tp])
    while left:
        for tp, records in (await consumer.getmany(*left, timeout_ms=500)).items():
            for record in records:
                found[tp.partition].add(f"{topic}/{tp.partition}/{record.offset}", record.value)
        for tp in list(left):
            if await consumer.position(tp) >= ends[tp]:
                consumer.pause(tp)
                left.discard(tp)
    return found


class Changelog:
    """A consumer kept for reading one changelog, a partition at any time."""

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

    async def read(self, partition: int) -> Snapshots:
        """What the partition holds now. Raises what aiokafka raises."""
        async with self._lock:
            found = await read_partitions(self._consumer, self._topic, [partition])
            # Not in `read_partitions`: aiokafka may hang in a `stop` that follows an `unsubscribe` at once.
            self._consumer.unsubscribe()
            return found[partition]


async def read_snapshots(kafka: KafkaSettings, group: str) -> dict[str, Envelope]:
    """The latest trusted snapshot of every key of a worker group, read from its changelog topic to its end."""
    topic = changelog(group)
    consumer = reader(kafka)
    await consumer.start()
    try:
        partitions = consumer.partitions_for_topic(topic) or await _fetch_partitions(consumer, topic)
        per_partition = await read_partitions(consumer, topic, sorted(partitions))
    finally:
        await consumer.stop()
    return {key: envelope for found in per_partition.values() for key, envelope in found.by_key.items()}


async def _fetch_partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.add_topic(topic)  # noqa: SLF001 - aiokafka has no public way to ask about one topic
    await consumer._client.force_metadata_update()  # noqa: SLF001
    return set(consumer.partitions_for_topic(topic) or ())
