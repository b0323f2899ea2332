"""A real Kafka of the benchmark's own, and worker groups on it that begin with warm applications."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from foretide.deploy import broker as brokers
from foretide.deploy.demo.groups import start_at_the_end
from foretide.schemas.kafka import clients, topic_admin
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import CATALOGUE, PARTITIONS, PREDICTIONS, PROFILE_GROUP, TELEMETRY, changelog
from measuring.cores import ANY, Cores
from measuring.fleet import Fleet, Keyed

_TOGETHER = 2000
"""Records on their way at once."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A broker with the catalogue's topics, a folder for logs, and the cores of what is measured."""

    kafka: KafkaSettings
    folder: Path
    broker: str
    cores: Cores = ANY

    async def warm_group(self, group: str, fleet: Fleet, agent: str = PROFILE_GROUP, source: str = TELEMETRY) -> int:
        """Make a worker group whose changelog holds the fleet's snapshots and which begins at the source's present
        end; the bytes of its snapshots."""
        written = await self.empty_group(group, agent, source)
        async with self.producing() as producer:
            for record in fleet.snapshots():
                written += len(record.value)
                await producer.put(changelog(group), record)
        return written

    async def empty_group(self, group: str, agent: str = PROFILE_GROUP, source: str = TELEMETRY) -> int:
        """Make a worker group without any state that begins at the source's present end; 0 bytes of snapshots."""
        await topic_admin.create(self.kafka, [replace(CATALOGUE[changelog(agent)], name=changelog(group))])
        await start_at_the_end(self.kafka, group, source)
        return 0

    async def scratch_topic(self, name: str, like: str = PREDICTIONS) -> None:
        """A topic of the benchmark's own, set as one of the catalogue's."""
        await topic_admin.create(self.kafka, [replace(CATALOGUE[like], name=name)])

    @asynccontextmanager
    async def producing(self) -> AsyncIterator[Feeder]:
        """A producer for as much as the broker takes; at the end all of it has arrived."""
        producer = clients.producer(self.kafka, linger_ms=5)
        await producer.start()
        feeder = Feeder(producer)
        try:
            yield feeder
            await feeder.flush()
        finally:
            await producer.stop()

    async def send_all(self, topic: str, records: Iterable[Keyed]) -> int:
        """Send records as fast as the broker takes them; how many."""
        async with self.producing() as feeder:
            for record in records:
                await feeder.put(topic, record)
            return feeder.sent

    @asynccontextmanager
    async def reading(self, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
        """A consumer with all partitions of a topic, at its beginning."""
        consumer = clients.consumer(self.kafka, fetch_max_bytes=8 << 20)
        await consumer.start()
        try:
            consumer.assign(partitions_of(topic))
            yield consumer
        finally:
            await consumer.stop()

    async def ends(self, topic: str) -> dict[int, int]:
        """Per partition the offset that the next record will get."""
        async with self.reading(topic) as consumer:
            found = await consumer.end_offsets(partitions_of(topic))
        return {tp.partition: offset for tp, offset in found.items()}


class Feeder:
    """Hands records to a producer, many on their way at once."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._waiting: deque[asyncio.Future[object]] = deque()
        self.sent = 0

    async def put(self, topic: str, record: Keyed) -> None:
        """Send one record; waits while too many are on their way."""
        future = await self._producer.send(topic, record.value, key=record.key, partition=record.partition)
        self._waiting.append(future)
        self.sent += 1
        while self._waiting[0].done() or len(self._waiting) >= _TOGETHER:
            await self._waiting.popleft()
            if not self._waiting:
                return

    async def flush(self) -> None:
        """Wait until the broker has all of it."""
        waiting, self._waiting = self._waiting, deque()
        await asyncio.gather(*waiting)


def partitions_of(topic: str) -> list[TopicPartition]:
    """All partitions of a topic of ours."""
    return [TopicPartition(topic, number) for number in range(PARTITIONS)]


@asynccontextmanager
async def scene(keep: Path | None = None, cores: Cores = ANY) -> AsyncIterator[Scene]:
    """A real Kafka with the catalogue's topics. `keep` is a folder for the processes' logs; else they go at the end."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tries again what it warns of: topics are new
    folder = keep or Path(tempfile.mkdtemp(prefix="foretide-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    running = await asyncio.to_thread(brokers.start, "kafka")
    try:
        kafka = running.settings()
        await topic_admin.create(kafka)
        yield Scene(kafka, folder, running.name, cores)
    finally:
        await asyncio.to_thread(running.stop)
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
