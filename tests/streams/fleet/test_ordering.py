"""The largest of some numbers, as sorting all of them says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.fleet.ordering import FEW, largest, ranked

numbers = st.floats(allow_nan=False, width=32) | st.sampled_from([0.0, -0.0, 1.0, 2.0])


@given(st.lists(numbers, min_size=1, max_size=40), st.data())
def test_the_largest_come_in_order(values: list[float], data: st.DataObject) -> None:
    many = data.draw(st.integers(1, len(values)))
    found = np.full(len(values), np.nan, dtype=np.float32)
    largest(np.array(values, dtype=np.float32), many, found)
    assert found[:many].tolist() == sorted(values, reverse=True)[:many]
    assert np.isnan(found[many:]).all()


@given(st.lists(numbers, min_size=1, max_size=60), st.data())
def test_a_rank_is_that_of_the_sorted_numbers(values: list[float], data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, len(values)))
    assert ranked(np.array(values, dtype=np.float32), rank) == sorted(values, reverse=True)[rank - 1]


@pytest.mark.parametrize("rank", [1, FEW, FEW + 1, 29, 288])
def test_the_same_of_long_series_of_all_kinds(rank: int) -> None:
    draw = np.random.default_rng(rank)
    noise = draw.normal(size=288)
    for values in (noise, noise.cumsum(), np.ones(288), np.where(noise > 1.5, noise * 1e6, 0.0), -np.abs(noise)):
        series = values.astype(np.float32)
        assert ranked(series, rank) == np.sort(series)[288 - rank]
