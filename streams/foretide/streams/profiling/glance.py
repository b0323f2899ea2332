"""The few numbers of a profile that tell whether its planner could want to hear of it."""

from __future__ import annotations

from typing import NamedTuple

from foretide.schemas.messages import Sizing
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.forecasting.ladder import Horizon
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.planning.sizing import horizon_reach, with_margin
from foretide.streams.profiling.gate import Glance
from foretide.streams.profiling.profile import ApplicationProfile


class _Places(NamedTuple):
    """Which horizon and level the amounts are of: those to raise by, to lower compute and memory by."""

    raising: tuple[int, int]
    compute: tuple[int, int]
    memory: tuple[int, int]


class Glancing:
    """Glances at profiles with these `horizons`, which are in seconds, under one way of sizing."""

    def __init__(self, horizons: tuple[Horizon, ...], sizing: Sizing) -> None:
        self._at = _places(horizons, sizing.raise_horizon_seconds, sizing.lower_horizon_seconds, (
            sizing.raise_quantile, sizing.compute_quantile, sizing.memory_quantile
        ))  # fmt: skip
        self._sizing = sizing

    def __call__(self, profile: ApplicationProfile) -> Glance:
        """The profile after its newest window."""
        at, sizing = self._at, self._sizing
        raise_compute = raise_memory = lower_compute = lower_memory = used_compute = used_memory = peak = 0.0
        if (signal := profile.signals.get(SM_RATIO)) is not None:
            survey, place = signal.seen()
            ahead, peak = survey.quantiles.item, signal.peak or 0.0
            raise_compute = max(ahead(place, *at.raising), 0.0)
            lower_compute = with_margin(ahead(place, *at.compute), sizing.compute_margin)
            used_compute = max(signal.last, 0.0) / sizing.compute_full_ratio
        if (signal := profile.signals.get(GPU_MEMORY)) is not None:
            survey, place = signal.seen()
            ahead = survey.quantiles.item
            raise_memory = max(ahead(place, *at.raising), 0.0)
            lower_memory = with_margin(ahead(place, *at.memory), sizing.memory_margin)
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


def _places(horizons: tuple[Horizon, ...], soon: float, later: float, quantiles: tuple[str, str, str]) -> _Places:
    peaks = {h.ms / 1000: i for i, h in enumerate(horizons) if h.kind == "peak"}
    raising, compute, memory = (LEVELS.index(int(name[1:]) / 100) for name in quantiles)
    # A peak never decreases with the horizon: the largest up to there is the one there.
    nearer, farther = (peaks[horizon_reach(list(peaks), seconds)] for seconds in (soon, later))
    return _Places((nearer, raising), (farther, compute), (farther, memory))
