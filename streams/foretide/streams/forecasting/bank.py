"""Many series with the same targets, kept as rows of one array and stepped together.

A row's forecasts depend on its own steps alone: not on the other rows, nor on which of them it is stepped with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet import Network
from foretide.streams.fleet.features import WINDOWS
from foretide.streams.forecasting import linear
from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.issuing import issue
from foretide.streams.forecasting.lessons import lessons_of
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.planes import Planes
from foretide.streams.forecasting.plugged import PluggedModels
from foretide.streams.forecasting.proposing import PLACE, inputs_of, propose
from foretide.streams.forecasting.record import (
    CALENDAR,
    ERROR,
    EXOGENOUS,
    GROWTH,
    PENDING,
    PLAIN,
    blank,
    depth,
    record_of,
)
from foretide.streams.forecasting.sensing import sense
from foretide.streams.forecasting.settling import Settled, settle
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.told import Telling
from foretide.streams.forecasting.view import Floats, Ints, View, take

FAR: Final = WINDOWS[-1]
"""Steps that are looked back at."""
OUTSIDE: Final = CALENDAR + EXOGENOUS
"""Numbers from outside the series: the time of day, the exogenous signals."""


class BankRow(msgspec.Struct, array_like=True, frozen=True):
    """One row as bytes: its record, the state of the experts named in the settings, what exogenous signals tell."""

    record: bytes
    plugged: bytes = b""
    telling: bytes = b""


class Bank:
    """Rows of series that are forecast at the same `targets`. `add` makes a row, `step` feeds some of them."""

    def __init__(
        self, targets: Sequence[Target], network: Network, look_back: int = FAR, plugged: Sequence[str] = ()
    ) -> None:
        """`plugged` names River regressors that are experts besides the built-in ones, `checked` already."""
        self.targets = tuple(targets)
        self._plan = Plan.of(targets)
        # Outcomes are of the latest steps: it must look back at least as far as it forecasts.
        self._record = record_of(targets, max(look_back, depth(targets)), len(plugged))
        self._planes = Planes(self._record)
        self._blank = blank(self._record)
        self._network = network.only(self._plan.network, np.tile(self._plan.kinds, 2))
        self.experts = (*EXPERTS, *plugged)
        self._names = tuple(plugged)
        self._plugged: dict[int, PluggedModels] = {}
        self._free: list[int] = []
        self._telling = Telling(targets)
        self.state: NDArray[np.void] = np.zeros(0, dtype=self._record)

    def add(self) -> int:
        """A row for a series that has no step yet."""
        row = self._room()
        self.state[row] = self._blank
        if self._names:
            self._plugged[row] = PluggedModels(self._names, len(self.targets))
        return row

    def remove(self, row: int) -> None:
        """Give a row up."""
        self._plugged.pop(row, None)
        self._telling.remove(row)
        self._free.append(row)

    def interrupt(self, rows: Sequence[int]) -> None:
        """Time was lost: the outcomes of what is pending will never be known."""
        self.state["since"][np.asarray(rows, dtype=np.int64)] = 0

    def step(
        self,
        at: Sequence[int],
        means: Sequence[float],
        peaks: Sequence[float],
        day: Floats,
        outside: Floats,
        phases: Sequence[int],
    ) -> None:
        """The next step of each row in `at`, no row twice: its mean and peak; what was a day ago (rows, DAY) as
        `features` wants it; from outside (rows, OUTSIDE) the calendar and exogenous signals, NaN where unknown; and
        the place of its phase, below PHASES."""
        state, rows = self.state, np.asarray(at, dtype=np.int64)
        view = take(state, rows, np.asarray(means, dtype=np.float32), np.asarray(peaks, dtype=np.float32))
        settled = settle(state, rows, view, self._plan)
        self._learn(rows, settled)
        self._telling.learn(rows, view, settled)
        sensed = sense(state, rows, view, day)
        exogenous = linear.scale(state, rows, outside[:, CALENDAR:])
        inputs = inputs_of(state, rows, view, sensed, outside, exogenous)
        place = np.asarray(phases, dtype=np.int64)
        network = self._network(sensed.inputs)
        proposed = propose(state, rows, view, day, sensed, network, inputs, place, self._plan, len(self.experts))
        self._telling.forecast(rows, view, inputs, proposed.experts[..., PLACE["told"]])
        if self._names:
            proposed.experts[..., len(EXPERTS) :] = self._plugged_say(rows, view, inputs)
        issue(state, rows, view, self._plan, inputs, proposed)

    def shorten(self, row: int, factor: float) -> None:
        """Let what was lost so far count by `factor` only, here and in what scores relate to it: what is lost from now
        on decides the sooner."""
        self.state["losses"][row] *= factor
        self.state["spread"][row] *= factor
        self.state["trial"][row] *= factor
        self.state["sums"][row, :, ERROR] *= factor

    def dump(self, row: int) -> BankRow:
        """A row as bytes."""
        plugged = self._plugged[row].dump() if self._names else b""
        kept = self.state[row].copy()
        ring = depth(self.targets)
        for head, target in enumerate(self.targets):
            if target.steps < ring:  # what has been settled is never read again, and zeros are packed to nothing
                done = (kept["steps"] - np.arange(target.steps, ring)) % ring
                for name in PENDING:
                    kept[name][head, done] = 0
        return BankRow(self._planes.apart(kept), plugged, self._telling.dump(row))

    def put(self, row: int, kept: BankRow) -> None:
        """Make a row what was dumped; ValueError if that had other targets."""
        record = self._planes.joined(kept.record)
        self._telling.put(row, kept.telling)
        if self._names:
            self._plugged[row] = PluggedModels.load(self._names, len(self.targets), kept.plugged)
        self.state[row] = record[0]

    def _room(self) -> int:
        if not self._free:
            size = len(self.state)
            # In place: a copy would for a moment need the memory of a large worker twice.
            self.state.resize(max(16, size + size // GROWTH), refcheck=False)
            self._free = list(range(len(self.state) - 1, size - 1, -1))
        return self._free.pop()

    def _learn(self, rows: Ints, settled: Settled) -> None:
        """What linear heads and the experts named in the settings learn."""
        lessons = lessons_of(self.state, rows, settled, self._plan)
        linear.learn(self.state, *lessons)
        if self._names:
            for row, head, seen, change in zip(*(of.tolist() for of in lessons), strict=True):
                self._plugged[row].learn(head, seen, change)

    def _plugged_say(self, rows: Ints, view: View, inputs: Floats) -> Floats:
        """What the experts named in the settings say: (rows, heads, experts)."""
        pairs = zip(rows.tolist(), inputs[:, :PLAIN].tolist(), strict=True)
        said = np.array([self._plugged[row].predict(of) for row, of in pairs], dtype=np.float32)
        last = np.stack([view.means[:, -1], view.peaks[:, -1]], axis=1)[:, self._plan.of_peaks]
        found: Floats = last[:, :, None] + view.scale[:, None, None] * said
        return found
