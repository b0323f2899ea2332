"""Crane's seasonal predictor: a day or a week if the spectrum shows one, then the best of eight estimators."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.deploy.backtest.baselines.rule import NOTHING, Told

DAY_MS: Final = 86_400_000
PERIODS_MS: Final = (DAY_MS, 7 * DAY_MS)
HISTORY_MS: Final = 15 * DAY_MS
MARGINS: Final = (1.01, 1.05, 1.10, 1.20)
CLIP: Final = (0.1, 99.9)
UNDER_WEIGHT: Final = 9.0
"""How much more a forecast below the outcome costs than one as far above, when estimators are chosen."""
POWER_SHARE: Final = 0.1
"""Share of the spectrum that a period must hold to be one."""
REFIT: Final = 24
"""Samples between two looks at the spectrum."""
_FEWEST: Final = 4
"""Samples in a period, at least."""

Row = NDArray[np.float64]


class Seasonal:
    """Says nothing before two whole periods, nor on a series that has none."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._times: list[int] = []
        self._values: list[float] = []
        self._until_refit = 0
        self._curve: tuple[Row, float] | None = None
        self._fitted_ms = 0
        self._step_ms = 1

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Remember it; now and then look for a period again."""
        self._times.append(at_ms)
        self._values.append(value)
        self._until_refit -= 1
        if self._until_refit <= 0 and step_ms > 0 and at_ms - self._times[0] >= 2 * DAY_MS - step_ms:
            self._until_refit = REFIT
            self._fitted_ms, self._step_ms = at_ms, step_ms
            self._curve = self._fit()

    def forecast(self) -> Told:
        """What the same moment of earlier periods says, without and with the margin of the chosen estimator."""
        if self._curve is None:
            return NOTHING
        curve, margin = self._curve
        ahead = round((self._times[-1] - self._fitted_ms) / self._step_ms) + self._steps
        expected = float(curve[(ahead - 1) % len(curve)])
        return Told(expected, expected * margin)

    def _fit(self) -> tuple[Row, float] | None:
        end, step = self._times[-1], self._step_ms
        samples = min(end - self._times[0], HISTORY_MS) // step + 1
        moments = end - step * np.arange(samples - 1, -1, -1)
        held = np.searchsorted(np.array(self._times), moments, side="right") - 1
        grid = np.array(self._values)[np.maximum(held, 0)]
        grid = np.clip(grid, *np.percentile(grid, CLIP))
        for period_ms in PERIODS_MS:
            length = round(period_ms / step)
            periods = len(grid) // length if length >= _FEWEST else 0
            if periods >= 2:
                table = grid[-periods * length :].reshape(periods, length)
                if _is_period(table):
                    return _estimate(table)
        return None


def _is_period(table: Row) -> bool:
    """Whether the wave as long as a row holds a good share of the spectrum."""
    flat = table.ravel()
    power = np.abs(np.fft.rfft(flat - flat.mean())) ** 2
    whole = float(power.sum())
    if whole <= 1e-18 * max(1.0, float((flat**2).sum())) * len(flat):
        return False
    return float(power[len(table)]) >= POWER_SHARE * whole


def _estimate(table: Row) -> tuple[Row, float]:
    """The estimator that served the last period best, made from all of them: its curve and its margin."""
    before, last = table[:-1], table[-1]
    best = min(
        ((_loss(last, curve * margin), i, margin) for i, curve in enumerate(_curves(before)) for margin in MARGINS)
    )
    return _curves(table)[best[1]], best[2]


def _curves(table: Row) -> tuple[Row, Row]:
    return table.max(axis=0), table.mean(axis=0)


def _loss(outcome: Row, forecast: Row) -> float:
    error = outcome - forecast
    return float(np.where(error > 0, UNDER_WEIGHT * error, -error).sum())
