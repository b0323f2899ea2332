"""One predicted signal of one application."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

from foretide.schemas.messages import Quantiles
from foretide.schemas.signals import SIZED, upper_bound
from foretide.streams.forecasting.banks import Banks, Due
from foretide.streams.forecasting.drift import DriftState, ErrorDrift
from foretide.streams.forecasting.head import Head
from foretide.streams.forecasting.ladder import Horizon, Ladder
from foretide.streams.profiling.deviation import DeviationState
from foretide.streams.profiling.leading import Change, LeadState, weigh
from foretide.streams.profiling.outlook import Outlook, outlooks
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.profiling.state import SignalState

LARGEST: Final = 1e30
"""Readings beyond this are taken as this: their squares must stay finite, and they themselves in single precision."""


class SignalProfile:
    """A ladder of forecasters, with the signal's range, evidence of deviations, and the expert that leads."""

    __slots__ = (
        "_drift",
        "_expected",
        "_outcomes",
        "_settings",
        "deviation",
        "high",
        "ladder",
        "last",
        "lead",
        "low",
        "maximum",
        "name",
        "outlook",
        "peak",
        "sized",
        "written",
    )

    def __init__(self, name: str, settings: ProfileSettings, ladder: Ladder) -> None:
        """`ladder` is one of the horizons of the `settings`."""
        self.name = name
        self.maximum = upper_bound(name)
        self.sized = name in SIZED
        """Whether a planner sizes by it."""
        self._settings = settings
        self.ladder = ladder
        self.low, self.high, self.last = float("inf"), float("-inf"), 0.0
        self.peak: float | None = None
        """The largest reading of the window that is being answered; None where it has none of this signal."""
        self.deviation = DeviationState()
        self.lead = LeadState()
        drift = settings.drift
        self._drift = ErrorDrift(drift.least, drift.tolerance, drift.threshold) if drift.enabled else None
        self._outcomes = 0
        self.outlook: Outlook | None = None
        self._expected: list[float] | None = None
        self.written = (b"", b"")
        """The quantiles over all horizons but the first as they were last written: as numbers, and as text."""

    def observe(self, end_ms: int, values: Sequence[float], outside: array[float], phase: int) -> list[Due]:
        """The next window's readings, of which there is at least one; the steps that are due with it.

        The forecasts are the next ones as soon as these steps were taken.
        """
        low, high = min(values), max(values)
        if low < -LARGEST or high > LARGEST:
            values = [min(max(v, -LARGEST), LARGEST) for v in values]
            low, high = min(values), max(values)
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.last, self.peak = values[-1], high
        self.outlook = self._expected = None
        return self.ladder.observe(end_ms, high, sum(values) / len(values), outside, phase)

    def weigh(self) -> Sequence[Change]:
        """After the steps that were due: what has changed if they made an outcome of the first horizon known."""
        seen = self.look()
        if seen.known == self._outcomes:
            return ()
        self._outcomes = seen.known
        promoted = weigh(self.lead, seen.experts, seen.losses, seen.known, self._settings.lead)
        changes = [promoted] if promoted is not None else []
        settled = seen.known > self._settings.drift.least
        if self._drift is not None and settled and self._drift.observe(seen.surprise):
            self.ladder.shorten(self._settings.drift.keep)
            changes.append(Change("drift", self.lead.champion, self.lead.champion))
        return changes

    def remove(self) -> None:
        """Give up what is kept in banks."""
        self.ladder.remove()

    def head(self, horizon: int) -> Head:
        """The head of the `horizon`-th horizon."""
        return self.ladder.head(horizon)

    def look(self) -> Outlook:
        """What the forecasts say now; those who ask many signals use `survey` before, which is many times faster."""
        if self.outlook is None:
            (self.outlook,) = outlooks([self]).each
        return self.outlook

    @property
    def horizons(self) -> tuple[Horizon, ...]:
        """What is forecast. Signals with the same rungs have the same."""
        return self._settings.horizons

    def expected(self) -> list[float] | None:
        """The quantiles of the first horizon, None if it has not been forecast."""
        if self.outlook is None and self._expected is not None:
            return self._expected
        seen = self.look()
        return seen.first if seen.ready else None

    def rest(self) -> None:
        """The window was answered: only what is expected of the next is asked for until that comes."""
        self.peak = None
        self._expected = self.expected()
        self.outlook = None

    def quantiles(self) -> list[list[float]]:
        """The quantiles at LEVELS for each horizon; see `Outlook`."""
        return self.look().quantiles

    def published(self) -> list[Quantiles]:
        """The same as messages carry them."""
        return [quantiles_of(row) for row in self.quantiles()]

    def dump(self) -> SignalState:
        """The signal as numbers."""
        drift = DriftState() if self._drift is None else self._drift.dump()
        return SignalState(
            self.ladder.dump(), self.low, self.high, self.last, self.deviation, self.lead, drift, self._outcomes
        )

    @classmethod
    def load(cls, name: str, settings: ProfileSettings, state: SignalState, banks: Banks) -> SignalProfile:
        """A signal as it was dumped."""
        signal = cls(name, settings, Ladder.load(settings.horizons, state.ladder, banks))
        signal.low, signal.high, signal.last = state.low, state.high, state.last
        signal.deviation, signal.lead, signal._outcomes = state.deviation, state.lead, state.outcomes
        if signal._drift is not None:
            signal._drift.put(state.drift)
        return signal


def quantiles_of(row: Sequence[float]) -> Quantiles:
    """Quantiles at LEVELS as messages carry them."""
    q50, q90, q95, q99 = row
    return Quantiles(q50=q50, q90=q90, q95=q95, q99=q99)
