"""What a signal's forecasts say after a window, for many signals at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Final, NamedTuple, Protocol

import numpy as np

from foretide.streams.forecasting.ladder import Horizon, Ladder
from foretide.streams.forecasting.reading import Reading, read
from foretide.streams.forecasting.view import Doubles

LEAST_SHARE: Final = 0.03
"""Experts with a smaller share of a forecast are not named in it."""
SHARE_DIGITS: Final = 3


class Outlook(NamedTuple):
    """The `quantiles` at LEVELS for each horizon, within the signal's bounds, peaks never decreasing with the horizon;
    a rung that has no step yet is answered for by the next shorter one, or by the last value.

    The rest is of the first horizon: whether it is `ready` (has been forecast at all), outcomes `known`, the share
    `covered` of late ones by the .9 quantile, its loss and the absolute error relative to last value's (None where not
    known), each expert's faded loss, the shares of those that count, the largest first, and how far the latest outcome
    was from what was expected, in units of the usual change.
    """

    quantiles: list[list[float]]
    ready: bool
    known: int
    covered: float
    pinball_ratio: float | None
    error_ratio: float | None
    experts: tuple[str, ...]
    losses: list[float]
    shares: dict[str, float]
    surprise: float


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


def outlooks(group: Sequence[Subject]) -> list[Outlook]:
    """The outlooks of signals, of which there is at least one, all with the same plan."""
    found = read([signal.ladder for signal in group])
    return [
        Outlook(rows, ready, known, covered, _told(pinball), _told(error), found.experts, losses, shares, surprise)
        for rows, ready, known, covered, pinball, error, losses, shares, surprise in zip(
            _bounded(group, found, group[0].horizons).tolist(),
            found.ready[:, 0].tolist(),
            found.known.tolist(),
            found.covered.tolist(),
            found.pinball_ratio.tolist(),
            found.error_ratio.tolist(),
            found.losses.tolist(),
            _shares(found),
            found.surprise.tolist(),
            strict=True,
        )
    ]


def _bounded(group: Sequence[Subject], found: Reading, horizons: Sequence[Horizon]) -> Doubles:
    low, high, last, maximum = np.array(
        [(s.low, s.high, s.last, nan if s.maximum is None else s.maximum) for s in group]
    ).T
    reach = 0.5 * (high - low)
    top = np.where(np.isnan(maximum), high + reach, np.fmax(maximum, high))[:, None]
    bottom = np.where(low >= 0.0, np.maximum(0.0, low - reach), low - reach)[:, None]
    rows = found.quantiles
    latest: dict[str, Doubles] = {}
    for i, horizon in enumerate(horizons):
        row = np.minimum(np.maximum(rows[:, i], bottom), top)
        shorter = latest.get(horizon.kind)
        if shorter is None:
            row = np.where(found.ready[:, i, None], row, last[:, None])
        else:
            longer = np.maximum(row, shorter) if horizon.kind == "peak" else row
            row = np.where(found.ready[:, i, None], longer, shorter)
        latest[horizon.kind] = rows[:, i] = row
    return rows


def _shares(found: Reading) -> list[dict[str, float]]:
    rounded = found.shares.round(SHARE_DIGITS)
    order = np.argsort(-rounded, axis=1, kind="stable")
    largest = np.take_along_axis(rounded, order, axis=1)
    counts = (largest >= LEAST_SHARE).sum(axis=1)
    return [
        {found.experts[place]: share for place, share in zip(places[:count], shares[:count], strict=True)}
        for places, shares, count in zip(order.tolist(), largest.tolist(), counts.tolist(), strict=True)
    ]


def _told(ratio: float) -> float | None:
    return ratio if ratio == ratio else None
