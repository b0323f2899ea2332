"""What is known after each step, against a plain account of the whole series."""

from __future__ import annotations

import random

import numpy as np
import pytest

from foretide.streams.forecasting.record import blank, record_of
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.view import FADE, SMOOTHING, View, take

BACK = 50
RECORD = record_of([Target("point", 1)], BACK, 0)


def fed(series: list[list[tuple[float, float]]]) -> View:
    """The view after all (mean, peak) steps of some series of one length."""
    state = np.zeros(len(series) + 2, dtype=RECORD)
    state[:] = blank(RECORD)
    rows = np.arange(len(series))[::-1] + 1
    view = None
    for steps in zip(*series, strict=True):
        means, peaks = (np.array([s[i] for s in steps], dtype=np.float32) for i in range(2))
        view = take(state, rows, means, peaks)
    assert view is not None
    assert state["steps"].tolist() == [0, *[len(series[0])] * len(series), 0]
    return view


def noisy(seed: int, length: int) -> list[tuple[float, float]]:
    rng = random.Random(seed)
    means = [rng.gauss(0.0, 3.0) for _ in range(length)]
    return [(m, m + rng.random()) for m in means]


@pytest.mark.parametrize("length", [1, 2, 7, BACK - 1, BACK, BACK + 1, 3 * BACK + 5])
def test_the_view_is_of_the_latest_steps_and_before_the_first_of_the_first(length: int) -> None:
    series = [noisy(seed, length) for seed in range(3)]
    view = fed(series)
    assert view.steps.tolist() == [length] * 3
    for row, steps in enumerate(series):
        padded = [steps[0]] * BACK + steps
        np.testing.assert_allclose(view.means[row], [m for m, _ in padded[-BACK:]], rtol=1e-6)
        np.testing.assert_allclose(view.peaks[row], [p for _, p in padded[-BACK:]], rtol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 60, 400])
def test_the_scale_is_the_faded_mean_of_changes_and_smoothing_is_exponential(length: int) -> None:
    steps = noisy(1, length)
    change, smoothed, last = 0.0, list(steps[0]), steps[0][0]
    for i, (mean, peak) in enumerate(steps):
        fade = min(FADE, i / (i + 1))
        change = fade * change + (1 - fade) * (abs(mean - last) + 0.5 * (peak - mean))
        smoothed = [s + float(SMOOTHING) * (v - s) for s, v in zip(smoothed, (mean, peak), strict=True)]
        last = mean
    view = fed([steps])
    assert view.scale[0] == pytest.approx(change, rel=1e-4)
    assert view.smoothed[0].tolist() == pytest.approx(smoothed, rel=1e-4, abs=1e-5)


def test_the_scale_of_what_does_not_change_is_a_small_share_of_its_size() -> None:
    view = fed([[(v, v)] * 30 for v in (0.0, 5.0, -5.0, 1e30)])
    assert view.scale.tolist() == pytest.approx([1e-12, 5e-6, 5e-6, 1e24], rel=1e-5)
