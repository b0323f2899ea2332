"""Events that an operator puts into a pool's log."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence

import click

from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.sender import Sender
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import PoolEvent
from foretide.schemas.topics import POOL_EVENTS


def event_id(kind: str) -> str:
    """A new id for an event of this kind."""
    return f"operator/{kind}/{uuid.uuid4().hex}"


def now_ms() -> int:
    """The wall clock, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def publish(kafka: KafkaSettings, events: Sequence[PoolEvent]) -> None:
    """Put the events of one pool into its log, in this order, and say so once the broker has them; BrokerError if it
    cannot be used."""

    async def run() -> None:
        await check_broker(kafka, topics_write=(POOL_EVENTS,))
        sender = Sender(kafka)
        await sender.start()
        try:
            for event in events:
                await sender.deliver(POOL_EVENTS, event.pool, event)
        finally:
            await sender.close(5.0)

    asyncio.run(run())
    click.echo(f"{len(events)} event{'s' * (len(events) != 1)} in the log of pool {events[0].pool}")
