"""Where an instance can go: in place on its card, else on the cheapest card of any kind that covers what is needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from foretide.streams.planning import performance
from foretide.streams.planning.cards import Card
from foretide.streams.planning.layout import Layout, Spot
from foretide.streams.planning.performance import limits
from foretide.streams.planning.records import App
from foretide.streams.planning.sizing import (
    Need,
    bounded,
    class_to_lower,
    class_to_raise,
    holds_lower,
    holds_raise,
    size_of,
    suits,
)
from foretide.streams.planning.spending import MICRO
from foretide.streams.planning.state import PoolState

ClassOn = Callable[[Layout], int | None]
"""Which class of a layout would do; None: none would."""


class Site(NamedTuple):
    """A place for an instance, and what it costs per hour: the share of the card times its price, in millionths; None:
    the price is not known."""

    spot: Spot
    layout: Layout
    money: int | None

    @property
    def order(self) -> tuple[bool, int, float, str]:
        """Cheapest first, an unknown price last; of equals the smallest share of a card."""
        return self.money is None, self.money or 0, self.layout.cost[self.spot.rank], self.layout.name


def in_place(state: PoolState, app: App, index: int) -> Spot | None:
    """Where class `index` fits on the card the application holds a slice of, its own slice given back; else None.

    Another start may be needed: a resize makes the instance anew, and moves no other.
    """
    assert app.held is not None
    card = state.cards[app.held.card]
    if index > card.layout.last:
        return None
    start = card.layout.fit(card.without(app.name), index)
    return None if start is None else Spot(card.name, index, start)


def elsewhere(state: PoolState, app: App, index: int) -> Spot | None:
    """The best place for class `index` on another card of the same layout, or None; not on a card on which it fared
    badly lately."""
    assert app.held is not None
    site = _site(state, app, state.cards[app.held.card].layout, index, anywhere=False)
    return None if site is None else site.spot


def cheapest(
    state: PoolState, app: App, class_on: ClassOn, but: Collection[Layout] = (), *, anywhere: bool = False
) -> Site | None:
    """The cheapest place on any other card (`anywhere`: on any) whose layout, none of `but`, has a class that would do;
    not on cards, or a kind of card, on which the application fared badly lately."""
    wanted = [(of, class_on(of)) for of in usable(state, app) if of not in but]
    found = [_site(state, app, of, index, anywhere=anywhere) for of, index in wanted if index is not None]
    return min((site for site in found if site is not None), key=lambda site: site.order, default=None)


def usable(state: PoolState, app: App) -> Iterator[Layout]:
    """The layouts of the pool's cards that the application's bounds allow, that are fast enough for it and that did not
    hurt it lately."""
    policy, barred = state.policy.of(app.name), app.barred
    hurt = barred.layout if barred is not None and state.clock_ms < barred.until_ms else None
    return (
        of
        for of in state.cards.layouts()
        if of.name != hurt and suits(of, policy) and performance.suitable(state, app, of)
    )


def covers_raise(state: PoolState, app: App, need: Need) -> ClassOn:
    """The smallest class within the bounds that covers what is needed soon."""

    def on(of: Layout) -> int | None:
        index = bounded(class_to_raise(of, need), limits(state, app, of))
        return index if holds_raise(of, need, index) else None

    return on


def covers_lower(state: PoolState, app: App, need: Need) -> ClassOn:
    """The class within the bounds that is worth stepping down to, if it covers the longer horizon."""

    def on(of: Layout) -> int | None:
        index = bounded(class_to_lower(of, need), limits(state, app, of))
        return index if holds_lower(of, need, index) else None

    return on


def first_place(state: PoolState, app: App) -> tuple[Spot, bool] | None:
    """The place for a new application, and whether it is all that the policy wants; None: nothing allowed has room.

    The slice that the policy names, or as much on another kind of card, where it is cheapest; without a name the whole
    card, the largest kind first. If that fits nowhere: the most that has room.
    """
    full = cheapest(state, app, _wanted(state, app), anywhere=True)
    if full is not None:
        return full.spot, True
    best: Site | None = None
    for of in usable(state, app):
        low, _ = limits(state, app, of)
        for index in range(first_class(state, app, of), low - 1, -1):
            site = _site(state, app, of, index, anywhere=True)
            if site is not None:
                if best is None or _more(site, best):
                    best = site
                break
    return None if best is None else (best.spot, False)


def cheapest_layout(state: PoolState, app: App, need: Need | None) -> Layout:
    """The layout of the kind of card, of those that its bounds allow, where the class for `need` (None: its first by
    policy) costs least per hour, whether it has room or not; of several that cannot hold it the largest."""
    class_on = covers_lower(state, app, need) if need is not None else _wanted(state, app)

    def order(of: Layout) -> tuple[bool, bool, float, float, str]:
        index, price = class_on(of), state.cards.least_price(of)
        if index is None:
            return True, True, 0.0, -of.bytes[of.last], of.name
        return False, price is None, of.cost[index] * (price or 0.0), of.cost[index], of.name

    return min(usable(state, app), key=order)


def first_class(state: PoolState, app: App, of: Layout) -> int:
    """The class that stands for the policy's first slice on a layout: at least as much, or the layout's largest."""
    name = state.policy.of(app.name).initial_slice
    wanted = of.last if name is None else of.index[name] if name in of.index else of.smallest(*size_of(of, name))
    return bounded(wanted, limits(state, app, of))


def _wanted(state: PoolState, app: App) -> ClassOn:
    """The class that is all that the policy wants as a first slice, on layouts that have one."""
    name = state.policy.of(app.name).initial_slice
    if name is None:
        most = max(((of.bytes[i], of.compute[i]) for of in usable(state, app)
                    for i in (first_class(state, app, of),)), default=None)  # fmt: skip

        def whole(of: Layout) -> int | None:
            index = first_class(state, app, of)
            return index if (of.bytes[index], of.compute[index]) == most else None

        return whole

    def named(of: Layout) -> int | None:
        index = first_class(state, app, of)
        bound_down = name in of.index
        return index if bound_down or of.holds(index, *size_of(of, name)) else None

    return named


def _more(site: Site, than: Site) -> bool:
    """Whether a place holds more; of equals the cheaper one."""
    one, other = (
        (s.layout.bytes[s.spot.rank], s.layout.compute[s.spot.rank]) for s in (site, than)
    )  # fmt: skip
    return one > other or (one == other and site.order < than.order)


def _site(state: PoolState, app: App, of: Layout, index: int, *, anywhere: bool) -> Site | None:
    """The best place for the class; where those who share a card slow each other down, for a larger one if that bears
    neighbours that the class does not."""
    but = () if anywhere else _avoided(state, app)
    if of.kind not in state.losses:
        best, rank = state.cards.best(index, of, but), index
    else:
        best, rank = _among_others(state, app, of, index, but)
    if best is None:
        return None
    card, start = best
    return Site(Spot(card.name, rank, start), of, money_of(of, rank, card.price))


def _among_others(
    state: PoolState, app: App, of: Layout, index: int, but: Collection[str]
) -> tuple[tuple[Card, int] | None, int]:
    for rank in range(index, max(limits(state, app, of)[1], index) + 1):

        def bears(card: Card, rank: int = rank) -> bool:
            there = performance.residents_of(state, card)
            return performance.welcome(state, of, there, app.name, rank)

        best = state.cards.best(rank, of, but, bears)
        if best is not None:
            return best, rank
    return None, index


def somewhere(state: PoolState, app: App, of: Layout, index: int) -> Spot | None:
    """The best place for a class on cards of this layout; not on the card that it is on."""
    site = _site(state, app, of, index, anywhere=app.held is None)
    return None if site is None else site.spot


def money_of(of: Layout, index: int, price: float | None) -> int | None:
    """What a class costs per hour on a card of this price, in millionths."""
    return None if price is None else round(of.cost[index] * price * MICRO)


def _avoided(state: PoolState, app: App) -> set[str]:
    """The card it is on, and one on which it fared badly lately."""
    but = {app.held.card} if app.held is not None else set()
    if app.barred is not None and app.barred.card is not None and state.clock_ms < app.barred.until_ms:
        but.add(app.barred.card)
    return but


def on_card(state: PoolState, name: str, app: App, index: int) -> Spot | None:
    """Where class `index` fits on this card, what the application takes of it given back; else None."""
    card = state.cards.get(name)
    if card is None or not card.present or card.leaving or index > card.layout.last:
        return None
    start = card.layout.fit(card.without(app.name), index)
    if start is None or not performance.welcome(
        state, card.layout, performance.residents_of(state, card), app.name, index
    ):
        return None
    return Spot(name, index, start)


def hosts_of(state: PoolState, *spots: Spot | None) -> tuple[str, ...]:
    """The hosts that a change between these spots touches, in order."""
    return tuple(sorted({state.cards[s.card].host for s in spots if s is not None}))
