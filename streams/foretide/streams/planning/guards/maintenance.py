"""Changes of running applications are made at certain times only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from foretide.streams.planning.guards.base import Binding, Wish
from foretide.streams.planning.guards.calendar import allows, next_allowed
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState

LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999, which is as far as calendars go."""


def maintenance(state: PoolState, app: App, wish: Wish) -> Binding | None:
    """Binds while one of the pool's or the application's own rules forbids changes; never for the way back."""
    rules = (*state.policy.maintenance, *state.policy.of(app.name).maintenance)
    if not rules or wish.back:
        return None
    if wish.evidence is not None:
        rules = tuple(rule for rule in rules if not rule.urgent_passes)
    now = state.clock_ms
    if all(allows(rule, now) for rule in rules):
        return None
    opens = next_allowed(rules, now)
    when = "at no time in sight" if opens is None else f"from {_text(opens)} on"
    reason = f"{wish.reason}; maintenance rules forbid changes at {_text(now)}, they are allowed {when}"
    return Binding("maintenance", reason, -1 if opens is None else opens)


def _text(at_ms: int) -> str:
    return datetime.fromtimestamp(min(at_ms // 1000, LAST_SECOND), UTC).strftime("%a %Y-%m-%d %H:%M UTC")
