"""How a bank forecasts from its latest steps: experts mixed for the centre, ways to spread mixed for each quantile."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet.features import AHEAD
from foretide.streams.forecasting.aggregation import mixed, weights
from foretide.streams.forecasting.experts import FLEET, LAST
from foretide.streams.forecasting.record import MEMORY, WAYS
from foretide.streams.forecasting.remembering import remember
from foretide.streams.forecasting.settling import Plan
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles, Floats, Ints

KNOWN: Final = 10
"""Outcomes that must be known before quantiles are taken from them; before that the network's stand for them."""

HARM: Final = 0.02
"""The share by which a mixture may lose more than last value before that stands in its place."""

KEPT: Final = (0, 1, 3)
"""Levels whose quantiles are remembered until the outcome is known."""

_FLEET_WAY: Final = WAYS.index("fleet")


def moved_as_a_day_ago(last: Floats, day: Floats, steps: Ints) -> Floats:
    """`last` (rows, heads) moved as it moved a day ago over so many `steps`; itself where that is not known."""
    known = np.array([0, *AHEAD], dtype=np.float64)
    place = np.clip(np.searchsorted(known, steps, side="left"), 1, len(known) - 1)
    share = np.clip((steps - known[place - 1]) / (known[place] - known[place - 1]), 0.0, 1.0).astype(np.float32)
    then = day[:, place - 1] * (1 - share) + day[:, place] * share
    found = last + (then - day[:, :1])
    return np.where(np.isnan(found), last, found)


def issue(
    state: NDArray[np.void], rows: Ints, slot: Ints, plan: Plan, experts: Floats, fleet: Floats, refined: Floats
) -> None:
    """Write the forecasts into `state`.

    `experts` (rows, heads, experts) are the forecasts of the centre, `fleet` and `refined` (rows, heads, levels) the
    network's quantiles as they are and refined; `slot` (rows,) is where in the ring they are remembered; its
    frame is known already.
    """
    at = rows[:, None], np.arange(len(plan.steps))
    losses, exact = state["losses"][at], experts.astype(np.float64)
    mixture = mixed(weights(losses, FLEET), exact)
    centre = _no_worse(mixture, exact[..., LAST], state["trial"][at])
    known = state["known"][at]
    ways = np.empty((*centre.shape, len(LEVELS) - 1, len(WAYS)), dtype=np.float32)
    before = _quantiles(state["errors"][at], known), _quantiles(state["outcomes"][at], known)
    few = (known < KNOWN)[:, :, None]
    ways[..., 0] = np.where(few, fleet[:, :, 1:], centre[:, :, None] + before[0])
    ways[..., 1] = np.where(few, fleet[:, :, 1:], before[1])
    ways[..., 2] = fleet[:, :, 1:]
    ways[..., 3] = refined[:, :, 1:]
    upper = mixed(weights(state["spread"][at], _FLEET_WAY), ways.astype(np.float64))
    quantiles = np.maximum.accumulate(np.concatenate([centre[:, :, None], upper], axis=2), axis=2)
    state["quantiles"][rows] = quantiles
    remember(state, rows, slot, experts, mixture, ways, quantiles[:, :, KEPT])


def _no_worse(mixture: Doubles, last: Doubles, trial: Doubles) -> Doubles:
    """The mixture, or last value where the mixture has lost more of late by `HARM`.

    In the long run a mixture is as good as its best expert; until then, on series with nothing to predict, it pays for
    every expert that was lucky once. Its own loss is kept as if it had always been followed: it comes back by itself.
    """
    found: Doubles = np.where(trial[..., 0] > (1.0 + HARM) * trial[..., 1], last, mixture)
    return found


def _quantiles(values: Floats, known: Ints) -> Doubles:
    """The quantiles at the upper levels of the latest `known` values, unset ones being infinite: (rows, heads, levels).

    Of n numbers the ceil(level x (n + 1))-th smallest, at most the largest: the n + 1 is what makes a quantile of few
    numbers cover a new one as often as it says (split conformal prediction; Vovk et al., Algorithmic Learning in a
    Random World, 2005).
    """
    places = _places()[np.minimum(known, MEMORY)]
    return np.take_along_axis(np.sort(values, axis=2), places, axis=2).astype(np.float64)


@lru_cache(maxsize=1)
def _places() -> Ints:
    return np.array(
        [[max(0, min(n, ceil(level * (n + 1))) - 1) for level in LEVELS[1:]] for n in range(MEMORY + 1)],
        dtype=np.int64,
    )
