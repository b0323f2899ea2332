"""Decisions from their topic: those that are there, then those that come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from foretide.schemas.codec import parse_as
from foretide.schemas.errors import BrokerError, InvalidMessage
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import Decision
from foretide.schemas.topics import DECISIONS

POLL_MS = 500
"""The longest that one look for new records takes."""


async def decisions(
    kafka: KafkaSettings, stop: asyncio.Event, unreadable: Callable[[str], None]
) -> AsyncGenerator[Decision | None, None]:
    """Every decision, each once, in the order of its pool; None once the present end of the topic is reached; then what
    comes, until `stop`. A record that cannot be read is told to `unreadable`. BrokerError if the topic cannot be used.
    """
    info = await check_broker(kafka, topics_read=(DECISIONS,))
    partitions = [TopicPartition(DECISIONS, p) for p in range(info.partitions[DECISIONS])]
    consumer = clients.consumer(kafka)
    seen: set[str] = set()
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        at_end = False
        while not stop.is_set():
            if not at_end and await _reached(consumer, ends):
                at_end = True
                yield None
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    decision = _read(record, unreadable)
                    if decision is not None and decision.id not in seen:
                        seen.add(decision.id)
                        yield decision
    except KafkaError as e:
        raise BrokerError(f"{DECISIONS}: reading stopped: {type(e).__name__}: {e}") from e
    finally:
        await consumer.stop()


def _read(record: Any, unreadable: Callable[[str], None]) -> Decision | None:
    try:
        return parse_as(Decision, DECISIONS, record.value)
    except InvalidMessage as e:
        unreadable(f"unreadable record {DECISIONS}/{record.partition}/{record.offset}: {e.place}: {e.reason}")
        return None


async def _reached(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return all([await consumer.position(tp) >= end for tp, end in ends.items()])
