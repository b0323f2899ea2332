"""Where an instance can go: in place on its card, else on the card it fits most tightly."""

from __future__ import annotations

from foretide.streams.planning.layout import Spot
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState


def in_place(state: PoolState, app: App, index: int) -> Spot | None:
    """Where class `index` fits on the card the application holds a slice of, its own slice given back; else None.

    Another start may be needed: a resize makes the instance anew, and moves no other.
    """
    assert app.held is not None
    card = state.cards[app.held.card]
    if index > card.layout.last:
        return None
    start = card.layout.fit(*card.without(app.name), index)
    return None if start is None else Spot(card.name, index, start)


def elsewhere(state: PoolState, app: App, index: int) -> Spot | None:
    """The tightest place for class `index` on another card of the same layout, or None; not on a card on which it fared
    badly lately."""
    assert app.held is not None
    but = {app.held.card}
    if app.barred is not None and app.barred.card is not None and state.clock_ms < app.barred.until_ms:
        but.add(app.barred.card)
    best = state.cards.best(index, state.cards[app.held.card].layout, but)
    return None if best is None else Spot(best[0].name, index, best[1])


def anywhere(state: PoolState, wanted: str | None, smallest: str | None, largest: str | None) -> Spot | None:
    """The place for a new application: the slice `wanted` (None: the whole card) within the bounds, else the largest
    smaller one that fits, down to `smallest`.

    A name that a card's layout does not know counts as not given. Layouts are tried by name.
    """
    for of in state.cards.layouts():
        low = of.index.get(smallest, 0) if smallest else 0
        high = max(low, of.index.get(largest, of.last) if largest else of.last)
        first = min(max(of.index.get(wanted, of.last) if wanted else of.last, low), high)
        for index in range(first, low - 1, -1):
            best = state.cards.best(index, of)
            if best is not None:
                return Spot(best[0].name, index, best[1])
    return None


def on_card(state: PoolState, name: str, app: App, index: int) -> Spot | None:
    """Where class `index` fits on this card, what the application takes of it given back; else None."""
    card = state.cards.get(name)
    if card is None or not card.present or card.leaving or index > card.layout.last:
        return None
    start = card.layout.fit(*card.without(app.name), index)
    return None if start is None else Spot(name, index, start)


def hosts_of(state: PoolState, *spots: Spot | None) -> tuple[str, ...]:
    """The hosts that a change between these spots touches, in order."""
    return tuple(sorted({state.cards[s.card].host for s in spots if s is not None}))
