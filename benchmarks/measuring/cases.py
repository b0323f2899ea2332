"""One case of growth: so many applications, workers and samples a window, measured on a broker."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from foretide.schemas.topics import PREDICTIONS, TELEMETRY, changelog
from measuring.answers import bytes_per_snapshot, records_since
from measuring.fleet import Fleet
from measuring.scene import Scene
from measuring.templates import Templates
from measuring.throughput import between_watermarks
from measuring.worker import MeasuringError, Worker


@dataclass(frozen=True, slots=True)
class Case:
    """What is varied."""

    name: str
    apps: int
    workers: int = 1
    samples: int = 10
    hot_share: float | None = None
    """Share of the applications in partition 0; None: as their names fall, a quarter."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case. All figures are of all its workers together."""

    name: str
    apps: int
    workers: int
    samples: int
    windows_per_cpu_second: float
    windows_per_second: float
    rss_bytes: int
    """After a window of every application, the restore and the measurement."""
    snapshot_bytes_per_second: float
    """Written to the changelog during the measurement."""
    snapshot_bytes: float
    """Mean of one."""
    first_prediction_seconds: float
    """From the start of the first process to the broker's time of the first prediction; the applications' snapshots
    lie in the changelog."""
    restored_seconds: float
    """From the start of the first process until every partition's snapshots are read."""
    restored_bytes: int
    """What the changelog held."""


async def run_case(scene: Scene, templates: Templates, case: Case, windows: int, seconds: float) -> Outcome:
    """Warm applications, restored from a changelog, with at least `windows` windows and one of each before them."""
    fleet = Fleet(templates, case.apps, case.hot_share)
    group = f"growth-{case.name.replace(' ', '-')}"
    restored = await scene.warm_group(group, fleet)
    saved, answered = await scene.ends(changelog(group)), await scene.ends(PREDICTIONS)
    turns = max(2, -(-windows // case.apps))
    # A turn lies there before the start: so the first prediction waits for the worker alone.
    await scene.send_all(TELEMETRY, fleet.windows(0, 1, case.samples))
    workers = [Worker(f"{group}-{n}", group, scene.kafka, scene.folder) for n in range(case.workers)]
    patience = 300.0 + case.apps / 100
    try:
        for worker in workers:
            worker.start()
        first = await _first_prediction(scene, answered, workers, patience)
        for worker in workers:
            await worker.ready(patience, None if case.workers == 1 else 4 // case.workers)
        restored_seconds = time.time() - workers[0].started_at
        await scene.send_all(TELEMETRY, fleet.windows(1, turns - 1, case.samples))
        skip = min(case.apps, 5_000)
        found = await between_watermarks(workers, turns * case.apps, skip, seconds, patience)
        if found.snapshots == 0:
            mean = await _handed_over(scene, workers, group, saved)
        else:
            mean = await bytes_per_snapshot(scene, changelog(group), saved)
    finally:
        for worker in workers:
            worker.close()
    return Outcome(
        name=case.name,
        apps=case.apps,
        workers=case.workers,
        samples=case.samples,
        windows_per_cpu_second=round(found.per_cpu_second, 1),
        windows_per_second=round(found.per_second, 1),
        rss_bytes=found.rss_bytes,
        snapshot_bytes_per_second=round(found.snapshots * mean / max(1e-9, found.seconds)),
        snapshot_bytes=round(mean),
        first_prediction_seconds=round(first, 2),
        restored_seconds=round(restored_seconds, 2),
        restored_bytes=restored,
    )


async def _handed_over(scene: Scene, workers: list[Worker], group: str, saved: dict[int, int]) -> float:
    """Where none was due during the measurement: the size of those that the workers write at their end."""
    for worker in workers:
        await worker.stop()
    return await bytes_per_snapshot(scene, changelog(group), saved)


async def _first_prediction(scene: Scene, since: dict[int, int], workers: list[Worker], patience: float) -> float:
    """Seconds from the first worker's start to the first prediction."""
    began, end = workers[0].started_at, time.monotonic() + patience
    while time.monotonic() < end:
        _ = [worker.pid for worker in workers]  # one that ended says so
        if await scene.ends(PREDICTIONS) != since:
            stamps = [int(r.timestamp) async for r in records_since(scene, PREDICTIONS, since)]
            return min(stamps) / 1000 - began
        await asyncio.sleep(0.2)
    raise MeasuringError(f"no prediction came within {patience:.0f} s")
