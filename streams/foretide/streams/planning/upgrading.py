"""Snapshots of earlier formats, made into rows of the present one: an upgraded worker loses nothing that is held."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from foretide.schemas.messages import Budget, Probation, Provisioning
from foretide.streams.planning.records import PoolSize

EARLIER: Final = frozenset({"plan-1"})
"""Formats that can be upgraded. plan-1 knew no pauses, prices, probation, budgets nor the pool's own size."""

Rows = list[Any]

_FIELDS: Final = 14


def upgraded(rows: Rows, to: str) -> Rows:
    """The rows of a plan-1 payload as those of format `to`, what it did not know having its default. ValueError,
    TypeError or IndexError if they are not what such a payload holds."""
    if len(rows) != _FIELDS:
        raise ValueError(f"{len(rows)} fields instead of {_FIELDS}")
    _, pool, clock, swept, arrivals, unserved, names, default, policies, sizing, sources, cards, apps, known = rows
    parts: tuple[Any, ...] = (Budget(), [], Probation(), Provisioning(), [], PoolSize())
    unknown = [msgspec.to_builtins(part) for part in parts]
    return [
        to, pool, clock, swept, arrivals, unserved, names,
        _policy(default), [[name, _policy(policy)] for name, policy in policies], sizing, *unknown,
        [[name, at_ms, [[*report, None, False] for report in reports]] for name, at_ms, reports in sources],
        [[*card, False, None, False] for card in cards],
        [_app(app) for app in apps],
        known,
    ]  # fmt: skip


def _policy(row: Rows) -> Rows:
    """Without maintenance and objective."""
    return [*row, None, None]


def _app(row: Rows) -> Rows:
    """Without trial, barred, floor and level; nothing is known of how long it has waited."""
    *most, queue = row
    return [*most, None if queue is None else [*queue, None], None]
