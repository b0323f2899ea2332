"""What all applications of a pool cost together, kept up to date change by change.

Whole numbers of millionths: sums of floats would depend on the order of events, and a restored planner must count to
the very same.
"""

from __future__ import annotations

from typing import Final, NamedTuple

MICRO: Final = 1_000_000
"""Parts of one card, and of one unit of money per hour."""


class Charge(NamedTuple):
    """What one application is charged with: cards and money per hour in millionths; money None if a price is not
    known."""

    cards: int
    money: int | None


def charge(share: float, price: float | None) -> Charge:
    """The charge for a `share` of a card whose price per hour is `price` (None: unknown)."""
    cards = round(share * MICRO)
    return Charge(cards, None if price is None else round(share * price * MICRO))


def dearer(one: Charge, other: Charge) -> Charge:
    """The most that either of the two may come to."""
    unknown = one.money is None or other.money is None
    return Charge(max(one.cards, other.cards), None if unknown else max(one.money or 0, other.money or 0))


class Spending:
    """The sum over all applications. `unpriced` counts those of which a price is not known."""

    def __init__(self) -> None:
        self.cards = 0
        self.money = 0
        self.unpriced = 0
        self._charges: dict[str, Charge] = {}

    def set(self, app: str, amount: Charge | None) -> None:
        """What the application is charged with from now on; None: nothing."""
        before = self._charges.pop(app, None)
        if before is not None:
            self._add(before, -1)
        if amount is not None:
            self._charges[app] = amount
            self._add(amount, 1)

    def of(self, app: str) -> Charge:
        """What the application is charged with."""
        return self._charges.get(app, Charge(0, 0))

    def _add(self, amount: Charge, sign: int) -> None:
        self.cards += sign * amount.cards
        if amount.money is None:
            self.unpriced += sign
        else:
            self.money += sign * amount.money
