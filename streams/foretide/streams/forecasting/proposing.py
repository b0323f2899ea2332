"""What each expert says of each target, and what the refinement and River's heads learn from: all but what only some
series have."""

from __future__ import annotations

from math import copysign, isnan, log1p
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled
from foretide.streams.fleet.network import KINDS
from foretide.streams.forecasting import echo, phases, refinement
from foretide.streams.forecasting.experts import EXPERTS, LAST
from foretide.streams.forecasting.halves import Halves, bits
from foretide.streams.forecasting.linear import CLIP, said_by
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.record import CALENDAR, INPUTS, PLAIN, SHAPE
from foretide.streams.forecasting.sensing import Sensed
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles, Floats, Ints, View

PLACE: Final = {name: place for place, name in enumerate(EXPERTS)}

_SEEN: Final = (0, 1, 2, 3, 4, 11, 12, 13, 15)
"""Which of the network's inputs River's heads see: five lags; mean, maximum and minimum of 12; maximum of 60."""
_DAY: Final = PLACE["day"]
_AR: Final = PLACE["ar"]
_LINEAR: Final = PLACE["linear"]
_FLEET: Final = PLACE["fleet"]
_REFINED: Final = PLACE["refined"]
_PHASE: Final = PLACE["phase"]
_TOLD: Final = PLACE["told"]
_POINT: Final = KINDS.index("point")
_PEAK: Final = KINDS.index("peak")


class Proposed(NamedTuple):
    """The `experts`' forecasts of the centre (rows, heads, experts), and the network's quantiles as they are and
    refined (rows, heads, levels)."""

    experts: Floats
    fleet: Floats
    refined: Floats


def inputs_of(
    state: NDArray[np.void], rows: Ints, view: View, sensed: Sensed, calendar: Floats, exogenous: Doubles
) -> Floats:
    """The inputs (rows, INPUTS) of what is learnt for one series; `exogenous` are scaled."""
    found = np.empty((len(rows), INPUTS), dtype=np.float32)
    _gather(rows, view.means, view.scale, sensed.inputs, calendar, exogenous, state["echo"], found)
    return found


@compiled
def _gather(
    rows: Ints,
    means: Floats,
    scale: Floats,
    network: Floats,
    calendar: Floats,
    exogenous: Doubles,
    units: Floats,
    found: Floats,
) -> None:
    latest = means.shape[1] - 1
    for i in range(len(rows)):
        moved = (np.float64(means[i, latest]) - means[i, latest - 1]) / scale[i]
        echo.step(units[rows[i]], copysign(log1p(abs(moved)), moved))
        for k, place in enumerate(_SEEN):
            found[i, k] = network[i, place]
        for k in range(CALENDAR):
            found[i, SHAPE + k] = calendar[i, k]
        for k in range(exogenous.shape[1]):
            found[i, SHAPE + CALENDAR + k] = exogenous[i, k]
        for k in range(echo.UNITS):
            found[i, PLAIN + k] = units[rows[i], k]
        found[i, INPUTS - 1] = 1.0


def propose(
    state: NDArray[np.void],
    rows: Ints,
    view: View,
    day: Floats,
    sensed: Sensed,
    network: Floats,
    inputs: Floats,
    phase: Ints,
    plan: Plan,
    experts: int,
) -> Proposed:
    """What the experts say after the latest step; of so many `experts` those named in the settings are left to be
    filled in, and what is told from outside stands at the last value.

    `network` (rows, heads and heads, levels) are its answers to the left and to the right of each head, `phase` (rows,)
    the place of each row's.
    """
    shape = len(rows), len(plan.steps)
    found = Proposed(
        np.empty((*shape, experts), np.float32),
        np.empty((*shape, len(LEVELS)), np.float32),
        np.empty((*shape, len(LEVELS)), np.float32),
    )
    _from_network(rows, view.means, view.scale, network, inputs, plan.share, bits(state["refined"]), found.fleet,
                  found.refined)  # fmt: skip
    _propose(rows, view.means, view.peaks, view.scale, day, sensed.references, sensed.path, inputs, state["linear"],
             phase,
             state["phase"], state["phase_steps"], plan.steps, plan.kinds, plan.day, plan.day_share, found.fleet,
             found.refined, found.experts)  # fmt: skip
    return found


@compiled
def _from_network(
    rows: Ints,
    means: Floats,
    scale: Floats,
    network: Floats,
    inputs: Floats,
    share: Doubles,
    weights: Halves,
    fleet: Floats,
    refined: Floats,
) -> None:
    heads, latest = len(share), means.shape[1] - 1
    for i in range(len(rows)):
        anchor, unit = np.float64(means[i, latest]), np.float64(scale[i])
        for head in range(heads):
            for level in range(network.shape[2]):
                left, right = np.float64(network[i, head, level]), np.float64(network[i, heads + head, level])
                said = anchor + unit * (left + share[head] * (right - left))
                fleet[i, head, level] = said
                own = said + unit * refinement.correction(weights[rows[i], head, level], inputs[i])
                refined[i, head, level] = max(own, np.float64(refined[i, head, level - 1])) if level else own


@compiled
def _propose(
    rows: Ints,
    means: Floats,
    peaks: Floats,
    scale: Floats,
    day: Floats,
    references: Floats,
    path: Doubles,
    inputs: Floats,
    linear: Floats,
    phase: Ints,
    levels: Floats,
    phase_steps: Any,
    steps: Ints,
    kinds: Ints,
    days: Ints,
    day_share: Doubles,
    fleet: Floats,
    refined: Floats,
    experts: Floats,
) -> None:
    latest = means.shape[1] - 1
    for i in range(len(rows)):
        row, unit = rows[i], np.float64(scale[i])
        phases.observe(levels[row], phase_steps[row], phase[i], means[i, latest], peaks[i, latest])
        for head in range(len(steps)):
            of_peaks = 1 if kinds[head] == _PEAK else 0
            said = experts[i, head]
            for reference in range(references.shape[2]):
                said[reference] = references[i, of_peaks, reference]
            last = np.float64(said[LAST])
            said[_TOLD] = said[LAST]
            # The last value moved as it moved a day ago; itself where that is not known.
            left, right, share = np.float64(day[i, days[head, 0]]), np.float64(day[i, days[head, 1]]), day_share[head]
            moved = last + (left * (1.0 - share) + right * share - day[i, 0])
            said[_DAY] = last if isnan(moved) else moved
            said[_AR] = _along(path[i], steps[head], kinds[head])
            said[_LINEAR] = last + unit * min(max(said_by(linear[row, head], inputs[i]), -CLIP), CLIP)
            said[_FLEET] = fleet[i, head, 0]
            said[_REFINED] = refined[i, head, 0]
            said[_PHASE] = levels[row, phase[i], of_peaks]


@compiled
def _along(path: Any, steps: int, kind: int) -> float:
    """The autoregression's forecast: a point, or the mean or the maximum of its path, which ends where it ends."""
    many = min(steps, len(path))
    if kind == _POINT:
        return np.float64(path[many - 1])
    high, total = path[0], 0.0
    for step in range(many):
        high, total = max(high, path[step]), total + path[step]
    return np.float64(high) if kind == _PEAK else np.float64(total / many)
