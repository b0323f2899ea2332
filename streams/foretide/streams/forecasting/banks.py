"""All banks of one worker, and the steps that are due in them."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

from foretide.streams.fleet import Network
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.plugged import checked
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.warming import warm_up

Due: TypeAlias = "tuple[Bank, int, float, float, array[float], array[float], int, bool, bool]"
"""The next step of one row: its bank and place there; its mean and peak; the day (in single precision), outside (in
double) and phase as `Bank.step` wants them; whether time was lost before this step, and whether after it. It is a plain
tuple, as there are several with every window."""


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
        grouped: defaultdict[Bank, list[Due]] = defaultdict(list)
        for due in dues:
            grouped[due[0]].append(due)
        for bank, group in grouped.items():
            _, rows, means, peaks, days, outsides, phases, before, after = zip(*group, strict=True)
            if any(before):
                bank.interrupt([row for row, lost in zip(rows, before, strict=True) if lost])
            day = np.frombuffer(bytearray().join(days), dtype=np.float32).reshape(len(group), -1)
            outside = np.frombuffer(b"".join(outsides)).reshape(len(group), -1).astype(np.float32)
            bank.step(rows, means, peaks, day, outside, phases)
            if any(after):
                bank.interrupt([row for row, lost in zip(rows, after, strict=True) if lost])
