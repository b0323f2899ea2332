"""Whether a command line is one that our programs take, without running it."""

from __future__ import annotations

import importlib

import click

PROGRAMS = {
    "foretide": ("foretide.deploy.cli", "cli"),
    "foretide-exporter": ("foretide.exporters.cli", "main"),
    "foretide-actuator": ("foretide.actuators.cli", "main"),
}


def parsed(program: str, arguments: list[str]) -> click.Context:
    """The context of the innermost command; click.UsageError if an argument, option or value is not accepted."""
    module, name = PROGRAMS[program]
    command: click.Command = getattr(importlib.import_module(module), name)
    info_name, rest = program, list(arguments)
    context: click.Context | None = None
    while True:
        context = command.make_context(info_name, rest, parent=context)
        if not isinstance(command, click.Group):
            return context
        # A group leaves what follows its own options for the command it names.
        rest = [*context._protected_args, *context.args]
        found, command_or_none, rest = command.resolve_command(context, rest)
        assert found is not None
        assert command_or_none is not None
        info_name, command = found, command_or_none
