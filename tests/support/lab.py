"""A laboratory for workers: real processes around the counting core, fed, killed, frozen, held against the truth."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from foretide.schemas.ids import record_id
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import PREDICTIONS, TELEMETRY
from foretide.streams.worker.changelog import read_snapshots
from support.counting import GROUP, Count

SCRIPT = Path(__file__).with_name("counting_worker.py")


@dataclass(slots=True)
class WorkerProcess:
    """One worker process and its log."""

    name: str
    process: subprocess.Popen[bytes]
    port_file: Path
    log: Path

    async def progress(self) -> dict[str, Any] | None:
        """What /progress answers; None while it does not."""
        try:
            port = int(self.port_file.read_text())
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 1)
        except (OSError, ValueError, TimeoutError):
            return None
        try:
            writer.write(b"GET /progress HTTP/1.1\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), 1)
        except (OSError, TimeoutError):
            return None
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head.splitlines()[0]:
            return None
        document: dict[str, Any] = orjson.loads(body)
        return document

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def ended(self, seconds: float) -> int:
        """Wait for the end; the exit code."""
        await until(lambda: self.process.poll() is not None, seconds, f"{self.name} to end")
        return self.process.returncode

    def text(self) -> str:
        """What it has logged."""
        return self.log.read_text()


@dataclass(slots=True)
class Lab:
    """Workers of one group on one broker."""

    kafka: KafkaSettings
    folder: Path
    options: Sequence[str] = ()
    workers: list[WorkerProcess] = field(default_factory=list)

    def start(self, *more: str) -> WorkerProcess:
        """Start one more worker."""
        name = f"worker-{len(self.workers)}"
        port_file, log = self.folder / f"{name}.port", self.folder / f"{name}.log"
        command = [sys.executable, str(SCRIPT), "--bootstrap", self.kafka.bootstrap, "--port-file", str(port_file)]
        with log.open("wb") as file:
            process = subprocess.Popen([*command, *self.options, *more], stderr=file, stdout=file)
        worker = WorkerProcess(name, process, port_file, log)
        self.workers.append(worker)
        return worker

    def stop_all(self) -> None:
        """End whatever still runs."""
        for worker in self.workers:
            if worker.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.process.pid, signal.SIGCONT)
                worker.process.kill()
                worker.process.wait()

    async def owned(self, *workers: WorkerProcess, partitions: int = 4, seconds: float = 40) -> None:
        """Wait until these workers own all partitions between them, each ready with at least one."""

        async def shared() -> bool:
            shares = [await worker.progress() for worker in workers]
            return all(s and s["ready"] and s["partitions"] for s in shares) and partitions == sum(
                len(s["partitions"]) for s in shares if s
            )

        await until(shared, seconds, "the workers to share the partitions")

    async def drained(self, ends: dict[int, int], seconds: float = 60) -> None:
        """Wait until the living workers have handled and committed up to `ends`."""

        async def done() -> bool:
            committed: dict[int, int] = {}
            for worker in self.workers:
                if worker.process.poll() is None and (progress := await worker.progress()):
                    if progress["outbox_waiting"]:
                        return False
                    committed |= {int(n): p["committed"] for n, p in progress["partitions"].items() if p["ready"]}
            return committed == ends

        await until(done, seconds, f"everything up to {ends} to be committed")


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float, what: str, pause: float = 0.05
) -> None:
    """Poll a condition; AssertionError naming `what` if it does not come true in time."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < end, f"waited {seconds:g} s for {what}"
        await asyncio.sleep(pause)


class Feeder:
    """Writes numbered records of some keys at a rate until it is stopped."""

    def __init__(self, kafka: KafkaSettings, keys: int = 23, per_second: float = 250) -> None:
        self._producer = clients.producer(kafka)
        self._keys = keys
        self._pause = 10 / per_second
        self._stop = asyncio.Event()
        self.sent = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Feeder]:
        """Feed while the block runs; afterwards all that was sent has arrived."""
        await self._producer.start()
        task = asyncio.create_task(self._feed())
        try:
            yield self
            self._stop.set()
            await task
        finally:
            task.cancel()
            await self._producer.stop()

    async def more(self, records: int, seconds: float = 60) -> None:
        """Wait until so many more records were sent."""
        goal = self.sent + records
        await until(lambda: self.sent >= goal, seconds, f"{records} more records to be sent")

    async def _feed(self) -> None:
        while not self._stop.is_set():
            for _ in range(10):
                value = orjson.dumps({"n": self.sent})
                await self._deliver(f"app-{self.sent % self._keys:02d}".encode(), value)
                self.sent += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), self._pause)

    async def _deliver(self, key: bytes, value: bytes) -> None:
        while True:
            try:
                await self._producer.send_and_wait(TELEMETRY, value, key=key)
                return
            except KafkaError:
                await asyncio.sleep(0.2)


async def read_all(kafka: KafkaSettings, topic: str) -> list[Any]:
    """Every record that a topic holds, partition by partition in order."""
    consumer = clients.consumer(kafka, topic, auto_offset_reset="earliest")
    await consumer.start()
    found: list[Any] = []
    try:
        await until(lambda: bool(consumer.assignment()), 10, f"{topic}'s partitions")
        tps = sorted(consumer.assignment())
        ends = await consumer.end_offsets(tps)
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for records in (await consumer.getmany(*tps, timeout_ms=300)).values():
                found.extend(records)
    finally:
        await consumer.stop()
    return sorted(found, key=lambda r: (r.partition, r.offset))


async def ends_of(kafka: KafkaSettings, topic: str) -> dict[int, int]:
    """The end offset of every partition of a topic."""
    consumer = clients.consumer(kafka, topic)
    await consumer.start()
    try:
        tps = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        return {tp.partition: offset for tp, offset in (await consumer.end_offsets(tps)).items()}
    finally:
        await consumer.stop()


async def truth(kafka: KafkaSettings) -> tuple[dict[str, Count], set[str]]:
    """What every key's count must be, and the id of every record, from the telemetry topic itself."""
    counts: dict[str, Count] = {}
    ids = set()
    for record in await read_all(kafka, TELEMETRY):
        counts.setdefault(record.key.decode(), Count()).add(record.offset, orjson.loads(record.value)["n"])
        ids.add(record_id(TELEMETRY, record.partition, record.offset))
    return counts, ids


async def learned(kafka: KafkaSettings) -> dict[str, Count]:
    """What the workers' snapshots say."""
    envelopes = await read_snapshots(kafka, GROUP)
    return {key: Count(*orjson.loads(envelope.payload)) for key, envelope in envelopes.items()}


async def assert_exact(lab: Lab) -> int:
    """All was learned exactly once, and no record is without its output; the number of records."""
    await lab.drained(await ends_of(lab.kafka, TELEMETRY))
    expected, ids = await truth(lab.kafka)
    assert await learned(lab.kafka) == expected
    answered: dict[str, tuple[int, str]] = {}
    for record in await read_all(lab.kafka, PREDICTIONS):
        message = orjson.loads(record.value)
        content = (message["issued_ms"], message["phase"])
        assert answered.setdefault(message["id"], content) == content, f"{message['id']} was answered in two ways"
    assert set(answered) == ids
    return len(ids)
