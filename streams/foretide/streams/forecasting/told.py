"""What the exogenous signals tell of a series: for each target a linear forecast from them, by recursive least squares.

A load that is published before the card feels it forecasts the level of the use, not its change: so levels are
forecast, as distances from the mean of the history, in units of the scale. River's regression learns too slowly here;
by recursive least squares (`autoregression.learn`) a lead is found within some dozens of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting import autoregression
from foretide.streams.forecasting.record import CALENDAR, EXOGENOUS, GROWTH, PLAIN, SHAPE, depth
from foretide.streams.forecasting.settling import Settled
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.view import Doubles, Floats, Ints, View

OWN: Final = 4
"""Inputs of the series itself: the last value, the one before, the mean of 12, a constant."""
TOLD: Final = EXOGENOUS + OWN
"""All inputs: the exogenous signals first."""
START: Final = 40
"""Steps that are not learnt from: until then the series' own scale is not known well, and what is learnt in units of a
wrong one takes long to be forgotten."""

_FROM: Final = SHAPE + CALENDAR


class Telling:
    """The forecasts from exogenous signals of a bank's rows. Most series are told nothing: only those that are have a
    record here, from the first time on."""

    def __init__(self, targets: Sequence[Target]) -> None:
        heads, self._ring = len(targets), depth(targets)
        self._record = np.dtype(
            [
                ("weights", "f8", (heads, TOLD)),
                ("spread", "f8", (heads, TOLD, TOLD)),
                ("inputs", "f8", (self._ring, TOLD)),
                ("frame", "f8", (self._ring, 2)),
            ]
        )
        self._place: dict[int, int] = {}
        self._free: list[int] = []
        self._state: NDArray[np.void] = np.zeros(0, dtype=self._record)

    def learn(self, rows: Ints, view: View, settled: Settled) -> None:
        """Learn from the outcomes that have become known, where exogenous signals had told something."""
        which, places = self._known(rows)
        if not len(which):
            return
        state, slots = self._state, settled.slot[which]
        inputs = state["inputs"][places[:, None], slots]
        known = settled.known[which] & (view.steps[which] > START)[:, None]
        who, head = np.nonzero(known & (inputs[:, :, :EXOGENOUS] != 0.0).any(axis=2))
        if not len(who):
            return
        at = places[who], head
        frame = state["frame"][places[who], slots[who, head]]
        exact = settled.outcome[which][who, head].astype(np.float64)
        outcome = np.clip((exact - frame[:, 0]) / frame[:, 1], -autoregression.CLIP, autoregression.CLIP)
        before = state["weights"][at], state["spread"][at]
        after = autoregression.learn(
            *before, inputs[who, head], outcome, surprise=inf
        )  # a level may be far off at first
        state["weights"][at], state["spread"][at] = after

    def forecast(self, rows: Ints, view: View, inputs: Floats, found: Floats) -> None:
        """Write the forecasts after the latest step into `found` (rows, heads), which holds the last values: these
        stay where no exogenous signal tells anything, or nothing was learnt yet.

        `inputs` (rows, INPUTS) hold the exogenous signals, scaled.
        """
        exogenous = inputs[:, _FROM:PLAIN]
        if exogenous.any():
            for row in rows[(exogenous != 0.0).any(axis=1)].tolist():
                if row not in self._place:
                    self._add(row)
        which, places = self._known(rows)
        if not len(which):
            return
        state, slot = self._state, view.steps % self._ring
        means = view.means[which, -12:].astype(np.float64)
        centre, scale = view.centre[which], view.scale[which].astype(np.float64)
        own = np.stack([means[:, -1], means[:, -2], means.sum(axis=1) / 12.0], axis=1)
        seen: Doubles = np.ones((len(which), TOLD))
        seen[:, :EXOGENOUS] = exogenous[which]
        off = (own - centre[:, None]) / scale[:, None]
        seen[:, EXOGENOUS:-1] = np.clip(off, -autoregression.CLIP, autoregression.CLIP)
        state["inputs"][places, slot[which]] = seen
        state["frame"][places, slot[which]] = np.stack([centre, scale], axis=1)
        weights = state["weights"][places]
        level = (weights * seen[:, None, :]).sum(axis=2)
        low, high = view.low[which].astype(np.float64), view.top[which].astype(np.float64)
        reach = 0.1 * (high - low)
        said = np.clip(centre[:, None] + scale[:, None] * level, (low - reach)[:, None], (high + reach)[:, None])
        tells = (seen[:, :EXOGENOUS] != 0.0).any(axis=1)[:, None] & (weights[:, :, -1] != 0.0)
        found[which] = np.where(tells, said, found[which])

    def remove(self, row: int) -> None:
        """Give a row up."""
        place = self._place.pop(row, None)
        if place is not None:
            self._free.append(place)

    def dump(self, row: int) -> bytes:
        """A row as bytes, none if it was told nothing."""
        place = self._place.get(row)
        return b"" if place is None else self._state[place].tobytes()

    def put(self, row: int, kept: bytes) -> None:
        """Make a row what was dumped; ValueError if that had other targets."""
        self.remove(row)
        if kept:
            if len(kept) != self._record.itemsize:
                raise ValueError(f"{self._record.itemsize} bytes are needed, these are {len(kept)}")
            place = self._add(row)
            self._state[place] = np.frombuffer(kept, dtype=self._record)[0]

    def _known(self, rows: Ints) -> tuple[Ints, Ints]:
        """Which of `rows` have a record, and its place."""
        if not self._place:
            return rows[:0], rows[:0]
        places = np.array([self._place.get(row, -1) for row in rows.tolist()], dtype=np.int64)
        which = np.flatnonzero(places >= 0)
        return which, places[which]

    def _add(self, row: int) -> int:
        if not self._free:
            size = len(self._state)
            self._state.resize(max(16, size + size // GROWTH), refcheck=False)
            self._free = list(range(len(self._state) - 1, size - 1, -1))
        place = self._place[row] = self._free.pop()
        self._state[place] = np.zeros((), dtype=self._record)
        self._state["spread"][place] = np.eye(TOLD) * autoregression.DELTA
        return place
