"""Measures `benchmarks/naive_app.py` from outside: its processor time, and how many forecasts lie in its topic."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson
import psutil

from foretide.exporters.synthetic.fleet import FleetSettings, ticks
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.units import GIB
from measuring.fleet import Keyed, partition_of
from measuring.scene import Scene
from measuring.worker import LOOK_SECONDS, MeasuringError

APP = Path(__file__).resolve().parents[1] / "naive_app.py"
SAMPLES = "naive-samples"
FORECASTS = "naive-forecasts"
LONGEST = 3600
"""Samples until all of its horizons have an outcome."""


async def naive_samples_per_cpu_second(scene: Scene, apps: int, samples: int, seconds: float) -> float:
    """Samples per CPU-second of the naive app, once it has learned for a while.

    It is measured from `LONGEST` samples of each application on, when all its pipelines learn, or from half of the
    samples on if there are fewer. The rest is sent only then: were everything in the topic before, a short run could
    be over before the first look at it.
    """
    await scene.scratch_topic(SAMPLES)
    await scene.scratch_topic(FORECASTS)
    every = _samples(apps, samples)
    first = await scene.send_all(SAMPLES, islice(every, min(LONGEST + 60, samples // 2) * apps))
    command = [
        sys.executable, str(APP), "--broker", f"kafka://{scene.kafka.bootstrap}",
        "--source", SAMPLES, "--out", FORECASTS,
    ]  # fmt: skip
    with scene.cores.measured():
        process = _start(command, scene.folder)
    try:
        begun = await _reach(scene, process, first, 600.0)
        rest = await scene.send_all(SAMPLES, every)
        ended = await _reach(scene, process, first + rest * 98 // 100, seconds, strict=False)
        if ended[0] == begun[0]:  # so short a time that it saw no forecast on a busy machine
            ended = await _reach(scene, process, begun[0] + 1, 60.0)
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return (ended[0] - begun[0]) / max(1e-9, ended[1] - begun[1])


def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "naive.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)


def _samples(apps: int, samples: int) -> Iterator[Keyed]:
    for tick in islice(ticks(FleetSettings(apps=apps), "benchmark"), samples):
        for sample in tick.samples:
            value = {
                "app": sample.app,
                "at_ms": sample.at_ms,
                "sm_ratio": sample.values[SM_RATIO],
                "memory_gib": (sample.values[GPU_MEMORY] or 0.0) / GIB,
            }
            key = sample.app.encode()
            yield Keyed(key, orjson.dumps(value), partition_of(key))


async def _reach(
    scene: Scene, process: subprocess.Popen[bytes], forecasts: int, seconds: float, *, strict: bool = True
) -> tuple[int, float]:
    """Forecasts written and CPU-seconds taken, once there are so many or `seconds` are over."""
    end = time.monotonic() + seconds
    while True:
        if process.poll() is not None:
            raise MeasuringError(f"the naive app ended with {process.returncode}; see {scene.folder / 'naive.log'}")
        done = sum((await scene.ends(FORECASTS)).values())
        times = psutil.Process(process.pid).cpu_times()
        late = time.monotonic() >= end
        if late and strict and done < forecasts:
            raise MeasuringError(f"the naive app wrote {done} of {forecasts} forecasts within {seconds:.0f} s")
        if late or done >= forecasts:
            return done, float(times.user + times.system)
        await asyncio.sleep(LOOK_SECONDS)
