"""From amounts to classes of a card's geometry, and the policy's bounds on them."""

from __future__ import annotations

from foretide.schemas.messages import AppPolicy
from foretide.streams.planning.layout import LAYOUTS, TOLERANCE, Layout
from foretide.streams.planning.sizing.need import Need
from foretide.streams.planning.sizing.risk import cheapest


def class_used(layout: Layout, need: Need) -> int:
    """The smallest class that is not full at the present use."""
    return layout.smallest(need.used_compute, need.used_memory)


def class_to_raise(layout: Layout, need: Need) -> int:
    """The smallest class that covers what is predicted until the next chance to act, and what is in use."""
    return max(layout.smallest(need.raise_compute, need.raise_memory), class_used(layout, need))


def holds_raise(layout: Layout, need: Need, index: int) -> bool:
    """Whether the class covers what is predicted until the next chance to act, and what is in use."""
    compute, memory = max(need.raise_compute, need.used_compute), max(need.raise_memory, need.used_memory)
    return layout.holds(index, compute, memory)


def holds_lower(layout: Layout, need: Need, index: int) -> bool:
    """Whether the class also covers the longer horizon."""
    return holds_raise(layout, need, index) and layout.holds(index, need.lower_compute, need.lower_memory)


def class_to_lower(layout: Layout, need: Need) -> int:
    """The class worth stepping down to: it covers the longer horizon too, and of all that do it has the least expected
    cost of its share of a card and of excesses."""
    least = max(layout.smallest(need.lower_compute, need.lower_memory), class_to_raise(layout, need))
    return cheapest(layout, least, need.compute, need.shortage_price)


def bounds_of(layout: Layout, policy: AppPolicy) -> tuple[int, int]:
    """The policy's smallest and largest class on this layout. A slice of another geometry stands for what it holds: the
    smallest class that has at least as much, the largest that has no more."""
    low = _at_least(layout, policy.min_slice) if policy.min_slice else 0
    high = _at_most(layout, policy.max_slice) if policy.max_slice else layout.last
    return low, max(low, high)


def suits(layout: Layout, policy: AppPolicy) -> bool:
    """Whether some class of the layout is within the policy's bounds: a card may be too small for the smallest slice
    allowed, or be given whole only and be more than the largest."""
    if policy.min_slice:
        compute, memory = size_of(layout, policy.min_slice)
        if not layout.holds(layout.last, compute, memory):
            return False
    return not policy.max_slice or _no_more(layout, 0, size_of(layout, policy.max_slice))


def size_of(layout: Layout, name: str) -> tuple[float, float]:
    """What a slice of this name holds, compute and memory: in `layout` if that has it, else in the first geometry by
    name that does."""
    of = layout if name in layout.index else next(o for _, o in sorted(LAYOUTS.items()) if name in o.index)
    return of.compute[of.index[name]], of.bytes[of.index[name]]


def _at_least(layout: Layout, name: str) -> int:
    return layout.index[name] if name in layout.index else layout.smallest(*size_of(layout, name))


def _at_most(layout: Layout, name: str) -> int:
    if name in layout.index:
        return layout.index[name]
    size = size_of(layout, name)
    return max((i for i in range(layout.last + 1) if _no_more(layout, i, size)), default=0)


def _no_more(layout: Layout, index: int, size: tuple[float, float]) -> bool:
    compute, memory = layout.compute[index] - TOLERANCE, layout.bytes[index] - TOLERANCE * layout.memory_bytes
    return compute <= size[0] and memory <= size[1]


def bounded(index: int, bounds: tuple[int, int]) -> int:
    """`index` within `bounds`, both inclusive."""
    return min(max(index, bounds[0]), bounds[1])
