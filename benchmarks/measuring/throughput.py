"""Windows per CPU-second of workers that always have enough to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from measuring.worker import LOOK_SECONDS, Mark, MeasuringError, Worker


@dataclass(frozen=True, slots=True)
class Throughput:
    """What came of the time between two watermarks, over all workers."""

    windows: int
    seconds: float
    cpu_seconds: float
    snapshots: int
    rss_bytes: int
    """Of all workers, at the end."""

    @property
    def per_cpu_second(self) -> float:
        """Windows per CPU-second."""
        return self.windows / max(1e-9, self.cpu_seconds)

    @property
    def per_second(self) -> float:
        """Windows per second of the clock on the wall."""
        return self.windows / max(1e-9, self.seconds)


async def between_watermarks(
    workers: Sequence[Worker], total: int, skip: int, seconds: float, patience: float = 300.0
) -> Throughput:
    """From where the workers have handled `skip` records to `seconds` later, or to where a fiftieth of `total` is left.

    All records must lie in the topic already: then no worker ever waits for one. MeasuringError if the first watermark
    is not reached within `patience` seconds.
    """
    return await since(await reached(workers, skip, patience), workers, total, seconds)


async def since(first: Sequence[Mark], workers: Sequence[Worker], total: int, seconds: float) -> Throughput:
    """From where the workers stood to `seconds` later, or to where a fiftieth of `total` is left."""
    last = await reached(workers, total - max(1, total // 50), seconds, strict=False)
    found = Throughput(
        windows=sum(b.handled - a.handled for a, b in zip(first, last, strict=True)),
        seconds=max(b.at for b in last) - max(a.at for a in first),
        cpu_seconds=sum(b.cpu_seconds - a.cpu_seconds for a, b in zip(first, last, strict=True)),
        snapshots=sum(b.snapshots - a.snapshots for a, b in zip(first, last, strict=True)),
        rss_bytes=sum(b.rss_bytes for b in last),
    )
    if found.windows <= 0:
        raise MeasuringError("no window was handled between the two watermarks; feed more")
    return found


async def reached(workers: Sequence[Worker], handled: int, seconds: float, *, strict: bool = True) -> list[Mark]:
    """Where the workers stand once they have handled so many, or after `seconds`: then MeasuringError if `strict`."""
    end = time.monotonic() + seconds
    while True:
        marks = [await worker.mark() for worker in workers]
        done = sum(mark.handled for mark in marks)
        late = time.monotonic() >= end
        if done >= handled or (late and not strict):
            return marks
        if late:
            raise MeasuringError(f"only {done} of {handled} records were handled within {seconds:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)
