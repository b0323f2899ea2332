"""What a signal's forecasts say after a window, for many signals at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting.ladder import Horizon, Ladder
from foretide.streams.forecasting.reading import Reading, read
from foretide.streams.forecasting.view import Doubles

LEAST_SHARE: Final = 0.03
"""Experts with a smaller share of a forecast are not named in it."""
THOUSAND: Final = 1000
"""Shares are told in thousandths."""


class Outlook(NamedTuple):
    """What one signal's forecasts say, within the signal's bounds, peaks never decreasing with the horizon; a rung that
    has no step yet is answered for by the next shorter one, or by the last value.

    `quantiles` are those at LEVELS for each horizon. The rest is of the first horizon: outcomes `known`, the share
    `covered` of late ones by the .9 quantile, its loss and the absolute error relative to last value's (None where not
    known), and the experts' `shares` of the forecast that count, the largest first.
    """

    quantiles: list[list[float]]
    known: int
    covered: float
    pinball_ratio: float | None
    error_ratio: float | None
    shares: dict[str, float]


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
    """The outlooks of the signals in `group`, in its order, as arrays: with every window little of them is asked for.

    `quantiles` are at LEVELS (signals, horizons, levels). Of the first horizon are all others: those that are `ready`
    (have been forecast at all), `known`, `covered` and both ratios as in `Outlook`, NaN where there is none; each of
    the `experts`' faded `losses` and `shares` (signals, experts), which of them lost least (`best`), and how far the
    latest outcome was from what was expected, in units of the usual change (`surprise`).
    """

    group: Sequence[S]
    quantiles: Doubles
    ready: NDArray[np.bool_]
    known: NDArray[np.int64]
    covered: Doubles
    pinball_ratio: Doubles
    error_ratio: Doubles
    experts: tuple[str, ...]
    losses: Doubles
    best: NDArray[np.int64]
    shares: Doubles
    surprise: Doubles

    def news(self) -> Iterator[tuple[S, int, str, float]]:
        """Of each signal: outcomes known, the expert that lost least, the surprise."""
        best = [self.experts[place] for place in self.best.tolist()]
        return zip(self.group, self.known.tolist(), best, self.surprise.tolist(), strict=True)

    def of(self, place: int) -> Outlook:
        """The outlook of the `place`-th signal."""
        (counting,) = standing(self.shares[place : place + 1])
        return Outlook(
            self.quantiles[place].tolist(),
            self.known.item(place),
            self.covered.item(place),
            told(self.pinball_ratio.item(place)),
            told(self.error_ratio.item(place)),
            dict(share_of(self.experts, one) for one in counting),
        )


def outlooks(group: Sequence[S]) -> Outlooks[S]:
    """The outlooks of signals, of which there is at least one, all with the same plan."""
    found = read([signal.ladder for signal in group])
    return Outlooks(
        group,
        _bounded(group, found, group[0].horizons),
        found.ready[:, 0],
        found.known,
        found.covered,
        found.pinball_ratio,
        found.error_ratio,
        found.experts,
        found.losses,
        found.losses.argmin(axis=1),
        found.shares,
        found.surprise,
    )


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


def told(ratio: float) -> float | None:
    """The ratio, None where it is not known."""
    return ratio if ratio == ratio else None
