"""The options of a backtest that compares sizing policies."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from foretide.deploy.policies.catalogue import NAMES
from foretide.deploy.policies.setting import Setting
from foretide.schemas.slices import GEOMETRIES

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
        decide_every: float,
        actuation_delay: float,
        outage: float,
        **kwargs: Any,
    ) -> Any:
        setting = Setting(
            geometry=GEOMETRIES[geometry],
            decide_seconds=decide_every,
            actuation_seconds=actuation_delay,
            outage_seconds=outage,
        )
        names = NAMES if "all" in policies else tuple(name for name in NAMES if name in policies)
        return function(*args, policies=names, setting=setting, **kwargs)

    return wrapped
