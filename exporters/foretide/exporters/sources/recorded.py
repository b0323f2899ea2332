"""A source whose ticks are known beforehand: a trace, or what a generator makes from its seed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Final, Literal

from foretide.exporters.pacing import Pacer, Schedule
from foretide.exporters.samples import Tick
from foretide.schemas.messages import ResourceReport

Clock = Literal["original", "shifted"]

_BREATH_TICKS: Final = 32
"""A source that runs as fast as it can lets others run after so many ticks."""


def wall_ms() -> int:
    """The wall clock, epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Recorded:
    """Ticks at `speed` times event time (0: as fast as they are taken), on their own clock or moved to begin now.

    `make(shift_ms)` gives the ticks with their times moved by that much; `first_ms` is the time of the first unmoved.
    """

    def __init__(
        self,
        kind: str,
        make: Callable[[int], Iterator[Tick]],
        first_ms: int,
        *,
        speed: float,
        clock: Clock,
        resources: Sequence[ResourceReport] | None = None,
        wall: Callable[[], int] = wall_ms,
    ) -> None:
        self.kind = kind
        self.live = speed > 0
        self._make = make
        self._first_ms = first_ms
        self._speed = speed
        self._clock = clock
        self._resources = resources
        self._wall = wall

    def resources(self) -> Sequence[ResourceReport] | None:
        """The cards announced for the run, if any."""
        return self._resources

    async def ticks(self, pacer: Pacer, ending: asyncio.Event) -> AsyncGenerator[Tick, None]:
        """The ticks, each when it is due."""
        shift_ms = self._wall() - self._first_ms if self._clock == "shifted" else 0
        schedule = Schedule(pacer.now(), self._first_ms + shift_ms, self._speed) if self._speed > 0 else None
        for number, tick in enumerate(self._make(shift_ms)):
            if schedule is not None:
                if not await pacer.until(schedule.due(tick.at_ms), ending):
                    return
            elif number % _BREATH_TICKS == 0 and not await pacer.until(pacer.now(), ending):
                return
            yield tick

    def close(self) -> None:
        """Nothing is held."""
