"""What was issued comes back as it was, but for half precision of its distance from the last value."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.record import UPPER, WAYS, blank, record_of
from foretide.streams.forecasting.remembering import LARGEST, recall, remember
from foretide.streams.forecasting.targets import Target

TARGETS = (Target("point", 2), Target("peak", 5))


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e6), st.floats(0.0, 1e3), st.integers(0, 4), st.integers(0, 99))
def test_forecasts_come_back_to_a_thousandth_of_their_distance(
    last: float, scale: float, spread: float, slot: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    state = np.array([blank(record_of(TARGETS, 96, 0))] * 3)
    rows, slots = np.array([2, 0]), np.array([slot, (slot + 1) % 5])
    state["frame"][rows, slots] = np.float32(last), 0.0, np.float32(scale)
    anchor, unit = float(np.float32(last)), float(np.float32(scale))

    def drawn(*shape: int) -> np.ndarray:
        return anchor + unit * spread * draw.standard_normal((2, len(TARGETS), *shape))

    said = drawn(len(EXPERTS)), drawn(), drawn(UPPER, len(WAYS)), drawn(3)
    remember(state, rows, slots, *said)
    found = recall(state, rows, np.repeat(slots[:, None], len(TARGETS), axis=1))
    for kept, given_ in zip((found.experts, found.mixture, found.ways, found.issued), said, strict=True):
        off = np.abs(kept - given_)
        assert (off <= 1e-3 * np.abs(given_ - anchor) + 1e-6 * unit + 1e-6 * abs(anchor)).all()
    assert not state["experts"][1].any(), "another row is untouched"


def test_what_is_too_far_off_is_kept_as_far_off() -> None:
    state = np.array([blank(record_of(TARGETS, 96, 0))])
    at = np.array([0])
    state["frame"][0, 0] = 10.0, 10.0, 0.5
    far = np.full((1, 2), 1e12)
    remember(state, at, at, np.repeat(far[:, :, None], len(EXPERTS), axis=2), far, np.zeros((1, 2, UPPER, len(WAYS))),
             np.zeros((1, 2, 3)))  # fmt: skip
    found = recall(state, at, np.zeros((1, 2), dtype=np.int64))
    np.testing.assert_allclose(found.mixture, 10.0 + 0.5 * LARGEST, rtol=1e-3)
    assert np.isfinite(found.experts).all()
