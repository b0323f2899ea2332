"""The outbox: order, patience and refusal, against a producer that fails as told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from foretide.streams.worker import outbox as module
from foretide.streams.worker.errors import CrashedError
from foretide.streams.worker.outbox import Outbox
from support.lab import until

pytestmark = pytest.mark.timeout(10)


class FakeClient:
    async def send(self, *args: Any) -> str:
        return "sent"


class FakeProducer:
    """Acknowledges in order, or fails the messages whose value is in `failing`, once each."""

    def __init__(self) -> None:
        self.client = FakeClient()
        self.failing: dict[bytes, Exception] = {}
        self.arrived: list[bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send(
        self, topic: str, value: bytes, key: bytes | None = None, partition: int | None = None
    ) -> asyncio.Future[None]:
        await self.gate.wait()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        error = self.failing.pop(value, None)
        if error is not None:
            future.set_exception(error)
        else:
            self.arrived.append(value)
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
