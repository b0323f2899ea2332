"""Drawings keep peaks, break at gaps, and stay small however long a trace is."""

from __future__ import annotations

import random

from foretide.deploy.backtest.baselines.selection import compared_series
from foretide.deploy.backtest.report import svg
from foretide.deploy.backtest.report.fans import fan
from foretide.deploy.backtest.report.thin import MOST_POINTS, thinned
from foretide.deploy.backtest.tracks import Track
from foretide.schemas.messages import Column


def test_thinning_keeps_every_peak_and_order() -> None:
    rng = random.Random(1)
    values = [rng.random() for _ in range(10_007)]
    values[7777] = 9.0
    kept = thinned(values)
    assert len(kept) <= MOST_POINTS
    assert kept == sorted(set(kept))
    assert 7777 in kept
    assert thinned([3.0, 1.0]) == [0, 1]
    assert thinned([]) == []


def test_a_line_breaks_at_a_gap() -> None:
    xs = [0.0, 1.0, 2.0, 30.0, 31.0]
    assert svg.breaks(xs) == [(0, 3), (3, 5)]
    assert svg.line(xs, xs, "actual").count("M") == 2
    assert svg.breaks([]) == []


def test_ticks_are_round_and_inside() -> None:
    assert svg.nice_ticks(0.0, 100.0) == [0, 50, 100]
    assert svg.nice_ticks(5.0, 5.0) == [5.0]
    assert all(0.013 <= t <= 0.029 for t in svg.nice_ticks(0.013, 0.029))


def test_a_drawing_of_a_long_series_is_small() -> None:
    rng = random.Random(2)
    track = Track("a", "gpu.sm_ratio", Column(name="duty", scale=0.01), 5)
    for n in range(50_000):
        value = rng.random()
        track.observe(n * 1000, value)
        track.issue("point", (value, value + 0.1, value + 0.2, value + 0.3))
        track.issue("peak", (value, value + 0.1, value + 0.2, value + 0.3))
    assert len(fan(track, "a")) < 60_000


def test_twelve_series_are_compared_spread_over_signals_and_applications() -> None:
    apps = {f"pod-{n:03}": ["duty", "memory", "queue"] if n % 50 == 0 else ["duty", "memory"] for n in range(100)}
    chosen = compared_series(apps)
    counts = {s: sum(s in names for names in chosen.values()) for s in ("duty", "memory", "queue")}
    assert counts == {"duty": 5, "memory": 5, "queue": 2}
    assert sorted(a for a, names in chosen.items() if "duty" in names)[1] == "pod-020"
    assert compared_series({"a": ["x"]}) == {"a": {"x"}}
    assert compared_series({}) == {}
