"""The baselines a backtest is set beside, in the order they are shown."""

from __future__ import annotations

from typing import Final

from foretide.deploy.backtest.baselines.autoscaler import VerticalAutoscaler
from foretide.deploy.backtest.baselines.crane import Seasonal
from foretide.deploy.backtest.baselines.dynamo import LocalLinearTrend
from foretide.deploy.backtest.baselines.koordinator import PeakPredictor
from foretide.deploy.backtest.baselines.kruize import PerformanceRecommendation
from foretide.deploy.backtest.baselines.leader import Leader
from foretide.deploy.backtest.baselines.reference import Reference
from foretide.deploy.backtest.baselines.rule import Named, Rule
from foretide.deploy.backtest.baselines.simple import LastValue, MovingMean, WeightedMean


def _leader(signal: str, steps: int) -> Rule:
    return Leader((LastValue(), MovingMean(), WeightedMean()), steps)


REFERENCE: Final = Named(
    "leader of many",
    "the best lately of last value, means, autoregressions with and without the day before; quantiles of their errors, "
    "of windows, of a decaying histogram",
    lambda signal, steps: Reference(steps),
)
"""What a forecaster must beat to earn anything."""

BASELINES: Final[tuple[Named, ...]] = (
    Named("last value", "what was seen last", lambda signal, steps: LastValue()),
    Named("mean of 12", "the mean of the last 12 samples", lambda signal, steps: MovingMean()),
    Named("weighted mean", "exponentially weighted, the newest sample a quarter", lambda signal, steps: WeightedMean()),
    Named("leader", "of the three above, the one with the smallest errors lately", _leader),
    REFERENCE,
    Named(
        "vertical pod autoscaler",
        "decaying histogram, half-life 24 h; .9 of compute, .9 of daily peaks of memory; 15 % more",
        lambda signal, steps: VerticalAutoscaler(signal),
    ),
    Named(
        "Kruize performance",
        ".98 of the 15-minute maxima of 24 h, idle ones left out; after 30 minutes",
        lambda signal, steps: PerformanceRecommendation(),
    ),
    Named(
        "Koordinator peak predictor",
        "decaying histogram; compute .95 and half-life 12 h, memory .98 and 24 h; 10 % more; after 24 h",
        lambda signal, steps: PeakPredictor(signal),
    ),
    Named(
        "Crane seasonal",
        "a period of a day or a week by its spectrum; the best of eight estimators in the last period",
        lambda signal, steps: Seasonal(steps),
    ),
    Named(
        "Dynamo Kalman filter", "level and trend; noises 1, 0.1 and 10", lambda signal, steps: LocalLinearTrend(steps)
    ),
)
