"""Sees every record of a run: counts it, and records telemetry and the pool's log to files as they pass.

A replay then depends neither on the broker's retention nor on the broker itself: the mock cluster keeps only the last
megabytes of a partition.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
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
_PAUSE_SECONDS: Final = 0.1
"""Between two looks at the broker: records are taken in batches, which costs the shared cores far less."""


class Observer:
    """Reads all topics from where they stand when it starts. `figures` is up to date as far as `positions` say."""

    def __init__(self, kafka: KafkaSettings, figures: Figures, telemetry_log: Path, pool_log: Path) -> None:
        self.figures = figures
        self.gaps = 0
        """Records that the broker no longer had when they were asked for."""
        self._logs: Mapping[str, RecordLog] = {TELEMETRY: RecordLog(telemetry_log), POOL_EVENTS: RecordLog(pool_log)}
        self._next: dict[TopicPartition, int] = {}
        self._consumer: AIOKafkaConsumer = clients.consumer(kafka, fetch_max_bytes=8 << 20)
        self._started = False

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """Per topic and partition the offset of the record that it will see next."""
        return {(tp.topic, tp.partition): offset for tp, offset in self._next.items()}

    async def start(self) -> None:
        """Connect, and take the present ends as the beginning of the run. DemoError if the broker cannot be read."""
        try:
            await self._consumer.start()
            self._started = True
            partitions = [TopicPartition(topic, p) for topic in OBSERVED for p in range(PARTITIONS)]
            self._consumer.assign(partitions)
            self._next = dict(await self._consumer.end_offsets(partitions))
        except KafkaError as e:
            raise DemoError(f"the topics cannot be read: {type(e).__name__}: {e}") from e
        for tp, offset in self._next.items():
            self._consumer.seek(tp, offset)

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self._take(timeout_ms=500)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def ends(self, topics: Sequence[str] = OBSERVED) -> dict[tuple[str, int], int]:
        """Per topic and partition the offset that the next record will get. KafkaError if the broker does not say."""
        found = await self._consumer.end_offsets([tp for tp in self._next if tp.topic in topics])
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def close(self) -> None:
        """Disconnect and finish the recordings."""
        if self._started:
            with contextlib.suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(self._consumer.stop(), 5.0)
        for recording in self._logs.values():
            recording.close()

    async def _take(self, timeout_ms: int) -> None:
        began = time.monotonic()
        try:
            found = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=_BATCH)
        except KafkaError as e:
            log.warning("observing: %s: %s", type(e).__name__, e)
            await asyncio.sleep(0.5)
            return
        for tp, messages in found.items():
            for m in messages:
                self._see(tp, RecordedRecord(m.topic, m.partition, m.offset, m.key, m.value, m.timestamp))
        log.debug("observed %d records in %.3f s", sum(map(len, found.values())), time.monotonic() - began)

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
