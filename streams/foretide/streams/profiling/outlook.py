"""What a signal's forecasts say after a window, for many signals at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from math import nan
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting.ladder import Horizon, Ladder
from foretide.streams.forecasting.reading import Reading, read
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles

LEAST_SHARE: Final = 0.03
"""Experts with a smaller share of a forecast are not named in it."""
THOUSAND: Final = 1000
"""Shares are told in thousandths."""


class Outlook(NamedTuple):
    """What one signal's forecasts say, within the signal's bounds, peaks never decreasing with the horizon; a rung that
    has no step yet is answered for by the next shorter one, or by the last value.

    `levels` are the quantiles at LEVELS of the first horizon, of the second, and so on, in one list. The rest is of the
    first horizon: whether it is `ready` (has been forecast at all), outcomes `known`, the share `covered` of late ones
    by the .9 quantile, its loss and the absolute error relative to last value's (None where not known), each expert's
    faded loss, the `standing` of those whose shares count (see `standing`), and how far the latest outcome was from
    what was expected, in units of the usual change.
    """

    levels: list[float]
    ready: bool
    known: int
    covered: float
    pinball_ratio: float | None
    error_ratio: float | None
    experts: tuple[str, ...]
    losses: list[float]
    standing: list[int]
    surprise: float

    @property
    def quantiles(self) -> list[list[float]]:
        """The quantiles at LEVELS for each horizon."""
        return [self.levels[i : i + len(LEVELS)] for i in range(0, len(self.levels), len(LEVELS))]

    @property
    def first(self) -> list[float]:
        """The quantiles at LEVELS of the first horizon."""
        return self.levels[: len(LEVELS)]

    @property
    def shares(self) -> dict[str, float]:
        """The experts' shares of the first horizon's forecast that count, the largest first."""
        return dict(share_of(self.experts, one) for one in self.standing)


class Subject(Protocol):
    """What an outlook is made of: a ladder, its horizons, and the signal's range, latest value and bound, if it has
    one."""

    ladder: Ladder
    low: float
    high: float
    last: float
    maximum: float | None

    @property
    def horizons(self) -> tuple[Horizon, ...]: ...


S = TypeVar("S", bound=Subject)


class Outlooks(NamedTuple, Generic[S]):
    """The outlooks `each` of the signals in `group`, in its order. As arrays: their quantiles at LEVELS (signals,
    horizons, levels), and of the first horizon `known`, `covered` and `pinball_ratio` (signals,), NaN where there is
    none."""

    group: Sequence[S]
    each: list[Outlook]
    quantiles: Doubles
    known: NDArray[np.int64]
    covered: Doubles
    pinball_ratio: Doubles


def outlooks(group: Sequence[S]) -> Outlooks[S]:
    """The outlooks of signals, of which there is at least one, all with the same plan."""
    found = read([signal.ladder for signal in group])
    quantiles = _bounded(group, found, group[0].horizons)
    each = map(
        Outlook,
        quantiles.reshape(len(group), -1).tolist(),
        found.ready[:, 0].tolist(),
        found.known.tolist(),
        found.covered.tolist(),
        _told(found.pinball_ratio),
        _told(found.error_ratio),
        repeat(found.experts),
        found.losses.tolist(),
        standing(found.shares),
        found.surprise.tolist(),
    )
    return Outlooks(group, list(each), quantiles, found.known, found.covered, found.pinball_ratio)


def _bounded(group: Sequence[Subject], found: Reading, horizons: Sequence[Horizon]) -> Doubles:
    low, high = np.array([s.low for s in group]), np.array([s.high for s in group])
    last = np.array([s.last for s in group])[:, None]
    maximum = np.array([nan if s.maximum is None else s.maximum for s in group])
    reach = 0.5 * (high - low)
    top = np.where(np.isnan(maximum), high + reach, np.fmax(maximum, high))[:, None, None]
    bottom = np.where(low >= 0.0, np.maximum(0.0, low - reach), low - reach)[:, None, None]
    rows: Doubles = np.minimum(np.maximum(found.quantiles, bottom), top)
    ready: list[bool] = np.logical_and.reduce(found.ready, axis=0).tolist()
    latest: dict[str, Doubles] = {}
    for i, horizon in enumerate(horizons):
        row = rows[:, i]
        shorter = latest.get(horizon.kind)
        if horizon.kind == "peak" and shorter is not None:
            np.maximum(row, shorter, out=row)
        if not ready[i]:
            row[:] = np.where(found.ready[:, i, None], row, last if shorter is None else shorter)
        latest[horizon.kind] = row
    return rows


def standing(shares: Doubles) -> list[list[int]]:
    """For each row of `shares` (rows, experts) one number for each that counts, the largest share first, of equals the
    expert named first: the share in thousandths, below 0, times the number of experts, plus the expert's place."""
    experts = shares.shape[1]
    numbers = np.rint(shares * THOUSAND).astype(np.int64)
    counts = (numbers >= LEAST_SHARE * THOUSAND).sum(axis=1)
    order = np.sort(np.arange(experts) - numbers * experts, axis=1)[:, : counts.max()]
    return [row[:count] for row, count in zip(order.tolist(), counts.tolist(), strict=True)]


def share_of(experts: Sequence[str], one: int) -> tuple[str, float]:
    """The expert and its share that a number of its `standing` tells."""
    thousandths, place = divmod(one, len(experts))
    return experts[place], -thousandths / THOUSAND


def _told(ratios: Doubles) -> list[float | None]:
    return [ratio if ratio == ratio else None for ratio in ratios.tolist()]
