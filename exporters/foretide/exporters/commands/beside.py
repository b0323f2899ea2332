"""The options of whatever reads a trace with others beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from foretide.exporters.traces import OLDEST_SECONDS

F = TypeVar("F", bound=Callable[..., Any])


def beside_options(function: F) -> F:
    """Decorate a command with --beside and --beside-age; it receives `beside` (paths) and `oldest_seconds`."""
    aged = click.option(
        "--beside-age",
        "oldest_seconds",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        default=OLDEST_SECONDS,
        show_default=True,
        help="How old a reading of a trace beside may be and still be taken for the present; inf: any age.",
    )(function)
    return click.option(
        "--beside",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A second trace: each sample also carries its latest readings, as app.COLUMN. They go to the application "
        "of the same name, or to every application where no name is shared. May be given again.",
    )(aged)
