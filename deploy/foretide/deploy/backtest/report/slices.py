"""What applications held beside what they used."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from foretide.deploy.backtest.application import ApplicationRun
from foretide.deploy.backtest.report import svg
from foretide.deploy.backtest.report.thin import thinned
from foretide.deploy.backtest.sizing import Held, SizingResult
from foretide.schemas.slices import MIG_80GB
from foretide.schemas.units import GIB

HEIGHT: Final = 170
MOST_APPS: Final = 4


def chosen(runs: Sequence[ApplicationRun], sizing: SizingResult) -> list[tuple[ApplicationRun, Held]]:
    """The applications to draw: short most often first, then those that changed most."""
    held = [(run, sizing.held[run.app]) for run in runs if run.app in sizing.held]
    held.sort(key=lambda pair: (-(pair[1].short + pair[1].out_of_memory), -len(pair[1].since), pair[0].app))
    return held[:MOST_APPS]


def panels(run: ApplicationRun, held: Held) -> list[str]:
    """One drawing for compute, in % of a card, and one for memory, in GiB, as far as there are samples."""
    profiles = {name: MIG_80GB.profile(name) for _, name in held.since}
    compute = {name: 100 * MIG_80GB.compute_ratio(p) for name, p in profiles.items()}
    memory = {name: MIG_80GB.profile_bytes(p) / GIB for name, p in profiles.items()}
    used = [(s.at_ms, 100 * s.compute) for s in run.sizing if s.compute is not None]
    filled = [(s.at_ms, s.memory / GIB) for s in run.sizing if s.memory is not None]
    return [
        _panel(f"{run.app}: {what}", samples, [(at, size[name]) for at, name in held.since])
        for what, samples, size in (("compute, % of a card", used, compute), ("memory, GiB", filled, memory))
        if samples
    ]


def _panel(title: str, samples: Sequence[tuple[int, float]], steps: Sequence[tuple[int, float]]) -> str:
    places = thinned([value for _, value in samples])
    times = [samples[i][0] for i in places]
    values = [samples[i][1] for i in places]
    steps = [steps[i] for i in sorted({*_last_of_each(steps), 0})] if steps else []
    end = max([samples[-1][0], *(at for at, _ in steps)])
    x = svg.across(min([samples[0][0], *(at for at, _ in steps)]), end)
    y = svg.upward(0.0, max([*values, *(size for _, size in steps), 1e-9]), HEIGHT)
    stairs = [*steps, (end, steps[-1][1])] if steps else []
    return f"<h4>{escape(title)}</h4>" + svg.drawing(
        HEIGHT,
        title,
        svg.value_axis(y),
        svg.time_axis(x, HEIGHT),
        svg.line([x(t) for t in times], [y(v) for v in values], "actual"),
        svg.line([x(at) for at, _ in stairs], [y(size) for _, size in stairs], "held", stairs=True),
    )


def _last_of_each(steps: Sequence[tuple[int, float]]) -> list[int]:
    """Steps worth drawing: of a great many, every so many."""
    every = -(-len(steps) // 1000)
    return [*range(0, len(steps), every), len(steps) - 1]
