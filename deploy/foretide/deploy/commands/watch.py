"""`foretide watch`: a topic's messages as they come."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from foretide.deploy.watching import line_of
from foretide.schemas.codec import encode, parse
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.kafka.clients import consumer
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.service import run_until_stopped
from foretide.schemas.topics import CATALOGUE

TOPICS = [name for name, topic in CATALOGUE.items() if topic.message is not None]


@click.command()
@kafka_options
@click.argument("topic", type=click.Choice(TOPICS), metavar="TOPIC")
@click.option("--app", help="Only messages of this application.")
@click.option("--from-beginning", is_flag=True, help="Begin with the oldest message kept, not with the next one.")
@click.option("--count", type=click.IntRange(1), help="End after so many messages.")
@click.option("--json", "as_json", is_flag=True, help="Whole messages, one JSON object a line.")
def command(
    kafka: KafkaSettings, topic: str, app: str | None, from_beginning: bool, count: int | None, as_json: bool
) -> None:
    """Print the messages of TOPIC, one a line, until Ctrl-C.

    TOPIC is predictions.v1, deviations.v1, decisions.v1 or any other of `foretide topics list`.
    """

    def show(record: Any) -> bool:
        try:
            message = parse(topic, record.value)
        except InvalidMessage as e:
            click.echo(f"unreadable record {topic}/{record.partition}/{record.offset}: {e.place}: {e.reason}", err=True)
            return False
        if app is not None and getattr(message, "app", None) != app:
            return False
        click.echo(encode(message).decode() if as_json else line_of(message))
        return True

    async def run(stop: asyncio.Event) -> None:
        await check_broker(kafka, topics_read=[topic])
        shown = 0
        start = "earliest" if from_beginning else "latest"
        async with consumer(kafka, topic, auto_offset_reset=start) as records:
            stopped = asyncio.ensure_future(stop.wait())
            while count is None or shown < count:
                coming = asyncio.ensure_future(records.getone())
                await asyncio.wait({stopped, coming}, return_when=asyncio.FIRST_COMPLETED)
                if stopped.done():
                    coming.cancel()
                    return
                shown += show(coming.result())
            stopped.cancel()

    run_until_stopped(run)
