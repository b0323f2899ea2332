"""Baselines are scored as Foretide is, on the same instants, and know nothing of the future."""

from __future__ import annotations

import math
import random

import pytest

from foretide.deploy.backtest.baselines.catalogue import BASELINES
from foretide.deploy.backtest.baselines.harness import FORETIDE, MOST_SAMPLES, compare, run_rule
from foretide.deploy.backtest.baselines.rule import Named
from foretide.deploy.backtest.scores import SeriesScorer
from foretide.deploy.backtest.tracks import Track
from foretide.schemas.messages import Column

HOUR = 3_600_000


def track(values: list[float], times: list[int] | None = None, steps: int = 5, signal: str = "gpu.sm_ratio") -> Track:
    """A series an hour a sample, forecast by a rule of thumb."""
    made = Track("pod", signal, Column(name="duty", scale=1.0), steps)
    for i, value in enumerate(values):
        made.observe(times[i] if times else i * HOUR, value)
        for kind in ("point", "peak"):
            made.issue(kind, (value * 0.9, value + 0.1, value + 0.2, value + 0.3))
    return made


def daily(count: int) -> list[float]:
    rng = random.Random(2)
    return [0.5 + 0.3 * math.sin(n / 24 * 2 * math.pi) + rng.gauss(0, 0.05) for n in range(count)]


@pytest.mark.parametrize("rule", BASELINES, ids=lambda r: r.name)
@pytest.mark.parametrize("signal", ["gpu.sm_ratio", "gpu.memory_bytes"])
def test_cutting_the_future_changes_nothing(rule: Named, signal: str) -> None:
    scale = 1e10 if signal.endswith("_bytes") else 1.0
    values = [scale * v for v in daily(24 * 9)]
    whole = run_rule(rule, track(values, signal=signal))
    for cut in (1, 2, 30, 24 * 5 + 7):
        other = [*values[:cut], *(scale * 7.0 for _ in range(50))]
        assert run_rule(rule, track(other, signal=signal))[:cut] == whole[:cut]
    assert any(told.median is not None or told.upper is not None for told in whole), "it does say something"


@pytest.mark.parametrize("kind", ["point", "peak"])
def test_foretides_own_line_is_what_the_backtest_scored(kind: str) -> None:
    series = track(daily(400))
    scorer = SeriesScorer(5, kind == "peak")
    for i, value in enumerate(series.values):
        scorer.observe(value)
        scorer.issue(value, series.quantiles("peak" if kind == "peak" else "point", i))
    own = compare(series)[0]
    assert own.rule == FORETIDE
    score = own.peak if kind == "peak" else own.point
    assert score.scored == scorer.score.scored
    assert score.error_ratio == pytest.approx(scorer.score.error_ratio)
    assert score.pinball90_ratio == pytest.approx(scorer.score.pinball90_ratio)
    assert score.coverage(0.9) == scorer.score.coverage(0.9)


def test_last_value_is_one_and_a_silent_rule_counts_as_it() -> None:
    lines = {c.rule: c for c in compare(track([v * 10 for v in daily(20)]))}  # under a day: two have nothing to say
    for name in ("last value", "Koordinator peak predictor", "Crane seasonal"):
        assert lines[name].point.error_ratio == 1
        assert lines[name].point.pinball90_ratio == 1
    assert lines["Crane seasonal"].answered == 0
    assert lines["last value"].answered == 1


def test_a_seasonal_series_is_best_forecast_by_the_seasonal_rule() -> None:
    lines = {c.rule: c.point.error_ratio for c in compare(track(daily(24 * 14)))}
    crane, last = lines["Crane seasonal"], lines["last value"]
    assert crane is not None
    assert last is not None
    assert crane < 0.6 * last


@pytest.mark.parametrize(
    ("values", "gap"),
    [
        ([], 1),
        ([1.0], 1),
        ([1.0] * 6, 1),
        ([0.0] * 300, 1),
        ([0.2] * 150 + [0.9] * 150, 1),
        ([-5.0, 3.0] * 100, 1),
        (daily(300), 17),
    ],
    ids=["empty", "single", "one outcome", "zero", "level shift", "negative", "irregular"],
)
def test_odd_series_give_finite_scores(values: list[float], gap: int) -> None:
    times = [i * HOUR + (i * i % gap) * 60_000 + (i > 100) * (gap - 1) * 10 * HOUR for i in range(len(values))]
    for line in compare(track(values, times)):
        for score in (line.point, line.peak):
            assert score.scored == max(0, len(values) - 5)
            assert math.isfinite(score.error + score.pinball)
            assert score.error_ratio is None or math.isfinite(score.error_ratio)


def test_long_series_are_compared_on_their_beginning() -> None:
    assert compare(track([0.1, 0.2] * MOST_SAMPLES), BASELINES[:1])[1].point.scored == MOST_SAMPLES - 5
