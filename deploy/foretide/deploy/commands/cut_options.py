"""How a pool's cards are cut, as profile workers and replays of their telemetry are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from foretide.schemas.slices import ALL_GEOMETRIES

if TYPE_CHECKING:
    from foretide.streams.profiling.settings import GateSettings

Command = TypeVar("Command", bound=Callable[..., Any])


def cut_options(how: str, speed: str) -> Callable[[Command], Command]:
    """`--geometry` and `--card-speed`, with these words for their help."""

    def wrap(command: Command) -> Command:
        command = click.option(
            "--card-speed", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True, help=speed
        )(command)
        return click.option(
            "--geometry",
            default="mig-80gb",
            show_default=True,
            metavar="NAME",
            type=click.Choice(sorted(ALL_GEOMETRIES)),
            help=how,
        )(command)

    return wrap


def gate_of(geometry: str, card_speed: float, **more: Any) -> GateSettings:
    """The gate to a planner of such cards; `more` are other fields of its settings."""
    # Not at the top: `--help` must not load numpy.
    from foretide.streams.planning.layout import layout_of
    from foretide.streams.profiling.settings import GateSettings

    return GateSettings(geometry=layout_of(geometry, card_speed).name, **more)
