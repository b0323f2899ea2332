"""What is asked of many ladders after every window, read from the banks at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting.aggregation import weights
from foretide.streams.forecasting.experts import FLEET, LAST
from foretide.streams.forecasting.ladder import Ladder
from foretide.streams.forecasting.record import ERROR
from foretide.streams.forecasting.scoring import ratio
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles


@dataclass(frozen=True, slots=True)
class Reading:
    """Of several ladders with one plan: the `quantiles` (ladders, horizons, levels) of those that are `ready`
    (ladders, horizons). The rest is of the first horizon, by ladder: outcomes `known`, the share `covered` of late
    ones, the .9 quantile's loss and the absolute error relative to last value's (NaN where not known), the `experts`
    with their `losses` and `shares` (ladders, experts), and how far the latest outcome was from what was expected."""

    quantiles: Doubles
    ready: NDArray[np.bool_]
    known: NDArray[np.int64]
    covered: Doubles
    pinball_ratio: Doubles
    error_ratio: Doubles
    experts: tuple[str, ...]
    losses: Doubles
    shares: Doubles
    surprise: Doubles


def read(ladders: Sequence[Ladder]) -> Reading:
    """The state of `ladders`, of which there is at least one, all with the same plan and banks."""
    places = ladders[0].plan.places
    rungs = {rung: ladders[0].bank(rung) for rung in {rung for rung, _ in places}}
    rows = np.array([ladder.rows for ladder in ladders], dtype=np.int64).T
    quantiles = np.empty((len(ladders), len(places), len(LEVELS)))
    ready = np.empty((len(ladders), len(places)), dtype=np.bool_)
    for rung, bank in rungs.items():
        horizons = [i for i, (of, _) in enumerate(places) if of == rung]
        quantiles[:, horizons] = bank.state["quantiles"][rows[rung]][:, [places[i][1] for i in horizons]]
        ready[:, horizons] = (bank.state["steps"][rows[rung]] > 0)[:, None]
    rung, place = places[0]
    state, at = rungs[rung].state, (rows[rung], place)
    known = state["known"][at]
    losses, pinball, sums = (state[name][at].astype(np.float64) for name in ("losses", "pinball", "sums"))
    return Reading(
        quantiles=quantiles,
        ready=ready,
        known=known,
        covered=state["covered"][at],
        pinball_ratio=ratio(known, pinball[:, 0], pinball[:, 1]),
        error_ratio=ratio(known, sums[:, ERROR], losses[:, LAST]),
        experts=rungs[rung].experts,
        losses=losses,
        shares=weights(losses, FLEET),
        surprise=state["surprise"][at],
    )
