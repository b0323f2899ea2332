"""Training rows: inputs that know nothing of what comes after, and outcomes told right."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.network import KINDS, STEPS
from foretide.streams.fleet.rows import CLIP, rows_of

STEP_MS = 300_000
LENGTH = 700
PLACES = (0, 1, 5, 30, 250, 600, LENGTH - 10, LENGTH - 2)


def series(length: int = LENGTH) -> tuple[list[int], list[float]]:
    """Two days and more of a rhythm with noise, five minutes a step."""
    draw = random.Random(4)
    values = [50 + 20 * math.sin(2 * math.pi * i / 288) + draw.gauss(0, 3) for i in range(length)]
    return [1_767_225_600_000 + STEP_MS * i for i in range(length)], values


def outcome(values: list[float], place: int, steps: int, kind: str) -> float:
    """What came of the series within so many steps."""
    ahead = values[place + 1 : place + 1 + steps]
    return {"point": ahead[-1], "peak": max(ahead), "mean": sum(ahead) / steps}[kind]


def test_a_row_for_each_place_in_order_and_all_inputs_are_numbers() -> None:
    rows = rows_of(*series(), PLACES)
    assert rows.inputs.shape == (len(PLACES), FEATURES)
    assert rows.targets.shape == (len(PLACES), len(STEPS) * len(KINDS))
    assert np.isfinite(rows.inputs).all()
    for i, place in enumerate(PLACES):
        np.testing.assert_array_equal(rows_of(*series(), [place]).inputs[0], rows.inputs[i])


@pytest.mark.parametrize("place", PLACES[:-1])
def test_the_inputs_know_nothing_of_what_comes_after(place: int) -> None:
    times, values = series()
    inputs = rows_of(times, values, [place]).inputs
    changed = values[: place + 1] + [1000 - 3 * v for v in values[place + 1 :]]
    np.testing.assert_array_equal(rows_of(times, changed, [place]).inputs, inputs)
    cut = rows_of(times[: place + 2], values[: place + 2], [place])
    np.testing.assert_array_equal(cut.inputs, inputs)


def test_the_inputs_know_of_the_present_and_of_the_past() -> None:
    times, values = series()
    inputs = rows_of(times, values, [600]).inputs
    for back in (0, 1, 20):
        changed = values.copy()
        changed[600 - back] += 40
        assert (rows_of(times, changed, [600]).inputs != inputs).any(), f"{back} steps back"


def test_the_outcomes_are_what_came_after() -> None:
    times, values = series()
    targets = rows_of(times, values, PLACES).targets.reshape(len(PLACES), len(STEPS), len(KINDS))
    for place, row in zip(PLACES, targets, strict=True):
        # The unit is not told, but it is one for all outcomes of a place: found from the largest within the limit.
        within = np.where(np.abs(row) < CLIP, np.abs(row), 0)
        at, of = divmod(int(np.argmax(within)), len(KINDS))
        unit = (outcome(values, place, STEPS[at], KINDS[of]) - values[place]) / row[at, of] if within[at, of] else 1e-9
        assert unit > 0
        for s, steps in enumerate(STEPS):
            for k, kind in enumerate(KINDS):
                if place + steps >= len(values):
                    assert math.isnan(row[s, k])
                    continue
                expected = min(CLIP, max(-CLIP, (outcome(values, place, steps, kind) - values[place]) / unit))
                assert row[s, k] == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_all_series_look_alike_in_their_own_units() -> None:
    times, values = series()
    rows = rows_of(times, values, PLACES[3:])
    larger = rows_of(times, [1024 * v for v in values], PLACES[3:])
    np.testing.assert_allclose(larger.inputs, rows.inputs, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(larger.targets, rows.targets, rtol=1e-3, atol=1e-3)


def test_an_outcome_beyond_all_measure_counts_as_the_limit() -> None:
    times, values = series()
    values[601] = 1e9
    targets = rows_of(times, values, [600]).targets
    assert np.nanmax(targets) == CLIP


def test_a_series_that_never_changed_until_now_has_rows_of_numbers() -> None:
    times, _ = series(60)
    rows = rows_of(times, [0.0] * 60, [0, 30])
    assert np.isfinite(rows.inputs).all()
    assert (np.nan_to_num(rows.targets) == 0).all()
