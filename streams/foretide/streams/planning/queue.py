"""Those who wait are served as soon as what they wait for may be there."""

from __future__ import annotations

from foretide.streams.planning.decide import decide
from foretide.streams.planning.guards.budget import has_room
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.turn import Turn


def serve_queue(turn: Turn) -> None:
    """Try those who wait again, if room appeared or a cap lets go: by priority, then by time of arrival."""
    state = turn.state
    freed = state.cards.freed
    if not (turn.landed or freed):
        return
    if None in state.paused:  # nothing can be done for anyone; afterwards everyone is looked at
        state.unserved = True
        freed.clear()
        return
    cap, layouts = state.policy.sizing.max_in_flight_per_pool, state.cards.layouts()
    for *_, name in list(state.queue):
        if state.in_flight >= cap:
            state.unserved = True
            break
        app = state.apps[name]
        if app.waiting is not None and _worth_trying(state, app, layouts):
            decide(turn, app)
    else:
        state.unserved = False
    freed.clear()


def _worth_trying(state: PoolState, app: App, layouts: list[Layout]) -> bool:
    """Whether what the application waits for may be there now; it spares most of a long queue a closer look."""
    if app.waits_for == "host_cap":
        flying = state.in_flight_on.get(app.waits_host or "", 0)
        return flying < state.policy.sizing.max_in_flight_per_host
    if app.waits_for == "budget":
        return has_room(state)
    if app.waits_for != "capacity":
        return True
    if app.held is None:
        return any(state.cards.could_fit(min(app.waits_class, of.last), of) for of in layouts)
    card = state.cards[app.held.card]
    if any(state.cards.could_fit(0, of) for of in layouts if of is not card.layout):
        return True  # a card of another kind may do; which class of it depends on what it needs
    return state.unserved or card.name in state.cards.freed or state.cards.could_fit(app.waits_class, card.layout)
