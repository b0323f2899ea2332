"""From a forecast to the class an application should hold, as small steps, each a pure function.

quantile -> margin -> what is in use already -> round to the geometry -> bounds -> hold-down of steps down.
Compute is a share of a whole card, memory is in bytes, a class is an index into the layout's profiles.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from foretide.schemas.messages import AppPolicy, ForecastEvent, SignalNeed, Sizing
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.planning.layout import Layout


class Need(NamedTuple):
    """What one application needs: to be `raised` to at least, and to be `lowered` to at most, per dimension.

    `used_compute` and `used_memory` are what a slice must have so as not to count as full at the present use. A
    dimension without a forecast asks for nothing on the way up and forbids every step down.
    """

    raise_compute: float
    raise_memory: float
    lower_compute: float
    lower_memory: float
    used_compute: float
    used_memory: float
    last_memory: float

    def packed(self) -> bytes:
        """The need in 28 bytes."""
        return _PACKED.pack(*self)

    @classmethod
    def unpacked(cls, packed: bytes) -> Need:
        """The need that `packed` holds."""
        return cls(*_PACKED.unpack(packed))


_PACKED: Final = struct.Struct("<7f")
_HUGE: Final = 1e30
"""Larger than any card, and within a 32-bit number."""


class Agreement(NamedTuple):
    """A run of forecasts that agree to a step down: since when, how many, and the largest class among them."""

    since_ms: int
    forecasts: int
    rank: int


def horizon_reach(horizons: Sequence[float], seconds: float) -> float:
    """The shortest of `horizons` that reaches `seconds`, or the longest there is."""
    reaching = [h for h in horizons if h >= seconds]
    return min(reaching) if reaching else max(horizons)


def peak_ahead(needs: Sequence[SignalNeed], quantile: str, seconds: float) -> float | None:
    """The quantile of the peak over the next `seconds`, or None without a forecast.

    The largest over all horizons up to there: a shorter horizon's peak is part of a longer one's, whatever the models
    of the two say.
    """
    if not needs:
        return None
    reach = horizon_reach([n.horizon_seconds for n in needs], seconds)
    return max(float(getattr(n.peak, quantile)) for n in needs if n.horizon_seconds <= reach)


def with_margin(value: float, margin: float) -> float:
    """`value` with the share `margin` added; a negative forecast counts as zero."""
    return max(value, 0.0) * (1.0 + margin)


def need_of(event: ForecastEvent, sizing: Sizing) -> Need:
    """The need that a forecast states, under the pool's settings, in 32-bit numbers: that is how a snapshot keeps it,
    and a restored planner must see the very same."""
    soon, later = sizing.raise_horizon_seconds, sizing.lower_horizon_seconds

    def peak(signal: str, seconds: float, unknown: float) -> float:
        compute = signal == SM_RATIO
        quantile = sizing.compute_quantile if compute else sizing.memory_quantile
        ahead = peak_ahead([n for n in event.needs if n.signal == signal], quantile, seconds)
        if ahead is None:
            return unknown
        return with_margin(ahead, sizing.compute_margin if compute else sizing.memory_margin)

    last_compute = max(event.last.get(SM_RATIO, 0.0), 0.0)
    last_memory = max(event.last.get(GPU_MEMORY, 0.0), 0.0)
    exact = Need(
        raise_compute=peak(SM_RATIO, soon, 0.0),
        raise_memory=peak(GPU_MEMORY, soon, 0.0),
        lower_compute=peak(SM_RATIO, later, math.inf),
        lower_memory=peak(GPU_MEMORY, later, math.inf),
        used_compute=last_compute / sizing.compute_full_ratio,
        used_memory=last_memory / sizing.memory_full_ratio,
        last_memory=last_memory,
    )
    return Need.unpacked(Need(*(v if v == math.inf else min(v, _HUGE) for v in exact)).packed())


def class_used(layout: Layout, need: Need) -> int:
    """The smallest class that is not full at the present use."""
    return layout.smallest(need.used_compute, need.used_memory)


def class_to_raise(layout: Layout, need: Need) -> int:
    """The smallest class that covers what is predicted until the next chance to act, and what is in use."""
    return max(layout.smallest(need.raise_compute, need.raise_memory), class_used(layout, need))


def class_to_lower(layout: Layout, need: Need) -> int:
    """The smallest class worth stepping down to: it covers the longer horizon too."""
    return max(layout.smallest(need.lower_compute, need.lower_memory), class_to_raise(layout, need))


def bounds_of(layout: Layout, policy: AppPolicy) -> tuple[int, int]:
    """The policy's smallest and largest class on this layout; a bound that the layout does not know is open."""
    low = layout.index.get(policy.min_slice, 0) if policy.min_slice else 0
    high = layout.index.get(policy.max_slice, layout.last) if policy.max_slice else layout.last
    return low, max(low, high)


def bounded(index: int, bounds: tuple[int, int]) -> int:
    """`index` within `bounds`, both inclusive."""
    return min(max(index, bounds[0]), bounds[1])


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


class Choice(NamedTuple):
    """The class to hold. `guard` kept it from being smaller (learning, agreement, memory) or larger (bounds).
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
    """The class to hold instead of `current`: up at once, down when the forecasts have agreed, within `bounds`."""
    if need is None:
        return Choice(current, "memory") if current > bounds[1] else Choice(bounded(current, bounds))
    raised = class_to_raise(layout, need)
    up = bounded(raised, bounds)
    if up > current:
        return Choice(up, urgent=bounded(class_used(layout, need), bounds) > current)
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
    return Choice(index) if index < current else Choice(current)


def backoff_ms(failures: int, sizing: Sizing) -> int:
    """How long to wait after the `failures`-th failure in a row, in ms: doubled each time, up to the limit."""
    seconds = sizing.backoff_seconds * 2.0 ** min(max(failures - 1, 0), 40)
    return int(min(seconds, max(sizing.backoff_limit_seconds, sizing.backoff_seconds)) * 1000)
