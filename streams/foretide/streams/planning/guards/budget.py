"""What the applications of the pool hold may cost no more than this."""

from __future__ import annotations

from foretide.streams.planning.guards.base import Binding, Wish
from foretide.streams.planning.records import App
from foretide.streams.planning.spending import MICRO
from foretide.streams.planning.state import PoolState


def budget(state: PoolState, app: App, wish: Wish) -> Binding | None:
    """Binds where the change would add to the bill and lead above a limit, or where the bill cannot be told for want of
    a price. A change that adds nothing passes whatever the bill is."""
    limit = state.policy.budget
    if wish.spot is None or (limit.cards is None and limit.money_per_hour is None):
        return None
    now, then, total = state.spending.of(app.name), state.charge_of(wish.spot), state.spending
    if limit.cards is not None and then.cards > now.cards:
        after = total.cards - now.cards + then.cards
        if after > round(limit.cards * MICRO):
            reason = f"{wish.reason}; {after / MICRO:.2f} cards would be held, the budget is {limit.cards:g}"
            return Binding("budget", reason, queue=True, kind="cards")
    if limit.money_per_hour is None or (now.money is not None and then.money is not None and then.money <= now.money):
        return None
    if app.held is not None and wish.spot.card == app.held.card and then.cards <= now.cards:
        return None  # less of the same card, whatever it costs
    if then.money is None:
        why = f"the price of {wish.spot.card} is not known"
    elif total.unpriced:
        why = f"{total.unpriced} applications are on cards without a known price"
    else:
        after = total.money - (now.money or 0) + then.money
        if after <= round(limit.money_per_hour * MICRO):
            return None
        reason = f"{wish.reason}; it would all cost {after / MICRO:.2f} an hour"
        reason += f", the budget is {limit.money_per_hour:g}"
        return Binding("budget", reason, queue=True, kind="money")
    reason = (
        f"{wish.reason}; {why}, and the budget of {limit.money_per_hour:g} an hour allows nothing that may add to it"
    )
    return Binding("budget", reason, queue=True, kind="price")


def has_room(state: PoolState) -> bool:
    """Whether any slice at all might fit the budget now; it spares those who wait for it a closer look."""
    limit, total = state.policy.budget, state.spending
    if limit.cards is not None and total.cards >= round(limit.cards * MICRO):
        return False
    return limit.money_per_hour is None or (not total.unpriced and total.money < round(limit.money_per_hour * MICRO))
