"""What is asked of many ladders after every window, read from the banks at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled
from foretide.streams.forecasting.aggregation import share
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.experts import FLEET, LAST
from foretide.streams.forecasting.record import ERROR
from foretide.streams.forecasting.scoring import KNOWN
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles, Floats, Ints

if TYPE_CHECKING:
    from foretide.streams.forecasting.ladder import Ladder


class Reading(NamedTuple):
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
    first = ladders[0]
    banks = {rung: first.bank(rung) for rung, _ in first.plan.places}
    return read_rows(banks, np.array([ladder.rows for ladder in ladders], dtype=np.int64), first.plan.places)


def read_rows(banks: Mapping[int, Bank], rows: Ints, places: tuple[tuple[int, int], ...]) -> Reading:
    """The state of `rows` (ladders, rungs) of the `banks` by rung; `places` are each horizon's rung and head there."""
    many = len(rows)
    quantiles = np.empty((many, len(places), len(LEVELS)))
    ready = np.empty((many, len(places)), dtype=np.bool_)
    for rung, bank in banks.items():
        _read_rung(rows, rung, _as_array(places), bank.state["steps"], bank.state["quantiles"], quantiles, ready)
    rung, place = places[0]
    bank = banks[rung]
    state, experts = bank.state, len(bank.experts)
    found = Reading(
        quantiles=quantiles,
        ready=ready,
        known=np.empty(many, dtype=np.int64),
        covered=np.empty(many),
        pinball_ratio=np.empty(many),
        error_ratio=np.empty(many),
        experts=bank.experts,
        losses=np.empty((many, experts)),
        shares=np.empty((many, experts)),
        surprise=np.empty(many),
    )
    _read_first(rows, rung, place, state["known"], state["covered"], state["pinball"], state["sums"],
                state["losses"], state["surprise"], found.known, found.covered, found.pinball_ratio, found.error_ratio,
                found.losses, found.shares, found.surprise)  # fmt: skip
    return found


@lru_cache(maxsize=256)
def _as_array(places: tuple[tuple[int, int], ...]) -> Ints:
    return np.array(places, dtype=np.int64)


@compiled
def _read_rung(
    rows: Ints, rung: int, places: Ints, steps: Ints, quantiles: Doubles, found: Doubles, ready: NDArray[np.bool_]
) -> None:
    """Fill in the horizons that the rung serves."""
    for horizon in range(len(places)):
        if places[horizon, 0] != rung:
            continue
        for i in range(len(rows)):
            row = rows[i, rung]
            ready[i, horizon] = steps[row] > 0
            for level in range(found.shape[2]):
                found[i, horizon, level] = quantiles[row, places[horizon, 1], level]


@compiled
def _read_first(
    rows: Ints,
    rung: int,
    place: int,
    state_known: Ints,
    state_covered: Doubles,
    state_pinball: Floats,
    state_sums: Floats,
    state_losses: Floats,
    state_surprise: Doubles,
    known: Ints,
    covered: Doubles,
    pinball_ratio: Doubles,
    error_ratio: Doubles,
    losses: Doubles,
    shares: Doubles,
    surprise: Doubles,
) -> None:
    """Fill in what is told of the first horizon alone."""
    for i in range(len(rows)):
        row = rows[i, rung]
        known[i], covered[i] = state_known[row, place], state_covered[row, place]
        surprise[i] = state_surprise[row, place]
        for expert in range(losses.shape[1]):
            losses[i, expert] = state_losses[row, place, expert]
        share(losses[i], FLEET, shares[i])
        pinball = state_pinball[row, place]
        pinball_ratio[i] = _ratio(known[i], pinball[0], pinball[1])
        error_ratio[i] = _ratio(known[i], state_sums[row, place, ERROR], losses[i, LAST])


@compiled
def _ratio(known: int, part: float, whole: float) -> float:
    """What `scoring.ratio` makes of one row."""
    return np.float64(part) / np.float64(whole) if known >= KNOWN and whole > 0.0 else np.nan
