"""`foretide replay`: recorded topics through the planner or the profiles again."""

from __future__ import annotations

import asyncio
import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import click
import orjson
from click.core import ParameterSource

from foretide.deploy.commands.cut_options import cut_options, gate_of
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import POOL_EVENTS, TELEMETRY

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--pool-log", type=_FILE, help="A recorded pool log: JSON lines, as the demo writes them.")
@click.option("--telemetry-log", type=_FILE, help="Recorded telemetry, for the profiles instead of the planner.")
@click.option("--telemetry", is_flag=True, help="With --bootstrap: the telemetry topic instead of the pool log.")
@click.option("--pool", default=None, help="This pool only.  [default: all in the log]")
@cut_options("With telemetry: as the profile workers had it.", "With telemetry: as the profile workers had it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@kafka_options
def command(
    pool_log: Path | None,
    telemetry_log: Path | None,
    telemetry: bool,
    geometry: str,
    card_speed: float,
    pool: str | None,
    as_json: bool,
    kafka: KafkaSettings,
) -> None:
    """Run the planner over a recorded pool log, and print the hash of its decisions.

    The same log gives the same decisions, byte for byte: the hash equals that of the run that was recorded. The log is
    a file, or the pool-events topic of a broker up to its present end. With --telemetry-log FILE, or with --bootstrap
    and --telemetry, recorded telemetry goes through the profiles instead, and the hash is that of the final models.
    """
    from foretide.deploy.replay.pool import replay_pool
    from foretide.deploy.replay.sources import replayed

    bootstrap = broker_given()
    sources = [name for name, given in (("--pool-log", pool_log), ("--telemetry-log", telemetry_log)) if given]
    if bootstrap and not sources:
        sources = ["--bootstrap"]
    if len(sources) != 1:
        raise click.UsageError(f"Give one of --pool-log, --telemetry-log and --bootstrap; given: {sources or 'none'}.")
    if telemetry and pool_log:
        raise click.UsageError("--telemetry goes with --bootstrap; a recording of telemetry is a --telemetry-log.")
    if pool is not None and (telemetry or telemetry_log):
        raise click.UsageError("--pool goes with the pool log; telemetry knows no pools.")
    result: Any
    if telemetry or telemetry_log:
        from foretide.deploy.replay.telemetry import replay_telemetry

        again = partial(replay_telemetry, gate=gate_of(geometry, card_speed))
        result = asyncio.run(replayed(TELEMETRY, telemetry_log or kafka, again))
    else:
        result = asyncio.run(replayed(POOL_EVENTS, pool_log or kafka, partial(replay_pool, pool=pool)))
    fields = dataclasses.asdict(result)
    if as_json:
        click.echo(orjson.dumps(fields).decode())
        return
    for name, value in fields.items():
        click.echo(f"{name.replace('_', ' '):<14} {value}")


def broker_given() -> bool:
    """Whether the user named a broker: by --bootstrap, its environment variable, or a file of Kafka settings."""
    context = click.get_current_context()
    return any(
        context.get_parameter_source(name) in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
        for name in ("kafka_bootstrap", "kafka_config")
    )
