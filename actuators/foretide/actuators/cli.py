"""The command `foretide-actuator`."""

from __future__ import annotations

import click

from foretide.actuators.commands import observe, run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="foretide")
def main() -> None:
    """Carry out what a pool's planner commands, through a driver, each command once."""


main.add_command(run.command, "run")
main.add_command(observe.command, "observe")
