"""Options of the simulated pool that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from foretide.actuators.drivers.simulated import SimulatedPool
from foretide.schemas.inventory_file import read_inventory
from foretide.schemas.slices import ALL_GEOMETRIES

F = TypeVar("F", bound=Callable[..., Any])

_POOL: list[Callable[[Any], Any]] = [
    click.option(
        "--driver", type=click.Choice(["simulated"]), default="simulated", show_default=True, help="What is changed."
    ),
    click.option(
        "--state",
        type=click.Path(dir_okay=False, path_type=Path),
        default=Path("foretide-pool.sqlite"),
        show_default=True,
        help="The simulated pool's file.",
    ),
    click.option(
        "--cards", type=click.IntRange(1, 100_000), default=8, show_default=True, help="Cards in the simulated pool."
    ),
    click.option(
        "--inventory",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The simulated pool's cards, of any kind, from this JSON file, instead of --cards and --prefix.",
    ),
    click.option(
        "--prefix",
        default="synthetic",
        show_default=True,
        help="The simulated cards are PREFIX/card-00 and so on: the --source of the exporter that announces them.",
    ),
]


def pool_options(function: F) -> F:
    """Decorate a command with the driver and where its pool is."""
    for option in reversed(_POOL):
        function = option(function)
    return function


def simulated_pool(state: Path, prefix: str, cards: int, inventory: Path | None) -> SimulatedPool:
    """The simulated pool that the options describe. PoolStateError, InventoryFileError."""
    if inventory is None:
        return SimulatedPool(state, card_names(prefix, cards))
    told = read_inventory(inventory).resources
    return SimulatedPool(state, [r.resource for r in told], {r.resource: ALL_GEOMETRIES[r.geometry] for r in told})


def card_names(prefix: str, cards: int) -> list[str]:
    """The cards' names, as the exporter announces them."""
    return [f"{prefix}/card-{n:02d}" for n in range(cards)]
