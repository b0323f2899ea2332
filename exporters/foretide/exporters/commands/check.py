"""`foretide-exporter check`: would an exporter run here?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from foretide.exporters.commands.beside import beside_options
from foretide.exporters.mapping import ColumnMapping
from foretide.exporters.nvml.library import load
from foretide.exporters.nvml.source import NvmlSource
from foretide.exporters.sources.host import host_name
from foretide.exporters.traces import read_beside
from foretide.schemas.errors import ForetideError
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import POOL_EVENTS, TELEMETRY


@click.command("check")
@click.option("--nvml", is_flag=True, help="Check this host's GPUs too.")
@click.option("--trace", type=click.Path(path_type=Path), help="Check a trace file too.")
@click.option("--map", "maps", multiple=True, metavar="SIGNAL=COLUMN[*SCALE]", help="As in replay.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="As in replay.")
@beside_options
@kafka_options
def command(
    nvml: bool,
    trace: Path | None,
    maps: tuple[str, ...],
    ignore: tuple[str, ...],
    beside: tuple[Path, ...],
    oldest_seconds: float,
    kafka: KafkaSettings,
) -> None:
    """Check the broker, the access to its topics, and what a source needs; exit code 1 if anything is wanting."""
    if beside and trace is None:
        raise click.UsageError("--beside goes with --trace: it names a trace to lay beside that one.")
    checks: list[tuple[str, Callable[[], str]]] = [("broker", lambda: _broker(kafka))]
    if nvml:
        checks.append(("nvml", _nvml))
    if trace is not None:
        checks.append(("trace", lambda: _trace(trace, maps, ignore, beside, oldest_seconds)))
    failed = 0
    for name, check in checks:
        try:
            click.echo(f"ok    {name}: {check()}")
        except ForetideError as e:
            failed += 1
            click.echo(f"Error: {e}", err=True)
    if failed:
        raise SystemExit(1)


def _broker(kafka: KafkaSettings) -> str:
    topics = (TELEMETRY, POOL_EVENTS)
    info = asyncio.run(check_broker(kafka, topics_write=topics, timeout_seconds=10.0))
    return f"{', '.join(info.brokers)} may be written to: {', '.join(topics)}"


def _nvml() -> str:
    source = NvmlSource(load(), host_name())
    try:
        return ", ".join(f"{c.device.resource} {c.device.model}" for c in source.cards)
    finally:
        source.close()


def _trace(
    path: Path, maps: tuple[str, ...], ignore: tuple[str, ...], beside: tuple[Path, ...], oldest_seconds: float
) -> str:
    trace = read_beside(path, ColumnMapping.from_options(maps, ignore), beside, oldest_seconds)
    columns = [f"{c} is {signal}" for c, (signal, _) in trace.columns.items()]
    columns += [f"{j.column} beside is {j.signal} of {j.applications}" for j in trace.joined]
    return f"{trace.samples} samples of {len(trace.series)} applications; {', '.join(columns)}"
