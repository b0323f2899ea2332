"""What a profile costs: time per window, and time and bytes per snapshot. Needs no broker.

python benchmarks/profile_cost.py --apps 48 --windows 400 --together 48 [--json]
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import time
from dataclasses import asdict, dataclass

from foretide.schemas.codec import encode
from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.topics import TELEMETRY
from foretide.schemas.units import GIB
from foretide.streams.profiling import ProfileProcessor, model_hash
from foretide.streams.worker.processor import Record

SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """The figures. Times are processor time of this process, so that a busy machine changes them little."""

    applications: int
    windows: int
    windows_per_second: float
    window_us: float
    """Mean time of a window: reading the record, learning, and the outputs (not their encoding)."""
    window_us_median: float
    snapshot_us: float
    restore_us: float
    snapshot_bytes: int
    """The largest application's."""
    outputs: int
    pool_events: int
    model_hash: str
    """Equal for equal arguments: a change that only speeds things up must leave it as it is."""


def records(app: str, windows: int, step_ms: int, seed: int) -> list[Record]:
    """A seeded day and night of one application, with bursts, in windows of five samples of two signals."""
    rng = random.Random(f"{seed}/{app}")
    shift, busy, level, found = rng.random(), False, 0.5, []
    for offset in range(windows):
        start = 1_700_000_000_000 + offset * SAMPLES * step_ms
        compute, memory = [], []
        for i in range(SAMPLES):
            busy = rng.random() < (0.97 if busy else 0.02)
            level = min(1.0, max(0.1, level + rng.gauss(0.0, 0.01)))
            turn = math.sin(2 * math.pi * ((start + i * step_ms) / 86_400_000 + shift))
            compute.append(min(1.0, max(0.0, 0.25 + 0.15 * turn + 0.3 * busy + rng.gauss(0.0, 0.03))))
            memory.append(level * 30 * GIB)
        window = TelemetryWindow(
            app=app,
            resource="card-0",
            source="benchmark",
            start_ms=start,
            step_ms=step_ms,
            signals={SM_RATIO: list(compute), GPU_MEMORY: list(memory)},
        )
        found.append(Record(TELEMETRY, 0, offset, app, encode(window), start))
    return found


def measure(apps: int, windows: int, step_ms: int, seed: int, together: int = 1) -> Cost:
    """Feed every application its windows in turn, as they arrive live, then take and put back its snapshot."""
    names = [f"app-{i:04d}" for i in range(apps)]
    feeds = [records(name, windows, step_ms, seed) for name in names]
    processor, outputs, events = ProfileProcessor(), 0, 0
    taken: list[float] = []
    clock = time.process_time_ns
    for turn in zip(*feeds, strict=True):
        for place in range(0, apps, together):
            batch = turn[place : place + together]
            begun = clock()
            answers = processor.handle_all(batch)
            taken += [(clock() - begun) / len(batch)] * len(batch)
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
                outputs += len(answer)
                events += sum(o.topic.startswith("pool-events") for o in answer)
    begun = clock()
    states = {name: processor.snapshot(name) for name in names}
    dumped = clock()
    for name, payload in states.items():
        processor.restore(name, payload)
    restored = clock()
    return Cost(
        applications=apps,
        windows=len(taken),
        windows_per_second=round(1e9 * len(taken) / sum(taken), 1),
        window_us=round(sum(taken) / len(taken) / 1000, 1),
        window_us_median=round(statistics.median(taken) / 1000, 1),
        snapshot_us=round((dumped - begun) / apps / 1000, 1),
        restore_us=round((restored - dumped) / apps / 1000, 1),
        snapshot_bytes=max(map(len, states.values())),
        outputs=outputs,
        pool_events=events,
        model_hash=model_hash(states),
    )


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="Time per window and per snapshot of the profile agent's core.")
    parser.add_argument("--apps", type=int, default=20, help="applications (default 20)")
    parser.add_argument("--windows", type=int, default=300, help="windows of each application (default 300)")
    parser.add_argument("--step-seconds", type=float, default=2.0, help="time between two samples (default 2)")
    parser.add_argument("--together", type=int, default=1, help="applications handled together (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the usage (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON line instead of text")
    chosen = parser.parse_args()
    if min(chosen.apps, chosen.windows, chosen.together) < 1 or chosen.step_seconds < 0.001:
        parser.error("--apps, --windows and --together must be at least 1, --step-seconds at least 0.001")
    cost = measure(chosen.apps, chosen.windows, int(chosen.step_seconds * 1000), chosen.seed, chosen.together)
    if chosen.json:
        print(json.dumps(asdict(cost)))
        return
    for name, value in asdict(cost).items():
        print(f"{name.replace('_', ' '):20} {value}")


if __name__ == "__main__":
    main()
