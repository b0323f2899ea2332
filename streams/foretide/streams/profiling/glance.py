"""The few numbers of profiles that tell whether their planner could want to hear of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np

from foretide.schemas.messages import Sizing
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.forecasting.ladder import Horizon
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles
from foretide.streams.planning.sizing import horizon_reach
from foretide.streams.profiling.gate import Glance
from foretide.streams.profiling.outlook import Outlooks
from foretide.streams.profiling.profile import ApplicationProfile
from foretide.streams.profiling.signal import SignalProfile

_AT_MS: Final = Glance._fields.index("at_ms")
_LEARNING: Final = Glance._fields.index("learning")
_COMPUTE: Final = tuple(map(Glance._fields.index, ("raise_compute", "lower_compute", "used_compute")))
_MEMORY: Final = tuple(map(Glance._fields.index, ("raise_memory", "lower_memory", "used_memory")))
_PEAK: Final = Glance._fields.index("peak_compute")


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

    def __call__(self, profiles: Sequence[ApplicationProfile], surveyed: Sequence[Outlooks[SignalProfile]]) -> Doubles:
        """The profiles after their newest windows (profiles, fields of `Glance`); `surveyed` are the outlooks of all of
        their signals, of which there is one at least."""
        at, sizing = self._at, self._sizing
        found = np.zeros((len(profiles), len(Glance._fields)))
        found[:, _AT_MS] = [profile.last_ms for profile in profiles]
        found[:, _LEARNING] = [profile.learning for profile in profiles]
        quantiles = np.concatenate([seen.quantiles for seen in surveyed])
        firsts = dict(
            zip(map(id, surveyed), accumulate((len(seen.group) for seen in surveyed), initial=0), strict=False)
        )
        for name, lowered_at, margin, full_ratio, (raising, lowering, using) in (
            (SM_RATIO, at.compute, sizing.compute_margin, sizing.compute_full_ratio, _COMPUTE),
            (GPU_MEMORY, at.memory, sizing.memory_margin, sizing.memory_full_ratio, _MEMORY),
        ):
            rows = [row for row, profile in enumerate(profiles) if name in profile.signals]
            signals = [profiles[row].signals[name] for row in rows]
            said = quantiles[[firsts[id(seen)] + place for seen, place in (signal.seen() for signal in signals)]]
            found[rows, raising] = _amounts(said, at.raising, 0.0)
            found[rows, lowering] = _amounts(said, lowered_at, margin)
            found[rows, using] = np.maximum([signal.last for signal in signals], 0.0) / full_ratio
            if name == SM_RATIO:
                found[rows, _PEAK] = [signal.peak or 0.0 for signal in signals]
        return found


def _amounts(quantiles: Doubles, place: tuple[int, int], margin: float) -> Doubles:
    """What signals are expected to need at that place: none below 0, the margin included."""
    values = quantiles[:, *place]
    found: Doubles = np.where(values < 0.0, 0.0, values) * (1.0 + margin)
    return found


def _places(horizons: tuple[Horizon, ...], soon: float, later: float, quantiles: tuple[str, str, str]) -> _Places:
    peaks = {h.ms / 1000: i for i, h in enumerate(horizons) if h.kind == "peak"}
    raising, compute, memory = (LEVELS.index(int(name[1:]) / 100) for name in quantiles)
    # A peak never decreases with the horizon: the largest up to there is the one there.
    nearer, farther = (peaks[horizon_reach(list(peaks), seconds)] for seconds in (soon, later))
    return _Places((nearer, raising), (farther, compute), (farther, memory))
