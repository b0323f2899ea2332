"""Rules that name an amount after each sample, and the class that covers it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from foretide.deploy.backtest.baselines.autoscaler import VerticalAutoscaler
from foretide.deploy.backtest.baselines.crane import Seasonal
from foretide.deploy.backtest.baselines.koordinator import PeakPredictor
from foretide.deploy.backtest.baselines.kruize import PerformanceRecommendation
from foretide.deploy.backtest.baselines.rule import Rule, Told
from foretide.deploy.backtest.baselines.simple import LastValue
from foretide.deploy.policies.series import Series
from foretide.deploy.policies.setting import Setting
from foretide.deploy.policies.simulator import usual_step_ms
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.planning.layout import Layout

WINDOW: Final = 240
"""Samples of the rolling maximum."""
LAST_MARGIN: Final = 0.2
"""Added to the last value."""
MEMORY_MARGIN: Final = 0.05
"""Added to the rolling maximum of memory."""
SEASON_STEPS: Final = 10
"""How many samples ahead the seasonal rule looks."""


class RollingMaximum:
    """The largest of the last `WINDOW` samples."""

    def __init__(self) -> None:
        self._falling: deque[tuple[int, float]] = deque()
        self._seen = 0

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Take it into the window."""
        while self._falling and self._falling[-1][1] <= value:
            self._falling.pop()
        self._falling.append((self._seen, value))
        self._seen += 1
        if self._falling[0][0] <= self._seen - 1 - WINDOW:
            self._falling.popleft()

    def forecast(self) -> Told:
        """It."""
        return Told(None, self._falling[0][1])


@dataclass(frozen=True, slots=True)
class Amounts:
    """A rule for compute and memory each, made anew for every application, and margins on what they say."""

    make: Callable[[str], Rule]
    compute_margin: float = 0.0
    memory_margin: float = 0.0

    def wishes(self, series: Series, layout: Layout, setting: Setting) -> list[int]:
        """The class wished for after each sample; the largest while a rule has nothing to say."""
        step_ms = usual_step_ms(series.times)
        found = [
            _amounts(self.make(signal), series.times, values, step_ms, 1.0 + margin)
            for signal, values, margin in (
                (SM_RATIO, series.compute, self.compute_margin),
                (GPU_MEMORY, series.memory, self.memory_margin),
            )
        ]
        return [
            layout.last if compute is None or memory is None else layout.smallest(compute, memory)
            for compute, memory in zip(*found, strict=True)
        ]


def _amounts(
    rule: Rule, times: Sequence[int], values: Sequence[float | None], step_ms: int, factor: float
) -> list[float | None]:
    amounts: list[float | None] = []
    latest: float | None = None
    for at_ms, value in zip(times, values, strict=True):
        if value is not None:
            rule.observe(at_ms, value, step_ms)
            told = rule.forecast()
            amount = told.upper if told.upper is not None else told.median
            latest = None if amount is None else amount * factor
        amounts.append(latest)
    return amounts


def whole_card(series: Series, layout: Layout, setting: Setting) -> list[int]:
    """The largest class, always."""
    return [layout.last] * len(series.times)


def oracle(series: Series, layout: Layout, setting: Setting) -> list[int]:
    """The smallest class that covers all that comes until the next change can have taken effect. It knows the future,
    and has the same cadence, delay and outage as all the others."""
    seconds = setting.decide_seconds + setting.actuation_seconds + setting.provisioning_seconds
    reach_ms = seconds * 1000 + usual_step_ms(series.times)
    compute = _ahead(series.times, series.compute, reach_ms)
    memory = _ahead(series.times, series.memory, reach_ms)
    return [layout.smallest(c, m) for c, m in zip(compute, memory, strict=True)]


def _ahead(times: Sequence[int], values: Sequence[float | None], reach_ms: float) -> list[float]:
    """The largest value after each sample, up to `reach_ms` later."""
    found = [0.0] * len(times)
    falling: deque[int] = deque()
    for i in range(len(times) - 1, -1, -1):
        while falling and times[falling[0]] > times[i] + reach_ms:
            falling.popleft()
        found[i] = values[falling[0]] or 0.0 if falling else 0.0
        value = values[i] or 0.0
        while falling and (values[falling[-1]] or 0.0) <= value:
            falling.pop()
        falling.append(i)
    return found


LAST_VALUE: Final = Amounts(lambda signal: LastValue(), LAST_MARGIN, LAST_MARGIN)
ROLLING_MAXIMUM: Final = Amounts(lambda signal: RollingMaximum(), 0.0, MEMORY_MARGIN)
AUTOSCALER: Final = Amounts(VerticalAutoscaler)
KRUIZE: Final = Amounts(lambda signal: PerformanceRecommendation())
KOORDINATOR: Final = Amounts(PeakPredictor)
CRANE: Final = Amounts(lambda signal: Seasonal(SEASON_STEPS))
