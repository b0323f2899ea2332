"""The parts of `benchmarks/pipeline.py` that watch a worker: with a backlog, and at a paced load."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from foretide.schemas.topics import PREDICTIONS, TELEMETRY, changelog
from foretide.streams.worker.settings import SnapshotSettings
from measuring.answers import Latencies, bytes_per_snapshot, latencies, mean_size
from measuring.fleet import Fleet
from measuring.pacing import Pacer, paced
from measuring.sampling import Profile, sample
from measuring.scene import Scene
from measuring.throughput import Throughput, between_watermarks
from measuring.worker import Worker, lag_of

READY_SECONDS = 300.0
DELIVERY_SECONDS = 30.0
"""From when a record is handled until its answer must be in its topic."""

FASTER = 20.0
"""How many times as fast as by their own clocks applications send whose snapshots are looked at."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What came of a backlog."""

    throughput: Throughput
    profile: Profile | None
    starts: dict[int, int]
    """Where the backlog begins in the telemetry topic."""
    prediction_bytes: float
    """Mean size of an answer."""


async def backlog(scene: Scene, fleet: Fleet, windows: int, seconds: float, profiled: bool) -> Backlog:
    """A warm worker with everything produced before the first watermark."""
    group = "backlog"
    starts, answers = await scene.ends(TELEMETRY), await scene.ends(PREDICTIONS)
    await scene.warm_group(group, fleet)
    worker = Worker(group, group, scene.kafka, scene.folder)
    with scene.cores.measured():
        worker.start()
    try:
        await worker.ready(READY_SECONDS)
        turns = max(2, windows // len(fleet))
        await scene.send_all(TELEMETRY, fleet.windows(0, 2 * turns if profiled else turns))
        done = (await worker.mark()).handled
        # As many windows as applications first: what is made at an application's first one is no cost of the others.
        throughput = await between_watermarks([worker], turns * len(fleet), done + len(fleet), seconds)
        profile = None
        if profiled:  # afterwards: the profiler takes processor time too
            profile = await sample(worker.pid, throughput.seconds * 0.8, scene.folder / "stacks.txt")
        return Backlog(throughput, profile, starts, await mean_size(scene, PREDICTIONS, answers))
    finally:
        worker.close()  # no orderly end: what is left of the backlog is of no use


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a paced load: how long answers took, and how fast a worker caught up after a stop."""

    rate: float
    latency: Latencies
    behind_ms: float
    """How late the paced producer was at worst."""
    restart_seconds: float
    catch_up_seconds: float
    catch_up_ratio: float


async def paced_load(scene: Scene, fleet: Fleet, rate: float, seconds: float, stop_seconds: float) -> Load:
    """A warm worker at `rate` windows a second; after `seconds` it is stopped for `stop_seconds` and started again."""
    group = "load"
    await scene.warm_group(group, fleet)
    worker = Worker(group, group, scene.kafka, scene.folder)
    with scene.cores.measured():
        worker.start()
    try:
        await worker.ready(READY_SECONDS)
        async with paced(scene, TELEMETRY, fleet.windows(0, None), rate) as pacer:
            await asyncio.sleep(min(5.0, seconds / 2))
            pacer.behind = 0.0
            telemetry, predictions = await scene.ends(TELEMETRY), await scene.ends(PREDICTIONS)
            await asyncio.sleep(seconds)
            behind = pacer.behind
            waits = asyncio.create_task(_settled_latencies(scene, telemetry, predictions, pacer, worker))
            latency = await waits
            began = time.monotonic()
            await worker.stop()
            await asyncio.sleep(max(0.0, stop_seconds - (time.monotonic() - began)))
            restarted = time.monotonic()
            with scene.cores.measured():
                worker.start()
            await worker.ready(READY_SECONDS)
            ready = time.monotonic()
            handled, took = await _caught_up(worker, rate, max(60.0, 4 * stop_seconds))
        await worker.stop()
    finally:
        worker.close()
    return Load(rate, latency, behind * 1000, ready - restarted, took, handled / took / rate)


async def snapshot_bytes(scene: Scene, fleet: Fleet, seconds: float) -> float:
    """Bytes that a worker writes for a snapshot, all of its parts that have changed, in the mean.

    What has changed since the last one depends on how many windows came, and at a load that few applications make by
    sending often these are many. So here they send `FASTER` than by their clocks, and the worker saves as much faster.
    """
    group = "snapshots"
    await scene.warm_group(group, fleet)
    saved = await scene.ends(changelog(group))
    cadence = SnapshotSettings().cadence / FASTER
    worker = Worker(group, group, scene.kafka, scene.folder, "--snapshot-seconds", f"{cadence:g}")
    with scene.cores.measured():
        worker.start()
    try:
        await worker.ready(READY_SECONDS)
        rate = len(fleet) / (fleet.templates.settings.span_ms / 1000) * FASTER
        async with paced(scene, TELEMETRY, fleet.windows(0, None), rate):
            await asyncio.sleep(seconds)
        await worker.stop()
        return await bytes_per_snapshot(scene, changelog(group), saved)
    finally:
        worker.close()


async def _settled_latencies(
    scene: Scene, telemetry: dict[int, int], predictions: dict[int, int], pacer: Pacer, worker: Worker
) -> Latencies:
    """Latencies of what was sent until now, once the worker has handled as much; the load goes on meanwhile."""
    ends = await scene.ends(TELEMETRY)
    await worker.until(
        lambda p: all(int(one["position"]) >= ends[int(number)] for number, one in p["partitions"].items()),
        "an answer to all that was sent", 120.0,
    )  # fmt: skip
    end = time.monotonic() + DELIVERY_SECONDS
    while True:  # what is handled may still be on its way to the broker
        found = await latencies(scene, telemetry, predictions, until=ends)
        if not found.unanswered or time.monotonic() > end:
            return found


async def _caught_up(worker: Worker, rate: float, patience: float) -> tuple[int, float]:
    """Windows handled and seconds taken until no more than half a second of telemetry waits, or `patience` is over."""
    began = time.monotonic()
    first = (await worker.mark()).handled
    while True:
        document = await worker.until(lambda _: True, "an answer", 20.0)
        now, lag = time.monotonic(), lag_of(document)
        if (lag is not None and lag <= rate / 2) or now - began > patience:
            return int(document["handled"]) - first, now - began
        await asyncio.sleep(0.1)
