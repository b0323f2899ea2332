"""The same change hurt lately: it is not tried again yet."""

from __future__ import annotations

from foretide.streams.planning import explain
from foretide.streams.planning.guards.base import Binding, Wish
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState


def barred_rank(state: PoolState, app: App, layout: Layout, *, down: bool) -> int | None:
    """The class that steps in this direction must not reach now, or None."""
    barred = app.barred
    if barred is None or state.clock_ms >= barred.until_ms or barred.down != down:
        return None
    return layout.index.get(barred.slice) if barred.slice is not None else None


def hold_off(state: PoolState, app: App, wish: Wish) -> Binding | None:
    """Binds for a step down to the slice that hurt or a smaller one, and for a step up to it that no evidence asks
    for. The card on which it hurt is avoided where a place is looked for."""
    if app.held is None or wish.back or wish.evidence is not None:
        return None
    layout = state.cards[app.held.card].layout
    down = wish.rank < app.held.rank
    rank = barred_rank(state, app, layout, down=down)
    if rank is None or app.barred is None or (wish.rank > rank if down else wish.rank < rank):
        return None
    left = explain.minutes(app.barred.until_ms - state.clock_ms)
    reason = f"{wish.reason}; the change to {app.barred.slice} hurt lately and is not tried again for {left}"
    return Binding("hold_off", reason, app.barred.until_ms)
