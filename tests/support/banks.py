"""Banks of forecast series: short to make and to feed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan

import numpy as np

from foretide.streams.fleet.features import DAY, FEATURES
from foretide.streams.fleet.network import OUTPUTS, Network
from foretide.streams.forecasting.bank import FAR, OUTSIDE, Bank
from foretide.streams.forecasting.record import CALENDAR, EXOGENOUS, PHASES
from foretide.streams.forecasting.targets import Target

TARGETS = (Target("point", 1), Target("peak", 3), Target("mean", 7), Target("peak", 20))


def small_network(seed: int = 1, hidden: int = 6) -> Network:
    """A network of drawn weights: its forecasts are of no use, but they differ for every input."""
    draw = np.random.default_rng(seed)
    sizes = (FEATURES, hidden, hidden, OUTPUTS)
    pairs = pairwise(sizes)
    return Network.of([(draw.normal(0, 0.3, (2, a, b)), draw.normal(0, 0.3, (2, 1, b))) for a, b in pairs])


@dataclass(frozen=True, slots=True)
class Step:
    """What a bank is told of one step of one series."""

    mean: float
    peak: float
    day: tuple[float, ...] = (nan,) * DAY
    outside: tuple[float, ...] = (0.0,) * CALENDAR + (nan,) * EXOGENOUS
    phase: int = 0


def drawn(seed: int, length: int, scale: float = 1.0, holes: float = 0.3) -> list[Step]:
    """A noisy series about 5 x `scale`; of what is told of the day and from outside a share of `holes` is missing."""
    rng = random.Random(seed)

    def told(count: int) -> tuple[float, ...]:
        return tuple(nan if rng.random() < holes else scale * rng.gauss(5.0, 1.0) for _ in range(count))

    found = []
    for _ in range(length):
        mean = scale * rng.gauss(5.0, 1.0)
        calendar = tuple(rng.uniform(-1.0, 1.0) for _ in range(CALENDAR))
        outside = calendar + told(OUTSIDE - CALENDAR)
        found.append(Step(mean, mean + scale * rng.random(), told(DAY), outside, rng.randrange(PHASES)))
    return found


def plain(values: Sequence[float]) -> list[Step]:
    """A series of which nothing else is told, and whose peaks are its means."""
    return [Step(v, v) for v in values]


def feed(bank: Bank, rows: Sequence[int], steps: Sequence[Step]) -> None:
    """One step of each row."""
    bank.step(
        rows,
        [s.mean for s in steps],
        [s.peak for s in steps],
        np.array([s.day for s in steps], dtype=np.float32),
        np.array([s.outside for s in steps], dtype=np.float32),
        [s.phase for s in steps],
    )


def together(
    series: Sequence[Sequence[Step]], targets: Sequence[Target] = TARGETS, network: Network | None = None
) -> Bank:
    """A bank that has taken all steps of some series of one length; their rows are in the same order."""
    bank = Bank(targets, network or small_network(), FAR)
    rows = [bank.add() for _ in series]
    for steps in zip(*series, strict=True):
        feed(bank, rows, steps)
    return bank


def alone(steps: Sequence[Step], targets: Sequence[Target] = TARGETS, network: Network | None = None) -> Bank:
    """A bank of one series that has taken all these steps; its row is the first."""
    return together([steps], targets, network)
