"""The hold-down of steps down: a run of forecasts that agree, and the largest of what they asked for."""

from __future__ import annotations

from typing import NamedTuple

from foretide.schemas.messages import Sizing
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.sizing.need import Need
from foretide.streams.planning.sizing.rounding import bounded, class_to_lower


class Agreement(NamedTuple):
    """A run of forecasts that agree to a step down: since when, how many, and the largest class among them."""

    since_ms: int
    forecasts: int
    rank: int


def agree(run: Agreement | None, index: int, at_ms: int) -> Agreement:
    """The run with one more forecast, which asks for class `index`."""
    if run is None:
        return Agreement(at_ms, 1, index)
    return Agreement(run.since_ms, run.forecasts + 1, max(run.rank, index))


def agreed(run: Agreement | None, at_ms: int, sizing: Sizing) -> bool:
    """Whether enough forecasts have agreed for long enough."""
    return (
        run is not None
        and run.forecasts >= sizing.step_down_forecasts
        and at_ms - run.since_ms >= sizing.step_down_seconds * 1000
    )


def next_run(
    run: Agreement | None, layout: Layout, need: Need, bounds: tuple[int, int], current: int, at_ms: int
) -> Agreement | None:
    """The run after a new forecast: longer if it asks for less than `current`, ended if it does not."""
    index = bounded(class_to_lower(layout, need), bounds)
    return agree(run, index, at_ms) if index < current else None
