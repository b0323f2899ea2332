"""How good forecasts were, next to last value: computed as the outcomes become known, with what was known then."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

LEVELS: Final = (0.5, 0.9, 0.95, 0.99)
"""The quantiles a forecast consists of, in this order."""
_RESIDUALS: Final = 288
_LEAST: Final = 30


@dataclass(slots=True)
class Score:
    """Sums over scored forecasts of one signal and kind; `add` merges those of several series.

    `covered` counts the outcomes at or below each quantile of `LEVELS`.
    """

    scored: int = 0
    covered: list[int] = field(default_factory=lambda: [0] * len(LEVELS))
    error: float = 0.0
    pinball: float = 0.0
    last_error: float = 0.0
    last_pinball: float = 0.0

    def add(self, other: Score) -> None:
        """Take the sums of another series in."""
        self.scored += other.scored
        self.covered = [a + b for a, b in zip(self.covered, other.covered, strict=True)]
        self.error += other.error
        self.pinball += other.pinball
        self.last_error += other.last_error
        self.last_pinball += other.last_pinball

    def coverage(self, level: float) -> float | None:
        """Share of outcomes at or below the quantile `level`, one of `LEVELS`."""
        return self.covered[LEVELS.index(level)] / self.scored if self.scored else None

    @property
    def error_ratio(self) -> float | None:
        """Mean absolute error of the median, relative to last value's."""
        return self.error / self.last_error if self.last_error > 0 else None

    @property
    def pinball90_ratio(self) -> float | None:
        """Pinball loss of the .9 quantile, relative to last value plus the .9 quantile of its own recent errors."""
        return self.pinball / self.last_pinball if self.last_pinball > 0 else None


@dataclass(slots=True)
class RecentErrors:
    """The latest errors of a rule that gives no quantile; their .9 quantile is the margin it would have needed."""

    _errors: deque[float] = field(default_factory=deque)
    _sorted: list[float] = field(default_factory=list)

    def add(self, error: float) -> None:
        """One more, outcome less forecast."""
        self._errors.append(error)
        insort(self._sorted, error)
        if len(self._errors) > _RESIDUALS:
            del self._sorted[bisect_left(self._sorted, self._errors.popleft())]

    def margin90(self) -> float:
        """The .9 quantile of them by nearest rank; 0 while there are too few."""
        known = len(self._sorted)
        return self._sorted[math.ceil(0.9 * known) - 1] if known >= _LEAST else 0.0


@dataclass(slots=True)
class SeriesScorer:
    """Scores one series' forecasts for `horizon` samples ahead: of the value there (point), or of the largest until
    there (peak)."""

    horizon: int
    peak: bool
    score: Score = field(default_factory=Score)
    _waiting: deque[tuple[Sequence[float], float, float]] = field(default_factory=deque)
    _values: deque[float] = field(default_factory=deque)
    _last: RecentErrors = field(default_factory=RecentErrors)

    def observe(self, value: float) -> None:
        """The next sample's value: the forecast issued `horizon` samples before is due."""
        self._values.append(value)
        if len(self._values) > self.horizon:
            self._values.popleft()
        if len(self._waiting) == self.horizon:
            quantiles, last, last_q90 = self._waiting.popleft()
            self._settle(max(self._values) if self.peak else value, quantiles, last, last_q90)

    def issue(self, value: float, quantiles: Sequence[float]) -> None:
        """A forecast, a number for each of `LEVELS`, made at the sample just observed, whose value was `value`."""
        self._waiting.append((quantiles, value, value + self._last.margin90()))

    def _settle(self, outcome: float, quantiles: Sequence[float], last: float, last_q90: float) -> None:
        score = self.score
        score.scored += 1
        slack = 1e-9 * max(1.0, abs(outcome))
        for i, quantile in enumerate(quantiles):
            score.covered[i] += outcome <= quantile + slack
        score.error += abs(outcome - quantiles[0])
        score.pinball += pinball90(outcome - quantiles[1])
        score.last_error += abs(outcome - last)
        score.last_pinball += pinball90(outcome - last_q90)
        self._last.add(outcome - last)


def total(scores: Iterable[Score]) -> Score:
    """The sums of several series."""
    result = Score()
    for score in scores:
        result.add(score)
    return result


def pinball90(error: float) -> float:
    """The pinball loss at .9 of an error, outcome less forecast."""
    return max(0.9 * error, -0.1 * error)
