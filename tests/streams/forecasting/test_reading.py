"""What is read of many ladders at once is what their rows hold."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from foretide.streams.forecasting.aggregation import weights
from foretide.streams.forecasting.experts import FLEET, LAST
from foretide.streams.forecasting.reading import read_rows
from foretide.streams.forecasting.record import ERROR
from foretide.streams.forecasting.scoring import KNOWN, ratio
from support.banks import TARGETS, drawn, plain, small_network, together

PLACES = ((1, 0), (0, 2), (1, 1), (0, 0))


@pytest.mark.parametrize("steps", [0, 3, KNOWN + 30])
def test_rows_of_several_banks_are_read_as_they_are(steps: int) -> None:
    series = [drawn(1, steps), plain([0.0] * steps), drawn(2, steps)]
    fine = together(series)
    coarse = together(series, TARGETS[:2], small_network(2))
    rows = np.array([[2, 0], [0, 2], [1, 1]], dtype=np.int64)
    found = read_rows({1: coarse, 0: fine}, rows, PLACES)
    for horizon, (rung, head) in enumerate(PLACES):
        state = (fine, coarse)[rung].state[rows[:, rung]]
        assert found.quantiles[:, horizon].tolist() == state["quantiles"][:, head].tolist()
        assert found.ready[:, horizon].tolist() == [steps > 0] * 3
    first = coarse.state[rows[:, 1]]
    losses, sums, pinball = (first[name][:, 0].astype(np.float64) for name in ("losses", "sums", "pinball"))
    known = first["known"][:, 0]
    assert found.known.tolist() == known.tolist()
    assert found.covered.tolist() == first["covered"][:, 0].tolist()
    assert found.surprise.tolist() == first["surprise"][:, 0].tolist()
    assert found.experts == coarse.experts
    assert found.losses.tolist() == losses.tolist()
    assert found.shares.tolist() == weights(losses, FLEET).tolist()
    for own, expected in (
        (found.pinball_ratio, ratio(known, pinball[:, 0], pinball[:, 1])),
        (found.error_ratio, ratio(known, sums[:, ERROR], losses[:, LAST])),
    ):
        assert np.array_equal(own, expected, equal_nan=True)
        # Too few outcomes, or a constant series, of which last value loses nothing: there is nothing to relate to.
        assert [isnan(one) for one in own.tolist()] == [steps < KNOWN, steps < KNOWN, True]
