"""`foretide schemas`: the contract as documents."""

from __future__ import annotations

from pathlib import Path

import click

from foretide.schemas.export import export


@click.group()
def command() -> None:
    """The contract as documents that other languages and tools can read."""


@command.command(name="export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_command(folder: Path) -> None:
    """Write a JSON Schema for each topic and an AsyncAPI document of all of them into FOLDER."""
    try:
        written = export(folder)
    except OSError as e:
        raise click.ClickException(f"{folder} cannot be written ({e.strerror}); give another folder") from e
    for path in written:
        click.echo(path)
