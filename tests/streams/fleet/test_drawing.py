"""What random series are made of keeps to what was asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.fleet.drawing import about, drift, season, switching


@given(seed=st.integers(0, 10_000), low=st.floats(1e-3, 1.0), times=st.floats(1.0, 1e4))
def test_a_number_lies_between_the_two(seed: int, low: float, times: float) -> None:
    found = about(np.random.default_rng(seed), low, low * times)
    assert low * (1 - 1e-9) <= found <= low * times * (1 + 1e-9)


def test_each_order_of_magnitude_is_as_likely_as_another() -> None:
    draw = np.random.default_rng(1)
    small = sum(about(draw, 0.01, 100) < 1 for _ in range(2000))
    assert 900 < small < 1100


def test_a_season_comes_back_after_a_day() -> None:
    wave = season(np.random.default_rng(2), 600, 144.0)
    np.testing.assert_allclose(wave[144:], wave[:-144], atol=1e-9)
    assert wave.std() > 0


def test_drift_remembers_as_much_as_it_should() -> None:
    noise = drift(np.random.default_rng(3), 20_000, 0.9, 1.0)
    assert 0.87 < np.corrcoef(noise[1:], noise[:-1])[0, 1] < 0.93


def test_turns_last_as_long_as_asked_on_average() -> None:
    turns = switching(np.random.default_rng(4), 60_000, 10.0, 30.0, long=False)
    assert set(turns.tolist()) == {0.0, 1.0}
    assert 0.2 < turns.mean() < 0.3, "on for a quarter of the time"
    lasting = switching(np.random.default_rng(4), 60_000, 10.0, 30.0, long=True)
    runs = np.diff(np.flatnonzero(np.diff(lasting)))
    assert runs.max() > 20 * np.median(runs), "a few last very much longer"
