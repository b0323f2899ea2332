"""Why nothing is done for an application now: in words, for who looks at a plan."""

from __future__ import annotations

from foretide.streams.planning import explain, performance
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.memory import need_in_force
from foretide.streams.planning.performance import limits
from foretide.streams.planning.probation import on_probation
from foretide.streams.planning.records import App
from foretide.streams.planning.sizing import Need, bounded, class_to_lower, holds_lower
from foretide.streams.planning.sizing.choosing import saving
from foretide.streams.planning.sizing.risk import expected_cost
from foretide.streams.planning.state import PoolState


def why_nothing(state: PoolState, app: App) -> str:
    """Why an application that no guard keeps back is left as it is."""
    mode = state.policy.mode(app.name)
    if app.flight is not None:
        return "its command has no outcome yet"
    if mode == "off":
        return "its mode is off"
    if app.held is None:
        if mode == "advise" and app.advised is not None:
            return f"{app.advised} was advised, and is still what it should have"
        if mode == "advise":
            return "it asked for no slice, and is not learned yet, so nothing is advised"
        return "it asked for no slice; forecasts alone lead to none"
    if mode == "initial":
        return "its mode is initial: it has a slice, and is not changed"
    need = need_in_force(state, app)
    if need is None:
        return "it holds a slice, and no forecast of it has come yet"
    layout, rank = state.cards[app.held.card].layout, app.held.rank
    if mode == "advise" and app.advised in layout.index:
        rank = layout.index[app.advised]
    return _stays(state, app, layout, rank, need) + _watched(state, app)


def _stays(state: PoolState, app: App, layout: Layout, rank: int, need: Need) -> str:
    assert app.held is not None
    sizing, held = state.policy.sizing, layout.names[rank]
    bounds = limits(state, app, layout, state.cards[app.held.card])
    down = bounded(class_to_lower(layout, need), bounds)
    if down < rank:
        saved = saving(layout, need, rank, down)
        return (
            f"{layout.names[down]} would do, but saves {saved:.2f} of a card with its risk counted; a step down has to"
            f" save {sizing.least_saving:g}"
        )
    peaks = (
        f"predicted peaks up to {explain.minutes(sizing.lower_horizon_seconds * 1000)} ahead are compute"
        f" {explain.share(need.lower_compute)}, memory {explain.gib(need.lower_memory)}"
    )
    if rank == bounds[0]:
        slower = rank > 0 and not performance.meets(state, layout, app.name, rank - 1)
        why = f": {performance.rate_text(state, app.name, layout, rank - 1)}" if slower else ""
        return f"{peaks}; {held} is the smallest slice allowed{why}"
    if not holds_lower(layout, need, rank - 1):
        return f"{peaks}; {held} is the smallest slice that covers them"
    price = need.shortage_price
    less, more = (expected_cost(layout, i, need.compute, price) for i in (rank - 1, rank))
    return (
        f"{peaks}; {layout.names[rank - 1]} covers them, but what was reached lately makes it cost {less:.2f} of a card"
        f" with its risk counted, {held} costs {more:.2f}"
    )


def _watched(state: PoolState, app: App) -> str:
    if app.trial is None or not on_probation(state, app):
        return ""
    left = app.trial.since_ms + int(state.policy.probation.seconds * 1000) - state.clock_ms
    return f"; its last change is on probation for {explain.minutes(max(left, 0))} more"
