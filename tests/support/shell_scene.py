"""A shell with all its parts, and a broker that is a few lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from foretide.schemas.dead_letters import DeadLetterGuard, DeadLetterLimit
from foretide.schemas.errors import ForetideError
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import PREDICTIONS, TELEMETRY
from foretide.streams.worker.changelog import Snapshots
from foretide.streams.worker.intake import Intake
from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.settings import WorkerSettings
from foretide.streams.worker.shell import Shell
from foretide.streams.worker.source import Raw
from support.counting import GROUP, Count, CountingProcessor
from support.lab import until


class FakeOutbox:
    """Takes everything; confirms at once unless `held`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []
        self.full = False
        self.held = False

    @property
    def confirmed(self) -> int:
        return 0 if self.held else len(self.sent)

    def put(self, topic: str, key: str, value: bytes, partition: int | None = None) -> int:
        self.sent.append((topic, key, value))
        return len(self.sent)

    async def arrived(self, sequence: int) -> None:
        await until(lambda: self.confirmed >= sequence, 5, "the outbox", pause=0)

    async def flush(self) -> None:
        await self.arrived(len(self.sent))

    async def room(self) -> None:
        await until(lambda: not self.full, 5, "room", pause=0)


class FakeSource:
    """The log of partition 0; records below `begin` were deleted by retention."""

    def __init__(self) -> None:
        self.log: list[Raw] = []
        self.begin = 0
        self.committed = 0
        self.blocked: asyncio.Event | None = None

    def add(self, key: str, value: bytes) -> Raw:
        raw = Raw(0, len(self.log), key.encode(), value, 0)
        self.log.append(raw)
        return raw

    async def position(self, partition: int) -> int:
        return max(self.committed, self.begin)

    async def read(self, partition: int, start: int, stop: int) -> AsyncIterator[Raw]:
        if self.blocked is not None:
            await self.blocked.wait()
        for raw in self.log[max(start, self.begin) : stop]:
            yield raw


class FakeChangelog:
    """Holds the snapshots as one partition's records."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.blocked: dict[int, asyncio.Event] = {}

    async def read(self, partition: int) -> Snapshots:
        if partition in self.blocked:
            await self.blocked[partition].wait()
        found = Snapshots()
        for number, value in enumerate(self.values):
            found.add(f"changelog/0/{number}", value)
        return found


class Scene:
    """A shell with all its parts."""

    def __init__(self, limit: int = 1000) -> None:
        self.core = CountingProcessor()
        self.outbox, self.source, self.changelog = FakeOutbox(), FakeSource(), FakeChangelog()
        self.metrics = WorkerMetrics(CollectorRegistry())
        self.failures: list[ForetideError] = []
        settings = WorkerSettings(KafkaSettings(), GROUP, TELEMETRY, (PREDICTIONS,))
        parts: Any = self.outbox
        guard = DeadLetterGuard(DeadLetterLimit(limit))
        intake = Intake(self.core, GROUP, parts, self.metrics, guard, lambda: 0.0)
        source: Any = self.source
        changelog: Any = self.changelog
        self.shell = Shell(self.core, settings, intake, parts, source, changelog, self.metrics, self.failures.append)

    async def own(self, generation: int = 1) -> None:
        self.shell.assigned([0], generation)
        await self.shell.partitions[0].ready.wait()

    def fill(self, records: int) -> list[Raw]:
        return [self.source.add(f"app-{i % 3}", b'{"n": %d}' % i) for i in range(records)]

    def truth(self, records: Iterable[Raw]) -> dict[str, Count]:
        counts: dict[str, Count] = {}
        for raw in records:
            assert raw.key is not None
            counts.setdefault(raw.key.decode(), Count()).add(raw.offset, orjson.loads(raw.value or b"")["n"])
        return counts

    @property
    def predictions(self) -> list[str]:
        return [orjson.loads(value)["id"] for topic, _, value in self.outbox.sent if topic == PREDICTIONS]
