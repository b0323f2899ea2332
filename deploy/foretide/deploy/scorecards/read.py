"""The newest scorecard of each application, read from its compacted topic and kept up to date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from foretide.schemas.codec import parse_as
from foretide.schemas.errors import BrokerError, InvalidMessage
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import Scorecard
from foretide.schemas.topics import SCORECARDS

POLL_MS = 500
"""The longest that one look for new records takes."""


@dataclass(slots=True)
class Newest:
    """The last scorecard of each application in the log: what compaction keeps, whether or not it has run.

    `unreadable` holds a line for each record that could not be read since it was last emptied.
    """

    cards: dict[str, Scorecard] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def add(self, record: Any) -> Scorecard | None:
        """Take one record in; the scorecard that it holds, or None if it holds none."""
        if record.value is None:  # deleted by its key
            self.cards.pop((record.key or b"").decode(errors="replace"), None)
            return None
        try:
            card = parse_as(Scorecard, SCORECARDS, record.value)
        except InvalidMessage as e:
            where = f"{SCORECARDS}/{record.partition}/{record.offset}"
            self.unreadable.append(f"unreadable record {where}: {e.place}: {e.reason}")
            return None
        self.cards[card.app] = card
        return card


async def changes(
    kafka: KafkaSettings, newest: Newest, stop: asyncio.Event
) -> AsyncGenerator[dict[str, Scorecard], None]:
    """Read the topic into `newest`: all up to its present end, then what comes, until `stop`.

    Gives all of `newest` once the end is reached (nothing if `stop` comes before), then what has come, by application.
    BrokerError if the broker or the topic cannot be used.
    """
    info = await check_broker(kafka, topics_read=(SCORECARDS,))
    partitions = [TopicPartition(SCORECARDS, p) for p in range(info.partitions[SCORECARDS])]
    consumer = clients.consumer(kafka)
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while not await _reached(consumer, ends):
            if stop.is_set():
                return
            await _look(consumer, newest)
        yield dict(newest.cards)
        while not stop.is_set():
            if fresh := await _look(consumer, newest):
                yield fresh
    except KafkaError as e:
        raise BrokerError(f"{SCORECARDS}: reading stopped: {type(e).__name__}: {e}") from e
    finally:
        await consumer.stop()


async def _look(consumer: AIOKafkaConsumer, newest: Newest) -> dict[str, Scorecard]:
    fresh = {}
    for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
        for record in records:
            if (card := newest.add(record)) is not None:
                fresh[card.app] = card
    return fresh


async def _reached(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return all([await consumer.position(tp) >= end for tp, end in ends.items()])
