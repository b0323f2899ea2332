"""The echo-state units: the same in every process, forgetful, bounded, and each series' own."""

from __future__ import annotations

import hashlib

import numpy as np

from foretide.streams.forecasting import echo
from foretide.streams.forecasting.echo import INNER, INPUT, LEAK, RADIUS, UNITS, Floats


def run(state: Floats, changes: Floats) -> Floats:
    """The units (rows, UNITS) after some `changes` (times, rows)."""
    state = state.copy()
    for change in changes:
        for row, one in enumerate(change.tolist()):
            echo.step(state[row], one)
    return state


def test_the_network_is_drawn_once_for_all() -> None:
    digest = hashlib.sha256(INNER.tobytes() + INPUT.tobytes()).hexdigest()
    assert digest == "0ea8d18018eb0e4d736213776d877e21ddb8b4fbdb7625297fdf3ca35cdfc5d9"
    assert abs(np.abs(np.linalg.eigvals(INNER.astype(np.float64))).max() - RADIUS) < 0.02


def test_it_forgets_where_it_began_and_stays_within_one() -> None:
    draw = np.random.default_rng(1)
    changes = draw.normal(0.0, 1.0, (600, 1)).astype(np.float32)
    apart = np.abs(
        run(np.full((1, UNITS), 0.9, dtype=np.float32), changes) - run(np.zeros((1, UNITS), np.float32), changes)
    )
    assert apart.max() < 1e-3
    wild = run(np.zeros((1, UNITS), np.float32), np.full((50, 1), 1e20, dtype=np.float32))
    assert np.abs(wild).max() <= 1.0


def test_a_change_is_remembered_for_as_long_as_its_units_leak() -> None:
    quiet = np.zeros((40, 1), dtype=np.float32)
    struck = quiet.copy()
    struck[0] = 3.0
    left = run(np.zeros((1, UNITS), np.float32), struck)[0]
    assert not run(np.zeros((1, UNITS), np.float32), quiet).any()
    # The slowest unit leaks 3 % a step: after 40 steps a third of what it took is left.
    assert np.abs(left).max() > 0.02
    slow = LEAK < 0.06
    assert np.abs(left[slow]).mean() > np.abs(left[LEAK > 0.4]).mean()


def test_a_step_is_that_of_an_echo_state_network() -> None:
    draw = np.random.default_rng(2)
    units = draw.uniform(-1.0, 1.0, (1, UNITS)).astype(np.float32)
    found = run(units, np.array([[0.7]], dtype=np.float32))[0]
    drive = INNER.astype(np.float64) @ units[0] + 0.7 * INPUT
    np.testing.assert_allclose(found, (1 - LEAK) * units[0] + LEAK * np.tanh(drive), rtol=1e-5)


def test_what_came_in_which_order_makes_a_difference() -> None:
    zero = np.zeros((1, UNITS), np.float32)
    forward = run(zero, np.array([[1.0], [0.0], [-1.0]], dtype=np.float32))
    backward = run(zero, np.array([[-1.0], [0.0], [1.0]], dtype=np.float32))
    assert np.abs(forward - backward).max() > 0.05
