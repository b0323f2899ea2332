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
from numpy.typing import NDArray

from foretide.streams.fleet.rows import Series
from foretide.streams.fleet.variants import aggregated, series_of

Doubles = NDArray[np.float64]
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
    return 10 + height * _season(draw, steps, day) + _drift(draw, steps, memory, noise)


def bursts(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Busy at some level, then idle at 0: the duty of a GPU that works through queues."""
    busy = _switching(draw, steps, _about(draw, 1, 55), _about(draw, 1, 148), long=draw.random() < 0.5)
    level, noise = draw.uniform(20, 100), draw.uniform(0, 0.5)
    return busy * np.clip(level * (1 + noise * draw.standard_normal(steps)), 0, 100)


def requests(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Single requests of a few steps each, at a rate that swings: the duty of a service that few ask."""
    swing = draw.uniform(0, 1.5) * _season(draw, steps, day) + _drift(draw, steps, 0.99, draw.uniform(0, 0.1))
    arrived = draw.poisson(_about(draw, 0.018, 1) * np.exp(swing))
    work = arrived * draw.lognormal(0, draw.uniform(0.1, 0.8), steps) * draw.uniform(10, 60)
    lasting = int(draw.integers(1, 5))
    spread: Doubles = np.convolve(work, np.full(lasting, 1 / lasting))[:steps]
    return spread.clip(max=100.0)


def memory(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Plateaus that are returned to, or left for one nearby; some grow slowly, some flicker: memory in use."""
    known = draw.uniform(1, 80, draw.integers(2, 6))
    lasting, growth = _about(draw, 4.5, 400), float(draw.choice((0, 0, 0.002, 0.02)))
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
    swing = draw.uniform(0, 1) * _season(draw, steps, day) + _drift(draw, steps, 0.97, draw.uniform(0, 0.2))
    return draw.poisson(_about(draw, 1, 148) * np.exp(swing)).astype(np.float64)


def shifts(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """A level that jumps now and then, and noise with outliers: a tenant whose use changes."""
    jumps = (draw.random(steps) < draw.uniform(0.001, 0.02)) * draw.normal(0, 5, steps)
    outliers = draw.standard_t(draw.uniform(2, 6), steps) * draw.uniform(0.1, 2)
    return 20 + np.cumsum(jumps) + outliers + _drift(draw, steps, draw.uniform(0, 0.95), draw.uniform(0.1, 1))


def wandering(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Steps up and down that nothing calls back, whole ones in half of the series: running jobs, queues."""
    moved = np.cumsum(draw.standard_normal(steps) * (draw.random(steps) < draw.uniform(0.1, 1)))
    moved -= moved.min()
    return np.round(moved) if draw.random() < 0.5 else moved


def machine(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Little to do, with short bursts and often a job on a timetable: the CPU of a virtual machine."""
    base = draw.uniform(1, 5) * np.exp(_drift(draw, steps, draw.uniform(0.5, 0.99), draw.uniform(0.02, 0.3)))
    burst = _switching(draw, steps, _about(draw, 1, 7.4), _about(draw, 7.4, 148), long=True)
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
        found *= _switching(draw, steps, 300, 100, long=False)
    return np.maximum(found, 0)


FAMILIES: Final[Mapping[str, Family]] = {
    f.__name__: f for f in (rhythm, bursts, requests, memory, counts, shifts, wandering, machine, cycles)
}


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
    return found * _about(draw, 0.05, 20)


def _series(values: Doubles, step_seconds: float) -> Series:
    times = np.round(np.arange(1, len(values) + 1) * (1000 * step_seconds)).astype(np.int64)
    return series_of(times, values, values)


def _about(draw: np.random.Generator, low: float, high: float) -> float:
    """A number between the two, each order of magnitude as likely as another."""
    return float(np.exp(draw.uniform(np.log(low), np.log(high))))


def _season(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """A wave of a day and one of half a day, each of some height up to 1 and 0.4."""
    turns = np.arange(steps) / day
    whole = draw.uniform(0, 1) * np.sin(2 * np.pi * (turns + draw.random()))
    return np.asarray(whole + draw.uniform(0, 0.4) * np.sin(4 * np.pi * (turns + draw.random())))


def _drift(draw: np.random.Generator, steps: int, memory: float, spread: float) -> Doubles:
    """Noise of which a share, `memory`, stays to the next step."""
    fresh = (spread * draw.standard_normal(steps)).tolist()
    return np.fromiter(accumulate(fresh, lambda kept, new: memory * kept + new), dtype=np.float64, count=steps)


def _switching(draw: np.random.Generator, steps: int, on: float, off: float, *, long: bool) -> Doubles:
    """1 and 0 in turns that last so many steps on average; where `long`, a few last very much longer."""
    found, at, up = np.zeros(steps), 0, draw.random() < 0.5
    while at < steps:
        lasting = on if up else off
        held = int(1 + (0.5 * lasting * draw.pareto(1.5) if long else draw.exponential(lasting)))
        found[at : at + held] = up
        at, up = at + held, not up
    return found
