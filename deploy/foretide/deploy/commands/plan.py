"""`foretide plan`: what a pool's planner would do now, and why."""

from __future__ import annotations

import asyncio
import dataclasses
from functools import partial
from pathlib import Path

import click
import orjson
from msgspec import to_builtins

from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import POOL_EVENTS


@click.command()
@click.option("--pool", required=True, help="Which pool's planner is meant.")
@click.option("--app", help="This application only.")
@click.option(
    "--pool-log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A recorded pool log (JSON lines, as the demo writes them) instead of the topic.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@kafka_options
def command(pool: str, app: str | None, pool_log: Path | None, as_json: bool, kafka: KafkaSettings) -> None:
    """Print what the planner of a pool would do now, and why.

    The pool's log, from the topic up to its present end or from a file, goes through the very planner that runs live;
    then every application is looked at once more: what it holds, what it waits for, what would be decided, and the
    guard that keeps it back, if one does. Nothing is commanded and nothing is written. Time is the events' own: "now"
    is the newest forecast. The topic keeps its log for a limited time; what happened before it is not seen here.
    """
    from foretide.deploy.plans.errors import PlanError
    from foretide.deploy.plans.outlook import outlook_of
    from foretide.deploy.plans.text import text_of
    from foretide.deploy.replay.sources import replayed
    from foretide.deploy.tables import unknown_name

    found = asyncio.run(replayed(POOL_EVENTS, pool_log or kafka, partial(outlook_of, pool=pool)))
    if app is not None:
        chosen = tuple(one for one in found.apps if one.app == app)
        if not chosen:
            raise PlanError(unknown_name(app, [one.app for one in found.apps], f"pool {pool}"))
        found = dataclasses.replace(found, apps=chosen)
    click.echo(orjson.dumps(to_builtins(found)).decode() if as_json else text_of(found))
