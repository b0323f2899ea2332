"""`foretide pause`: no more changes, for now."""

from __future__ import annotations

import click

from foretide.deploy.pool_log import event_id, now_ms, publish
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import PauseEvent


@click.command()
@click.option("--pool", required=True, help="The pool to pause.")
@click.option("--app", help="This application only.  [default: the whole pool]")
@click.option("--reason", default="", help="Said in every decision that the pause keeps back.")
@kafka_options
def command(pool: str, app: str | None, reason: str, kafka: KafkaSettings) -> None:
    """Pause a pool, or one application of it, until `foretide resume`.

    While paused the planner commands nothing but releases: no first placement, no resize, no migration, no way back
    from a change that hurt, no cards asked for or given back. An application that gives its slice back gets rid of it.
    Commands under way are finished and their outcomes noted. Forecasts and requests are taken in as ever: what would
    be done is said in the decisions, with the guard "paused" and the reason, and those who wait keep their places.

    A pause is an event in the pool's log: it outlives workers and restarts, and a replay has it at the same place.
    `foretide plan` shows what is paused. Pausing again gives the new reason.
    """
    publish(kafka, [PauseEvent(id=event_id("pause"), pool=pool, at_ms=now_ms(), app=app, reason=reason)])
