"""What a fetch brought for a partition goes to the agent as one message, through Faust's own channel and stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from faust.types import TP

from foretide.schemas.kafka.settings import KafkaSettings
from foretide.streams.worker.app import create_app
from foretide.streams.worker.bundles import MOST_WAITING, Bundling, bundle
from foretide.streams.worker.settings import WorkerSettings
from foretide.streams.worker.source import Raw

pytestmark = pytest.mark.timeout(20)

TOPIC = "telemetry.v1"


def fetched(partition: int, *offsets: int) -> list[Any]:
    return [ConsumerRecord(TOPIC, partition, n, 1000 + n, 0, b"app-%d" % n, b"{}", None, 5, 2, ()) for n in offsets]


def test_a_fetch_gives_a_bundle_for_each_partition_that_has_records() -> None:
    records = {TP(TOPIC, 0): fetched(0, 1, 2), TP(TOPIC, 1): [], TP(TOPIC, 2): fetched(2, 7)}
    assert list(Bundling().iterate(records)) == [(TP(TOPIC, 0), records[TP(TOPIC, 0)]), (TP(TOPIC, 2), fetched(2, 7))]


def test_a_bundle_stands_at_its_last_offset_and_holds_every_record_in_order() -> None:
    message = bundle(TP(TOPIC, 3), fetched(3, 4, 5, 9), generation=6)
    assert (message.tp, message.offset, message.generation_id) == (TP(TOPIC, 3), 9, 6)
    assert message.value == [Raw(3, n, b"app-%d" % n, b"{}", 1000 + n) for n in (4, 5, 9)]


async def test_the_topic_hands_a_bundle_through_untouched(tmp_path: Path) -> None:
    settings = WorkerSettings(KafkaSettings(), "group", TOPIC, ())
    app = create_app(settings, SimpleNamespace(partitions={}), str(tmp_path))  # type: ignore[arg-type]
    (agent,) = app.agents.values()
    message = bundle(TP(TOPIC, 0), fetched(0, 1, 2), generation=1)
    event = await agent.channel.decode(message, propagate=True)
    assert event.value is message.value
    assert agent.channel.queue.maxsize == MOST_WAITING


async def test_the_agent_gives_bundles_on_in_order(tmp_path: Path) -> None:
    taken: list[Raw] = []
    all_taken = asyncio.Event()

    async def take_all(raws: list[Raw]) -> None:
        taken.extend(raws)
        if len(taken) == 5:
            all_taken.set()

    async def stream() -> AsyncIterator[list[Raw]]:
        yield [Raw(0, n, b"app-%d" % n, b"{}", 0) for n in (1, 2, 3)]
        yield [Raw(1, n, b"other-%d" % n, b"{}", 0) for n in (1, 2)]
        await asyncio.wait_for(all_taken.wait(), 5)

    settings = WorkerSettings(KafkaSettings(), "group", TOPIC, ())
    shell: Any = SimpleNamespace(partitions={}, take_all=take_all, crashed=pytest.fail)
    app = create_app(settings, shell, str(tmp_path))
    (agent,) = app.agents.values()
    await agent.fun(stream())
    by_partition = {number: [raw.offset for raw in taken if raw.partition == number] for number in (0, 1)}
    assert by_partition == {0: [1, 2, 3], 1: [1, 2]}
