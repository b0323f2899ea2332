"""How a bank forecasts from its latest steps: experts mixed for the centre, ways to spread mixed for each quantile."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled
from foretide.streams.fleet.ordering import largest
from foretide.streams.forecasting import brief
from foretide.streams.forecasting.aggregation import mixed, share
from foretide.streams.forecasting.experts import FLEET, LAST
from foretide.streams.forecasting.halves import Halves, bits, narrowed
from foretide.streams.forecasting.outcomes import late_outcomes
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.proposing import Proposed
from foretide.streams.forecasting.record import MEMORY, WAYS
from foretide.streams.forecasting.remembering import kept
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles, Floats, Ints, View

KNOWN: Final = 10
"""Outcomes that must be known before quantiles are taken from them; before that the network's stand for them."""

HARM: Final = 0.02
"""The share by which a mixture may lose more than last value before that stands in its place."""

KEPT: Final = (0, 1, 3)
"""Levels whose quantiles are remembered until the outcome is known."""

_FLEET_WAY: Final = WAYS.index("fleet")


@lru_cache(maxsize=1)
def _ranks() -> Ints:
    """Of so many numbers, counted from the largest (0), which are the quantiles at the upper levels.

    Of n numbers the ceil(level x (n + 1))-th smallest, at most the largest: the n + 1 is what makes a quantile of few
    numbers cover a new one as often as it says (split conformal prediction; Vovk et al., Algorithmic Learning in a
    Random World, 2005).
    """
    return np.array(
        [[n - max(1, min(n, ceil(level * (n + 1)))) for level in LEVELS[1:]] for n in range(MEMORY + 1)],
        dtype=np.int64,
    )


def issue(state: NDArray[np.void], rows: Ints, view: View, plan: Plan, inputs: Floats, proposed: Proposed) -> None:
    """Write the forecasts into `state`, and remember in its ring what they were made of: the `inputs` (rows, INPUTS)
    and what was `proposed`."""
    _remember(rows, view.steps, view.means, view.peaks, view.scale, inputs, bits(state["inputs"]), state["frame"],
              state["since"])  # fmt: skip
    _issue(rows, view.steps, view.means, view.peaks, plan.steps, plan.kinds, proposed.experts, proposed.fleet,
           proposed.refined, _ranks(), state["frame"],
           state["losses"], state["trial"], state["spread"], state["errors"], state["known"],
           bits(state["experts"]), bits(state["mixture"]), bits(state["ways"]), bits(state["issued"]),
           state["quantiles"])  # fmt: skip


@compiled
def _remember(
    rows: Ints,
    steps: Ints,
    means: Floats,
    peaks: Floats,
    scale: Floats,
    seen: Floats,
    inputs: Halves,
    frame: Floats,
    since: Ints,
) -> None:
    latest = means.shape[1] - 1
    for i in range(len(rows)):
        row, at = rows[i], steps[i] % inputs.shape[1]
        for k in range(inputs.shape[2]):
            inputs[row, at, k] = narrowed(seen[i, k])
        frame[row, at, 0], frame[row, at, 1], frame[row, at, 2] = means[i, latest], peaks[i, latest], scale[i]
        since[row] += 1


@compiled
def _issue(
    rows: Ints,
    steps: Ints,
    means: Floats,
    peaks: Floats,
    ahead: Ints,
    kinds: Ints,
    experts: Floats,
    fleet: Floats,
    refined: Floats,
    ranks: Ints,
    frame: Floats,
    losses: Floats,
    trial: Floats,
    spread: Floats,
    errors: Halves,
    known: Ints,
    kept_experts: Halves,
    kept_mixture: Halves,
    kept_ways: Halves,
    issued: Halves,
    quantiles: Doubles,
) -> None:
    upper, several = spread.shape[2], spread.shape[3]
    shares, way_shares, ways = np.empty(losses.shape[2]), np.empty(several), np.empty((upper, several))
    of_errors, of_outcomes = np.empty(upper), np.empty(upper)
    off, came, back = np.empty(MEMORY), np.empty(MEMORY), means.shape[1]
    for i in range(len(rows)):
        row = rows[i]
        at = steps[i] % frame.shape[1]
        anchor, unit = np.float64(frame[row, at, 0]), np.float64(frame[row, at, 2])
        for head in range(known.shape[1]):
            share(losses[row, head], FLEET, shares)
            mixture = mixed(shares, experts[i, head])
            centre = _no_worse(mixture, experts[i, head, LAST], trial[row, head])
            # Outcomes further back than the history reaches are not told again.
            many = min(known[row, head], MEMORY)
            late = min(many, back - ahead[head] + 1)
            if many >= KNOWN:
                for k in range(many):
                    off[k] = brief.widened(errors[row, head, k])
                _quantiles(off, many, ranks[many], of_errors)
            if late >= KNOWN:
                late_outcomes(means[i], peaks[i], ahead[head], kinds[head], came[:late])
                _quantiles(came, late, ranks[late], of_outcomes)
            above = quantiles[row, head, 0] = centre
            for k in range(upper):
                told = np.float64(fleet[i, head, 1 + k])
                ways[k, 0] = centre + of_errors[k] if many >= KNOWN else told
                ways[k, 1] = of_outcomes[k] if late >= KNOWN else told
                ways[k, 2] = told
                ways[k, 3] = refined[i, head, 1 + k]
                share(spread[row, head, k], _FLEET_WAY, way_shares)
                above = max(above, mixed(way_shares, ways[k]))
                quantiles[row, head, 1 + k] = above
                for way in range(several):
                    kept_ways[row, head, at, k, way] = kept(ways[k, way], anchor, unit)
            for e in range(len(shares)):
                kept_experts[row, head, at, e] = kept(experts[i, head, e], anchor, unit)
            kept_mixture[row, head, at] = kept(mixture, anchor, unit)
            for k, level in enumerate(KEPT):
                issued[row, head, at, k] = kept(quantiles[row, head, level], anchor, unit)


@compiled
def _no_worse(mixture: float, last: float, trial: Any) -> float:
    """The mixture, or last value where the mixture has lost more of late by `HARM`.

    In the long run a mixture is as good as its best expert; until then, on series with nothing to predict, it pays for
    every expert that was lucky once. Its own loss is kept as if it had always been followed: it comes back by itself.
    """
    return np.float64(last) if trial[0] > (1.0 + HARM) * trial[1] else mixture


@compiled
def _quantiles(values: Any, many: int, ranks: Any, found: Any) -> None:
    """The quantiles at the upper levels of the first `many` of some values, which have these `ranks`."""
    highest = np.empty(ranks[0] + 1, dtype=np.float32)
    largest(values[:many], len(highest), highest)
    for k in range(len(ranks)):
        found[k] = highest[ranks[k]]
