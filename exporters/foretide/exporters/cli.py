"""The command `foretide-exporter`."""

from __future__ import annotations

import click

from foretide.exporters.commands import check, nvml, replay, synthetic


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="foretide")
def main() -> None:
    """Publish telemetry: of this host's GPUs, of a recorded trace, or of made-up applications."""


main.add_command(replay.command)
main.add_command(synthetic.command)
main.add_command(nvml.command)
main.add_command(check.command)
