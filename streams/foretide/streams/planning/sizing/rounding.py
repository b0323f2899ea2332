"""From amounts to classes of a card's geometry, and the policy's bounds on them."""

from __future__ import annotations

from foretide.schemas.messages import AppPolicy
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.sizing.need import Need
from foretide.streams.planning.sizing.risk import cheapest


def class_used(layout: Layout, need: Need) -> int:
    """The smallest class that is not full at the present use."""
    return layout.smallest(need.used_compute, need.used_memory)


def class_to_raise(layout: Layout, need: Need) -> int:
    """The smallest class that covers what is predicted until the next chance to act, and what is in use."""
    return max(layout.smallest(need.raise_compute, need.raise_memory), class_used(layout, need))


def class_to_lower(layout: Layout, need: Need) -> int:
    """The class worth stepping down to: it covers the longer horizon too, and of all that do it has the least expected
    cost of its share of a card and of excesses."""
    least = max(layout.smallest(need.lower_compute, need.lower_memory), class_to_raise(layout, need))
    return cheapest(layout, least, need.compute, need.shortage_price)


def bounds_of(layout: Layout, policy: AppPolicy) -> tuple[int, int]:
    """The policy's smallest and largest class on this layout; a bound that the layout does not know is open."""
    low = layout.index.get(policy.min_slice, 0) if policy.min_slice else 0
    high = layout.index.get(policy.max_slice, layout.last) if policy.max_slice else layout.last
    return low, max(low, high)


def bounded(index: int, bounds: tuple[int, int]) -> int:
    """`index` within `bounds`, both inclusive."""
    return min(max(index, bounds[0]), bounds[1])
