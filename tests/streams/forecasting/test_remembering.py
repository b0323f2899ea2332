"""What was issued comes back as it was, but for half precision of its distance from the last value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.forecasting.remembering import LARGEST, kept, told


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_forecasts_come_back_to_a_thousandth_of_their_distance(last: float, scale: float, off: float) -> None:
    value = last + scale * off
    found = told(kept(value, last, scale), last, scale)
    assert abs(found - value) <= 1e-3 * abs(value - last) + 1e-6 * scale + 1e-6 * abs(last)


@pytest.mark.parametrize("far", [1e12, -1e12, np.inf, -np.inf])
def test_what_is_too_far_off_is_kept_as_far_off(far: float) -> None:
    found = told(kept(far, 10.0, 0.5), 10.0, 0.5)
    assert found == pytest.approx(10.0 + 0.5 * np.copysign(LARGEST, far), rel=1e-3)
