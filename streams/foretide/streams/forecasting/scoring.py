"""How well the forecasts of some rows of a bank did of late, told from the faded sums that `settling` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting.aggregation import FADE
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.experts import LAST, REFERENCES
from foretide.streams.forecasting.record import SUMS
from foretide.streams.forecasting.view import Doubles

KNOWN: Final = 10
"""Outcomes below which no ratio is told."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of several rows (rows,); NaN where too few outcomes are known, or nothing was there to relate them to.

    `coverage90` is the share of outcomes at or below the .9 quantile. Relative to last value's are `pinball90_ratio`,
    the loss of that quantile, and `error_ratio`, the absolute error of the median; `leader_ratio` is that relative to
    the least of the plain references. Relative to what was used are `slack90` and `slack99`, how far the quantiles
    stood above the outcomes, and `unmet99`, how far outcomes stood above the .99 one; `above99` is the share that did.
    """

    known: NDArray[np.int64]
    coverage90: Doubles
    pinball90_ratio: Doubles
    error_ratio: Doubles
    leader_ratio: Doubles
    slack90: Doubles
    slack99: Doubles
    unmet99: Doubles
    above99: Doubles


def scores(bank: Bank, rows: Sequence[int], place: int) -> Scores:
    """The scores of the `place`-th target of some rows."""
    at = np.asarray(rows, dtype=np.int64), place
    known = bank.state["known"][at]
    losses, pinball, of_sums = (bank.state[name][at].astype(np.float64) for name in ("losses", "pinball", "sums"))
    sums = dict(zip(SUMS, of_sums.T, strict=True))
    counted = (1.0 - FADE ** known.astype(np.float64)) / (1.0 - FADE)

    def share(part: Doubles, whole: Doubles) -> Doubles:
        return ratio(known, part, whole)

    return Scores(
        known=known,
        coverage90=np.where(known > 0, np.clip(bank.state["covered"][at], 0.0, 1.0), np.nan),
        pinball90_ratio=share(pinball[:, 0], pinball[:, 1]),
        error_ratio=share(sums["error"], losses[:, LAST]),
        leader_ratio=share(sums["error"], losses[:, REFERENCES].min(axis=1)),
        slack90=share(sums["slack90"], sums["use"]),
        slack99=share(sums["slack99"], sums["use"]),
        unmet99=share(sums["unmet99"], sums["use"]),
        above99=np.minimum(share(sums["above99"], counted), 1.0),
    )


def ratio(known: NDArray[np.int64], part: Doubles, whole: Doubles) -> Doubles:
    """`part` over `whole` (rows,); NaN where fewer than KNOWN outcomes are `known`, or the whole is 0."""
    told = (known >= KNOWN) & (whole > 0.0)
    found: Doubles = np.where(told, part / np.where(told, whole, 1.0), np.nan)
    return found
