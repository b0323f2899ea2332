from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.forecasting.window import Window

values = st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=40)


@given(values, st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4))
def test_quantiles_are_order_statistics_of_the_latest_numbers(numbers: list[float], levels: list[float]) -> None:
    window = Window(16)
    for v in numbers:
        window.add(v)
    latest = sorted(numbers[-16:])
    n = len(latest)
    assert len(window) == n
    assert window.quantiles(levels) == [latest[max(1, min(n, ceil(q * (n + 1)))) - 1] for q in levels]


@given(values, values)
def test_a_window_put_back_drops_the_same_numbers(before: list[float], after: list[float]) -> None:
    window = Window(16)
    for v in before:
        window.add(v)
    other = Window.load(16, window.dump())
    for v in after:
        window.add(v)
        other.add(v)
    assert other.dump() == window.dump()


def test_a_damaged_dump_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of item size"):
        Window.load(16, (b"abc", 0))
    with pytest.raises(ValueError, match="window"):
        Window.load(2, (bytes(16), 0))
    with pytest.raises(ValueError, match="window"):
        Window.load(2, (bytes(8), 2))
