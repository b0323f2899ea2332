"""The options of a backtest that compares sizing policies."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from foretide.deploy.policies.catalogue import NAMES
from foretide.deploy.policies.setting import Setting, setting_of
from foretide.schemas.messages import ResourceKind
from foretide.schemas.slices import ALL_GEOMETRIES

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
        type=click.Choice(sorted(ALL_GEOMETRIES)),
        metavar="NAME",
        default=_STANDARD.geometry.name,
        show_default=True,
        help="What the compared cards can be cut into.",
    )
    @click.option(
        "--pool",
        "pool_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="POOL.yaml",
        help="With --policy: the cards are those of this pool file: geometry, speed, price (costs are then in money), "
        "resize_seconds, migration_seconds and provisioning_seconds, instead of --geometry and --outage.",
    )
    @click.option(
        "--pool-kind",
        metavar="NAME",
        help="With --pool: which of its kinds.  [default: that of its first card that can be cut]",
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
        default=None,
        metavar="SECONDS",
        help="With --policy: how long an application has no slice after a change, whatever a pool file says.  "
        f"[default: {_STANDARD.outage_seconds}]",
    )
    @functools.wraps(function)
    def wrapped(
        *args: Any,
        policies: tuple[str, ...],
        geometry: str,
        pool_file: Path | None,
        pool_kind: str | None,
        decide_every: float,
        actuation_delay: float,
        outage: float | None,
        **kwargs: Any,
    ) -> Any:
        if pool_kind is not None and pool_file is None:
            raise click.UsageError("--pool-kind goes with --pool: it names a kind of that file.")
        setting = Setting(geometry=ALL_GEOMETRIES[geometry])
        if pool_file is not None:
            setting = setting_of(kind_of(pool_file, pool_kind))
        setting = replace(setting, decide_seconds=decide_every, actuation_seconds=actuation_delay)
        if outage is not None:
            setting = replace(setting, outage_seconds=outage, moving_seconds=None)
        names = NAMES if "all" in policies else tuple(name for name in NAMES if name in policies)
        return function(*args, policies=names, setting=setting, **kwargs)

    return wrapped


def kind_of(pool_file: Path, name: str | None = None) -> ResourceKind:
    """The kind of this name in a pool file, or that of its first card that can be cut. PoolFileError for a file that is
    none, UsageError for one that has no such kind."""
    from foretide.deploy.pools.read import read_pool

    pool = read_pool(pool_file)
    kinds = {kind.name: kind for kind in pool.kinds}
    if name is not None:
        if name not in kinds:
            raise click.UsageError(f"--pool-kind {name}: {pool_file} has {', '.join(kinds)}.")
        return kinds[name]
    for resource in pool.resources:
        if len(ALL_GEOMETRIES[resource.geometry].profiles) > 1 and resource.kind is not None:
            return kinds[resource.kind]
    raise click.UsageError(f"--pool {pool_file}: none of its cards can be cut; name one of its kinds (--pool-kind).")
