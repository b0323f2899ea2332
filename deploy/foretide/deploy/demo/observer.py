"""Sees every record of a run: counts it, and records telemetry and the pool's log to files as they pass.

A replay then depends neither on the broker's retention nor on the broker itself: the mock cluster keeps only the last
megabytes of a partition.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from foretide.deploy.demo.errors import DemoError
from foretide.deploy.demo.figures import Figures
from foretide.deploy.replay.records import RecordedRecord, RecordLog
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import (
    COMMANDS,
    DEAD_LETTERS,
    DECISIONS,
    DEVIATIONS,
    PARTITIONS,
    POOL_EVENTS,
    PREDICTIONS,
    TELEMETRY,
)

log = logging.getLogger(__name__)

OBSERVED: Final = (TELEMETRY, PREDICTIONS, DEVIATIONS, POOL_EVENTS, DECISIONS, COMMANDS, DEAD_LETTERS)
_BATCH: Final = 2000
_WAIT_MS: Final = 500
_MOCK_WAIT_MS: Final = 100
"""The mock cluster does not wake a fetch that waits: this is how late a record is seen at worst."""
_PAUSE_SECONDS: Final = 0.1
"""Between two looks at the broker: records are taken in batches, which costs the shared cores far less."""


class Observer:
    """Reads all topics from where they stand when it starts. `figures` is up to date as far as `positions` say.

    `mock`: the broker is librdkafka's mock cluster. It answers a fetch with one producer's batch per partition and
    keeps 5 MB of each, so every topic is read over a connection of its own, without a pause.
    """

    def __init__(
        self, kafka: KafkaSettings, figures: Figures, telemetry_log: Path, pool_log: Path, *, mock: bool
    ) -> None:
        self.figures = figures
        self.gaps = 0
        """Records that the broker no longer had when they were asked for."""
        self._logs: Mapping[str, RecordLog] = {TELEMETRY: RecordLog(telemetry_log), POOL_EVENTS: RecordLog(pool_log)}
        self._next: dict[TopicPartition, int] = {}
        self._pause = 0.0 if mock else _PAUSE_SECONDS
        shares = [(topic,) for topic in OBSERVED] if mock else [OBSERVED]
        wait_ms = _MOCK_WAIT_MS if mock else _WAIT_MS
        self._readers: list[tuple[tuple[str, ...], AIOKafkaConsumer]] = [
            (topics, clients.consumer(kafka, fetch_max_bytes=8 << 20, fetch_max_wait_ms=wait_ms)) for topics in shares
        ]
        self._started: list[AIOKafkaConsumer] = []

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """Per topic and partition the offset of the record that it will see next."""
        return {(tp.topic, tp.partition): offset for tp, offset in self._next.items()}

    async def start(self) -> None:
        """Connect, and take the present ends as the beginning of the run. DemoError if the broker cannot be read."""
        try:
            for topics, consumer in self._readers:
                await consumer.start()
                self._started.append(consumer)
                partitions = [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]
                consumer.assign(partitions)
                ends = await consumer.end_offsets(partitions)
                for tp, offset in ends.items():
                    consumer.seek(tp, offset)
                self._next.update(ends)
        except KafkaError as e:
            raise DemoError(f"the topics cannot be read: {type(e).__name__}: {e}") from e

    async def run(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _, consumer in self._readers:
                group.create_task(self._read(consumer))

    async def ends(self) -> dict[tuple[str, int], int]:
        """Per topic and partition the offset that the next record will get. KafkaError if the broker does not say."""
        found = await self._started[0].end_offsets(list(self._next))
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def close(self) -> None:
        """Disconnect and finish the recordings."""
        for consumer in self._started:
            with contextlib.suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), 5.0)
        for recording in self._logs.values():
            recording.close()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                found = await consumer.getmany(timeout_ms=500, max_records=_BATCH)
            except KafkaError as e:
                log.warning("observing: %s: %s", type(e).__name__, e)
                await asyncio.sleep(0.5)
                continue
            for tp, messages in found.items():
                for m in messages:
                    self._see(tp, RecordedRecord(m.topic, m.partition, m.offset, m.key, m.value, m.timestamp))
            await asyncio.sleep(self._pause)

    def _see(self, tp: TopicPartition, record: RecordedRecord) -> None:
        expected = self._next[tp]
        if record.offset < expected:
            return  # read again after the connection was lost
        self.gaps += record.offset - expected
        self._next[tp] = record.offset + 1
        recording = self._logs.get(record.topic)
        if recording is not None:
            recording.write(record)
        self.figures.feed(record)
