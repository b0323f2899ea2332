"""The last change failed, or the actuator only pretended."""

from __future__ import annotations

from foretide.streams.planning import explain
from foretide.streams.planning.guards.base import Binding, Wish
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState


def backoff(state: PoolState, app: App, wish: Wish) -> Binding | None:
    """Binds until the next try is due."""
    if state.clock_ms >= app.retry_ms:
        return None
    left = explain.minutes(app.retry_ms - state.clock_ms)
    if app.dry_run:
        reason = f"the actuator runs dry and changed nothing; it is asked again in {left}: {wish.reason}"
        return Binding("dry_run", reason, app.retry_ms)
    reason = f"{app.failures} changes in a row failed; next try in {left}: {wish.reason}"
    return Binding("backoff", reason, app.retry_ms)
