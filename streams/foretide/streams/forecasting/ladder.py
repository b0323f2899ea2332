"""One signal at several resolutions, so that every horizon is 1 to 15 steps away."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final
from zlib import crc32

import msgspec

from foretide.streams.forecasting.bank import FAR, Bank, BankRow
from foretide.streams.forecasting.banks import Banks, Due
from foretide.streams.forecasting.head import Head
from foretide.streams.forecasting.season import Season, SeasonState
from foretide.streams.forecasting.targets import Kind, Target

COARSE_MS: Final = (60_000, 300_000, 900_000)
"""The rungs above the lowest one, which is the window (or, in a backtest, the sample)."""

FARTHEST: Final = 15
"""Steps after which a coarser rung forecasts better than a direct head."""

COARSE_FAR: Final = 96
"""Steps that a coarser rung looks back at: a day of quarters of an hour."""

GAP: Final = 3
"""Steps without telemetry after which what is pending is given up."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """One forecast asked for: `kind` over `ms` milliseconds; `steps` counts steps of the lowest rung instead."""

    kind: Kind
    ms: int
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class Rungs:
    """Which rung, of how many milliseconds a step, serves which horizons; the lowest has the window's own span."""

    steps_ms: tuple[int, ...]
    targets: tuple[tuple[Target, ...], ...]
    places: tuple[tuple[int, int], ...]
    """For each horizon its rung and the place of its head there."""


def plan_rungs(horizons: Sequence[Horizon], span_ms: int) -> Rungs:
    """Each horizon goes to the finest rung on which it is at most 15 steps away. Equal plans are one object."""
    return _planned(tuple(horizons), span_ms)


@lru_cache(maxsize=256)
def _planned(horizons: tuple[Horizon, ...], span_ms: int) -> Rungs:
    targets: dict[int, list[Target]] = {span_ms: []}
    chosen: list[tuple[int, int]] = []
    for horizon in horizons:
        if horizon.steps is not None:
            step, target = span_ms, Target(horizon.kind, horizon.steps)
        else:
            rungs = [span_ms, *(c for c in COARSE_MS if c > span_ms)]
            step = next((r for r in rungs if ceil(horizon.ms / r) <= FARTHEST), rungs[-1])
            target = Target(horizon.kind, max(1, ceil(horizon.ms / step)))
        row = targets.setdefault(step, [])
        chosen.append((step, len(row)))
        row.append(target)
    steps = tuple(sorted(targets))
    return Rungs(steps, tuple(tuple(targets[s]) for s in steps), tuple((steps.index(s), i) for s, i in chosen))


def shift_of(app: str, span_ms: int) -> int:
    """By how much the coarse steps of an application begin earlier than those of a clock: some whole windows.

    All applications' quarters of an hour would end in the same second, and be worked off in it, while answers wait.
    It follows from the name, so that every process finds the same.
    """
    return crc32(app.encode()) % max(1, COARSE_MS[-1] // max(1, span_ms)) * span_ms


class LadderState(msgspec.Struct, array_like=True, frozen=True):
    """A ladder as numbers. `shift_ms` is by how much its coarse steps begin earlier than those of a clock. `open` holds
    each coarse rung's unfinished step: bucket, peak, sum, count."""

    span_ms: int
    shift_ms: int
    last_ms: int
    rungs: list[BankRow | None]
    open: list[tuple[int, float, float, int]]
    season: SeasonState


class Ladder:
    """All rungs of one signal of one application; each is a row of a bank. A rung without targets is not kept."""

    __slots__ = ("_last_ms", "_open", "_rows", "_season", "_shift_ms", "_span_ms", "plan", "rows")

    def __init__(self, horizons: Sequence[Horizon], span_ms: int, banks: Banks, shift_ms: int = 0) -> None:
        """Coarse steps begin `shift_ms` earlier than by the clock; see `shift_of`."""
        self._span_ms = span_ms
        self._shift_ms = shift_ms
        self.plan = plan_rungs(horizons, span_ms)
        found = [banks.bank(t, FAR if i == 0 else COARSE_FAR) for i, t in enumerate(self.plan.targets)]
        self._rows = [(bank, bank.add()) if bank.targets else None for bank in found]
        self.rows = tuple(-1 if kept is None else kept[1] for kept in self._rows)
        """The row of each rung in its bank; -1 where it has no targets."""
        self._season = Season(max(1, span_ms))
        self._last_ms = 0
        self._open: list[tuple[int, float, float, int]] = [(0, 0.0, 0.0, 0)] * (len(self._rows) - 1)

    def observe(self, end_ms: int, peak: float, mean: float, outside: array[float], phase: int) -> list[Due]:
        """The steps that are due with the next window, which ended at `end_ms`. They must be taken before the next
        window comes; until then the forecasts are the earlier ones."""
        lost = self._last_ms > 0 and end_ms - self._last_ms > GAP * self._span_ms
        self._last_ms = end_ms
        self._season.observe(end_ms, peak, mean)
        found: list[Due] = []
        self._due(found, 0, end_ms, peak, mean, outside, phase, lost)
        if self._open:
            at, highest, sums, counted = self._open[0]
            if counted and (end_ms + self._shift_ms) // self.plan.steps_ms[1] == at:
                self._open[0] = at, peak if peak > highest else highest, sums + mean, counted + 1
            else:
                self._fill(found, end_ms, peak, mean, outside, phase)
        return found

    def _fill(self, found: list[Due], end_ms: int, peak: float, mean: float, outside: array[float], phase: int) -> None:
        """Begin a step of the first coarser rung; the one before goes into the next coarser one, whose own end it may
        be."""
        now = end_ms + self._shift_ms
        high, total, count, since = peak, mean, 1, now
        for i, step_ms in enumerate(self.plan.steps_ms[1:]):
            bucket, (at, highest, sums, counted) = now // step_ms, self._open[i]
            if i and counted:
                highest, sums, counted = max(highest, high), sums + total, counted + count
            elif i:
                at, highest, sums, counted = since // step_ms, high, total, count
            if not counted or bucket == at:
                self._open[i] = (at, highest, sums, counted) if i else (bucket, peak, mean, 1)
                return
            over = bucket - at > GAP
            self._due(found, i + 1, end_ms, highest, sums / counted, outside, phase, lost_after=over)
            self._open[i] = (bucket, 0.0, 0.0, 0) if i else (bucket, peak, mean, 1)
            high, total, count, since = highest, sums, counted, at * step_ms

    def _due(
        self,
        found: list[Due],
        rung: int,
        end_ms: int,
        peak: float,
        mean: float,
        outside: array[float],
        phase: int,
        lost_before: bool = False,
        lost_after: bool = False,
    ) -> None:
        kept = self._rows[rung]
        if kept is not None:
            day = self._season.day(end_ms, self.plan.steps_ms[rung])
            found.append((*kept, mean, peak, day, outside, phase, lost_before, lost_after))

    def head(self, horizon: int) -> Head:
        """The head that serves the `horizon`-th of the horizons asked for."""
        rung, place = self.plan.places[horizon]
        bank, row = self._kept(rung)
        return Head(bank, row, place)

    def shorten(self, factor: float) -> None:
        """Let the experts' losses so far count by `factor` only, on every rung."""
        for bank, row in filter(None, self._rows):
            bank.shorten(row, factor)

    def remove(self) -> None:
        """Give the rows up; the ladder is of no use after that."""
        for bank, row in filter(None, self._rows):
            bank.remove(row)
        self._rows = []

    def bank(self, rung: int) -> Bank:
        """The bank of a rung that has targets."""
        return self._kept(rung)[0]

    def _kept(self, rung: int) -> tuple[Bank, int]:
        kept = self._rows[rung]
        if kept is None:
            raise LookupError(f"rung {rung} has no targets")
        return kept

    def dump(self) -> LadderState:
        """The ladder as numbers."""
        rungs = [None if kept is None else kept[0].dump(kept[1]) for kept in self._rows]
        return LadderState(self._span_ms, self._shift_ms, self._last_ms, rungs, self._open, self._season.dump())

    @classmethod
    def load(cls, horizons: Sequence[Horizon], state: LadderState, banks: Banks) -> Ladder:
        """A ladder as it was dumped; ValueError if it was one of other horizons."""
        ladder = cls(horizons, state.span_ms, banks, state.shift_ms)
        try:
            ladder._put(state)
        except ValueError:
            ladder.remove()
            raise
        return ladder

    def _put(self, state: LadderState) -> None:
        kept, fit = [r is not None for r in state.rungs], [r is not None for r in self._rows]
        if kept != fit or len(state.open) != len(self._open):
            raise ValueError("a ladder of other horizons")
        self._last_ms = state.last_ms
        self._season = Season.load(state.season)
        self._open = [(a, b, c, d) for a, b, c, d in state.open]
        for place, row in zip(self._rows, state.rungs, strict=True):
            if place is not None and row is not None:
                bank, number = place
                bank.put(number, row)
