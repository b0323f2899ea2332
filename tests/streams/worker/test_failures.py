"""Records that cannot be read, a core that fails, brokers that cannot be used."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import orjson
import pytest

from foretide.schemas.kafka import clients
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import DEAD_LETTERS, TELEMETRY
from support.counting import Count
from support.lab import Lab, ends_of, learned, read_all

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]


async def send(kafka: KafkaSettings, *records: tuple[bytes | None, bytes | None]) -> None:
    """Write records to partition 0 of the telemetry topic."""
    producer = clients.producer(kafka, max_request_size=4_000_000)
    await producer.start()
    try:
        for key, value in records:
            await producer.send_and_wait(TELEMETRY, value, key=key, partition=0)
    finally:
        await producer.stop()


@pytest.mark.kafka
async def test_garbage_and_faults_are_set_aside_and_disturb_nothing(lab: Lab) -> None:
    worker = lab.start("--cadence", "1")
    await lab.owned(worker)
    good = [(b"a", b'{"n": 1}'), (b"b", b'{"n": 2}')]
    await send(lab.kafka, *good)
    await lab.drained(await ends_of(lab.kafka, TELEMETRY))  # a and b have snapshots now
    await send(
        lab.kafka,
        (b"a", b'{"n": 10}'),  # offset 2
        (b"a", b"not json"),
        (b"a", b'{"n": "ten"}'),
        (b"a", None),
        (None, b'{"n": 1}'),
        (b"\xff", b'{"n": 1}'),  # 7
        (b"a", b'{"n": 1, "boom": true}'),  # 8: the core fails, half way through a change
        (b"new", b'{"n": 1, "boom": true}'),  # 9: of a key without a state
        (b"a", b'{"n": 100}'),  # 10
        (b"b", b'{"n": 20}'),
        (b"new", b'{"n": 5}'),  # 12
    )
    await lab.drained(await ends_of(lab.kafka, TELEMETRY))
    a, b, new = Count(), Count(), Count()
    for count, offset, value in ((a, 0, 1), (a, 2, 10), (a, 10, 100), (b, 1, 2), (b, 11, 20), (new, 12, 5)):
        count.add(offset, value)
    assert await learned(lab.kafka) == {"a": a, "b": b, "new": new}
    letters = {}
    for record in await read_all(lab.kafka, DEAD_LETTERS):
        letter = orjson.loads(record.value)
        letters[letter["record"]["offset"]] = f"{letter['place']}: {letter['reason']}"
    assert sorted(letters) == [3, 4, 5, 6, 7, 8, 9]
    assert "not JSON" in letters[3]
    assert letters[4] == "$.n: a number is needed"
    assert letters[6] == "$key: the record has no key"
    assert "not UTF-8" in letters[7]
    assert letters[8] == letters[9] == "$: the core failed: RuntimeError: boom"
    progress = await worker.progress()
    assert progress is not None
    assert progress["dead_letters"] == 7


@pytest.mark.kafka
async def test_too_much_garbage_stops_the_worker(lab: Lab) -> None:
    worker = lab.start("--consecutive", "20")
    await lab.owned(worker)
    await send(lab.kafka, *[(b"a", b"garbage")] * 40)
    assert await worker.ended(30) == 1
    last = worker.text().splitlines()[-1]
    assert last.startswith("Error: 21 records in a row could not be read")
    assert "sent to dead-letters.v1" in last
    assert len(await read_all(lab.kafka, DEAD_LETTERS)) == 21


@pytest.mark.kafka
async def test_a_missing_topic_is_told_at_once(own_kafka: object, tmp_path: Path) -> None:
    lab = Lab(own_kafka.settings(), tmp_path)  # type: ignore[attr-defined]
    began = time.monotonic()
    worker = lab.start()
    assert await worker.ended(15) == 1
    assert time.monotonic() - began < 15
    assert worker.text().count("\n") == 1
    assert "telemetry.v1" in worker.text()
    assert "foretide topics create" in worker.text()


async def test_an_unreachable_broker_is_told_in_time(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    lab = Lab(KafkaSettings(bootstrap=f"127.0.0.1:{port}"), tmp_path)
    worker = lab.start()
    assert await worker.ended(15) == 1
    assert worker.text().startswith("Error: ")
    assert f"127.0.0.1:{port}" in worker.text()
    assert worker.text().count("\n") == 1


async def test_a_stop_during_the_checks_ends_at_once(tmp_path: Path) -> None:
    accepted = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        while await reader.read(1000):
            pass  # until the worker ends
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    lab = Lab(KafkaSettings(bootstrap=f"127.0.0.1:{port}"), tmp_path)
    try:
        worker = lab.start()
        await asyncio.wait_for(accepted.wait(), 15)
        worker.process.terminate()
        assert await worker.ended(5) == 0
    finally:
        lab.stop_all()
        server.close()
        await server.wait_closed()
