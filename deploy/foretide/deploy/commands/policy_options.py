"""The options of a backtest that compares sizing policies."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from foretide.deploy.policies.catalogue import NAMES
from foretide.deploy.policies.setting import Setting
from foretide.schemas.slices import GEOMETRIES, Geometry

_STANDARD = Setting()


def policy_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options; the command gets `policies` (names, each once) and `setting`."""

    @click.option(
        "--policy",
        "policies",
        multiple=True,
        metavar="NAME",
        type=click.Choice([*NAMES, "all"]),
        help=f"Compare this sizing rule: {', '.join(NAMES)}, or all. Repeatable.",
    )
    @click.option(
        "--geometry",
        type=click.Choice(list(GEOMETRIES)),
        default=_STANDARD.geometry.name,
        show_default=True,
        help="What the compared cards can be cut into.",
    )
    @click.option(
        "--pool",
        "pool_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="POOL.yaml",
        help="With --policy: take the geometry from this pool file's first card that can be cut, not from --geometry.",
    )
    @click.option(
        "--decide-every",
        type=click.FloatRange(0),
        default=_STANDARD.decide_seconds,
        show_default=True,
        metavar="SECONDS",
        help="With --policy: least time between two changes of one application.",
    )
    @click.option(
        "--actuation-delay",
        type=click.FloatRange(0),
        default=_STANDARD.actuation_seconds,
        show_default=True,
        metavar="SECONDS",
        help="With --policy: from a decision until the new slice is there.",
    )
    @click.option(
        "--outage",
        type=click.FloatRange(0),
        default=_STANDARD.outage_seconds,
        show_default=True,
        metavar="SECONDS",
        help="With --policy: how long an application has no slice after a change.",
    )
    @functools.wraps(function)
    def wrapped(
        *args: Any,
        policies: tuple[str, ...],
        geometry: str,
        pool_file: Path | None,
        decide_every: float,
        actuation_delay: float,
        outage: float,
        **kwargs: Any,
    ) -> Any:
        setting = Setting(
            geometry=GEOMETRIES[geometry] if pool_file is None else geometry_of(pool_file),
            decide_seconds=decide_every,
            actuation_seconds=actuation_delay,
            outage_seconds=outage,
        )
        names = NAMES if "all" in policies else tuple(name for name in NAMES if name in policies)
        return function(*args, policies=names, setting=setting, **kwargs)

    return wrapped


def geometry_of(pool_file: Path) -> Geometry:
    """The geometry of the first card of a pool file that a planner can cut; PoolFileError for a file that is none."""
    from foretide.deploy.pools.read import read_pool

    for resource in read_pool(pool_file).resources:
        if resource.geometry in GEOMETRIES:
            return GEOMETRIES[resource.geometry]
    raise click.UsageError(f"--pool {pool_file}: none of its resources is one of {', '.join(GEOMETRIES)}.")
