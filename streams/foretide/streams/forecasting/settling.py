"""What a bank learns when outcomes become known: losses of the experts, errors, coverage, the refinement's weights."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled
from foretide.streams.forecasting import brief, refinement
from foretide.streams.forecasting.aggregation import FADE
from foretide.streams.forecasting.experts import EXPERTS, LAST
from foretide.streams.forecasting.halves import Halves, bits, widened
from foretide.streams.forecasting.outcomes import late_outcomes
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.record import MEMORY, WAYS
from foretide.streams.forecasting.remembering import told
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles, Floats, Ints, View

COVERAGE_FADE: Final = 0.98
TRIAL_FADE: Final = 0.5 ** (1 / 600)
"""Whether the mixture is worth its risk is judged by 600 outcomes: by fewer, luck decides."""

_REFINED: Final = EXPERTS.index("refined")
_REFINED_WAY: Final = WAYS.index("refined")


class Settled(NamedTuple):
    """What became known: for rows and heads the `outcome`, whether it is `known` (else the forecast was given up or
    never made), and the ring's `slot` that the forecast was made in."""

    outcome: Floats
    known: NDArray[np.bool_]
    slot: Ints


def settle(state: NDArray[np.void], rows: Ints, view: View, plan: Plan) -> Settled:
    """Learn from the forecasts that the latest step completes."""
    shape = len(rows), len(plan.steps)
    settled = Settled(np.empty(shape, np.float32), np.empty(shape, np.bool_), np.empty(shape, np.int64))
    _outcomes(rows, view.steps, view.means, view.peaks, plan.steps, plan.kinds, state["since"],
              state["frame"].shape[1], settled.outcome, settled.known, settled.slot)  # fmt: skip
    _learn(rows, view.steps, settled.outcome, settled.known, settled.slot, state["frame"], bits(state["experts"]),
           bits(state["mixture"]), bits(state["ways"]), bits(state["issued"]), bits(state["inputs"]), state["losses"],
           state["trial"], state["spread"], state["errors"], state["known"], state["sums"], state["surprise"],
           state["pinball"], state["covered"], bits(state["refined"]))  # fmt: skip
    return settled


@compiled
def _outcomes(
    rows: Ints,
    steps: Ints,
    means: Floats,
    peaks: Floats,
    ahead: Ints,
    kinds: Ints,
    since: Ints,
    ring: int,
    outcome: Floats,
    known: NDArray[np.bool_],
    slot: Ints,
) -> None:
    newest = np.empty(1)
    for i in range(len(rows)):
        for head in range(len(ahead)):
            many = ahead[head]
            known[i, head] = since[rows[i]] >= many
            slot[i, head] = (steps[i] - many) % ring
            late_outcomes(means[i], peaks[i], many, kinds[head], newest)
            outcome[i, head] = newest[0]


@compiled
def pinball(error: float, level: float) -> float:
    """The loss of a quantile at this level that an outcome was above by `error`."""
    return max(level * error, (level - 1.0) * error)


@compiled
def _learn(
    rows: Ints,
    steps: Ints,
    outcome: Floats,
    is_known: NDArray[np.bool_],
    slot: Ints,
    frame: Floats,
    experts: Halves,
    mixture: Halves,
    ways: Halves,
    issued: Halves,
    inputs: Halves,
    losses: Floats,
    trial: Floats,
    spread: Floats,
    errors: Halves,
    known: Ints,
    sums: Floats,
    surprise: Doubles,
    lost: Floats,
    covered: Doubles,
    refined: Halves,
) -> None:
    seen, gradient = np.empty(inputs.shape[2]), np.empty(len(LEVELS))
    heads = known.shape[1]
    for i in range(len(rows)):
        row = rows[i]
        for head in range(heads):
            if not is_known[i, head]:
                continue
            exact, at = np.float64(outcome[i, head]), slot[i, head]
            anchor, unit = np.float64(frame[row, at, 0]), np.float64(frame[row, at, 2])
            said, spoken = experts[row, head, at], ways[row, head, at]
            _weigh(exact, anchor, unit, said, mixture[row, head, at], spoken, losses[row, head], trial[row, head],
                   spread[row, head])  # fmt: skip
            centre = told(issued[row, head, at, 0], anchor, unit)
            high = told(issued[row, head, at, 1], anchor, unit)
            top = told(issued[row, head, at, 2], anchor, unit)
            _score(exact, centre, high, top, told(said[LAST], anchor, unit), sums[row, head], lost[row, head])
            errors[row, head, known[row, head] % MEMORY] = brief.narrowed(exact - centre)
            surprise[row, head] = abs(exact - centre) / unit
            hit = 1.0 if exact <= high else 0.0
            usual = COVERAGE_FADE * covered[row, head] + (1 - COVERAGE_FADE) * hit
            covered[row, head] = usual if known[row, head] else LEVELS[1]
            known[row, head] += 1
            for k in range(len(seen)):
                seen[k] = widened(inputs[row, at, k])
            _direct(exact, anchor, unit, said, spoken, gradient)
            refinement.learn(refined[row, head], seen, gradient, steps[i] * heads + head)


@compiled
def _weigh(
    exact: float,
    anchor: float,
    unit: float,
    experts: Any,
    mixture: Any,
    ways: Any,
    losses: Any,
    trial: Any,
    spread: Any,
) -> None:
    """What each expert, their mixture and each way to spread has lost by one outcome of one head."""
    for e in range(len(losses)):
        off = abs(exact - told(experts[e], anchor, unit))
        losses[e] = FADE * losses[e] + off
        if e == LAST:
            trial[1] = TRIAL_FADE * trial[1] + off
    trial[0] = TRIAL_FADE * trial[0] + abs(exact - told(mixture, anchor, unit))
    for upper in range(spread.shape[0]):
        for way in range(spread.shape[1]):
            off = pinball(exact - told(ways[upper, way], anchor, unit), LEVELS[1 + upper])
            spread[upper, way] = FADE * spread[upper, way] + off


@compiled
def _score(exact: float, centre: float, high: float, top: float, last: float, sums: Any, lost: Any) -> None:
    """How far what was issued, the centre and the .9 and .99 quantiles, was from what came; `last` is last value's."""
    above = 1.0 if exact > top else 0.0
    parts = abs(exact), abs(exact - centre), high - exact, top - exact, exact - top, above
    for k, fresh in enumerate(parts):
        sums[k] = FADE * sums[k] + max(fresh, 0.0)
    lost[0] = FADE * lost[0] + pinball(exact - high, LEVELS[1])
    lost[1] = FADE * lost[1] + pinball(exact - last, LEVELS[1])


@compiled
def _direct(exact: float, anchor: float, unit: float, experts: Any, ways: Any, gradient: Any) -> None:
    """Fill `gradient` with how much each of the refinement's quantiles should have been higher."""
    for k, level in enumerate(LEVELS):
        kept = ways[k - 1, _REFINED_WAY] if k else experts[_REFINED]
        gradient[k] = level if exact > told(kept, anchor, unit) else level - 1.0
