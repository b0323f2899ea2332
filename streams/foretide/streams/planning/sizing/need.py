"""What an application needs, as one forecast states it."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

from foretide.schemas.messages import ForecastEvent, Sizing
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.planning.sizing.evidence import Evidence
from foretide.streams.planning.sizing.quantile import peak_ahead, with_margin


class Need(NamedTuple):
    """What one application needs: to be `raised` to at least, and to be `lowered` to at most, per dimension.

    `used_compute` and `used_memory` are what a slice must have so as not to count as full at the present use. A
    dimension without a forecast asks for nothing on the way up and forbids every step down. `compute` is what compute
    has reached lately, and `shortage_price` what an excess of it is worth, in card-hours.
    """

    raise_compute: float
    raise_memory: float
    lower_compute: float
    lower_memory: float
    used_compute: float
    used_memory: float
    last_memory: float
    shortage_price: float = 0.0
    compute: Evidence = Evidence()

    def packed(self) -> bytes:
        """The need in 36 bytes and eight for each stair."""
        stairs = self.compute.stairs
        numbers = (*self[:-1], self.compute.watched_seconds, *chain.from_iterable(stairs))
        return struct.pack(f"<{len(numbers)}f", *numbers)

    @classmethod
    def unpacked(cls, packed: bytes) -> Need:
        """The need that `packed` holds; one of 28 bytes was written before there was evidence."""
        numbers = struct.unpack(f"<{len(packed) // 4}f", packed)
        if len(numbers) < _FIXED:
            return _made(numbers, 0.0, Evidence())
        stairs = tuple(zip(numbers[_FIXED::2], numbers[_FIXED + 1 :: 2], strict=True))
        return _made(numbers, numbers[_AMOUNTS], Evidence(stairs, numbers[_AMOUNTS + 1]))

    def scaled(self, factor: float) -> Need:
        """The same with every amount needed or in use multiplied."""
        return _made([v * factor for v in self.amounts], self.shortage_price, self.compute)

    @property
    def amounts(self) -> tuple[float, ...]:
        """The amounts needed or in use, in the order of the fields."""
        return self[:_AMOUNTS]


_AMOUNTS: Final = 7
_FIXED: Final = _AMOUNTS + 2
_HUGE: Final = 1e30
"""Larger than any card, and within a 32-bit number."""


def _made(numbers: Sequence[float], price: float, compute: Evidence) -> Need:
    """A need of the amounts that `numbers` begins with."""
    a, b, c, d, e, f, g = numbers[:_AMOUNTS]
    return Need(a, b, c, d, e, f, g, price, compute)


def need_of(event: ForecastEvent, sizing: Sizing) -> Need:
    """The need that a forecast states, under the pool's settings, in 32-bit numbers: that is how a snapshot keeps it,
    and a restored planner must see the very same.

    Memory is held at what was reached lately: an application that needed it once needs it again, and running out ends
    it.
    """
    held = Evidence(tuple(event.reached.get(GPU_MEMORY, ()))).highest(sizing.memory_hold_seconds)

    def peak(signal: str, quantile: str, seconds: float, margin: float, unknown: float) -> float:
        ahead = peak_ahead([n for n in event.needs if n.signal == signal], quantile, seconds)
        return unknown if ahead is None else with_margin(ahead, margin)

    soon, later = sizing.raise_horizon_seconds, sizing.lower_horizon_seconds
    last_compute = max(event.last.get(SM_RATIO, 0.0), 0.0)
    last_memory = max(event.last.get(GPU_MEMORY, 0.0), 0.0)
    exact = Need(
        raise_compute=peak(SM_RATIO, sizing.raise_quantile, soon, 0.0, 0.0),
        raise_memory=peak(GPU_MEMORY, sizing.raise_quantile, soon, 0.0, 0.0),
        lower_compute=peak(SM_RATIO, sizing.compute_quantile, later, sizing.compute_margin, math.inf),
        lower_memory=max(peak(GPU_MEMORY, sizing.memory_quantile, later, sizing.memory_margin, math.inf), held),
        used_compute=last_compute / sizing.compute_full_ratio,
        used_memory=last_memory / sizing.memory_full_ratio,
        last_memory=last_memory,
        shortage_price=sizing.shortage_price,
        compute=Evidence(tuple(event.reached.get(SM_RATIO, ())), min(event.watched_seconds, _HUGE)),
    )
    amounts = [v if v == math.inf else min(v, _HUGE) for v in exact.amounts]
    stairs = tuple((min(max(v, -_HUGE), _HUGE), min(ago, _HUGE)) for v, ago in exact.compute.stairs)
    compute = exact.compute._replace(stairs=stairs)
    return Need.unpacked(_made(amounts, exact.shortage_price, compute).packed())
