"""The first slice of an application that asked for one."""

from __future__ import annotations

from foretide.streams.planning import explain, placing
from foretide.streams.planning.guards import FIRST, PLACED, Wish, binding
from foretide.streams.planning.memory import need_in_force
from foretide.streams.planning.records import App
from foretide.streams.planning.sizing import bounded, bounds_of
from foretide.streams.planning.turn import Turn


def allocate(turn: Turn, app: App) -> None:
    """Give it its first slice by policy, or the largest smaller one that has room; else it queues."""
    state = turn.state
    policy = state.policy.of(app.name)
    if found := binding(FIRST, state, app, Wish("it asked for a slice")):
        turn.hold_back(app, found)
        return
    asked = policy.initial_slice or "the whole card"
    spot = placing.anywhere(state, policy.initial_slice, policy.min_slice, policy.max_slice)
    if spot is None:
        layouts = state.cards.layouts()
        state.wait(app, "capacity", smallest=min((bounds_of(of, policy)[0] for of in layouts), default=0))
        what = f"no card has room for {asked} or any smaller slice allowed" if layouts else "the pool has no card"
        turn.hold(app, "capacity", f"it asked for a slice: {what}; it waits with priority {app.priority}")
        return
    layout = state.cards[spot.card].layout
    what = f"it asked for a slice: {explain.slice_text(layout, spot.rank)} on {spot.card}, "
    bounds = bounds_of(layout, policy)
    first = bounded(layout.index.get(policy.initial_slice or "", layout.last), bounds)
    fits = spot.rank == first
    what += "its first by policy" if fits else f"the largest with room: {layout.names[first]} fits nowhere"
    if found := binding(PLACED, state, app, Wish(what, spot.rank, spot=spot)):
        turn.hold_back(app, found)
        return
    considered = explain.alternatives(layout, need_in_force(state, app), bounds, spot.rank)
    turn.command(app, "allocate", spot, what, considered, guard=None if fits else "capacity")
