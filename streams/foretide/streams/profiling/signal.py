"""One predicted signal of one application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from foretide.schemas.messages import Quantiles
from foretide.schemas.signals import upper_bound
from foretide.streams.forecasting.banks import Banks, Due
from foretide.streams.forecasting.drift import DriftState, ErrorDrift
from foretide.streams.forecasting.head import Head
from foretide.streams.forecasting.ladder import Ladder
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.profiling.deviation import DeviationState
from foretide.streams.profiling.leading import Change, LeadState, weigh
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.profiling.state import SignalState

LARGEST: Final = 1e30
"""Readings beyond this are taken as this: their squares must stay finite, and they themselves in single precision."""


class SignalProfile:
    """A ladder of forecasters, with the signal's range, evidence of deviations, and the expert that leads."""

    __slots__ = (
        "_drift",
        "_found",
        "_ladder",
        "_outcomes",
        "_published",
        "_settings",
        "deviation",
        "high",
        "last",
        "lead",
        "low",
        "maximum",
        "name",
        "peak",
    )

    def __init__(self, name: str, settings: ProfileSettings, ladder: Ladder) -> None:
        """`ladder` is one of the horizons of the `settings`."""
        self.name = name
        self.maximum = upper_bound(name)
        self._settings = settings
        self._ladder = ladder
        self.low, self.high, self.last = float("inf"), float("-inf"), 0.0
        self.peak = 0.0
        """The largest reading of the newest window."""
        self.deviation = DeviationState()
        self.lead = LeadState()
        drift = settings.drift
        self._drift = ErrorDrift(drift.least, drift.tolerance, drift.threshold) if drift.enabled else None
        self._outcomes = 0
        self._found: list[list[float]] | None = None
        self._published: list[Quantiles] | None = None

    def observe(self, end_ms: int, values: Sequence[float], outside: list[float], phase: int) -> list[Due]:
        """The next window's readings, of which there is at least one; the steps that are due with it.

        The forecasts are the next ones as soon as these steps were taken.
        """
        values = [min(max(v, -LARGEST), LARGEST) for v in values]
        self.low, self.high = min(self.low, *values), max(self.high, *values)
        self.last, self.peak = values[-1], max(values)
        self._found = self._published = None
        return self._ladder.observe(end_ms, self.peak, sum(values) / len(values), outside, phase)

    def weigh(self) -> list[Change]:
        """After the steps that were due: what has changed if they made an outcome of the first horizon known."""
        head = self.head(0)
        known = head.known
        if known == self._outcomes:
            return []
        self._outcomes = known
        promoted = weigh(self.lead, head.bank.experts, head.losses, known, self._settings.lead)
        changes = [promoted] if promoted is not None else []
        settled = known > self._settings.drift.least
        if self._drift is not None and settled and self._drift.observe(head.surprise):
            self._ladder.shorten(self._settings.drift.keep)
            changes.append(Change("drift", self.lead.champion, self.lead.champion))
        return changes

    def remove(self) -> None:
        """Give up what is kept in banks."""
        self._ladder.remove()

    def head(self, horizon: int) -> Head:
        """The head of the `horizon`-th horizon."""
        return self._ladder.head(horizon)

    @property
    def ready(self) -> bool:
        """Whether the first horizon has been forecast: until then the last value stands for it."""
        return self._ladder.ready(0)

    def quantiles(self) -> list[list[float]]:
        """The quantiles at LEVELS for each horizon, within the signal's bounds.

        Peaks never decrease with the horizon. A rung that has no step yet is answered for by the
        next shorter one, or by the last value.
        """
        if self._found is None:
            self._found = self._bounded_quantiles()
        return self._found

    def published(self) -> list[Quantiles]:
        """The same as messages carry them: made once a window, for predictions and the pool's log alike."""
        if self._published is None:
            self._published = [Quantiles(q50=a, q90=b, q95=c, q99=d) for a, b, c, d in self.quantiles()]
        return self._published

    def _bounded_quantiles(self) -> list[list[float]]:
        reach = 0.5 * (self.high - self.low)
        top = self.high + reach if self.maximum is None else max(self.maximum, self.high)
        bottom = max(0.0, self.low - reach) if self.low >= 0.0 else self.low - reach
        found: list[list[float]] = []
        latest: dict[str, list[float]] = {}
        for i, horizon in enumerate(self._settings.horizons):
            shorter = latest.get(horizon.kind)
            if self._ladder.ready(i):
                row = [bottom if q < bottom else top if q > top else q for q in self._ladder.head(i).quantiles]
                if horizon.kind == "peak" and shorter is not None:
                    row = [a if a > b else b for a, b in zip(row, shorter, strict=True)]
            else:
                row = shorter if shorter is not None else [self.last] * len(LEVELS)
            latest[horizon.kind] = row
            found.append(row)
        return found

    def dump(self) -> SignalState:
        """The signal as numbers."""
        drift = DriftState() if self._drift is None else self._drift.dump()
        return SignalState(
            self._ladder.dump(), self.low, self.high, self.last, self.deviation, self.lead, drift, self._outcomes
        )

    @classmethod
    def load(cls, name: str, settings: ProfileSettings, state: SignalState, banks: Banks) -> SignalProfile:
        """A signal as it was dumped."""
        signal = cls(name, settings, Ladder.load(settings.horizons, state.ladder, banks))
        signal.low, signal.high, signal.last = state.low, state.high, state.last
        signal.peak = state.last
        signal.deviation, signal.lead, signal._outcomes = state.deviation, state.lead, state.outcomes
        if signal._drift is not None:
            signal._drift.put(state.drift)
        return signal
