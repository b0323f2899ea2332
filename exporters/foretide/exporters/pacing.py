"""When the next tick is due, and waiting for it. Instants are the monotonic clock's, so a changed wall clock does no
harm, and every one is reckoned from the start, so waits that take too long do not add up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_TOO_SHORT_SECONDS: Final = 0.002
"""A shorter wait costs more than it is worth: the tick goes out early by that much."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Event time mapped to the monotonic clock: `first_ms` is due at `started`, the rest `speed` times as fast."""

    started: float
    first_ms: int
    speed: float

    def due(self, at_ms: int) -> float:
        """When the instant `at_ms` of event time is due."""
        return self.started + (at_ms - self.first_ms) / 1000.0 / self.speed


class Pacer:
    """Waits for due instants and remembers how late they were met."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = clock
        self.lag_seconds = 0.0
        """How late the last tick was."""
        self.next_due: float | None = None
        """The instant waited for, or None before the first and after the last."""

    async def until(self, due: float, ending: asyncio.Event) -> bool:
        """Wait for `due`; False at once when `ending` is set."""
        self.next_due = due
        wait = due - self.now()
        if wait > _TOO_SHORT_SECONDS:
            try:
                async with asyncio.timeout(wait):
                    await ending.wait()
            except TimeoutError:
                pass
        else:
            await asyncio.sleep(0)
        self.lag_seconds = max(0.0, self.now() - due)
        return not ending.is_set()

    @property
    def overdue_seconds(self) -> float:
        """How long the tick that is waited for has been due."""
        return 0.0 if self.next_due is None else max(0.0, self.now() - self.next_due)
