"""`foretide pool`: what people and programs tell a pool's planner."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from foretide.deploy.policy_file import policy_of
from foretide.deploy.pool_log import event_id, now_ms, publish
from foretide.deploy.pools import read_pool
from foretide.schemas.inventory_file import Inventory, write_inventory
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import (
    AllocateRequest,
    AppPolicy,
    InventoryEvent,
    Mode,
    OomEvent,
    PolicyEvent,
    ReleaseRequest,
)
from foretide.schemas.slices import ALL_GEOMETRIES

MODES = get_args(Mode)
SLICES = sorted({p.name for g in ALL_GEOMETRIES.values() for p in g.profiles})
POOL_FILES = (".yaml", ".yml")

_pool = click.option("--pool", default="default", show_default=True, help="Which pool's planner is meant.")
_slice = click.Choice(SLICES)


@click.group()
def command() -> None:
    """Tell a pool's planner what it may do, and ask it for slices.

    Each command puts one event into the pool's log and ends when the broker has it. What the planner makes of it is on
    decisions.v1: `foretide watch decisions.v1`.
    """


class AppMode(click.ParamType):
    """APP=MODE."""

    name = "APP=MODE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The application and its mode."""
        app, equals, mode = str(value).rpartition("=")
        if not equals or not app or mode not in MODES:
            self.fail(f"{value!r} is not APP=MODE with a mode of {', '.join(MODES)}", param, ctx)
        return app, mode


@command.command()
@_pool
@click.option(
    "--mode",
    type=click.Choice(MODES),
    required=True,
    help="For every application not named: off ignores it; advise decides and commands nothing; initial places it on "
    "request and never changes it; auto places and changes.",
)
@click.option("--app", "apps", type=AppMode(), multiple=True, help="Another mode for one application; may be repeated.")
@click.option(
    "--initial-slice",
    type=_slice,
    metavar="SLICE",
    help="What an application gets on request.  [default: a whole card]",
)
@click.option("--min-slice", type=_slice, metavar="SLICE", help="Never less than this.")
@click.option("--max-slice", type=_slice, metavar="SLICE", help="Never more than this.")
@kafka_options
def policy(
    pool: str,
    mode: Mode,
    apps: tuple[tuple[str, Mode], ...],
    initial_slice: str | None,
    min_slice: str | None,
    max_slice: str | None,
    kafka: KafkaSettings,
) -> None:
    """Set the pool's policy; it replaces the earlier one as a whole. Without any, planners only advise."""

    def of(chosen: Mode) -> AppPolicy:
        return AppPolicy(mode=chosen, min_slice=min_slice, max_slice=max_slice, initial_slice=initial_slice)

    event = PolicyEvent(
        id=event_id("policy"), pool=pool, at_ms=now_ms(), default=of(mode), apps={app: of(its) for app, its in apps}
    )
    publish(kafka, [event])


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_pool
@click.option(
    "--source",
    default="operator",
    show_default=True,
    help="With a pool file: who announces its cards. It replaces what the same source announced before.",
)
@kafka_options
def apply(file: Path, pool: str, source: str, kafka: KafkaSettings) -> None:
    """Set the pool's whole policy from FILE, a JSON object; or announce the cards of FILE, a pool file (.yaml). Either
    replaces the earlier one.

    A pool file holds kinds of cards and how many there are of each (docs/placement.md); `foretide pool check` reads it
    without telling anyone.

    A policy holds what a policy event holds: "default" and "apps" (mode, bounds, maintenance, objective, performance),
    "sizing", "budget" ({"money_per_hour": 12.5, "cards": 8}), "maintenance" ([{"changes": "only_inside", "weekly":
    [{"begin": "22:00", "end": "04:00", "days": ["sat"]}]}]), "probation" and "provisioning" ({"mode": "auto", "kinds":
    [{"geometry": "mig-80gb", "price_per_hour": 2.5}], "budget": {"cards": 4}}). What is left out has its default;
    `foretide schemas` writes the schema, docs/guards.md explains.
    """
    if file.suffix not in POOL_FILES:
        publish(kafka, [policy_of(file, pool, event_id("policy"), now_ms())])
        return
    told = read_pool(file)
    inventory = InventoryEvent(
        id=event_id("inventory"), pool=pool, at_ms=now_ms(), source=source, resources=list(told.resources),
        kinds=list(told.kinds),
    )  # fmt: skip
    publish(kafka, [inventory])


@command.command()
@click.argument("apps", nargs=-1, required=True, metavar="APP...")
@_pool
@click.option("--preallocate", is_flag=True, help="They agree to have a slice reserved ahead of need.")
@click.option(
    "--priority", type=click.IntRange(0, 100), default=50, show_default=True, help="Who comes first when full."
)
@kafka_options
def request(apps: tuple[str, ...], pool: str, preallocate: bool, priority: int, kafka: KafkaSettings) -> None:
    """Ask for a slice for each APP."""
    publish(
        kafka,
        [
            AllocateRequest(
                id=event_id("request"), pool=pool, at_ms=now_ms(), app=app, preallocate=preallocate, priority=priority
            )
            for app in apps
        ],
    )


@command.command()
@click.argument("apps", nargs=-1, required=True, metavar="APP...")
@_pool
@kafka_options
def release(apps: tuple[str, ...], pool: str, kafka: KafkaSettings) -> None:
    """Give each APP's slice back."""
    publish(kafka, [ReleaseRequest(id=event_id("release"), pool=pool, at_ms=now_ms(), app=app) for app in apps])


@command.command()
@click.option("--app", required=True, help="The application that ran out of memory.")
@click.option("--memory-bytes", type=click.FloatRange(min=0), help="What it had in use.  [default: unknown]")
@click.option(
    "--at-ms", type=click.IntRange(min=0), help="When, in epoch milliseconds of its telemetry.  [default: now]"
)
@_pool
@kafka_options
def oom(app: str, memory_bytes: float | None, at_ms: int | None, pool: str, kafka: KafkaSettings) -> None:
    """Say that APP ran out of memory, as a job scheduler or a wrapper that saw it end would.

    It is then kept above what it had, and a step down that led to it is taken back.
    """
    when = now_ms() if at_ms is None else at_ms
    publish(kafka, [OomEvent(id=event_id("oom"), pool=pool, at_ms=when, app=app, memory_bytes=memory_bytes)])


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--inventory",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.json",
    help="Also write the cards as --inventory of the exporter and of the simulated actuator reads them.",
)
def check(file: Path, inventory: Path | None) -> None:
    """Read a pool FILE (YAML) and show what it describes: kinds, their price and slices, and how many there are."""
    pool = read_pool(file)
    if inventory is not None:
        write_inventory(inventory, Inventory(resources=list(pool.resources), kinds=list(pool.kinds)))
    for kind in pool.kinds:
        slices = ", ".join(p.name for p in ALL_GEOMETRIES[kind.geometry].profiles)
        count = sum(r.kind == kind.name for r in pool.resources)
        click.echo(
            f"{kind.name}: {count} of class {kind.resource_class} ({kind.geometry}), {kind.price_per_hour:g} an hour, "
            f"{kind.availability.replace('_', ' ')}, {len(kind.throughput)} throughputs; slices {slices}"
        )
    hosts = len({r.host for r in pool.resources})
    click.echo(f"{len(pool.resources)} resources of {len(pool.kinds)} kinds on {hosts} hosts")
