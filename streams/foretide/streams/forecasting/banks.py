"""All banks of one worker, and the steps that are due in them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from foretide.streams.fleet import Network
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.plugged import checked
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.warming import warm_up


class Due(NamedTuple):
    """The next step of one row: its `mean` and `peak`; the `day` (in single precision), `outside` (in double) and
    `phase` as `Bank.step` wants them.

    `lost_before` and `lost_after` say that time was lost before this step, or after it.
    """

    bank: Bank
    row: int
    mean: float
    peak: float
    day: array[float]
    outside: array[float]
    phase: int
    lost_before: bool = False
    lost_after: bool = False


class Banks:
    """The banks by targets and history. What is due in many series at once is stepped together."""

    def __init__(self, network: Network, plugged: Sequence[str] = ()) -> None:
        """`plugged` names River regressors that are experts too; PluggedError for one that cannot be."""
        warm_up()
        self._network = network
        self._plugged = checked(plugged)
        self._banks: dict[tuple[tuple[Target, ...], int], Bank] = {}

    def bank(self, targets: tuple[Target, ...], look_back: int) -> Bank:
        """The bank of these targets, made if there is none."""
        found = self._banks.get((targets, look_back))
        if found is None:
            found = self._banks[targets, look_back] = Bank(targets, self._network, look_back, self._plugged)
        return found

    def step(self, dues: Iterable[Due]) -> None:
        """Take all steps that are due; none may be of the same row as another."""
        grouped: dict[int, list[Due]] = {}
        for due in dues:
            grouped.setdefault(id(due.bank), []).append(due)
        for group in grouped.values():
            banks, rows, means, peaks, days, outsides, phases, before, after = zip(*group, strict=True)
            bank = banks[0]
            if any(before):
                bank.interrupt([row for row, lost in zip(rows, before, strict=True) if lost])
            day = np.frombuffer(bytearray().join(days), dtype=np.float32).reshape(len(group), -1)
            outside = np.frombuffer(b"".join(outsides)).reshape(len(group), -1).astype(np.float32)
            bank.step(rows, means, peaks, day, outside, phases)
            if any(after):
                bank.interrupt([row for row, lost in zip(rows, after, strict=True) if lost])
