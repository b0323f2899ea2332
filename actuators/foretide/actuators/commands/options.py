"""Options of the simulated pool that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

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


def card_names(prefix: str, cards: int) -> list[str]:
    """The cards' names, as the exporter announces them."""
    return [f"{prefix}/card-{n:02d}" for n in range(cards)]
