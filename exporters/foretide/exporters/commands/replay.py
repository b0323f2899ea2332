"""`foretide-exporter replay`: a recorded trace, as if it happened now."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from foretide.exporters.commands.beside import beside_options
from foretide.exporters.commands.options import run_exporter, source_options
from foretide.exporters.mapping import ColumnMapping
from foretide.exporters.settings import ExporterSettings
from foretide.exporters.sources import Recorded
from foretide.exporters.sources.recorded import Clock
from foretide.exporters.traces import Trace, read_beside
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import ResourceReport
from foretide.schemas.service.commands import plain_errors

log = logging.getLogger(__name__)


@click.command("replay")
@click.option(
    "--trace",
    "trace_path",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV file, gzip or plain: long (ts,app_id,metric,value) or wide (ts,app_id,COLUMN,...); ts in seconds.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="SIGNAL=COLUMN[*SCALE]",
    help="Take SIGNAL from COLUMN, times SCALE. Columns without a rule become app.COLUMN.",
)
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave a column out.")
@beside_options
@click.option(
    "--speed",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="Times event time; 0: as fast as the broker takes it (then nothing is dropped).",
)
@click.option(
    "--clock",
    type=click.Choice(["original", "shifted"]),
    default="original",
    show_default=True,
    help="Keep the trace's times, or move them so that its first sample is now.",
)
@source_options("replay")
def command(
    trace_path: Path,
    maps: tuple[str, ...],
    ignore: tuple[str, ...],
    beside: tuple[Path, ...],
    oldest_seconds: float,
    speed: float,
    clock: Clock,
    kafka: KafkaSettings,
    settings: ExporterSettings,
    cards: list[ResourceReport] | None,
) -> None:
    """Send a recorded trace.

    Columns named like gpu_duty_pct, gpu_mem_mib, cpu_used_mhz or mem_used_mib become the standard signals in their
    units; every other column that holds numbers becomes app.COLUMN. One core counts as 1 GHz where a trace tells MHz.
    """
    with plain_errors():
        trace = read_beside(trace_path, ColumnMapping.from_options(maps, ignore), beside, oldest_seconds)
    _tell(trace)
    source = Recorded(
        "replay",
        lambda shift_ms: trace.ticks(settings.source, shift_ms),
        trace.first_ms,
        speed=speed,
        clock=clock,
        resources=cards,
    )
    run_exporter(source, kafka, settings)


def _tell(trace: Trace) -> None:
    log.info("%s: %d samples of %d applications", trace.path, trace.samples, len(trace.series))
    for column, (signal, scale) in trace.columns.items():
        log.info("column %s is %s%s", column, signal, "" if scale == 1.0 else f", times {scale:g}")
    for j in trace.joined:
        log.info("beside it column %s of %s is %s of %d applications", j.column, j.path, j.signal, j.applications)
    if trace.rows_left_out:
        log.warning("%d rows name no application and are left out", trace.rows_left_out)
