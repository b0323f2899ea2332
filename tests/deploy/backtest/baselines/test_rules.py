"""Each baseline does what it is said to do."""

from __future__ import annotations

import math
import random

import pytest

from foretide.deploy.backtest.baselines.autoscaler import VerticalAutoscaler
from foretide.deploy.backtest.baselines.crane import Seasonal
from foretide.deploy.backtest.baselines.dynamo import LocalLinearTrend
from foretide.deploy.backtest.baselines.histogram import DecayingHistogram
from foretide.deploy.backtest.baselines.koordinator import PeakPredictor
from foretide.deploy.backtest.baselines.kruize import PerformanceRecommendation
from foretide.deploy.backtest.baselines.leader import Leader
from foretide.deploy.backtest.baselines.rule import NOTHING, Rule, Told
from foretide.deploy.backtest.baselines.simple import LastValue, MovingMean, WeightedMean

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def after(rule: Rule, values: list[float], step_ms: int = MINUTE) -> Told:
    """What it says when these samples, a step apart, have been seen."""
    for i, value in enumerate(values):
        rule.observe(i * step_ms, value, step_ms)
    return rule.forecast()


def test_simple_rules() -> None:
    values = [float(n) for n in range(1, 21)]
    assert after(LastValue(), values) == Told(20.0, None)
    assert after(MovingMean(), values) == Told(14.5, None)
    assert after(WeightedMean(), [1.0, 5.0]) == Told(2.0, None)


def test_the_leader_is_whoever_erred_least() -> None:
    rng = random.Random(1)
    noise = [rng.gauss(0, 1) for _ in range(300)]
    rules: tuple[Rule, ...] = (LastValue(), MovingMean())
    assert after(Leader(rules, 5), noise).median == pytest.approx(sum(noise[-12:]) / 12)
    assert after(Leader((LastValue(), MovingMean()), 5), [float(n) for n in range(300)]).median == 299


def test_a_percentile_is_a_buckets_upper_end() -> None:
    histogram = DecayingHistogram(0.01, DAY)
    for n in range(1, 101):
        histogram.add(0, n / 100)
    assert 0.9 <= histogram.percentile(0.9) <= 0.9 * 1.05 + 0.01
    assert 0.5 <= histogram.percentile(0.5) <= 0.5 * 1.05 + 0.01


def test_after_a_half_life_a_sample_counts_half() -> None:
    histogram = DecayingHistogram(0.01, DAY)
    for _ in range(10):
        histogram.add(0, 1.0)
    for _ in range(6):
        histogram.add(DAY, 0.1)  # weigh 12 against 10
    assert histogram.percentile(0.5) < 0.2
    assert histogram.percentile(0.6) > 1.0


def test_a_histogram_stays_finite_over_years() -> None:
    histogram = DecayingHistogram(0.01, HOUR)
    for n in range(2000):
        histogram.add(n * DAY, 0.5)
    assert 0.5 <= histogram.percentile(0.9) < 0.6


def test_the_autoscaler_takes_compute_by_samples_and_memory_by_daily_peaks() -> None:
    mostly_idle = ([0.1] * 19 + [0.8]) * 20
    compute = after(VerticalAutoscaler("gpu.sm_ratio"), mostly_idle)
    assert compute.median is None
    assert compute.upper == pytest.approx(0.1 * 1.15, rel=0.15)
    memory = after(VerticalAutoscaler("gpu.memory_bytes"), [v * 1e10 for v in mostly_idle])
    assert memory.upper is not None
    assert 0.8e10 * 1.15 <= memory.upper <= 0.8e10 * 1.15 * 1.06


def test_kruize_is_the_nearest_rank_of_busy_intervals_of_a_day() -> None:
    assert after(PerformanceRecommendation(), [1.0] * 29) == NOTHING
    assert after(PerformanceRecommendation(), [0.0] * 100) == NOTHING
    quarter_hours = [float(n % 15 == 3) * (n // 15 + 1) for n in range(15 * 90)]
    assert after(PerformanceRecommendation(), quarter_hours).upper == 89, "rank 89 of 90"
    assert after(PerformanceRecommendation(), [9.0] * 60 + [1.0] * 25 * 60).upper == 1.0, "a day is all it remembers"


def test_koordinator_is_silent_for_a_day() -> None:
    assert after(PeakPredictor("gpu.sm_ratio"), [0.5] * 24, HOUR) == NOTHING
    upper = after(PeakPredictor("gpu.sm_ratio"), [0.5] * 26, HOUR).upper
    assert upper is not None
    assert 0.55 <= upper <= 0.55 * 1.07


def test_crane_sees_a_day_and_nothing_where_there_is_none() -> None:
    wave = [1 + math.sin(2 * math.pi * n / 24) for n in range(24 * 6)]
    for cut in (24 * 5 - 7, 24 * 5, 24 * 6 - 1):
        told = after(Seasonal(5), wave[:cut], HOUR)
        assert told.median == pytest.approx(1 + math.sin(2 * math.pi * (cut + 4) / 24), abs=0.02)
        assert told.upper is not None
        assert told.median is not None
        assert told.upper >= told.median
    rng = random.Random(5)
    assert after(Seasonal(5), [rng.gauss(0, 1) for _ in range(24 * 6)], HOUR) == NOTHING
    assert after(Seasonal(5), [3.0] * 24 * 6, HOUR) == NOTHING


def test_the_kalman_filter_goes_on_along_a_trend() -> None:
    told = after(LocalLinearTrend(5), [3.0 * n for n in range(400)])
    assert told.median == pytest.approx(3.0 * 404, rel=1e-3)
