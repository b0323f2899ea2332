"""Numbers in 16 bits of any size."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.forecasting.brief import INFINITE, narrowed, widened


@given(st.floats(-(2.0**120), 2.0**120))
def test_a_number_comes_back_to_four_thousandths(value: float) -> None:
    assert float(widened(narrowed(value))) == pytest.approx(value, rel=0.004, abs=2.0**-126)


@given(st.integers(0, 0x7F7F) | st.integers(0x8000, 0xFF7F))
def test_what_came_back_is_kept_as_it_is(bits: int) -> None:
    assert int(narrowed(widened(bits))) == bits


def test_what_is_not_known_is_infinite() -> None:
    assert widened(INFINITE) == inf
    assert int(narrowed(inf)) == INFINITE


def test_ties_go_to_the_even_one() -> None:
    # Between 1 and 1 + 2 ** -7 lies 1 + 2 ** -8.
    assert widened(narrowed(1.0 + 2.0**-8)) == 1.0
    assert widened(narrowed(1.0 + 3 * 2.0**-8)) == 1.0 + 2.0**-6
