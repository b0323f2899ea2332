"""What random series are made of: sizes of any magnitude, waves of the day, noise that lasts, on and off."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def about(draw: np.random.Generator, low: float, high: float) -> float:
    """A number between the two, each order of magnitude as likely as another."""
    return float(np.exp(draw.uniform(np.log(low), np.log(high))))


def season(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """A wave of a day and one of half a day, each of some height up to 1 and 0.4."""
    turns = np.arange(steps) / day
    whole = draw.uniform(0, 1) * np.sin(2 * np.pi * (turns + draw.random()))
    return np.asarray(whole + draw.uniform(0, 0.4) * np.sin(4 * np.pi * (turns + draw.random())))


def drift(draw: np.random.Generator, steps: int, memory: float, spread: float) -> Doubles:
    """Noise of which a share, `memory`, stays to the next step."""
    fresh = (spread * draw.standard_normal(steps)).tolist()
    return np.fromiter(accumulate(fresh, lambda kept, new: memory * kept + new), dtype=np.float64, count=steps)


def switching(draw: np.random.Generator, steps: int, on: float, off: float, *, long: bool) -> Doubles:
    """1 and 0 in turns that last so many steps on average; where `long`, a few last very much longer."""
    found, at, up = np.zeros(steps), 0, draw.random() < 0.5
    while at < steps:
        lasting = on if up else off
        held = int(1 + (0.5 * lasting * draw.pareto(1.5) if long else draw.exponential(lasting)))
        found[at : at + held] = up
        at, up = at + held, not up
    return found
