"""What a window tells from outside a signal: the time of day and week, the exogenous signals, the phase."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.signals import APP_PREFIX
from foretide.streams.forecasting.record import CALENDAR, EXOGENOUS, PHASES

DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS

PUBLISHED: Final = 16
"""So many of an application's own signals travel to the planner with its forecasts: the pool's log stays small."""

UNKNOWN_PHASE: Final = "unknown"
IDLE_PHASE: Final = "idle"
BUSY_PHASE: Final = "busy"
IDLE_SHARE: Final = 0.05
"""Use at or below this share of the highest so far is idling: exporters' readings of an idle card are not quite 0."""


class Outside:
    """Which signals and phases an application has told of, in the order in which they came: that is their place.

    Of signals the first EXOGENOUS are listened to. Of phases each has a place of its own while there is one; those
    that come later share the last.
    """

    __slots__ = ("exogenous", "phases")

    def __init__(self, exogenous: Sequence[str] = (), phases: Sequence[str] = ()) -> None:
        self.exogenous = list(exogenous)
        self.phases = list(phases)

    def place_of(self, phase: str) -> int:
        """The place of a phase, a new one if it was not seen before."""
        if phase in self.phases:
            return self.phases.index(phase)
        if len(self.phases) < PHASES:
            self.phases.append(phase)
        return len(self.phases) - 1

    def numbers(self, window: TelemetryWindow, fresh: int) -> array[float]:
        """Time of day and week as points on circles, then the latest of the `fresh` readings of each exogenous signal,
        its logarithm with its sign; NaN where there is none."""
        if len(self.exogenous) < EXOGENOUS and (own := own_signals(tuple(window.signals))):
            told = [s for s in own if s not in self.exogenous]
            self.exogenous += told[: EXOGENOUS - len(self.exogenous)]
        if not self.exogenous:
            return _untold(window.end_ms)
        found = _untold(window.end_ms)[:]
        for place, name in enumerate(self.exogenous, CALENDAR):
            known = [v for v in window.signals.get(name, ())[-fresh:] if v is not None]
            if known:
                found[place] = math.copysign(math.log1p(abs(known[-1])), known[-1])
        return found


@lru_cache(maxsize=4096)
def own_signals(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that the application itself publishes, sorted; windows of one exporter name the same."""
    return tuple(sorted(s for s in names if s.startswith(APP_PREFIX)))


@lru_cache(maxsize=256)
def _untold(at_ms: int) -> array[float]:
    """Time of day and week, and no reading; applications of one exporter share their times."""
    found = array("d")
    for period in (DAY_MS, WEEK_MS):
        angle = 2 * math.pi * (at_ms % period) / period
        found.extend((math.sin(angle), math.cos(angle)))
    found.extend([math.nan] * EXOGENOUS)
    return found


def newest(window: TelemetryWindow, fresh: int) -> dict[str, float]:
    """The last of the `fresh` readings of each `app.*` signal in the window, of the first PUBLISHED by name: a planner
    may have been told to watch one of them."""
    names = own_signals(tuple(window.signals))[:PUBLISHED]
    if not names:
        return {}
    known = {name: [v for v in window.signals[name][-fresh:] if v is not None] for name in names}
    return {name: values[-1] for name, values in known.items() if values}


def found_phase(mean: float | None, highest: float) -> str:
    """The phase of an application that tells of none: `idle` at next to nothing of its highest use, else `busy`.

    `mean` is the window's, of the first predicted signal; unknown (None, or nothing used yet) is `unknown`.
    """
    if mean is None or not 0.0 < highest < math.inf:
        return UNKNOWN_PHASE
    return IDLE_PHASE if mean <= IDLE_SHARE * highest else BUSY_PHASE


def pure(window: TelemetryWindow) -> tuple[str, ...]:
    """The signals that may be predicted: those laid beside a trace are inputs alone."""
    beside = window.columns
    if beside is None:
        return tuple(window.signals)
    return tuple(s for s in window.signals if not (s in beside and beside[s].beside))
