"""Quantiles of few and many numbers, what moved as a day ago, and that what is issued never decreases."""

from __future__ import annotations

from math import ceil, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.fleet.features import AHEAD, DAY
from foretide.streams.forecasting.experts import EXPERTS, FLEET, LAST
from foretide.streams.forecasting.issuing import KNOWN, _quantiles, issue, moved_as_a_day_ago
from foretide.streams.forecasting.record import INPUTS, MEMORY, WAYS, blank, record_of
from foretide.streams.forecasting.remembering import recall
from foretide.streams.forecasting.settling import Plan
from foretide.streams.forecasting.targets import LEVELS, Target


def test_quantiles_are_order_statistics_of_what_is_known_however_many_there_are() -> None:
    draw = np.random.default_rng(1)
    for n in range(1, MEMORY + 1):
        numbers = draw.normal(0.0, 1.0, n).astype(np.float32)
        window = np.full((1, 1, MEMORY), np.inf, dtype=np.float32)
        window[0, 0, draw.permutation(MEMORY)[:n]] = numbers
        ordered = sorted(numbers.tolist())
        expected = [ordered[max(1, min(n, ceil(q * (n + 1)))) - 1] for q in LEVELS[1:]]
        for known in (n, n + MEMORY) if n == MEMORY else (n,):
            assert _quantiles(window, np.array([[known]])).tolist() == [[expected]]


def test_of_each_row_and_head_by_what_is_known_of_it() -> None:
    window = np.full((2, 2, MEMORY), np.inf, dtype=np.float32)
    window[0, 0, :1], window[1, 1, :3] = 4.0, [3.0, 1.0, 2.0]
    window[0, 1] = np.arange(MEMORY)[::-1]
    found = _quantiles(window, np.array([[1, MEMORY + 7], [0, 3]]))
    assert found[0].tolist() == [[4.0] * 3, [87.0, 92.0, 95.0]]
    assert found[1, 1].tolist() == [3.0] * 3


def day(now: float, ahead: tuple[float, ...]) -> list[float]:
    return [now, *ahead, *[nan] * (DAY - 1 - len(AHEAD))]


def test_the_last_value_moves_as_it_moved_a_day_ago() -> None:
    assert AHEAD == (1, 3, 5, 8, 15)
    steps = np.array([1, 2, 3, 4, 15, 40])
    last = np.full((3, len(steps)), 100.0, dtype=np.float32)
    told = np.array(
        [
            day(10.0, (11.0, 15.0, 13.0, 13.0, 30.0)),
            day(nan, (11.0, 15.0, 13.0, 13.0, 30.0)),
            day(10.0, (11.0, nan, 13.0, 13.0, 30.0)),
        ],
        dtype=np.float32,
    )
    moved, without_now, with_a_hole = moved_as_a_day_ago(last, told, steps).tolist()
    # Between two times that are told in proportion; beyond the farthest as there.
    assert moved == [101.0, 103.0, 105.0, 104.0, 120.0, 120.0]
    assert without_now == [100.0] * 6
    assert with_a_hole[:1] + with_a_hole[4:] == [101.0, 120.0, 120.0]
    assert with_a_hole[1:4] == [100.0] * 3


TARGETS = (Target("point", 1), Target("peak", 4))
numbers = st.floats(-1e6, 1e6, width=32)


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
    state["errors"][1, :, : min(n, MEMORY)] = draw.normal(0.0, 10.0, (2, min(n, MEMORY)))
    state["outcomes"][1, :, : min(n, MEMORY)] = draw.normal(0.0, 10.0, (2, min(n, MEMORY)))
    state["losses"][1] = draw.random((2, len(EXPERTS)))
    state["spread"][1] = draw.random((2, len(LEVELS) - 1, len(WAYS)))
    state["frame"][1, 3] = 0.0, 0.0, 1e3
    said = np.array([[experts, experts]], dtype=np.float32)
    fleet = np.maximum.accumulate(np.array(network, dtype=np.float32).reshape(1, 2, 4), axis=2)
    issue(state, np.array([1]), np.array([3]), Plan.of(TARGETS), said, fleet, fleet + np.float32(1.0))
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
    state["frame"][0, :, 2] = 1.0
    state["errors"][0, :, :n] = 50.0
    state["outcomes"][0, :, :n] = 70.0
    fleet = np.array([[[1.0, 2.0, 3.0, 4.0]] * 2], dtype=np.float32)
    experts = np.zeros((1, 2, len(EXPERTS)), dtype=np.float32)
    experts[..., FLEET] = 1.0
    issue(state, np.array([0]), np.array([0]), Plan.of(TARGETS), experts, fleet, fleet)
    # Nothing was lost by any: the network's forecast is the centre, and its quantiles the spread.
    assert state["quantiles"][0].tolist() == [[1.0, 2.0, 3.0, 4.0]] * 2
    before = recall(state, np.array([0]), np.zeros((1, 2), dtype=np.int64)).ways[0, 0, :, :2].tolist()
    assert before == ([[51.0, 70.0]] * 3 if n >= KNOWN else [[2.0, 2.0], [3.0, 3.0], [4.0, 4.0]])


@pytest.mark.parametrize(("own", "stands"), [(1.01, False), (1.03, True)])
def test_last_value_stands_where_the_mixture_has_lost_more(own: float, stands: bool) -> None:
    state = np.array([blank(record_of(TARGETS, 30, 0))])
    state["frame"][0, :, 2] = 1.0
    state["trial"][0] = own * 50.0, 50.0
    state["losses"][0] = 1.0
    experts = np.full((1, 2, len(EXPERTS)), 8.0, dtype=np.float32)
    experts[..., LAST] = 2.0
    fleet = np.full((1, 2, 4), 9.0, dtype=np.float32)
    issue(state, np.array([0]), np.array([0]), Plan.of(TARGETS), experts, fleet, fleet)
    centre = state["quantiles"][0, :, 0]
    assert (centre == 2.0).all() == stands
    was = recall(state, np.array([0]), np.zeros((1, 2), dtype=np.int64))
    np.testing.assert_allclose(was.mixture, 7.5, rtol=1e-3)
