"""A long run at a steady load while a second worker comes and goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from foretide.schemas.topics import PREDICTIONS, TELEMETRY
from measuring.fleet import Fleet
from measuring.gaps import Gaps
from measuring.pacing import Pacer, paced
from measuring.scene import Scene
from measuring.worker import MeasuringError, Worker

GROUP = "soak"
LOOK_SECONDS = 1.0
TAKES = 60.0
"""Seconds within which a hand-over must be done."""


@dataclass(slots=True)
class Soak:
    """What was seen, a look a second; seconds from the beginning."""

    rate: float
    times: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)
    """Of the worker that stays."""
    lags: list[int] = field(default_factory=list)
    """Windows sent and not handled yet by whoever owns their partition."""
    hand_overs: list[float] = field(default_factory=list)
    longest_gap: float = 0.0
    typical_gap: float = 0.0
    predictions: int = 0
    sent: int = 0
    silent: int = 0
    """Applications that were sent telemetry and never answered."""
    behind: float = 0.0
    """How late the paced producer was at worst, seconds."""


async def soak(
    scene: Scene, fleet: Fleet, rate: float, seconds: float, every: float, say: Callable[[str], None]
) -> Soak:
    """`seconds` at `rate` windows a second; every `every` seconds a second worker is started, or stopped."""
    await scene.warm_group(GROUP, fleet)
    begins, answers = await scene.ends(TELEMETRY), await scene.ends(PREDICTIONS)
    stays, comes = (Worker(name, GROUP, scene.kafka, scene.folder) for name in ("stays", "comes"))
    gaps, found = Gaps(scene, PREDICTIONS, answers), Soak(rate)
    following = asyncio.create_task(gaps.follow(), name="gaps")
    try:
        stays.start()
        await stays.ready(300.0)
        async with paced(scene, TELEMETRY, fleet.windows(0, None), rate) as pacer:
            watch = _Watch(found, pacer, stays, comes, sum(begins.values()), begins)
            watching = asyncio.create_task(watch.run(), name="watch")
            await _hand_over_now_and_then(found, stays, comes, seconds, every, watching, say)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            found.sent, found.behind = pacer.sent, pacer.behind
        await asyncio.sleep(2.0)  # the last answers
        if following.done():
            following.result()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        for worker in (stays, comes):
            await worker.stop()
            worker.close()
    found.longest_gap, found.typical_gap, found.predictions = gaps.longest, gaps.typical, gaps.predictions
    found.silent = min(len(fleet), found.sent) - gaps.applications
    return found


async def _hand_over_now_and_then(
    found: Soak, stays: Worker, comes: Worker, seconds: float, every: float, watching: asyncio.Task[None],
    say: Callable[[str], None],
) -> None:  # fmt: skip
    began, there = time.monotonic(), False
    while (left := began + seconds - time.monotonic()) > 0:
        done, _ = await asyncio.wait({watching}, timeout=min(every, left))
        if done:
            watching.result()
        if began + seconds - time.monotonic() < every / 2:
            continue
        if there:
            await comes.stop()
        else:
            comes.start()
            await comes.ready(TAKES, partitions=2)
        await stays.ready(TAKES, partitions=4 if there else 2)
        there = not there
        found.hand_overs.append(time.monotonic() - began)
        say(f"{found.hand_overs[-1]:6.0f} s  {'two workers' if there else 'one worker'}  lag {found.lags[-1:]}")


class _Watch:
    """Looks at the workers once a second."""

    def __init__(
        self, found: Soak, pacer: Pacer, stays: Worker, comes: Worker, total: int, begins: dict[int, int]
    ) -> None:
        self._found = found
        self._pacer = pacer
        self._workers = (stays, comes)
        self._total = total
        self._handled = dict(begins)

    async def run(self) -> None:
        """Look until cancelled."""
        began = time.monotonic()
        while True:
            for worker in self._workers:
                await self._look(worker)
            stays = self._workers[0]
            self._found.times.append(time.monotonic() - began)
            self._found.rss_bytes.append(stays.rss_bytes())
            lag = self._total + self._pacer.sent - sum(self._handled.values())
            self._found.lags.append(max(0, lag))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, worker: Worker) -> None:
        try:
            document = await worker.progress()
        except MeasuringError:
            if worker is self._workers[0]:
                raise
            return  # the one that comes and goes is away
        for number, one in (document or {"partitions": {}})["partitions"].items():
            place = int(number)
            self._handled[place] = max(self._handled[place], int(one["position"]))
