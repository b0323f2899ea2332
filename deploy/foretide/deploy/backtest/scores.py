"""How good forecasts were, next to last value: computed as the outcomes become known, with what was known then."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

_RESIDUALS: Final = 288
_LEAST: Final = 30


@dataclass(slots=True)
class Score:
    """Sums over scored forecasts of one signal and kind; `add` merges those of several series."""

    scored: int = 0
    covered: int = 0
    error: float = 0.0
    pinball: float = 0.0
    last_error: float = 0.0
    last_pinball: float = 0.0

    def add(self, other: Score) -> None:
        """Take the sums of another series in."""
        self.scored += other.scored
        self.covered += other.covered
        self.error += other.error
        self.pinball += other.pinball
        self.last_error += other.last_error
        self.last_pinball += other.last_pinball

    @property
    def coverage90(self) -> float | None:
        """Share of outcomes at or below the .9 quantile."""
        return self.covered / self.scored if self.scored else None

    @property
    def error_ratio(self) -> float | None:
        """Mean absolute error of the median, relative to last value's."""
        return self.error / self.last_error if self.last_error > 0 else None

    @property
    def pinball90_ratio(self) -> float | None:
        """Pinball loss of the .9 quantile, relative to last value plus the .9 quantile of its own recent errors."""
        return self.pinball / self.last_pinball if self.last_pinball > 0 else None


@dataclass(slots=True)
class SeriesScorer:
    """Scores one series' forecasts for `horizon` samples ahead: of the value there (point), or of the largest until
    there (peak)."""

    horizon: int
    peak: bool
    score: Score = field(default_factory=Score)
    _waiting: deque[tuple[float, float, float, float]] = field(default_factory=deque)
    _values: deque[float] = field(default_factory=deque)
    _errors: deque[float] = field(default_factory=deque)
    _sorted: list[float] = field(default_factory=list)

    def observe(self, value: float) -> None:
        """The next sample's value: the forecast issued `horizon` samples before is due."""
        self._values.append(value)
        if len(self._values) > self.horizon:
            self._values.popleft()
        if len(self._waiting) == self.horizon:
            q50, q90, last, last_q90 = self._waiting.popleft()
            self._settle(max(self._values) if self.peak else value, q50, q90, last, last_q90)

    def issue(self, value: float, q50: float, q90: float) -> None:
        """A forecast made at the sample just observed, whose value was `value`."""
        self._waiting.append((q50, q90, value, value + self._last_margin()))

    def _settle(self, outcome: float, q50: float, q90: float, last: float, last_q90: float) -> None:
        score = self.score
        score.scored += 1
        score.covered += outcome <= q90 + 1e-9 * max(1.0, abs(outcome))
        score.error += abs(outcome - q50)
        score.pinball += _pinball(outcome - q90)
        score.last_error += abs(outcome - last)
        score.last_pinball += _pinball(outcome - last_q90)
        error = outcome - last
        self._errors.append(error)
        insort(self._sorted, error)
        if len(self._errors) > _RESIDUALS:
            del self._sorted[bisect_left(self._sorted, self._errors.popleft())]

    def _last_margin(self) -> float:
        known = len(self._sorted)
        return self._sorted[math.ceil(0.9 * known) - 1] if known >= _LEAST else 0.0


def total(scores: Iterable[Score]) -> Score:
    """The sums of several series."""
    result = Score()
    for score in scores:
        result.add(score)
    return result


def _pinball(error: float) -> float:
    return max(0.9 * error, -0.1 * error)
