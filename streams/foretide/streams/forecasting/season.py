"""What a signal did a day ago, and what is usual at that time of day, in slots of at least five minutes."""

from __future__ import annotations

import math
from array import array
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from foretide.streams.fleet.features import AHEAD, PROFILED
from foretide.streams.forecasting.planes import apart, joined

DAY_MS: Final = 86_400_000
SLOT_MS: Final = 300_000
_PROFILED_AT: Final = tuple(AHEAD.index(s) for s in PROFILED)
_SLOTS: Final = (0, *AHEAD)
NEW: Final = 0.4
"""How much of what is usual is the latest day's."""


class _Looks(NamedTuple):
    """Where a step's day is found in the rings, which holds from `since` until `until`: the `means` now and at AHEAD as
    far as a day knows them, NaN for those `beyond`; the `peaks` of the slots ahead; what is `usual`."""

    since: int
    until: int
    means: tuple[int, ...]
    beyond: tuple[float, ...]
    peaks: tuple[int, ...]
    usual: tuple[int, ...]


@lru_cache(maxsize=256)
def _looks(at_ms: int, step_ms: int, slot_ms: int, size: int) -> _Looks:
    """What rings of `size` slots are asked for; series of one exporter share times."""
    times = [at_ms + steps * step_ms for steps in _SLOTS]
    now, *ahead = (time // slot_ms for time in times)
    known = [slot for slot in ahead if slot - now < size]
    last = min(ahead[-1], now + size - 1)
    return _Looks(
        since=at_ms - min(time % slot_ms for time in times),
        until=at_ms + min(slot_ms - time % slot_ms for time in times),
        means=tuple(slot % size for slot in (now, *known)),
        beyond=(math.nan,) * (len(ahead) - len(known)),
        peaks=tuple(slot % size for slot in range(min(ahead[0], last), last + 1)),
        usual=tuple(slot % size for slot in (now, *(ahead[i] for i in _PROFILED_AT))),
    )


class SeasonState(msgspec.Struct, array_like=True, frozen=True):
    """A season as numbers."""

    slot_ms: int
    means: bytes
    peaks: bytes
    usual: bytes
    at: int
    total: float
    high: float
    count: int


class Season:
    """A ring of one day's slots by time of day. `observe` takes steps in time order."""

    __slots__ = ("_at", "_count", "_days", "_high", "_means", "_peaks", "_total", "_usual", "slot_ms")

    def __init__(self, step_ms: int) -> None:
        self.slot_ms = max(SLOT_MS, step_ms)
        slots = max(1, round(DAY_MS / self.slot_ms))
        self._means = array("f", [math.nan] * slots)
        self._peaks = array("f", [math.nan] * slots)
        self._usual = array("f", [math.nan] * slots)
        self._at = -1
        self._days: dict[int, tuple[int, int, array[float]]] = {}
        self._total = self._high = 0.0
        self._count = 0

    def observe(self, at_ms: int, peak: float, mean: float) -> None:
        """A step ended at `at_ms`."""
        slot = at_ms // self.slot_ms
        if slot != self._at:
            self._close(slot)
        self._total += mean
        if not self._count or peak > self._high:
            self._high = peak
        self._count += 1

    def _close(self, slot: int) -> None:
        """The open slot is over; those that nothing was heard of are unknown."""
        size = len(self._means)
        if self._at >= 0:
            mean, usual = self._total / self._count, self._usual[self._at % size]
            self._means[self._at % size] = mean
            self._usual[self._at % size] = mean if math.isnan(usual) else usual + NEW * (mean - usual)
            self._peaks[self._at % size] = self._high
            for missed in range(self._at + 1, min(slot, self._at + 1 + size)):
                self._means[missed % size] = self._peaks[missed % size] = math.nan
        self._at, self._total, self._count = slot, 0.0, 0
        self._days.clear()

    def day(self, at_ms: int, step_ms: int) -> array[float]:
        """A day before `at_ms`: the mean then and AHEAD steps later, and the peak over these steps; then what is usual
        now and PROFILED steps later. NaN where it is not known.

        The slot that is still open lies a day ahead of the one it will replace. Windows are many times shorter than
        slots, so the last answer of each step is kept as long as it is the same.
        """
        kept = self._days.get(step_ms)
        if kept is None or not kept[0] <= at_ms < kept[1]:
            looks = _looks(at_ms, step_ms, self.slot_ms, len(self._means))
            kept = self._days[step_ms] = looks.since, looks.until, self._day(looks)
        return kept[2]

    def _day(self, looks: _Looks) -> array[float]:
        mean, usual = self._means.__getitem__, self._usual.__getitem__
        known = [peak for peak in map(self._peaks.__getitem__, looks.peaks) if peak == peak]
        highest = max(known, default=math.nan)
        return array("f", [*map(mean, looks.means), *looks.beyond, highest, *map(usual, looks.usual)])

    def dump(self) -> SeasonState:
        """The season as numbers."""
        means, peaks, usual = (apart(ring.tobytes(), 4) for ring in (self._means, self._peaks, self._usual))
        return SeasonState(self.slot_ms, means, peaks, usual, self._at, self._total, self._high, self._count)

    @classmethod
    def load(cls, state: SeasonState) -> Season:
        """A season as it was dumped; ValueError if it cannot be one."""
        season = cls(state.slot_ms)
        size = len(season._means)
        season._means, season._peaks, season._usual = (
            array("f", joined(ring, 4)) for ring in (state.means, state.peaks, state.usual)
        )
        if not len(season._means) == len(season._peaks) == len(season._usual) == size:
            raise ValueError(f"a season of {size} slots holds {len(season._means)}")
        season._at, season._total, season._high, season._count = state.at, state.total, state.high, state.count
        return season
