"""What was fetched goes to the agent as one message, through Faust's own channel and stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from foretide.schemas.kafka.settings import KafkaSettings
from foretide.streams.worker.app import create_app
from foretide.streams.worker.bundles import MOST_WAITING, Bundling, bundle
from foretide.streams.worker.settings import WorkerSettings
from foretide.streams.worker.source import Raw

pytestmark = pytest.mark.timeout(20)

TOPIC = "telemetry.v1"


def raws(partition: int, *offsets: int) -> list[Raw]:
    return [Raw(partition, n, b"app-%d" % n, b"{}", 1000 + n) for n in offsets]


FOUND = {3: raws(3, 4, 5, 9), 0: raws(0, 7)}


def test_all_that_was_found_is_one_item() -> None:
    assert list(Bundling().iterate({TP(TOPIC, 3): FOUND})) == [(TP(TOPIC, 3), FOUND)]
    assert list(Bundling().iterate({})) == []


def test_a_bundle_stands_at_the_last_offset_of_its_partition_and_holds_every_record_in_order() -> None:
    message = bundle(TP(TOPIC, 3), FOUND, generation=6)
    assert (message.tp, message.offset, message.timestamp, message.generation_id) == (TP(TOPIC, 3), 9, 1.009, 6)
    assert message.value == [raws(3, 4, 5, 9), raws(0, 7)]


async def test_the_topic_hands_a_bundle_through_untouched(tmp_path: Path) -> None:
    settings = WorkerSettings(KafkaSettings(), "group", TOPIC, ())
    app = create_app(settings, SimpleNamespace(partitions={}), str(tmp_path))  # type: ignore[arg-type]
    (agent,) = app.agents.values()
    message = bundle(TP(TOPIC, 0), FOUND, generation=1)
    event = await agent.channel.decode(message, propagate=True)
    assert event.value is message.value
    assert agent.channel.queue.maxsize == MOST_WAITING


async def test_the_agent_gives_bundles_on_in_order(tmp_path: Path) -> None:
    taken: list[Raw] = []
    all_taken = asyncio.Event()

    async def take_all(found: list[Raw]) -> None:
        taken.extend(found)
        if len(taken) == 5:
            all_taken.set()

    async def stream() -> AsyncIterator[list[list[Raw]]]:
        yield [raws(0, 1, 2), raws(1, 1)]
        yield [raws(1, 2), raws(0, 3)]
        await asyncio.wait_for(all_taken.wait(), 5)

    settings = WorkerSettings(KafkaSettings(), "group", TOPIC, ())
    shell: Any = SimpleNamespace(partitions={}, take_all=take_all, crashed=pytest.fail)
    app = create_app(settings, shell, str(tmp_path))
    (agent,) = app.agents.values()
    await agent.fun(stream())
    by_partition = {number: [raw.offset for raw in taken if raw.partition == number] for number in (0, 1)}
    assert by_partition == {0: [1, 2, 3], 1: [1, 2]}
