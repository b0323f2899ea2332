"""What the broker is asked for changes with the next fetch."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.protocol.fetch import FetchRequest

from foretide.deploy.broker import MockBroker
from foretide.schemas.kafka import clients, topic_admin
from foretide.schemas.topics import TELEMETRY
from foretide.streams.worker.collecting import FLOWING, QUIET, Collecting, collect, worth

pytestmark = pytest.mark.timeout(30)


def test_records_that_come_one_by_one_do_not_wait_for_others() -> None:
    assert [worth(found) for found in (0, 1, 2, 500)] == [QUIET, QUIET, FLOWING, FLOWING]
    assert QUIET.bytes == 1


async def test_the_next_fetch_asks_the_broker_to_collect_so(own_mock: MockBroker) -> None:
    kafka = own_mock.settings()
    await topic_admin.create(kafka)
    consumer = clients.consumer(kafka, check_crcs=False)
    await consumer.start()
    asked: asyncio.Queue[Collecting] = asyncio.Queue()
    send = consumer._client.send

    async def noted(node: int, request: Any, **options: Any) -> Any:
        if isinstance(request, FetchRequest):
            asked.put_nowait(Collecting(request._min_bytes, request._max_wait_ms))
        return await send(node, request, **options)

    consumer._client.send = noted
    try:
        consumer.assign([TopicPartition(TELEMETRY, 0)])
        async with asyncio.timeout(20):
            for how in (FLOWING, QUIET, FLOWING):
                collect(consumer, how)
                while await asked.get() != how:
                    assert not await consumer.getmany(timeout_ms=10)
    finally:
        await consumer.stop()
