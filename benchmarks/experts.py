"""What one step of one series costs, stage by stage and expert by expert.

    python benchmarks/experts.py [--together 1,16,128] [--steps 300] [--json]

A bank of series with the default horizons' lowest targets (peak and mean, 12 steps ahead) is fed random walks. Every
stage's functions are timed where the bank calls them; what is left over is its own arithmetic. A window steps one such
row for each predicted signal, and now and then the coarser ones. Times are processor time, so that a busy machine
changes them little.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from foretide.streams.fleet import default_network
from foretide.streams.fleet.features import DAY
from foretide.streams.fleet.network import Part
from foretide.streams.forecasting import bank, linear, sensing
from foretide.streams.forecasting.bank import OUTSIDE, Bank
from foretide.streams.forecasting.season import Season
from foretide.streams.forecasting.targets import Target

TARGETS = (Target("peak", 12), Target("mean", 12))

STAGES: tuple[tuple[str, Any, str], ...] = (
    ("history and scale", bank, "take"),
    ("settling outcomes", bank, "settle"),
    ("autoregression", sensing, "_follow"),
    ("references, errors of simple rules", sensing, "_compare"),
    ("network's inputs", sensing, "features"),
    ("network", Part, "__call__"),
    ("River: learn", linear, "learn"),
    ("River: scale", linear, "scale"),
    ("heads' inputs, echo state", bank, "inputs_of"),
    ("experts, among them River's", bank, "propose"),
    ("mixtures and quantiles", bank, "issue"),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds a row and step, by stage; `whole` is all of a step, with the day's look-up."""

    together: int
    whole: float
    stages: dict[str, float]


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Every stage's function replaced by one that adds its time to `spent`."""
    kept = [(holder, name, getattr(holder, name)) for _, holder, name in STAGES]
    for (stage, holder, name), (_, _, function) in zip(STAGES, kept, strict=True):
        setattr(holder, name, _timer(stage, function, spent))
    try:
        yield
    finally:
        for holder, name, function in kept:
            setattr(holder, name, function)


def _timer(stage: str, function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> Any:
        began = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent[stage] = spent.get(stage, 0.0) + time.thread_time() - began

    return called


def measure(together: int, steps: int) -> Cost:
    """The cost when so many series are stepped together; the first third of the steps warms up and is not counted."""
    draw = np.random.default_rng(1)
    walks = np.abs(draw.standard_normal((steps, together)).cumsum(axis=0)) + 5.0
    outside = np.full((together, OUTSIDE), np.nan, dtype=np.float32)
    outside[:, :4] = 0.5
    series, seasons = Bank(TARGETS, default_network()), [Season(5_000) for _ in range(together)]
    rows = [series.add() for _ in range(together)]
    spent: dict[str, float] = {}
    began = 0.0
    for step in range(steps):
        if step == steps // 3:
            spent.clear()
            began = time.thread_time()
        at_ms = 5_000 * (step + 1)
        with timed(spent):
            noted = time.thread_time()
            for season, value in zip(seasons, walks[step].tolist(), strict=True):
                season.observe(at_ms, value, value)
            day = np.array([s.day(at_ms, 5_000) for s in seasons], dtype=np.float32).reshape(together, DAY)
            spent["time of day"] = spent.get("time of day", 0.0) + time.thread_time() - noted
            series.step(rows, walks[step].tolist(), walks[step].tolist(), day, outside, [0] * together)
    count = (steps - steps // 3) * together
    whole = (time.thread_time() - began) / count * 1e6
    return Cost(together, whole, {stage: seconds / count * 1e6 for stage, seconds in spent.items()})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--together", default="1,16,128", help="series stepped together, one column each")
    parser.add_argument("--steps", type=int, default=300, help="steps of each series")
    parser.add_argument("--json", action="store_true", help="one object as the last line")
    options = parser.parse_args()
    costs = [measure(int(n), options.steps) for n in options.together.split(",")]
    print(f"{'microseconds a row and step':34}" + "".join(f"{c.together:>6} rows" for c in costs))
    for stage in [s for s, _, _ in STAGES] + ["time of day"]:
        print(f"{stage:34}" + "".join(f"{c.stages.get(stage, 0.0):11.1f}" for c in costs))
    print(f"{'the rest':34}" + "".join(f"{c.whole - sum(c.stages.values()):11.1f}" for c in costs))
    print(f"{'all':34}" + "".join(f"{c.whole:11.1f}" for c in costs))
    if options.json:
        print(json.dumps({str(c.together): {"all_us": c.whole, "stages_us": c.stages} for c in costs}))


if __name__ == "__main__":
    main()
