"""Quantiles of few and many numbers, and that what is issued never decreases."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from foretide.streams.forecasting import brief
from foretide.streams.forecasting.experts import EXPERTS, FLEET, LAST
from foretide.streams.forecasting.issuing import KNOWN, _quantiles, _ranks, issue
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.proposing import Proposed
from foretide.streams.forecasting.record import INPUTS, MEMORY, WAYS, blank, record_of
from foretide.streams.forecasting.targets import LEVELS, Target
from foretide.streams.forecasting.view import Floats, View
from support.recalled import recall


def quantiles_of(values: list[float]) -> list[float]:
    """The quantiles at the upper levels of the first so many of a ring's numbers."""
    ring = np.full(MEMORY, np.inf, dtype=np.float32)
    ring[: len(values)] = values
    found = np.empty(len(LEVELS) - 1)
    _quantiles(ring, len(values), _ranks()[len(values)], found)
    return found.tolist()


def test_quantiles_are_order_statistics_of_what_is_known_however_many_there_are() -> None:
    draw = np.random.default_rng(1)
    for n in range(1, MEMORY + 1):
        numbers = draw.normal(0.0, 1.0, n).astype(np.float32)
        ordered = sorted(numbers.tolist())
        expected = [ordered[max(1, min(n, ceil(q * (n + 1)))) - 1] for q in LEVELS[1:]]
        assert quantiles_of(numbers.tolist()) == expected


def test_quantiles_of_a_few() -> None:
    assert quantiles_of([4.0]) == [4.0] * 3
    assert quantiles_of([3.0, 1.0, 2.0]) == [3.0] * 3
    assert quantiles_of(list(range(MEMORY))) == [87.0, 92.0, 95.0]


TARGETS = (Target("point", 1), Target("peak", 4))
numbers = st.floats(-1e6, 1e6, width=32)


def issued(state: NDArray[np.void], row: int, slot: int, experts: Floats, fleet: Floats, refined: Floats) -> None:
    """Issue what is proposed for one row whose latest step was this one of the ring: to 0 after many of 70, in units of
    1000."""
    steps = np.array([slot], dtype=np.int64)
    ones = np.ones(1, dtype=np.float32)
    history = np.full((1, 30), 70.0, dtype=np.float32)
    history[0, -1] = 0.0
    view = View(steps, history, history, 1000 * ones, np.zeros((1, 2), np.float32), np.zeros(1), ones, ones, ones)
    inputs = np.zeros((1, INPUTS), dtype=np.float32)
    issue(state, np.array([row]), view, Plan.of(TARGETS), inputs, Proposed(experts, fleet, refined))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(numbers, min_size=len(EXPERTS), max_size=len(EXPERTS)),
    st.lists(numbers, min_size=8, max_size=8),
    st.integers(0, 200),
)
def test_what_is_issued_never_decreases_and_is_remembered(experts: list[float], network: list[float], n: int) -> None:
    draw = np.random.default_rng(n)
    state = np.zeros(2, dtype=record_of(TARGETS, 30, 0))
    state[0] = state[1] = blank(state.dtype)
    state["known"][1] = n
    state["errors"][1, :, : min(n, MEMORY)] = [
        [brief.narrowed(draw.normal(0.0, 10.0)) for _ in range(min(n, MEMORY))]
    ] * 2
    state["losses"][1] = draw.random((2, len(EXPERTS)))
    state["spread"][1] = draw.random((2, len(LEVELS) - 1, len(WAYS)))
    said = np.array([[experts, experts]], dtype=np.float32)
    fleet = np.maximum.accumulate(np.array(network, dtype=np.float32).reshape(1, 2, 4), axis=2)
    issued(state, 1, 3, said, fleet, fleet + np.float32(1.0))
    quantiles = state["quantiles"][1]
    assert (np.diff(quantiles, axis=1) >= 0.0).all()
    assert ((min(experts) <= quantiles[:, 0]) & (quantiles[:, 0] <= max(experts))).all()
    was = recall(state, np.array([1]), np.full((1, 2), 3))
    np.testing.assert_allclose(was.experts[0], said[0], rtol=1e-3, atol=1.0)
    np.testing.assert_allclose(was.ways[0, :, :, WAYS.index("fleet")], fleet[0, :, 1:], rtol=1e-3, atol=1.0)
    np.testing.assert_allclose(was.issued[0, :, :2], quantiles[:, :2], rtol=1e-3, atol=1.0)
    assert np.isfinite(state["ways"][1]).all()
    assert not state["quantiles"][0].any()
    assert state["inputs"].shape == (2, 4, INPUTS)


@pytest.mark.parametrize("n", [0, KNOWN - 1, KNOWN])
def test_before_enough_outcomes_are_known_the_networks_quantiles_stand_for_them(n: int) -> None:
    state = np.zeros(1, dtype=record_of(TARGETS, 30, 0))
    state[0] = blank(state.dtype)
    state["known"][0] = n
    state["errors"][0, :, :n] = brief.narrowed(50.0)
    fleet = np.array([[[1.0, 2.0, 3.0, 4.0]] * 2], dtype=np.float32)
    experts = np.zeros((1, 2, len(EXPERTS)), dtype=np.float32)
    experts[..., FLEET] = 1.0
    issued(state, 0, 0, experts, fleet, fleet)
    # Nothing was lost by any: the network's forecast is the centre, and its quantiles the spread.
    assert state["quantiles"][0].tolist() == [[1.0, 2.0, 3.0, 4.0]] * 2
    before = recall(state, np.array([0]), np.zeros((1, 2), dtype=np.int64)).ways[0, 0, :, :2]
    expected = [[51.0, 70.0]] * 3 if n >= KNOWN else [[2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]
    np.testing.assert_allclose(before, expected, rtol=1e-3)


@pytest.mark.parametrize(("own", "stands"), [(1.01, False), (1.03, True)])
def test_last_value_stands_where_the_mixture_has_lost_more(own: float, stands: bool) -> None:
    state = np.array([blank(record_of(TARGETS, 30, 0))])
    state["trial"][0] = own * 50.0, 50.0
    state["losses"][0] = 1.0
    experts = np.full((1, 2, len(EXPERTS)), 8.0, dtype=np.float32)
    experts[..., LAST] = 2.0
    fleet = np.full((1, 2, 4), 9.0, dtype=np.float32)
    issued(state, 0, 0, experts, fleet, fleet)
    centre = state["quantiles"][0, :, 0]
    assert (centre == 2.0).all() == stands
    was = recall(state, np.array([0]), np.zeros((1, 2), dtype=np.int64))
    np.testing.assert_allclose(was.mixture, 7.5, rtol=1e-3)
