"""What is told of the latest steps before anything is forecast."""

from __future__ import annotations

import random

import numpy as np
import pytest

from foretide.streams.fleet.features import DAY
from foretide.streams.forecasting.record import blank, record_of
from foretide.streams.forecasting.sensing import REACH, Sensed, sense
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.view import View, take

RECORD = record_of([Target("point", 1)], 60, 0)


def fed(series: list[list[tuple[float, float]]]) -> tuple[View, Sensed]:
    """The view, and what is sensed, after all (mean, peak) steps of some series of one length."""
    state = np.array([blank(RECORD)] * (len(series) + 1))
    rows, found = np.arange(len(series)) + 1, None
    for steps in zip(*series, strict=True):
        means, peaks = (np.array([s[i] for s in steps], dtype=np.float32) for i in range(2))
        view = take(state, rows, means, peaks)
        found = view, sense(state, rows, view, np.full((len(series), DAY), np.nan, dtype=np.float32))
        state["since"][rows] += 1
    assert found is not None
    return found


def noisy(seed: int, length: int) -> list[tuple[float, float]]:
    rng = random.Random(seed)
    means = [rng.gauss(0.0, 3.0) for _ in range(length)]
    return [(m, m + rng.random()) for m in means]


def test_references_are_told_of_the_means_and_of_the_peaks() -> None:
    steps = noisy(2, 120)
    view, sensed = fed([steps, noisy(3, 120)])
    found = sensed.references
    assert found.shape == (2, 2, 5)
    high12, high48 = (max(p for _, p in steps[-n:]) for n in (12, 48))
    for kind in range(2):
        values = [s[kind] for s in steps]
        expected = [values[-1], sum(values[-12:]) / 12, float(view.smoothed[0, kind]), high12, high48]
        assert found[0, kind].tolist() == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_the_autoregression_follows_a_wave_and_stays_near_what_was_seen() -> None:
    wave = [float(np.sin(0.4 * i)) for i in range(400)]
    growing = [float((-1.04) ** i) for i in range(400)]
    view, sensed = fed([[(v, v) for v in wave], [(v, v) for v in growing]])
    ahead = [float(np.sin(0.4 * (399 + k))) for k in range(1, 6)]
    assert sensed.path[0, :5].tolist() == pytest.approx(ahead, abs=0.1)
    low, high = float(view.low[1]), float(view.high[1])
    reach = REACH * (high - low)
    assert (min(sensed.path[1]), max(sensed.path[1])) == pytest.approx((low - reach, high + reach))
