"""What a bank learns when outcomes become known: losses of the experts, errors, coverage, the refinement's weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting import refinement
from foretide.streams.forecasting.aggregation import FADE
from foretide.streams.forecasting.experts import EXPERTS, LAST
from foretide.streams.forecasting.record import MEMORY, WAYS
from foretide.streams.forecasting.remembering import recall
from foretide.streams.forecasting.targets import LEVELS, Target
from foretide.streams.forecasting.view import Doubles, Floats, Ints, View

COVERAGE_FADE: Final = 0.98
TRIAL_FADE: Final = 0.5 ** (1 / 600)
"""Whether the mixture is worth its risk is judged by 600 outcomes: by fewer, luck decides."""
_LEVELS: Final = np.array(LEVELS)
_REFINED: Final = EXPERTS.index("refined")
_REFINED_WAY: Final = WAYS.index("refined")


@dataclass(frozen=True, slots=True)
class Plan:
    """The targets of a bank as arrays: `steps`, `kinds` (0 point, 1 peak, 2 mean) and `of_peaks` per head."""

    steps: Ints
    kinds: Ints
    of_peaks: Ints

    @classmethod
    def of(cls, targets: Sequence[Target]) -> Plan:
        """The plan of some targets."""
        return cls(
            np.array([t.steps for t in targets], dtype=np.int64),
            np.array([("point", "peak", "mean").index(t.kind) for t in targets], dtype=np.int64),
            np.array([t.kind == "peak" for t in targets], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """What became known: for rows and heads the `outcome`, whether it is `known` (else the forecast was given up or
    never made), and the ring's `slot` that the forecast was made in."""

    outcome: Floats
    known: NDArray[np.bool_]
    slot: Ints


def settle(state: NDArray[np.void], rows: Ints, view: View, plan: Plan) -> Settled:
    """Learn from the forecasts that the latest step completes."""
    ring = state["inputs"].shape[1]
    known = state["since"][rows][:, None] >= plan.steps
    slot = (view.steps[:, None] - plan.steps) % ring
    outcome = _outcomes(view, plan)
    at = rows[:, None], np.arange(len(plan.steps))
    was = recall(state, rows, slot)
    exact = outcome.astype(np.float64)
    _fade(state["losses"], at, known, FADE, np.abs(exact[:, :, None] - was.experts))
    lost = np.abs(exact[:, :, None] - np.stack([was.mixture, was.experts[:, :, LAST]], axis=2))
    _fade(state["trial"], at, known, TRIAL_FADE, lost)
    _fade(state["spread"], at, known, FADE, _pinball(exact[:, :, None, None] - was.ways, _LEVELS[1:, None]))
    centre, high, top = (was.issued[:, :, i] for i in range(3))
    _remember(state, rows, known, outcome, centre)
    error = np.abs(exact - centre)
    fresh = [np.abs(exact), error, high - exact, top - exact, exact - top, (exact > top).astype(np.float64)]
    _fade(state["sums"], at, known, FADE, np.maximum(np.stack(fresh, axis=2), 0.0))
    scale = state["frame"][rows[:, None], slot, 2].astype(np.float64)
    _put(state["surprise"], at, known, error / np.where(known, scale, 1.0))
    own = _pinball(exact - high, _LEVELS[1])
    last = _pinball(exact - was.experts[:, :, LAST], _LEVELS[1])
    _fade(state["pinball"], at, known, FADE, np.stack([own, last], axis=2))
    hits = COVERAGE_FADE * state["covered"][at] + (1 - COVERAGE_FADE) * (exact <= high)
    _put(state["covered"], at, known, np.where(state["known"][at] > 1, hits, _LEVELS[1]))
    said = np.concatenate([was.experts[:, :, _REFINED, None], was.ways[:, :, :, _REFINED_WAY]], axis=2)
    higher = np.where(exact[:, :, None] > said, _LEVELS, _LEVELS - 1) * known[:, :, None]
    inputs = state["inputs"][rows[:, None], slot].astype(np.float32)
    state["refined"][rows] = refinement.learn(state["refined"][rows], inputs, higher.astype(np.float32))
    return Settled(outcome, known, slot)


def _outcomes(view: View, plan: Plan) -> Floats:
    longest = int(plan.steps.max())
    ends = plan.steps - 1
    highs = np.maximum.accumulate(view.peaks[:, : -longest - 1 : -1], axis=1)[:, ends]
    sums = np.cumsum(view.means[:, : -longest - 1 : -1], axis=1)[:, ends] / plan.steps.astype(np.float32)
    last = np.broadcast_to(view.means[:, -1:], highs.shape)
    chosen: Floats = np.choose(plan.kinds, [last, highs, sums]).astype(np.float32)
    return chosen


def _remember(state: NDArray[np.void], rows: Ints, known: NDArray[np.bool_], outcome: Floats, centre: Doubles) -> None:
    who, head = np.nonzero(known)
    row = rows[who]
    place = state["known"][row, head] % MEMORY
    state["errors"][row, head, place] = outcome[who, head] - centre[who, head]
    state["outcomes"][row, head, place] = outcome[who, head]
    state["known"][row, head] += 1


def _fade(
    field: NDArray[np.float64], at: tuple[Ints, Ints], known: NDArray[np.bool_], share: float, fresh: Doubles
) -> None:
    """What was lost so far counts by `share` from now on, and what was lost now is added, where it is `known`."""
    old = field[at]
    new = share * old
    new += fresh
    field[at] = new if known.all() else np.where(known.reshape(known.shape + (1,) * (old.ndim - 2)), new, old)


def _put(field: NDArray[np.float64], at: tuple[Ints, Ints], where: NDArray[np.bool_], new: Doubles) -> None:
    field[at] = np.where(where, new, field[at])


def _pinball(error: Doubles, level: Doubles | float) -> Doubles:
    return np.maximum(level * error, (level - 1) * error)
