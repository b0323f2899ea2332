"""No source reports the card that the application is on."""

from __future__ import annotations

from foretide.streams.planning.guards.base import Binding, Wish
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState


def lost_card(state: PoolState, app: App, wish: Wish) -> Binding | None:
    """Binds until a source reports the card again: whoever could change what is on it may be gone."""
    if app.held is None or state.cards[app.held.card].present:
        return None
    return Binding("lost_card", f"{wish.reason}; {app.held.card} is in no source's inventory")
