"""Whether another kind of card is so much cheaper that a move there is worth it."""

from __future__ import annotations

from typing import NamedTuple

from foretide.streams.planning import explain, performance, placing
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.placing import Site, money_of
from foretide.streams.planning.records import App
from foretide.streams.planning.sizing import Need
from foretide.streams.planning.sizing.risk import excesses_per_hour
from foretide.streams.planning.spending import MICRO
from foretide.streams.planning.state import PoolState


class Cheaper(NamedTuple):
    """A place on a cheaper kind of card, and why it is worth the move."""

    site: Site
    reason: str


def cheaper_kind(state: PoolState, app: App, rank: int, need: Need) -> Cheaper | None:
    """The place on another kind of card that is worth a migration instead of a step down to class `rank` in place.

    It must cover the longer horizon, and cost less per hour by at least the pool's `least_saving` (cards, at the price
    of the present one) and what the migration costs, spread over an hour. Excesses count at their price on both sides.
    Without known prices nothing is cheaper.
    """
    assert app.held is not None
    card = state.cards[app.held.card]
    layout = card.layout
    stay = money_of(layout, rank, card.price)
    if stay is None or card.price is None:
        return None
    covers, sizing = placing.covers_lower(state, app, need), state.policy.sizing

    def on(of: Layout) -> int | None:
        index = covers(of)
        # Several forecasts agreed on the class in place: what stands for it elsewhere must hold as much.
        if (
            index is None
            or sizing.step_down_forecasts == 1
            or of.holds(index, layout.compute[rank], layout.bytes[rank])
        ):
            return index
        return None

    site = placing.cheapest(state, app, on, but=[layout])
    if site is None or site.money is None:
        return None
    excess = need.shortage_price * card.price * MICRO
    risk_here = excess * excesses_per_hour(layout.compute[rank], need.compute)
    risk_there = excess * excesses_per_hour(site.layout.compute[site.spot.rank], need.compute)
    saving = stay - site.money + (risk_here - risk_there if need.compute.stairs else 0.0)
    move = migration_money(state, app)
    if saving < sizing.least_saving * card.price * MICRO + move:
        return None
    text = (
        f"{explain.slice_text(site.layout, site.spot.rank)} on {site.spot.card} costs {explain.money(site.money)}"
        f" instead of {explain.money(stay)} in place, which is worth the move ({explain.money(round(move))} spread over"
        " one)"
    )
    text += performance.choice_text(state, app, site.spot.card, site.spot.rank)
    return Cheaper(site, text)


def migration_money(state: PoolState, app: App) -> int:
    """What one migration of the application costs, in millionths: the time that it stands still at the price of what it
    holds, and the disturbance."""
    kind = state.kinds.get(state.cards[app.held.card].kind or "") if app.held is not None else None
    still = kind.migration_seconds / 3600.0 if kind is not None else 0.0
    held = state.spending.of(app.name).money or 0
    return round(still * held + state.policy.replanning.migration_cost * MICRO)
