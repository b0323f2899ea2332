"""What heads learn from: each forecast whose outcome became known, as it was made."""

from __future__ import annotations

import numpy as np

from foretide.streams.forecasting.lessons import lessons_of
from foretide.streams.forecasting.linear import CLIP
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.record import PLAIN, blank, record_of
from foretide.streams.forecasting.settling import Settled
from foretide.streams.forecasting.targets import Target

TARGETS = (Target("peak", 3), Target("mean", 2))


def test_each_known_outcome_is_a_lesson_row_by_row_with_its_inputs_and_its_change() -> None:
    draw = np.random.default_rng(1)
    record = record_of(TARGETS, 48, 0)
    state = np.array([blank(record)] * 4, dtype=record)
    state["inputs"] = draw.normal(0.0, 2.0, state["inputs"].shape)
    state["frame"] = np.abs(draw.normal(5.0, 1.0, state["frame"].shape))
    rows = np.array([3, 1], dtype=np.int64)
    settled = Settled(
        np.array([[9.0, 8.0], [2.0, 1e9]], dtype=np.float32),
        np.array([[True, False], [True, True]]),
        np.array([[2, 1], [0, 1]], dtype=np.int64),
    )
    found = lessons_of(state, rows, settled, Plan.of(TARGETS))
    assert found.rows.tolist() == [3, 1, 1]
    assert found.heads.tolist() == [0, 0, 1]
    assert found.inputs.tolist() == [state["inputs"][row, at, :PLAIN].tolist() for row, at in ((3, 2), (1, 0), (1, 1))]
    peaks = [(3, 2, 9.0), (1, 0, 2.0)]
    exact = state["frame"].astype(np.float64)
    assert found.changes.tolist() == [*((was - exact[r, at, 1]) / exact[r, at, 2] for r, at, was in peaks), CLIP]


def test_where_nothing_became_known_there_is_none() -> None:
    record = record_of(TARGETS, 48, 0)
    state = np.array([blank(record)], dtype=record)
    shape = (1, len(TARGETS))
    nothing = Settled(np.zeros(shape, np.float32), np.zeros(shape, np.bool_), np.zeros(shape, np.int64))
    found = lessons_of(state, np.array([0]), nothing, Plan.of(TARGETS))
    assert [len(of) for of in found] == [0, 0, 0, 0]
