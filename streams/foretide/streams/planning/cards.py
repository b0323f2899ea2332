"""The pool's cards: what is taken on each, and which one an instance fits best."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterator

from foretide.streams.planning.layout import Layout, layout_named
from foretide.streams.planning.occupancy import NOTHING, Occupancy


class Card:
    """One card. `present`: some source reports it. `occupants`: what each application takes, commands in flight
    included. While it is occupied it stays cut as it is. `leaving`: it is being given back, nothing new is put on
    it. `price` is per hour, None if unknown; `provisioned`: it came by a command; `kind`: its kind's name, if it has
    one."""

    __slots__ = (
        "host", "kind", "layout", "leaving", "name", "occupants", "present", "price", "provisioned", "taken",
    )  # fmt: skip

    def __init__(self, name: str, host: str, layout: Layout, present: bool) -> None:
        self.name = name
        self.host = host
        self.layout = layout
        self.present = present
        self.leaving = False
        self.price: float | None = None
        self.provisioned = False
        self.kind: str | None = None
        self.occupants: dict[str, Occupancy] = {}
        self.taken = NOTHING

    def without(self, app: str) -> Occupancy:
        """What is taken by all applications but `app`."""
        return self.layout.together(taken for name, taken in self.occupants.items() if name != app)


_Alike = tuple[str, float | None, Occupancy]


def _alike(card: Card) -> _Alike:
    """What cards have in common that a search need look at only once: layout, price, what is taken."""
    return card.layout.name, card.price, card.taken


class Cards:
    """All cards, with those that look alike kept together, so that a search looks at each kind of card once."""

    def __init__(self) -> None:
        self._cards: dict[str, Card] = {}
        self._alike: dict[_Alike, list[str]] = {}
        self._full: set[tuple[int, str | None]] = set()
        self._kinds: Counter[str] = Counter()
        self.freed: set[str] = set()
        """Cards on which room appeared since this was last cleared."""

    def __len__(self) -> int:
        return len(self._cards)

    def __iter__(self) -> Iterator[Card]:
        return iter(self._cards.values())

    def get(self, name: str) -> Card | None:
        """The card, or None if it is neither reported nor occupied."""
        return self._cards.get(name)

    def __getitem__(self, name: str) -> Card:
        return self._cards[name]

    def report(self, name: str, host: str, layout: Layout) -> None:
        """A source reports the card."""
        card = self._cards.get(name)
        if card is None:
            card = self._cards[name] = Card(name, host, layout, True)
        elif card.present and card.host == host and card.layout is layout:
            return
        else:
            self._leave(card)
            card.present, card.host = True, host
            if not card.occupants or card.layout.geometry is layout.geometry:
                card.layout = layout
        self._join(card)
        self._free(card)

    def tell(self, name: str, price: float | None, provisioned: bool, kind: str | None = None) -> bool:
        """What a source says of a card beside where it is; whether its price has changed."""
        card = self._cards[name]
        card.provisioned, card.kind = provisioned, kind
        if card.price == price:
            return False
        self._leave(card)
        card.price = price
        self._join(card)
        return True

    def leave(self, name: str, leaving: bool) -> None:
        """The card is about to be given back, or it stays after all."""
        card = self._cards[name]
        if card.leaving != leaving:
            self._leave(card)
            card.leaving = leaving
            self._join(card)
            if not leaving:
                self._free(card)

    def vanish(self, name: str) -> None:
        """No source reports the card any more. It stays known while it is occupied."""
        card = self._cards[name]
        self._leave(card)
        card.present = card.leaving = False
        self._drop_if_gone(card)

    def assume(self, name: str, layout: Layout) -> None:
        """An application was found on a card that no source reports: it is known, and takes nothing else."""
        if name not in self._cards:
            self._cards[name] = Card(name, "", layout, False)

    def restore(self, card: Card) -> None:
        """A card as a snapshot holds it; `settle` ends the restoring."""
        self._cards[card.name] = card
        self._join(card)

    def settle(self) -> None:
        """What was restored is not news: no room appeared."""
        self.freed.clear()

    def occupy(self, name: str, app: str, occupancy: Occupancy | None) -> None:
        """`app` now takes this much of the card; None: nothing."""
        card = self._cards[name]
        if card.occupants.get(app) == occupancy:
            return
        self._leave(card)
        before = card.taken
        if occupancy is None:
            del card.occupants[app]
        else:
            card.occupants[app] = occupancy
        card.taken = card.without("")
        self._join(card)
        if card.present and card.layout.rule.freer(card.taken, before):
            self._free(card)
        self._drop_if_gone(card)

    def best(
        self, index: int, layout: Layout | None = None, but: Collection[str] = (),
        bears: Callable[[Card], bool] | None = None,
    ) -> tuple[Card, int] | None:  # fmt: skip
        """The cheapest card (none of `but`, and one that `bears` it) that class `index` fits, and the start; None if it
        fits nowhere.

        Of equally cheap ones that which it fits most tightly: least memory, then least compute left over; of equal ones
        the first by name. A price that is not known comes last. A class is an index into `layout`; without one, into
        each card's own.
        """
        kind = (index, layout.name if layout else None)
        if kind in self._full:
            return None
        found: tuple[bool, float, int, int, str, int] | None = None
        for (geometry, price, taken), names in self._alike.items():
            of = layout_named(geometry)
            if (layout is not None and of is not layout) or index > of.last:
                continue
            start = of.fit(taken, index)
            if start is None:
                continue
            name = next((n for n in names if n not in but and (bears is None or bears(self._cards[n]))), None)
            if name is None:
                continue
            memory, slots = of.left(of.rule.both(taken, of.takes(index, start)))
            option = (price is None, price or 0.0, memory, slots, name, start)
            if found is None or option < found:
                found = option
        if found is None:
            if not but and bears is None:
                self._full.add(kind)
            return None
        return self._cards[found[4]], found[5]

    def layouts(self) -> list[Layout]:
        """The layouts of the cards that are present, by name."""
        return [layout_named(name) for name in sorted(self._kinds)]

    def least_price(self, layout: Layout) -> float | None:
        """The lowest known price of a card of this layout that is present; None if none is known."""
        keys = (key for key in self._alike if key[0] == layout.name and key[1] is not None)
        return min((price for _, price, _ in keys if price is not None), default=None)

    def could_fit(self, index: int, layout: Layout | None = None) -> bool:
        """False if a search since room last appeared found none for the class; True means that it is worth looking."""
        return (index, layout.name if layout else None) not in self._full

    def _free(self, card: Card) -> None:
        self._full.clear()
        self.freed.add(card.name)

    def _join(self, card: Card) -> None:
        if not card.present or card.leaving:
            return
        insort(self._alike.setdefault(_alike(card), []), card.name)
        self._kinds[card.layout.name] += 1

    def _leave(self, card: Card) -> None:
        if not card.present or card.leaving:
            return
        key = _alike(card)
        names = self._alike[key]
        del names[bisect_left(names, card.name)]
        if not names:
            del self._alike[key]
        self._kinds[card.layout.name] -= 1
        if not self._kinds[card.layout.name]:
            del self._kinds[card.layout.name]

    def _drop_if_gone(self, card: Card) -> None:
        if not card.present and not card.occupants:
            del self._cards[card.name]
