"""The outbox: order, patience and refusal, against a producer that fails as told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.worker import outbox as module
from foretide.streams.worker.errors import CrashedError
from foretide.streams.worker.outbox import Outbox
from foretide.streams.worker.parcels import LARGEST_BYTES, place_of
from support.lab import until

pytestmark = pytest.mark.timeout(10)


class FakeClient:
    async def send(self, *args: Any) -> str:
        return "sent"


class FakeBatch:
    """Holds `room` messages."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.values: list[bytes] = []

    def append(self, *, timestamp: int, key: bytes | None, value: bytes | None) -> object | None:
        if len(self.values) == self.room:
            return None
        assert value is not None
        self.values.append(value)
        return object()


class FakeProducer:
    """Acknowledges in order, or fails the batches that hold a value in `failing`, once each."""

    def __init__(self, room: int = 1) -> None:
        self.client = FakeClient()
        self.room = room
        self.failing: dict[bytes, Exception] = {}
        self.batches: list[tuple[str, int, list[bytes]]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def arrived(self) -> list[bytes]:
        return [value for _, _, values in self.batches for value in values]

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def partitions_for(self, topic: str) -> set[int]:
        return {0, 1, 2, 3}

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self.room)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> asyncio.Future[None]:
        await self.gate.wait()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        error = next((self.failing.pop(value) for value in batch.values if value in self.failing), None)
        if error is not None:
            future.set_exception(error)
        else:
            self.batches.append((topic, partition, batch.values))
            future.set_result(None)
        return future


def make(producer: FakeProducer, failures: list[CrashedError], **more: Any) -> Outbox:
    limits = {"max_messages": 4, "max_bytes": 1000} | more
    return Outbox(producer, check=lambda: None, failed=failures.append, **limits)


async def test_confirms_in_order() -> None:
    producer = FakeProducer()
    outbox = make(producer, [])
    await outbox.start()
    first, second = outbox.put("t", "k", b"1"), outbox.put("t", "k", b"2")
    assert (first, second) == (1, 2)
    await outbox.flush()
    assert producer.arrived == [b"1", b"2"]
    assert (outbox.confirmed, outbox.waiting) == (2, 0)
    await outbox.stop(1)


async def test_sends_again_from_the_first_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF_SECONDS", (0.0,))
    producer = FakeProducer()
    producer.failing = {b"2": KafkaTimeoutError("broker away")}
    outbox = make(producer, [])
    for value in (b"1", b"2", b"3"):
        outbox.put("t", "k", value)
    await outbox.start()
    await outbox.flush()
    assert producer.arrived == [b"1", b"3", b"2", b"3"]  # 3 twice, and last again after 2
    await outbox.stop(1)


async def test_what_goes_to_one_partition_goes_together_and_in_order() -> None:
    producer = FakeProducer(room=3)
    outbox = make(producer, [], max_messages=100)
    for n in range(5):
        outbox.put("t", "k", b"t%d" % n, partition=2)
        outbox.put("u", "k", b"u%d" % n, partition=2)
    await outbox.start()
    await outbox.flush()
    assert outbox.confirmed == 10
    sent = [batch for batch in producer.batches if batch[0] == "t"]
    assert sent == [("t", 2, [b"t0", b"t1", b"t2"]), ("t", 2, [b"t3", b"t4"])]
    assert len(producer.batches) == 4
    await outbox.stop(1)


async def test_a_failure_in_one_partition_repeats_nothing_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF_SECONDS", (0.0,))
    producer = FakeProducer(room=2)
    producer.failing = {b"a2": KafkaTimeoutError("broker away")}
    outbox = make(producer, [], max_messages=100)
    for n in range(4):
        outbox.put("t", "k", b"a%d" % n, partition=0)
        outbox.put("t", "k", b"b%d" % n, partition=1)
    await outbox.start()
    await outbox.flush()
    by_partition = {n: [v for _, p, values in producer.batches if p == n for v in values] for n in (0, 1)}
    assert by_partition == {0: [b"a0", b"a1", b"a2", b"a3"], 1: [b"b0", b"b1", b"b2", b"b3"]}
    await outbox.stop(1)


@given(st.binary(min_size=1, max_size=40), st.integers(1, 64))
def test_a_key_goes_where_the_client_would_send_it(key: bytes, partitions: int) -> None:
    everything = list(range(partitions))
    assert everything[place_of(key) % partitions] == DefaultPartitioner()(key, everything, everything)


async def test_is_full_until_some_arrived() -> None:
    producer = FakeProducer()
    producer.gate.clear()
    outbox = make(producer, [])
    await outbox.start()
    for _ in range(4):
        outbox.put("t", "k", b"x")
    assert outbox.full
    room = asyncio.create_task(outbox.room())
    await asyncio.sleep(0)
    assert not room.done()
    producer.gate.set()
    await room
    assert not outbox.full
    await outbox.stop(1)


async def test_many_bytes_fill_it_too() -> None:
    outbox = make(FakeProducer(), [], max_messages=100)
    outbox.put("t", "k", b"x" * 1000)
    assert outbox.full


async def test_a_refusal_stops_the_worker_and_confirms_nothing_after_it() -> None:
    producer = FakeProducer()
    producer.failing = {b"big": MessageSizeTooLargeError("2 MB")}
    failures: list[CrashedError] = []
    outbox = make(producer, failures)
    await outbox.start()
    outbox.put("t", "k", b"big")
    await until(lambda: bool(failures), 5, "the refusal", pause=0)
    assert "refuses what this worker writes to t" in str(failures[0])
    assert outbox.confirmed == 0
    await outbox.stop(1)


async def test_a_message_that_no_broker_takes_stops_the_worker_and_those_before_it_have_arrived() -> None:
    producer = FakeProducer(room=10)
    failures: list[CrashedError] = []
    outbox = make(producer, failures, max_messages=100, max_bytes=2**24)
    outbox.put("t", "k", b"small")
    outbox.put("t", "k", b"x" * (LARGEST_BYTES + 1))
    outbox.put("t", "k", b"after")
    await outbox.start()
    await until(lambda: bool(failures), 5, "the refusal", pause=0)
    assert "refuses what this worker writes to t" in str(failures[0])
    assert producer.arrived == [b"small"]
    assert outbox.confirmed == 0
    await outbox.stop(1)


async def test_asks_the_guard_before_it_touches_a_socket() -> None:
    producer = FakeProducer()
    asked: list[str] = []
    Outbox(
        producer,
        max_messages=1,
        max_bytes=1,
        check=lambda: asked.append("check"),
        failed=lambda _: None,
    )
    assert await producer.client.send(0, "request") == "sent"
    assert asked == ["check"]
