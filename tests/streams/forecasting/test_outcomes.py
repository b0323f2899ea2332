"""Outcomes told from the history are those that a target itself tells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.fleet.network import KINDS
from foretide.streams.forecasting.outcomes import late_outcomes
from foretide.streams.forecasting.targets import Kind, Target


@pytest.mark.parametrize("kind", KINDS)
@given(
    values=st.lists(st.tuples(st.floats(-1e6, 1e6, width=32), st.floats(0.0, 1e6, width=32)), min_size=1, max_size=60),
    data=st.data(),
)
def test_each_is_what_its_target_tells_of_the_steps_up_to_it(
    kind: Kind, values: list[tuple[float, float]], data: st.DataObject
) -> None:
    steps = data.draw(st.integers(1, len(values)))
    many = data.draw(st.integers(1, len(values) - steps + 1))
    means = np.array([mean for mean, _ in values], dtype=np.float32)
    peaks = np.array([mean + more for mean, more in values], dtype=np.float32)
    found = np.empty(many)
    late_outcomes(means, peaks, steps, KINDS.index(kind), found)
    target = Target(kind, steps)
    ends = range(len(values) - many + 1, len(values) + 1)
    expected = [target.outcome(peaks[:end].tolist(), means[:end].tolist()) for end in ends]
    assert found.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-6)
