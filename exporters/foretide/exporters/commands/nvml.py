"""`foretide-exporter nvml`: this host's GPUs."""

from __future__ import annotations

from pathlib import Path

import click

from foretide.exporters.commands.options import run_exporter, source_options
from foretide.exporters.nvml.library import load
from foretide.exporters.nvml.source import NvmlSource
from foretide.exporters.settings import ExporterSettings
from foretide.exporters.sources.host import host_name
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import ResourceReport
from foretide.schemas.service.commands import plain_errors


@click.command("nvml")
@click.option(
    "--step-seconds", type=click.FloatRange(0.1, 3600), default=1.0, show_default=True, help="Time between two samples."
)
@click.option(
    "--proc",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/proc"),
    show_default=True,
    help="Where the host's process table is mounted, when running in a container.",
)
@source_options(host_name())
def command(
    step_seconds: float,
    proc: Path,
    kafka: KafkaSettings,
    settings: ExporterSettings,
    cards: list[ResourceReport] | None,
) -> None:
    """Send what NVIDIA's management library tells of this host's GPUs, MIG instances and the processes on them.

    An application is named by its environment variable FORETIDE_APP, its pod, Slurm job, container, systemd service, or
    program. What a device cannot tell is sent as missing, never as 0.
    """
    with plain_errors():
        source = NvmlSource(load(), settings.source, step_seconds=step_seconds, announced=cards, proc=proc)
    run_exporter(source, kafka, settings)
