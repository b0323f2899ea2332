"""`foretide decisions`: what a pool's planner did, and why."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from contextlib import aclosing

import click

from foretide.deploy.plans.read import decisions
from foretide.deploy.watching import line_of
from foretide.schemas.codec import encode
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import Decision
from foretide.schemas.service import run_until_stopped

INTERRUPTED = 130
"""Exit code when a signal came before the topic was read."""


@click.command()
@click.option("--pool", required=True, help="Which pool's planner is meant.")
@click.option("--app", help="This application only; @provisioning for the pool's own size.")
@click.option("--last", type=click.IntRange(0), default=20, show_default=True, help="So many of those that are there.")
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Whole decisions, one JSON object a line.")
@kafka_options
def command(pool: str, app: str | None, last: int, follow: bool, as_json: bool, kafka: KafkaSettings) -> None:
    """Print what the planner of a pool decided, and why: the newest decisions, oldest first.

    A decision "hold" means that a change was wanted and a guard kept it back; docs/guards.md lists the guards. With
    --json each line also tells what else was considered and the records that the decision is based on.
    """

    def show(decision: Decision) -> None:
        click.echo(encode(decision).decode() if as_json else line_of(decision))

    async def run(stop: asyncio.Event) -> int:
        kept: deque[Decision] = deque(maxlen=last)
        at_end = False
        async with aclosing(decisions(kafka, stop, lambda line: click.echo(line, err=True))) as coming:
            async for decision in coming:
                if decision is None:
                    at_end = True
                    for one in kept:
                        show(one)
                    if not kept and not follow:
                        whose = f"of {app} in pool" if app is not None else "of pool"
                        click.echo(f"no decision {whose} {pool} is kept", err=True)
                    if not follow:
                        break
                elif decision.pool == pool and app in (None, decision.app):
                    if at_end:
                        show(decision)
                    else:
                        kept.append(decision)
        return 0 if at_end else INTERRUPTED

    sys.exit(run_until_stopped(run))
