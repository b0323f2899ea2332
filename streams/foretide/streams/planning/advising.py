"""Advice: what would be done if the mode allowed it."""

from __future__ import annotations

from foretide.streams.planning import explain, performance, placing
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.memory import need_in_force
from foretide.streams.planning.performance import limits
from foretide.streams.planning.records import App, Change
from foretide.streams.planning.sizing import bounded, class_to_lower
from foretide.streams.planning.turn import Turn


def advise_first(turn: Turn, app: App) -> None:
    """Advise the first slice of an application that holds none: by its forecast once it is learnt, by policy before; on
    the kind of card where that is cheapest, whether it has room or not."""
    state = turn.state
    layout = placing.cheapest_layout(state, app, need_in_force(state, app) if not app.learning else None)
    policy, need = state.policy.of(app.name), need_in_force(state, app)
    bounds, sizing = limits(state, app, layout), state.policy.sizing
    if need is not None and not app.learning:
        index = bounded(class_to_lower(layout, need), bounds)
        reason = explain.lower_text(layout, need, sizing, index)
    elif app.asked:
        index = bounded(layout.index.get(policy.initial_slice or "", layout.last), bounds)
        reason = f"it asked for a slice: {explain.slice_text(layout, index)}, its first by policy"
    else:
        return
    advise(turn, app, layout, index, reason)


def advise(turn: Turn, app: App, layout: Layout, index: int, reason: str) -> None:
    """State what would be done. Advice keeps no room: several may name the same."""
    state = turn.state
    spot = placing.in_place(state, app, index) if app.held else None
    action: Change = "resize" if spot else "migrate" if app.held else "allocate"
    if spot is None:
        spot = placing.somewhere(state, app, layout, index)
    considered = performance.considered(state, app, layout, index)
    if spot is None:
        turn.hold(app, "capacity", f"{reason}; no card has room for it", kind=str(index), considered=considered)
        return
    app.advised, app.changed_ms, app.run = layout.names[spot.rank], state.clock_ms, None
    reason += performance.choice_text(state, app, spot.card, spot.rank)
    text = f"{reason}; its mode is advise, so nothing is commanded"
    turn.advise(app, action, state.placement(spot), text, considered)
