"""The few numbers of a profile that tell whether its planner could want to hear of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from foretide.schemas.messages import Sizing
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.forecasting.ladder import Horizon
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.planning.sizing import horizon_reach
from foretide.streams.profiling.gate import Glance
from foretide.streams.profiling.outlook import Outlooks
from foretide.streams.profiling.profile import ApplicationProfile
from foretide.streams.profiling.signal import SignalProfile


class _Places(NamedTuple):
    """Which horizon and level the amounts are of: those to raise by, to lower compute and memory by."""

    raising: tuple[int, int]
    compute: tuple[int, int]
    memory: tuple[int, int]


class _Amounts(NamedTuple):
    """What the signals of a survey say of those places, as compute and as memory: none below 0, margins included."""

    seen: Outlooks[SignalProfile]
    raising: list[float]
    compute: list[float]
    memory: list[float]


class Glancing:
    """Glances at profiles with these `horizons`, which are in seconds, under one way of sizing."""

    def __init__(self, horizons: tuple[Horizon, ...], sizing: Sizing) -> None:
        self._at = _places(horizons, sizing.raise_horizon_seconds, sizing.lower_horizon_seconds, (
            sizing.raise_quantile, sizing.compute_quantile, sizing.memory_quantile
        ))  # fmt: skip
        self._sizing = sizing
        self._amounts: dict[int, _Amounts] = {}

    def expect(self, surveyed: Iterable[Outlooks[SignalProfile]]) -> None:
        """Prepare for glances at the profiles that were surveyed just now."""
        self._amounts = {id(seen): self._amounts_of(seen) for seen in surveyed}

    def __call__(self, profile: ApplicationProfile) -> Glance:
        """The profile after its newest window."""
        sizing = self._sizing
        raise_compute = raise_memory = lower_compute = lower_memory = used_compute = used_memory = peak = 0.0
        if (signal := profile.signals.get(SM_RATIO)) is not None:
            amounts, place = self._told_of(signal)
            raise_compute, lower_compute, peak = amounts.raising[place], amounts.compute[place], signal.peak or 0.0
            used_compute = max(signal.last, 0.0) / sizing.compute_full_ratio
        if (signal := profile.signals.get(GPU_MEMORY)) is not None:
            amounts, place = self._told_of(signal)
            raise_memory, lower_memory = amounts.raising[place], amounts.memory[place]
            used_memory = max(signal.last, 0.0) / sizing.memory_full_ratio
        return Glance(
            profile.last_ms,
            profile.learning,
            raise_compute,
            raise_memory,
            lower_compute,
            lower_memory,
            used_compute,
            used_memory,
            peak,
        )

    def _told_of(self, signal: SignalProfile) -> tuple[_Amounts, int]:
        seen, place = signal.seen()
        return self._amounts.get(id(seen)) or self._amounts_of(seen), place

    def _amounts_of(self, seen: Outlooks[SignalProfile]) -> _Amounts:
        def at(place: tuple[int, int], margin: float) -> list[float]:
            values = seen.quantiles[:, place[0], place[1]]
            found: list[float] = (np.where(values < 0.0, 0.0, values) * (1.0 + margin)).tolist()
            return found

        to, sizing = self._at, self._sizing
        return _Amounts(
            seen, at(to.raising, 0.0), at(to.compute, sizing.compute_margin), at(to.memory, sizing.memory_margin)
        )


def _places(horizons: tuple[Horizon, ...], soon: float, later: float, quantiles: tuple[str, str, str]) -> _Places:
    peaks = {h.ms / 1000: i for i, h in enumerate(horizons) if h.kind == "peak"}
    raising, compute, memory = (LEVELS.index(int(name[1:]) / 100) for name in quantiles)
    # A peak never decreases with the horizon: the largest up to there is the one there.
    nearer, farther = (peaks[horizon_reach(list(peaks), seconds)] for seconds in (soon, later))
    return _Places((nearer, raising), (farther, compute), (farther, memory))
