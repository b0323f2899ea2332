"""River's models in arrays: what River itself would have learnt, from what leads a series, with what is missing."""

from __future__ import annotations

import random
from itertools import pairwise
from math import nan
from typing import Any

import numpy as np
import pytest
from river import linear_model, optim, preprocessing

from foretide.streams.forecasting import linear
from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.linear import CLIP
from foretide.streams.forecasting.record import CALENDAR, EXOGENOUS, PLAIN, blank, record_of
from foretide.streams.forecasting.targets import Target
from support.banks import Step, together

LINEAR, LAST = EXPERTS.index("linear"), EXPERTS.index("last")


def test_an_exogenous_signal_that_leads_is_used() -> None:
    rng = random.Random(1)
    leads = [rng.choice([0.0, 1.0]) for _ in range(452)]
    steps = [
        Step(10.0 * now, 10.0 * now, outside=(0.0,) * CALENDAR + (then,) + (nan,) * (EXOGENOUS - 1))
        for now, then in pairwise(leads)
    ]
    deaf = [Step(s.mean, s.peak) for s in steps]
    losses, unaware = together([steps, deaf], [Target("point", 1)]).state["losses"][:2, 0]
    # Of a fair coin last value is wrong half of the time; told the next one, River hardly ever is.
    assert losses[LINEAR] < 0.35 * losses[LAST]
    assert unaware[LINEAR] > 0.6 * unaware[LAST]


def blanks(rows: int, heads: int) -> np.ndarray:
    """The records of so many series that have no step yet."""
    record = record_of([Target("point", 1)] * heads, 96, 0)
    return np.array([blank(record)] * rows, dtype=record)


def predicted(state: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Each head's change (rows, heads) from the inputs (rows, PLAIN)."""
    return np.array([[linear.said_by(of, own) for of in row["linear"]] for row, own in zip(state, inputs, strict=True)])


def test_scaled_as_by_rivers_scaler() -> None:
    draw = np.random.default_rng(2)
    rows = 3
    state, scalers = blanks(rows, 1), [preprocessing.StandardScaler() for _ in range(rows)]
    for _ in range(200):
        raw = draw.normal([50.0, 0.0, 7.0, -1.0], [10.0, 1.0, 0.0, 1e3], (rows, EXOGENOUS)).astype(np.float32)
        raw[draw.random((rows, EXOGENOUS)) < 0.3] = np.nan
        found = linear.scale(state, np.arange(rows), raw)
        for scaler, values, own in zip(scalers, raw, found, strict=True):
            named = {i: float(v) for i, v in enumerate(values) if v == v}
            scaler.learn_one(named)
            scaled = scaler.transform_one(named)
            expected = [min(max(scaled.get(i, 0.0), -CLIP), CLIP) for i in range(EXOGENOUS)]
            assert own.tolist() == pytest.approx(expected, abs=1e-9)


def test_what_is_not_known_is_as_usual_and_teaches_nothing() -> None:
    state, at = blanks(1, 1), np.array([0])
    draw = np.random.default_rng(2)
    for _ in range(500):
        linear.scale(state, at, np.array([[draw.normal(50.0, 10.0), nan, 7.0, nan]], dtype=np.float32))
    found = linear.scale(state, at, np.array([[70.0, nan, 7.0, nan]], dtype=np.float32))[0]
    assert found[0] == pytest.approx(2.0, abs=0.25)
    assert found[1:].tolist() == [0.0, 0.0, 0.0]
    assert linear.scale(state, at, np.array([[1e12, nan, nan, nan]], dtype=np.float32))[0, 0] == CLIP
    before = state.copy()
    assert linear.scale(state, at, np.full((1, EXOGENOUS), nan, dtype=np.float32)).tolist() == [[0.0] * EXOGENOUS]
    assert state.tobytes() == before.tobytes()


def test_learnt_as_by_rivers_linear_regression() -> None:
    draw = np.random.default_rng(3)
    rows, heads = 4, 3
    state = blanks(rows, heads)
    models: list[list[Any]] = [
        [
            linear_model.LinearRegression(
                optimizer=optim.SGD(linear.RATE), loss=optim.losses.Quantile(alpha=0.5), intercept_lr=linear.RATE
            )
            for _ in range(heads)
        ]
        for _ in range(rows)
    ]
    for _ in range(400):
        inputs = draw.normal(0.0, 1.0, (rows, PLAIN)).astype(np.float32)
        inputs[:, 3] = 0.0
        said = predicted(state, inputs)
        for row in range(rows):
            named = {i: float(v) for i, v in enumerate(inputs[row])}
            expected = [model.predict_one(named) for model in models[row]]
            assert said[row].tolist() == pytest.approx(expected, abs=1e-4)
        who, which = np.nonzero(draw.random((rows, heads)) < 0.6)
        changes = inputs[who, 0] * (which + 1) + draw.normal(0.0, 0.1, len(who))
        linear.learn(state, who, which, inputs[who], changes)
        for r, h, seen, change in zip(who, which, inputs[who], changes, strict=True):
            models[r][h].learn_one({i: float(v) for i, v in enumerate(seen)}, float(change))
    assert np.abs(state["linear"][:, :, 3]).max() == 0.0, "an input that was always 0 teaches nothing"


def test_learnt_to_the_last_bit_as_by_rivers_loss_and_optimizer() -> None:
    draw = np.random.default_rng(4)
    rows, heads = 5, 2
    state = blanks(rows, heads)
    expected = state["linear"].copy()
    for _ in range(200):
        who, which = np.nonzero(draw.random((rows, heads)) < 0.7)
        inputs = (draw.standard_cauchy((len(who), PLAIN)) * draw.choice([0.0, 1e-3, 1.0, 10.0])).astype(np.float32)
        changes = np.clip(draw.standard_cauchy(len(who)), -CLIP, CLIP)
        weights = expected[who, which]
        said = np.array([linear.said_by(of, seen) for of, seen in zip(weights, inputs, strict=True)])
        slope = linear.LOSS.gradient(y_true=changes, y_pred=said).astype(np.float32)
        gradient = np.concatenate([slope[:, None] * inputs, slope[:, None]], axis=1)
        expected[who, which] = optim.SGD(linear.RATE).step(weights, gradient)
        linear.learn(state, who, which, inputs, changes)
        assert state["linear"].tobytes() == expected.tobytes()


def test_each_head_learns_its_own_median_change() -> None:
    state, rng = blanks(1, 2), random.Random(3)
    for _ in range(3000):
        seen = np.zeros((2, PLAIN), dtype=np.float32)
        seen[:, 0] = rng.choice([-1.0, 1.0])
        changes = np.array([2.0 * seen[0, 0] + rng.gauss(0.0, 0.1), 1.0])
        linear.learn(state, np.zeros(2, dtype=np.int64), np.arange(2), seen, changes)
    one = np.zeros((1, PLAIN), dtype=np.float32)
    one[0, 0] = 1.0
    assert predicted(state, one)[0].tolist() == pytest.approx([2.0, 1.0], abs=0.15)
    assert predicted(state, -one)[0].tolist() == pytest.approx([-2.0, 1.0], abs=0.15)
