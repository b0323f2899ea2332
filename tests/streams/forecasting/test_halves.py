"""Halves as bits are to compiled functions what they are to numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from foretide.streams.compiled import compiled
from foretide.streams.forecasting.halves import Halves, bits, drawn, narrowed, widened


@compiled
def all_widened(halves: Halves, found: NDArray[np.float32]) -> None:
    for i in range(len(halves)):
        found[i] = widened(halves[i])


@compiled
def all_narrowed(values: NDArray[np.float32], found: Halves) -> None:
    for i in range(len(values)):
        found[i] = narrowed(values[i])


def finite() -> NDArray[np.float16]:
    """Every finite half."""
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    return every[np.isfinite(every)]


def test_every_half_is_the_number_that_numpy_says() -> None:
    halves = finite()
    found = np.empty(len(halves), dtype=np.float32)
    all_widened(bits(halves), found)
    np.testing.assert_array_equal(found, halves.astype(np.float32))
    assert np.array_equal(np.signbit(found), np.signbit(halves))


def test_numbers_are_rounded_as_numpy_rounds_them_and_ties_to_the_even_one() -> None:
    halves = np.sort(finite().astype(np.float32))
    draw = np.random.default_rng(1)
    some = draw.normal(size=100_000) * 2.0 ** draw.uniform(-30, 14, 100_000)
    values = np.concatenate([halves, (halves[1:] + halves[:-1]) / 2, some.astype(np.float32)])
    values = np.clip(values, -65_000.0, 65_000.0)
    found = np.empty(len(values), dtype=np.uint16)
    all_narrowed(values, found)
    np.testing.assert_array_equal(found, bits(values.astype(np.float16)))


def test_bits_are_those_of_the_field_itself() -> None:
    state = np.zeros(3, dtype=[("a", "f4"), ("b", "f2", (2,))])
    bits(state["b"])[1, 1] = bits(np.array([1.5], dtype=np.float16))[0]
    assert state["b"].tolist() == [[0.0, 0.0], [0.0, 1.5], [0.0, 0.0]]


@given(st.floats(2.0**-13, 60_000.0, width=32) | st.floats(-60_000.0, -(2.0**-13), width=32))
def test_chance_takes_the_lower_or_the_upper_half_as_often_as_keeps_the_mean(value: float) -> None:
    found = [float(widened(drawn(value, chance))) for chance in range(2**13)]
    assert len(set(found)) <= 2
    assert sum(found) / len(found) == pytest.approx(value, rel=1e-6)


def test_what_has_no_exponent_of_its_own_is_rounded() -> None:
    for value in (0.0, 1e-6, -3e-5):
        assert {int(drawn(value, chance)) for chance in (0, 5000, 8191)} == {int(narrowed(value))}
