"""The first slice of an application that asked for one."""

from __future__ import annotations

from foretide.streams.planning import explain, performance, placing
from foretide.streams.planning.guards import FIRST, PLACED, Wish, binding
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.performance import limits
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.turn import Turn


def allocate(turn: Turn, app: App) -> None:
    """Give it its first slice by policy, or the largest smaller one that has room; else it queues."""
    state = turn.state
    policy = state.policy.of(app.name)
    if found := binding(FIRST, state, app, Wish("it asked for a slice")):
        turn.hold_back(app, found)
        return
    asked = policy.initial_slice or "the whole card"
    found_place = placing.first_place(state, app)
    if found_place is None:
        layouts = list(placing.usable(state, app))
        state.wait(app, "capacity", smallest=min((limits(state, app, of)[0] for of in layouts), default=0))
        what = f"no card has room for {asked} or any smaller slice allowed" if layouts else "the pool has no card"
        if not layouts and state.cards.layouts():
            what = "no kind of card in the pool has a slice within its bounds" + _too_slow(state, app)
        turn.hold(app, "capacity", f"it asked for a slice: {what}; it waits with priority {app.priority}")
        return
    spot, fits = found_place
    layout = state.cards[spot.card].layout
    what = f"it asked for a slice: {explain.slice_text(layout, spot.rank)} on {spot.card}, "
    if fits:
        what += f"its first by policy{_instead(layout, asked)}"
    else:
        what += f"the largest with room: {layout.names[placing.first_class(state, app, layout)]} fits nowhere"
    what += performance.choice_text(state, app, spot.card, spot.rank)
    if found := binding(PLACED, state, app, Wish(what, spot.rank, spot=spot)):
        turn.hold_back(app, found)
        return
    considered = performance.considered(state, app, layout, spot.rank)
    turn.command(app, "allocate", spot, what, considered, guard=None if fits else "capacity")


def _too_slow(state: PoolState, app: App) -> str:
    """Says that a requirement is what no kind meets."""
    layouts, wanted = state.cards.layouts(), performance.requirement(state, app.name)
    if wanted is None or all(performance.suitable(state, app, of) for of in layouts):
        return ""
    text = f" that does the {wanted.per_second:.4g} {wanted.workload} a second that are required"
    rates = [performance.rate_text(state, app.name, of, of.last) for of in layouts]
    return f"{text} ({'; '.join(rate.partition(',')[0] for rate in rates if rate)})"


def _instead(layout: Layout, asked: str) -> str:
    """Says that another kind's slice stands for the one that the policy names."""
    if asked in layout.index or asked == "the whole card":
        return ""
    return f" (for {asked}, of the kinds that cover it the cheapest with room)"
