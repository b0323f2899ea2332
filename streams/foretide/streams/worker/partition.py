"""One partition during one assignment to this worker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from foretide.streams.worker.envelope import Envelope
from foretide.streams.worker.ledger import Ledger
from foretide.streams.worker.saving import Saving


@dataclass(slots=True, eq=False)
class Owned:
    """A partition that the group has given to this worker, until `released` is set.

    Its restoring began at `restoring_at` (time.monotonic()), if it has; others may come before it. Nothing is handled
    before `ready` is set: then `ledger`, `epoch` and the keys with snapshots are there; those of which no record has
    come yet are `asleep`, their states still packed. `covered` holds, per key, the last offset its snapshot covers;
    records at or below it are not learned again. `faults` holds the offsets on which the core failed: they changed
    nothing. `broken` are the keys being rebuilt after such a fault: their states are not fit for a snapshot. `saving`
    knows what of the states is in the changelog; the parts of `torn` keys will not stay there and are to be written
    anew. `snapshots_owed` is how many should have been written by now so that those of all changed keys are spread over
    the cadence.
    """

    number: int
    generation: int
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    ledger: Ledger = field(default_factory=lambda: Ledger(0))
    epoch: int = 0
    covered: dict[str, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    saving: Saving = field(default_factory=Saving)
    asleep: dict[str, Envelope] = field(default_factory=dict)
    faults: set[int] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    torn: set[str] = field(default_factory=set)
    committed: int | None = None
    restoring_at: float | None = None
    advanced_at: float = 0.0
    snapshots_owed: float = 0.0
    task: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether records may be handled: restored, and not yet given away."""
        return self.ready.is_set() and not self.released.is_set()

    async def unless_released(self, work: Awaitable[Any]) -> None:
        """Await `work`, but give it up as soon as the partition is taken away."""
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self.released.wait())
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        finally:
            for each in (task, gone):
                each.cancel()
            await asyncio.gather(task, gone, return_exceptions=True)
