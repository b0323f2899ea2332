"""The autoregression finds what made a series, for many rows at once as for each, and never leaves the numbers."""

from __future__ import annotations

import numpy as np
import pytest

from foretide.streams.forecasting.autoregression import (
    CLIP,
    FORGET,
    LAGS,
    START,
    SURPRISE,
    TRACE,
    WEIGHTS,
    Doubles,
    ahead_one,
    learn,
)


def lags_of(values: Doubles) -> Doubles:
    """The latest values, newest first, and the constant."""
    return np.append(values[: -LAGS - 1 : -1], 1.0)


def simulated(first: float, second: float, length: int, seed: int = 1) -> Doubles:
    """A series that follows from its two latest values and chance."""
    draw, values = np.random.default_rng(seed), [0.0, 0.0]
    for _ in range(length - 2):
        values.append(0.5 + first * values[-1] + second * values[-2] + draw.normal(0.0, 0.3))
    return np.array(values)


def ahead(weights: Doubles, lags: Doubles, steps: int) -> Doubles:
    """The next values (rows, steps) after `lags` (rows, WEIGHTS)."""
    path = np.empty((len(lags), steps))
    for of, after, found in zip(weights, lags, path, strict=True):
        ahead_one(of, after, found)
    return path


def fitted(values: Doubles, forget: float = FORGET) -> tuple[Doubles, Doubles]:
    """Weights and covariance (1, ...) after a series."""
    weights, spread = np.zeros((1, WEIGHTS)), START[None].copy()
    for i in range(LAGS, len(values)):
        weights, spread = learn(weights, spread, lags_of(values[:i])[None], values[i : i + 1], forget=forget)
    return weights, spread


@pytest.mark.parametrize(("first", "second"), [(0.6, 0.3), (1.2, -0.5), (-0.4, 0.2)])
def test_it_finds_the_coefficients_of_a_simulated_series(first: float, second: float) -> None:
    (found,), _ = fitted(simulated(first, second, 3000))
    # It forgets: what it knows is of the latest 1 / (1 - FORGET) = 500.
    assert found[:2].tolist() == pytest.approx([first, second], abs=0.15)
    assert np.abs(found[2:LAGS]).max() < 0.15
    assert found[LAGS] == pytest.approx(0.5, abs=0.25)


def test_without_forgetting_it_is_the_ridge_regression_of_all() -> None:
    values = simulated(0.6, 0.3, 200)
    (found,), (spread,) = fitted(values, forget=1.0)
    seen = np.array([lags_of(values[:i]) for i in range(LAGS, len(values))])
    precision = seen.T @ seen + np.linalg.inv(START)
    np.testing.assert_allclose(found, np.linalg.solve(precision, seen.T @ values[LAGS:]), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(spread, np.linalg.inv(precision), rtol=1e-6, atol=1e-10)


def test_many_rows_are_learnt_and_continued_as_each_by_itself() -> None:
    draw, rows = np.random.default_rng(2), 17
    weights, spread = np.zeros((rows, WEIGHTS)), np.repeat(START[None], rows, axis=0)
    each = [(weights[i : i + 1].copy(), spread[i : i + 1].copy()) for i in range(rows)]
    for _ in range(40):
        lags, outcome = draw.normal(0.0, 2.0, (rows, WEIGHTS)), draw.normal(0.0, 2.0, rows)
        weights, spread = learn(weights, spread, lags, outcome)
        each = [learn(w, s, lags[i : i + 1], outcome[i : i + 1]) for i, (w, s) in enumerate(each)]
    path = ahead(weights, lags, 15)
    for i, (own, covariance) in enumerate(each):
        np.testing.assert_array_equal(weights[i], own[0])
        np.testing.assert_array_equal(spread[i], covariance[0])
        np.testing.assert_array_equal(path[i], ahead(own, lags[i : i + 1], 15)[0])


def test_a_path_is_each_step_from_those_before() -> None:
    draw = np.random.default_rng(3)
    weights, lags = draw.normal(0.0, 0.3, (1, WEIGHTS)), draw.normal(0.0, 1.0, (1, WEIGHTS))
    lags[0, LAGS] = 1.0
    values = lags[0, LAGS - 1 :: -1].tolist()
    for _ in range(15):
        values.append(sum(weights[0, k] * values[-1 - k] for k in range(LAGS)) + weights[0, LAGS])
    np.testing.assert_allclose(ahead(weights, lags, 15)[0], values[LAGS:], rtol=1e-9, atol=1e-12)
    growing = np.zeros((1, WEIGHTS))
    growing[0, 0] = 3.0
    assert ahead(growing, np.ones((1, WEIGHTS)), 9)[0].tolist() == [3.0, 9.0, 27.0, *[CLIP] * 6]


def test_one_wild_outcome_counts_as_a_surprise_only() -> None:
    weights, spread = fitted(simulated(0.6, 0.3, 600))
    lags = np.ones((1, WEIGHTS))
    forecast = float((weights * lags).sum())
    wild = learn(weights, spread, lags, np.array([1e9]))[0]
    largest = learn(weights, spread, lags, np.array([forecast + SURPRISE]))[0]
    np.testing.assert_allclose(wild, largest, rtol=1e-12)


def test_a_covariance_that_grows_out_of_all_bounds_starts_afresh() -> None:
    weights, spread = fitted(simulated(0.6, 0.3, 600))
    lags, afresh = np.zeros((1, WEIGHTS)), 0
    for _ in range(6000):
        before = np.trace(spread[0])
        weights, spread = learn(weights, spread, lags, np.zeros(1))
        assert 0.0 < np.trace(spread[0]) <= TRACE
        if np.trace(spread[0]) < before:
            afresh += 1
            np.testing.assert_array_equal(spread[0], START)
        else:
            assert np.trace(spread[0]) == pytest.approx(before / FORGET)
    assert afresh >= 1


def test_a_damaged_row_is_mended_and_its_neighbour_untouched() -> None:
    weights, spread = np.ones((2, WEIGHTS)), np.repeat(START[None], 2, axis=0)
    weights[1, 0], spread[1, 0, 0] = np.nan, np.nan
    lags, outcome = np.ones((2, WEIGHTS)), np.ones(2)
    learnt, covariance = learn(weights, spread, lags, outcome)
    np.testing.assert_array_equal(learnt[1], np.zeros(WEIGHTS))
    np.testing.assert_array_equal(covariance[1], START)
    alone = learn(weights[:1], spread[:1], lags[:1], outcome[:1])
    np.testing.assert_array_equal(learnt[0], alone[0][0])
    np.testing.assert_array_equal(covariance[0], alone[1][0])
