"""What a bank learns when outcomes become known: losses of the experts, errors, coverage, the refinement's weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Settled:
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
    known = rows, settled.outcome, settled.known, settled.slot
    frame, experts, ways = state["frame"], bits(state["experts"]), bits(state["ways"])
    _weigh(*known, frame, experts, bits(state["mixture"]), ways, state["losses"], state["trial"], state["spread"])
    _score(*known, frame, bits(state["issued"]), experts, state["errors"], state["known"], state["sums"],
           state["surprise"], state["pinball"], state["covered"])  # fmt: skip
    _refine(*known, frame, experts, ways, bits(state["inputs"]), bits(state["refined"]),
            view.steps)  # fmt: skip
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
def _weigh(
    rows: Ints,
    outcome: Floats,
    known: NDArray[np.bool_],
    slot: Ints,
    frame: Floats,
    experts: Halves,
    mixture: Halves,
    ways: Halves,
    losses: Floats,
    trial: Floats,
    spread: Floats,
) -> None:
    """What each expert, their mixture and each way to spread has lost."""
    for i in range(len(rows)):
        row = rows[i]
        for head in range(known.shape[1]):
            if not known[i, head]:
                continue
            exact, at = np.float64(outcome[i, head]), slot[i, head]
            anchor, unit = np.float64(frame[row, at, 0]), np.float64(frame[row, at, 2])
            for e in range(losses.shape[2]):
                off = abs(exact - told(experts[row, head, at, e], anchor, unit))
                losses[row, head, e] = FADE * losses[row, head, e] + off
                if e == LAST:
                    trial[row, head, 1] = TRIAL_FADE * trial[row, head, 1] + off
            off = abs(exact - told(mixture[row, head, at], anchor, unit))
            trial[row, head, 0] = TRIAL_FADE * trial[row, head, 0] + off
            for upper in range(spread.shape[2]):
                for way in range(spread.shape[3]):
                    said = told(ways[row, head, at, upper, way], anchor, unit)
                    lost = pinball(exact - said, LEVELS[1 + upper])
                    spread[row, head, upper, way] = FADE * spread[row, head, upper, way] + lost


@compiled
def _score(
    rows: Ints,
    outcome: Floats,
    is_known: NDArray[np.bool_],
    slot: Ints,
    frame: Floats,
    issued: Halves,
    experts: Halves,
    errors: Halves,
    known: Ints,
    sums: Floats,
    surprise: Doubles,
    lost: Floats,
    covered: Doubles,
) -> None:
    """How far the quantiles that were issued were from what came, and how often they covered it."""
    for i in range(len(rows)):
        row = rows[i]
        for head in range(is_known.shape[1]):
            if not is_known[i, head]:
                continue
            exact, at = np.float64(outcome[i, head]), slot[i, head]
            anchor, unit = np.float64(frame[row, at, 0]), np.float64(frame[row, at, 2])
            centre = told(issued[row, head, at, 0], anchor, unit)
            high = told(issued[row, head, at, 1], anchor, unit)
            top = told(issued[row, head, at, 2], anchor, unit)
            last = told(experts[row, head, at, LAST], anchor, unit)
            errors[row, head, known[row, head] % MEMORY] = brief.narrowed(exact - centre)
            known[row, head] += 1
            error = abs(exact - centre)
            above = 1.0 if exact > top else 0.0
            for k, fresh in enumerate((abs(exact), error, high - exact, top - exact, exact - top, above)):
                sums[row, head, k] = FADE * sums[row, head, k] + max(fresh, 0.0)
            surprise[row, head] = error / unit
            lost[row, head, 0] = FADE * lost[row, head, 0] + pinball(exact - high, LEVELS[1])
            lost[row, head, 1] = FADE * lost[row, head, 1] + pinball(exact - last, LEVELS[1])
            hit = 1.0 if exact <= high else 0.0
            usual = COVERAGE_FADE * covered[row, head] + (1 - COVERAGE_FADE) * hit
            covered[row, head] = usual if known[row, head] > 1 else LEVELS[1]


@compiled
def _refine(
    rows: Ints,
    outcome: Floats,
    known: NDArray[np.bool_],
    slot: Ints,
    frame: Floats,
    experts: Halves,
    ways: Halves,
    inputs: Halves,
    refined: Halves,
    steps: Ints,
) -> None:
    """The refinement learns which of its quantiles should have been higher."""
    seen, gradient = np.empty(inputs.shape[2]), np.empty(len(LEVELS))
    for i in range(len(rows)):
        row = rows[i]
        for head in range(known.shape[1]):
            if not known[i, head]:
                continue
            exact, at = np.float64(outcome[i, head]), slot[i, head]
            anchor, unit = np.float64(frame[row, at, 0]), np.float64(frame[row, at, 2])
            for k in range(len(seen)):
                seen[k] = widened(inputs[row, at, k])
            for k, level in enumerate(LEVELS):
                kept = ways[row, head, at, k - 1, _REFINED_WAY] if k else experts[row, head, at, _REFINED]
                gradient[k] = level if exact > told(kept, anchor, unit) else level - 1.0
            refinement.learn(refined[row, head], seen, gradient, steps[i] * len(LEVELS) + head)
