"""Telemetry at a given rate, evenly spread, as many exporters together send it."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from measuring.fleet import Keyed
from measuring.scene import Feeder, Scene

_TICK_SECONDS = 0.004


class Pacer:
    """Sends records of `feed` at `rate` a second until it is stopped. `behind` is how late it was at worst, seconds."""

    def __init__(self, feeder: Feeder, topic: str, feed: Iterator[Keyed], rate: float) -> None:
        self._feeder = feeder
        self._topic = topic
        self._feed = feed
        self.rate = rate
        self.behind = 0.0
        self.sent = 0

    async def run(self) -> None:
        """Send until cancelled."""
        began = time.monotonic()
        while True:
            due = int((time.monotonic() - began) * self.rate)
            for _ in range(due - self.sent):
                await self._feeder.put(self._topic, next(self._feed))
                self.sent += 1
            self.behind = max(self.behind, time.monotonic() - began - self.sent / self.rate)
            await asyncio.sleep(_TICK_SECONDS)


@asynccontextmanager
async def paced(scene: Scene, topic: str, feed: Iterator[Keyed], rate: float) -> AsyncIterator[Pacer]:
    """A pacer that runs until the end of the block; what it has sent has then arrived."""
    gc.collect()
    gc.freeze()  # else the collector goes over all templates now and then, and a tenth of a second's records come late
    async with scene.producing() as feeder:
        pacer = Pacer(feeder, topic, feed, rate)
        task = asyncio.create_task(pacer.run(), name="pacer")
        try:
            yield pacer
            if task.done():
                task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            gc.unfreeze()
