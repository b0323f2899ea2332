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
from foretide.streams.profiling.leading import Change, LeadState, Losses, weigh
from foretide.streams.profiling.outlook import Outlook, Outlooks, outlooks, told
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.profiling.state import SignalState
from foretide.streams.profiling.watch import Watch

LARGEST: Final = 1e30
"""Readings beyond this are taken as this: their squares must stay finite, and they themselves in single precision."""


class SignalProfile:
    """A ladder of forecasters, with the signal's range, evidence of deviations, and the expert that leads."""

    __slots__ = (
        "_drift",
        "_expected",
        "_outcomes",
        "_outlooks",
        "_place",
        "_settings",
        "high",
        "ladder",
        "last",
        "lead",
        "low",
        "maximum",
        "name",
        "peak",
        "sized",
        "watch",
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
        self.watch = Watch()
        """For deviations."""
        self.lead = LeadState()
        drift = settings.drift
        self._drift = ErrorDrift(drift.least, drift.tolerance, drift.threshold) if drift.enabled else None
        self._outcomes = 0
        self._outlooks: Outlooks[SignalProfile] | None = None
        self._place = 0
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
        if low < self.low:
            self.low = low
        if high > self.high:
            self.high = high
        self.last, self.peak = values[-1], high
        self._outlooks = self._expected = None
        return self.ladder.observe(end_ms, high, sum(values) / len(values), outside, phase)

    def weigh(self, known: int, best: str, surprise: float) -> Sequence[Change]:
        """After the steps that were due: what has changed if they made an outcome of the first horizon known. The
        arguments are the `Outlooks.news` of the signal."""
        if known == self._outcomes:
            return ()
        self._outcomes = known
        lead, drift = self.lead, self._drift
        changes: list[Change] = []
        # Mostly the champion is the best, and nobody has challenged it: then there is nothing to weigh.
        if (lead.run or best != lead.champion) and (promoted := self._promoted(known)) is not None:
            changes.append(promoted)
        if drift is not None and known > self._settings.drift.least and drift.observe(surprise):
            self.ladder.shorten(self._settings.drift.keep)
            changes.append(Change("drift", lead.champion, lead.champion))
        return changes

    def _promoted(self, known: int) -> Change | None:
        seen, place = self.seen()
        best = seen.best.item(place)
        champion = seen.losses.item(place, seen.experts.index(self.lead.champion))
        losses = Losses(champion, seen.experts[best], seen.losses.item(place, best))
        return weigh(self.lead, losses, known, self._settings.lead)

    def remove(self) -> None:
        """Give up what is kept in banks."""
        self.rest()
        self.ladder.remove()

    def head(self, horizon: int) -> Head:
        """The head of the `horizon`-th horizon."""
        return self.ladder.head(horizon)

    def see(self, seen: Outlooks[SignalProfile], place: int, expected: list[float] | None) -> None:
        """What the forecasts say now: the `place`-th of what was seen of several signals, and the quantiles `expected`
        over the first horizon, None if that has not been forecast."""
        self._outlooks, self._place, self._expected = seen, place, expected

    def seen(self) -> tuple[Outlooks[SignalProfile], int]:
        """The newest survey that the signal was part of, and its place there: for those who ask for little."""
        if self._outlooks is None:
            found = outlooks([self])
            self.see(found, 0, found.quantiles[0, 0].tolist() if found.ready.item(0) else None)
            return found, 0
        return self._outlooks, self._place

    def look(self) -> Outlook:
        """What the forecasts say now; those who ask many signals use `survey` before, which is many times faster."""
        seen, place = self.seen()
        return seen.of(place)

    def progress(self) -> tuple[int, float | None]:
        """How many outcomes of the first horizon are known, and its absolute error relative to last value's, None where
        not known; without a whole look."""
        seen, place = self.seen()
        return seen.known.item(place), told(seen.error_ratio.item(place))

    @property
    def horizons(self) -> tuple[Horizon, ...]:
        """What is forecast. Signals with the same rungs have the same."""
        return self._settings.horizons

    def expected(self) -> list[float] | None:
        """The quantiles of the first horizon, None if it has not been forecast."""
        if self._expected is None:
            self.seen()
        return self._expected

    def rest(self) -> None:
        """The window was answered: only what is expected of the next is asked for until that comes."""
        self.peak = None
        self._outlooks = None

    def quantiles(self) -> list[list[float]]:
        """The quantiles at LEVELS for each horizon; see `Outlook`."""
        seen, place = self.seen()
        found: list[list[float]] = seen.quantiles[place].tolist()
        return found

    def published(self) -> list[Quantiles]:
        """The same as messages carry them."""
        return [quantiles_of(row) for row in self.quantiles()]

    def dump(self) -> SignalState:
        """The signal as numbers."""
        drift = DriftState() if self._drift is None else self._drift.dump()
        return SignalState(
            self.ladder.dump(), self.low, self.high, self.last, self.watch.state, self.lead, drift, self._outcomes
        )

    @classmethod
    def load(cls, name: str, settings: ProfileSettings, state: SignalState, banks: Banks) -> SignalProfile:
        """A signal as it was dumped."""
        signal = cls(name, settings, Ladder.load(settings.horizons, state.ladder, banks))
        signal.low, signal.high, signal.last = state.low, state.high, state.last
        signal.watch, signal.lead, signal._outcomes = Watch(state.deviation), state.lead, state.outcomes
        if signal._drift is not None:
            signal._drift.put(state.drift)
        return signal


def quantiles_of(row: Sequence[float]) -> Quantiles:
    """Quantiles at LEVELS as messages carry them."""
    q50, q90, q95, q99 = row
    return Quantiles(q50=q50, q90=q90, q95=q95, q99=q99)
