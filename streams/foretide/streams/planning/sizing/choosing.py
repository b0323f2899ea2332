"""The last step: the class to hold, and what kept it from being another."""

from __future__ import annotations

from typing import NamedTuple

from foretide.schemas.messages import Sizing
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.sizing.agreement import Agreement, agreed
from foretide.streams.planning.sizing.idle import waits_for_idle
from foretide.streams.planning.sizing.need import Need
from foretide.streams.planning.sizing.risk import expected_cost
from foretide.streams.planning.sizing.rounding import bounded, class_to_lower, class_to_raise, class_used


class Choice(NamedTuple):
    """The class to hold. `guard` kept it from being smaller (learning, agreement, idle, memory) or larger (bounds).
    `urgent`: the slice held is full at the present use."""

    rank: int
    guard: str | None = None
    urgent: bool = False


def choose(
    layout: Layout,
    need: Need | None,
    bounds: tuple[int, int],
    current: int,
    *,
    learning: bool,
    run: Agreement | None,
    at_ms: int,
    sizing: Sizing,
) -> Choice:
    """The class to hold instead of `current`, within `bounds`: up at once, down when the forecasts have agreed, the
    step is worth it and the moment is right."""
    if need is None:
        return Choice(current, "memory") if current > bounds[1] else Choice(bounded(current, bounds))
    raised = class_to_raise(layout, need)
    up = bounded(raised, bounds)
    if up > current:
        return Choice(up, urgent=min(class_used(layout, need), bounds[1]) > current)
    if current > bounds[1]:
        if layout.holds_memory(bounds[1], need.last_memory):
            return Choice(bounds[1])
        return Choice(current, "memory")
    if raised > current:
        return Choice(current, "bounds")
    down = bounded(class_to_lower(layout, need), bounds)
    if down >= current:
        return Choice(current)
    if learning and not sizing.shrink_while_learning:
        return Choice(current, "learning")
    if run is None or not agreed(run, at_ms, sizing):
        return Choice(current, "agreement")
    index = max(down, bounded(run.rank, bounds))
    if index >= current or saving(layout, need, current, index) < sizing.least_saving:
        return Choice(current)
    if waits_for_idle(need, run, at_ms, sizing):
        return Choice(current, "idle")
    return Choice(index)


def saving(layout: Layout, need: Need, current: int, index: int) -> float:
    """Cards that class `index` is expected to cost less than `current`, excesses included."""
    price, evidence = need.shortage_price, need.compute
    return expected_cost(layout, current, evidence, price) - expected_cost(layout, index, evidence, price)
