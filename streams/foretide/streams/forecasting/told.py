"""What the exogenous signals tell of a series: for each target a linear forecast from them, by recursive least squares.

A load that is published before the card feels it forecasts the level of the use, not its change: so levels are
forecast, as distances from the mean of the history, in units of the scale. River's regression learns too slowly here;
by recursive least squares (`autoregression.learn`) a lead is found within some dozens of steps.
"""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.forecasting import autoregression
from foretide.streams.forecasting.record import CALENDAR, EXOGENOUS, PLAIN, SHAPE, TOLD
from foretide.streams.forecasting.settling import Plan, Settled
from foretide.streams.forecasting.view import Doubles, Floats, Ints, View

_FROM: Final = SHAPE + CALENDAR
OWN: Final = TOLD - EXOGENOUS
"""Inputs of the series itself: the last value, the one before, the mean of 12, a constant."""


START: Final = 40
"""Steps that are not learnt from: until then the series' own scale is not known well, and what is learnt in units of a
wrong one takes long to be forgotten."""


def learn(state: NDArray[np.void], rows: Ints, view: View, settled: Settled) -> None:
    """Learn from the outcomes that have become known, where exogenous signals had told something."""
    inputs = state["told_inputs"][rows[:, None], settled.slot]
    known = settled.known & (view.steps > START)[:, None]
    who, head = np.nonzero(known & (inputs[:, :, :EXOGENOUS] != 0.0).any(axis=2))
    if not len(who):
        return
    row, slot = rows[who], settled.slot[who, head]
    frame = state["told_frame"][row, slot]
    exact = settled.outcome[who, head].astype(np.float64)
    outcome = np.clip((exact - frame[:, 0]) / frame[:, 1], -autoregression.CLIP, autoregression.CLIP)
    at = row, head
    before = state["told_weights"][at], state["told_spread"][at]
    after = autoregression.learn(*before, inputs[who, head], outcome, surprise=inf)  # a level may be far off at first
    state["told_weights"][at], state["told_spread"][at] = after


def forecast(state: NDArray[np.void], rows: Ints, slot: Ints, view: View, plan: Plan, inputs: Floats) -> Floats:
    """Forecasts (rows, heads) after the latest step; the last value where no exogenous signal tells
    anything, or nothing was learnt yet.

    `inputs` (rows, INPUTS) hold the exogenous signals, scaled.
    """
    means = view.means[:, -12:].astype(np.float64)
    centre, scale = view.centre, view.scale.astype(np.float64)
    own = np.stack([means[:, -1], means[:, -2], means.sum(axis=1) / 12.0], axis=1)
    seen: Doubles = np.ones((len(rows), TOLD))
    seen[:, :EXOGENOUS] = inputs[:, _FROM:PLAIN]
    seen[:, EXOGENOUS:-1] = np.clip((own - centre[:, None]) / scale[:, None], -autoregression.CLIP, autoregression.CLIP)
    state["told_inputs"][rows, slot] = seen
    state["told_frame"][rows, slot] = np.stack([centre, scale], axis=1)
    weights = state["told_weights"][rows]
    level = (weights * seen[:, None, :]).sum(axis=2)
    low, high = view.low.astype(np.float64), view.top.astype(np.float64)
    reach = 0.1 * (high - low)
    found = np.clip(centre[:, None] + scale[:, None] * level, (low - reach)[:, None], (high + reach)[:, None])
    last = np.where(plan.of_peaks, view.peaks[:, -1:], view.means[:, -1:])
    tells = (seen[:, :EXOGENOUS] != 0.0).any(axis=1)[:, None] & (weights[:, :, -1] != 0.0)
    return np.where(tells, found, last).astype(np.float32)
