"""Random series of the kinds that services, training jobs and pools show, to train on beside recorded ones.

Recordings are few and each has its habits. Here every number that gives a series its character is drawn anew: how
often it bursts, how long it lasts, how much it remembers, whether it knows the time of day. The ranges are wide on
purpose and none is fitted to a recording. Values are in percent of a capacity, or counts, before `one` gives them
another unit; lengths of time are in steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

import numpy as np

from foretide.streams.fleet import serving
from foretide.streams.fleet.drawing import Doubles, about, drift, season, switching
from foretide.streams.fleet.rows import Series
from foretide.streams.fleet.variants import aggregated, series_of

Family = Callable[[np.random.Generator, int, float], Doubles]
"""Draws a series of so many steps, of which so many are a day."""

DAY_SECONDS: Final = 86_400.0
STEP_SECONDS: Final = (60.0, 60.0, 60.0, 300.0, 300.0, 600.0)
"""Lengths of a step, each as likely as it is listed."""

STEPS: Final = 1800
"""Steps of a series of single samples."""

AGGREGATED_STEPS: Final = 1500
AGGREGATED_EVERY: Final = 5
AGGREGATED_WIDTHS: Final = (3, 5, 10)
"""Every fifth series has so many steps, each the mean and the peak of so many samples."""


def rhythm(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """A load that follows the day, with noise that remembers itself: requests of people."""
    height, memory, noise = draw.uniform(0.8, 8), draw.uniform(0, 0.98), draw.uniform(0.1, 1)
    return 10 + height * season(draw, steps, day) + drift(draw, steps, memory, noise)


def bursts(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Busy at some level, then idle at 0: the duty of a GPU that works through queues."""
    busy = switching(draw, steps, about(draw, 1, 55), about(draw, 1, 148), long=draw.random() < 0.5)
    level, noise = draw.uniform(20, 100), draw.uniform(0, 0.5)
    return busy * np.clip(level * (1 + noise * draw.standard_normal(steps)), 0, 100)


def requests(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Single requests of a few steps each, at a rate that swings: the duty of a service that few ask."""
    swing = draw.uniform(0, 1.5) * season(draw, steps, day) + drift(draw, steps, 0.99, draw.uniform(0, 0.1))
    arrived = draw.poisson(about(draw, 0.018, 1) * np.exp(swing))
    work = arrived * draw.lognormal(0, draw.uniform(0.1, 0.8), steps) * draw.uniform(10, 60)
    lasting = int(draw.integers(1, 5))
    spread: Doubles = np.convolve(work, np.full(lasting, 1 / lasting))[:steps]
    return spread.clip(max=100.0)


def memory(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Plateaus that are returned to, or left for one nearby; some grow slowly, some flicker: memory in use."""
    known = draw.uniform(1, 80, draw.integers(2, 6))
    lasting, growth = about(draw, 4.5, 400), float(draw.choice((0, 0, 0.002, 0.02)))
    flicker = float(draw.choice((0, 0, 0.01, 0.3)))
    found, level, at = np.zeros(steps), draw.uniform(5, 60), 0
    while at < steps:
        held = int(1 + draw.exponential(lasting))
        part = found[at : at + held]
        part[:] = level + growth * np.arange(len(part))
        at += held
        level = draw.choice(known) if draw.random() < 0.7 else max(1.0, level + 5 * draw.standard_normal())
    return found + flicker * draw.standard_normal(steps)


def counts(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """So many arrivals a step, few or many, at a rate that follows the day and drifts."""
    swing = draw.uniform(0, 1) * season(draw, steps, day) + drift(draw, steps, 0.97, draw.uniform(0, 0.2))
    return draw.poisson(about(draw, 1, 148) * np.exp(swing)).astype(np.float64)


def shifts(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """A level that jumps now and then, and noise with outliers: a tenant whose use changes."""
    jumps = (draw.random(steps) < draw.uniform(0.001, 0.02)) * draw.normal(0, 5, steps)
    outliers = draw.standard_t(draw.uniform(2, 6), steps) * draw.uniform(0.1, 2)
    return 20 + np.cumsum(jumps) + outliers + drift(draw, steps, draw.uniform(0, 0.95), draw.uniform(0.1, 1))


def wandering(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Steps up and down that nothing calls back, whole ones in half of the series: running jobs, queues."""
    moved = np.cumsum(draw.standard_normal(steps) * (draw.random(steps) < draw.uniform(0.1, 1)))
    moved -= moved.min()
    return np.round(moved) if draw.random() < 0.5 else moved


def machine(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Little to do, with short bursts and often a job on a timetable: the CPU of a virtual machine."""
    base = draw.uniform(1, 5) * np.exp(drift(draw, steps, draw.uniform(0.5, 0.99), draw.uniform(0.02, 0.3)))
    burst = switching(draw, steps, about(draw, 1, 7.4), about(draw, 7.4, 148), long=True)
    every = int(draw.choice((12, 24, 60, max(2, int(day / 24)), max(2, int(day)))))
    due = (np.arange(steps) + draw.integers(every)) % every < draw.integers(1, 4)
    job = due * draw.uniform(0, 20) * (draw.random() < 0.6)
    return base * (1 + 0.1 * draw.standard_normal(steps)) + burst * draw.lognormal(2, 1) + job


def cycles(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Work and rest in turns of fixed length, in half of the series with long pauses: training with checkpoints."""
    period, share = int(draw.integers(3, 80)), draw.uniform(0.1, 0.9)
    working = np.arange(steps) % period / period < share
    found = np.where(working, draw.uniform(50, 100), draw.uniform(0, 30))
    found += draw.uniform(0.1, 5) * draw.standard_normal(steps)
    if draw.random() < 0.5:
        found *= switching(draw, steps, 300, 100, long=False)
    return np.maximum(found, 0)


def touched(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Memory touched lately: it rises with bursts and with jobs on a timetable, then is forgotten."""
    work = switching(draw, steps, about(draw, 1, 10), about(draw, 5, 150), long=True) * draw.lognormal(0, 1)
    every = int(draw.choice((6, 12, 24, 48, max(2, int(day / 24)), max(2, int(day / 4)), max(2, int(day)))))
    due = (np.arange(steps) + draw.integers(every)) % every < draw.integers(1, 5)
    work += due * draw.uniform(0, 3) * (draw.random() < 0.6)
    work += (draw.random(steps) < draw.uniform(0, 0.1)) * draw.lognormal(0, 0.8, steps)
    kept = draw.uniform(0.3, 0.98)
    found = np.fromiter(accumulate(work.tolist(), lambda old, new: max(kept * old, new)), np.float64, count=steps)
    base = draw.uniform(0.1, 3) * (1 + 0.1 * draw.uniform(0, 2) * season(draw, steps, day))
    noise = draw.uniform(0, 0.3) * np.abs(drift(draw, steps, draw.uniform(0, 0.95), 1.0))
    return (base + found + noise).clip(min=0)


def replicas(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Instances that follow a load: up at once, down only once so many steps in a row have asked for fewer."""
    swing = draw.uniform(0.2, 1.5) * season(draw, steps, day) + drift(draw, steps, 0.98, draw.uniform(0.01, 0.15))
    wanted = np.ceil(about(draw, 2, 200) * np.exp(swing) / about(draw, 0.5, 10)).tolist()
    patience, low, now, found = int(about(draw, 1, 60)), 0, wanted[0], np.empty(steps)
    for i, want in enumerate(wanted):
        low = low + 1 if want < now else 0
        if want > now or low >= patience:
            now, low = want, 0
        found[i] = now
    return found.clip(min=1)


FAMILIES: Final[Mapping[str, Family]] = {
    f.__name__: f
    for f in (
        rhythm, bursts, requests, memory, counts, shifts, wandering, machine, cycles, touched, replicas,
        serving.duty, serving.models, serving.asked,
    )
}  # fmt: skip


def drawn(number: int, seed: int, families: Sequence[str] = tuple(FAMILIES)) -> Iterator[tuple[str, Series]]:
    """`number` series, each with its family's name; each depends on the seed and its place alone."""
    for place in range(number):
        draw = np.random.default_rng((seed, place))
        family = str(draw.choice(families))
        step_seconds = float(draw.choice(STEP_SECONDS))
        if place % AGGREGATED_EVERY == AGGREGATED_EVERY - 1:
            width = int(draw.choice(AGGREGATED_WIDTHS))
            finer = step_seconds / width
            yield family, aggregated(_series(one(draw, family, AGGREGATED_STEPS * width, finer), finer), width)
        else:
            yield family, _series(one(draw, family, STEPS, step_seconds), step_seconds)


def one(draw: np.random.Generator, family: str, steps: int, step_seconds: float) -> Doubles:
    """A series of a family, in some unit, sometimes in whole numbers, most often not far above 0."""
    found = FAMILIES[family](draw, steps, DAY_SECONDS / step_seconds)
    if draw.random() < 0.3:
        found = np.round(found)
    if draw.random() < 0.7:
        found = found - found.min() * draw.random()
    return found * about(draw, 0.05, 20)


def _series(values: Doubles, step_seconds: float) -> Series:
    times = np.round(np.arange(1, len(values) + 1) * (1000 * step_seconds)).astype(np.int64)
    return series_of(times, values, values)
