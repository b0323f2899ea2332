"""Someone paused the application or the pool: nothing is commanded but releases."""

from __future__ import annotations

from foretide.streams.planning.guards.base import Binding, Wish
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState


def paused(state: PoolState, app: App, wish: Wish) -> Binding | None:
    """Binds while there is a pause. Afterwards those who waited are served by priority and arrival, as always."""
    pause, whose = state.paused.get(None), f"pool {state.pool}"
    if pause is None:
        pause, whose = state.paused.get(app.name), app.name
    if pause is None:
        return None
    why = f" ({pause.reason})" if pause.reason else ""
    return Binding("paused", f"{wish.reason}; {whose} is paused{why}: nothing is commanded but releases", queue=True)
