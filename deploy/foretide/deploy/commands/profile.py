"""`foretide profile`: what has been learnt of the applications."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import click
import orjson

from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import PROFILE_GROUP

F = TypeVar("F", bound=Callable[..., Any])


def _common(function: F) -> F:
    group = click.option("--group", default=PROFILE_GROUP, show_default=True, help="The profile workers' group.")
    return kafka_options(group(function))


@click.group()
def command() -> None:
    """Show what the profile workers have learnt, from the snapshots that they keep on the broker.

    A worker writes an application's snapshot up to 30 s (its --snapshot-seconds) after a change.
    """


@command.command()
@click.argument("app")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; values in the signals' own units.")
@_common
def show(app: str, as_json: bool, group: str, kafka: KafkaSettings) -> None:
    """Show APP's profile: what is expected of every signal, by which model, and how good that was lately."""
    from foretide.deploy.profiles.read import profile_in, snapshots
    from foretide.deploy.profiles.text import text_of

    view = profile_in(asyncio.run(snapshots(kafka, group)), app, group)
    click.echo(_json(view) if as_json else text_of(view))


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a profile, as of `show`, each on a line.")
@_common
def list_profiles(as_json: bool, group: str, kafka: KafkaSettings) -> None:
    """List the applications that have a profile."""
    from foretide.deploy.profiles.read import Unreadable, all_in, snapshots
    from foretide.deploy.profiles.text import list_of

    views = all_in(asyncio.run(snapshots(kafka, group)), group)
    for view in views:
        if isinstance(view, Unreadable):
            click.echo(f"the snapshot of {view.app} cannot be shown: {view.reason}", err=True)
    if as_json:
        for view in views:
            if not isinstance(view, Unreadable):
                click.echo(_json(view))
    elif views:
        click.echo(list_of(views))
    else:
        click.echo(f"no profiles yet in group {group}", err=True)


def _json(view: object) -> str:
    from msgspec import to_builtins

    return orjson.dumps(to_builtins(view)).decode()
