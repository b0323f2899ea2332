"""`foretide resume`: changes may be made again."""

from __future__ import annotations

import click

from foretide.deploy.pool_log import event_id, now_ms, publish
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import ResumeEvent


@click.command()
@click.option("--pool", required=True, help="The pool to resume.")
@click.option("--app", help="This application only.  [default: the pause of the whole pool]")
@kafka_options
def command(pool: str, app: str | None, kafka: KafkaSettings) -> None:
    """End the pause of a pool, or of one application of it.

    Those who waited meanwhile are served at once, by priority and then by arrival. The two kinds of pause are apart:
    resuming the pool leaves an application paused that was paused by its name, and the other way round. Resuming what
    is not paused does nothing.
    """
    publish(kafka, [ResumeEvent(id=event_id("resume"), pool=pool, at_ms=now_ms(), app=app)])
