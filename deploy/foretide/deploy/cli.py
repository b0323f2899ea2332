"""The operator's command `foretide`: its subcommands are loaded only when they are called."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import click

from foretide.schemas.errors import ForetideError

COMMANDS: Final[dict[str, str]] = {
    "demo": "Run the whole loop on this machine and show it.",
    "backtest": "Replay a trace or a topic and write forecasts and decisions.",
    "replay": "Run the planner or the profiles over a recorded log and print the hash.",
    "watch": "Print a topic's messages as they come.",
    "profile": "Show what has been learnt of an application, and what is expected of it.",
    "scorecards": "Print how good the forecasts are lately, the worst first.",
    "fleet": "Train the network that all applications share; show what is in its file.",
    "worker": "Run one worker of the profile or the plan agent.",
    "plan": "Show what a pool's planner would do now, and why.",
    "decisions": "Show what a pool's planner did, and why.",
    "pause": "Let a pool's planner command nothing but releases.",
    "resume": "End a pause.",
    "pool": "Set a pool's policy; ask for slices and give them back.",
    "broker": "Run a broker on this machine.",
    "topics": "Create, check and list the topics; grant access to them.",
    "schemas": "Write the messages' JSON Schemas and the AsyncAPI document.",
    "doctor": "Say what is missing here, and how to get it.",
}
"""Every subcommand with its one line of help: `--help` must not import them all."""

EXTRAS: Final = {"faust": "streams", "river": "streams", "numpy": "streams", "rich": "operator",
                 "confluent_kafka": "operator"}  # fmt: skip
"""Which extra brings a package that a subcommand may lack."""


class LazyGroup(click.Group):
    """A group whose commands are modules of `foretide.deploy.commands`, each exposing `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        try:
            module = importlib.import_module(f"foretide.deploy.commands.{cmd_name}")
        except ModuleNotFoundError as e:
            extra = EXTRAS.get((e.name or "").partition(".")[0])
            if extra is None:
                raise
            raise click.ClickException(
                f"`foretide {cmd_name}` needs {e.name}, which is not installed: pip install 'foretide[{extra}]'"
            ) from e
        found = module.command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version() -> str:
    try:
        return version("foretide")
    except PackageNotFoundError:
        return "unknown (not installed)"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version(), prog_name="foretide")
def cli() -> None:
    """Keep every application on the smallest GPU slice that stays above what it will need."""


def main() -> None:
    """Entry point: a Foretide error is one line and exit code 1."""
    try:
        cli(prog_name="foretide")
    except ForetideError as e:
        click.echo(f"Error: {e}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
