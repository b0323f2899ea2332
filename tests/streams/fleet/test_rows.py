"""Training rows: inputs that know nothing of what comes after, and outcomes told right."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.network import KINDS, STEPS
from foretide.streams.fleet.rows import CLIP, Rows, Series, rows_of

STEP_MS = 300_000
LENGTH = 700
PLACES = (0, 1, 5, 30, 250, 600, LENGTH - 10, LENGTH - 2)


def series(length: int = LENGTH) -> tuple[list[int], list[float]]:
    """Two days and more of a rhythm with noise, five minutes a step."""
    draw = random.Random(4)
    values = [50 + 20 * math.sin(2 * math.pi * i / 288) + draw.gauss(0, 3) for i in range(length)]
    return [1_767_225_600_000 + STEP_MS * i for i in range(length)], values


def rows(times: Sequence[int], values: Sequence[float], places: Iterable[int]) -> Rows:
    """The rows of one series of single samples."""
    return rows_of([Series(times, values, values, tuple(places))])


def outcome(values: list[float], place: int, steps: int, kind: str) -> float:
    """What came of the series within so many steps."""
    ahead = values[place + 1 : place + 1 + steps]
    return {"point": ahead[-1], "peak": max(ahead), "mean": sum(ahead) / steps}[kind]


def test_a_row_for_each_place_in_order_and_all_inputs_are_numbers() -> None:
    found = rows(*series(), PLACES)
    assert found.inputs.shape == (len(PLACES), FEATURES)
    assert found.targets.shape == (len(PLACES), len(STEPS) * len(KINDS))
    assert np.isfinite(found.inputs).all()
    times, values = series()
    apart = rows_of([Series(times, values, values, [place]) for place in PLACES])
    np.testing.assert_array_equal(apart.inputs, found.inputs)
    np.testing.assert_array_equal(apart.targets, found.targets)


@pytest.mark.parametrize("place", PLACES[:-1])
def test_the_inputs_know_nothing_of_what_comes_after(place: int) -> None:
    times, values = series()
    changed = values[: place + 1] + [1000 - 3 * v for v in values[place + 1 :]]
    cut, ends = values[: place + 2], times[: place + 2]
    given = [Series(times, values, values, [place]), Series(times, changed, changed, [place])]
    inputs = rows_of([*given, Series(ends, cut, cut, [place])]).inputs
    assert len(inputs) == 3
    np.testing.assert_array_equal(inputs[1], inputs[0])
    np.testing.assert_array_equal(inputs[2], inputs[0])


def test_the_inputs_know_of_the_present_and_of_the_past() -> None:
    times, values = series()
    given = [Series(times, values, values, [600])]
    for back in (0, 1, 20):
        changed = values.copy()
        changed[600 - back] += 40
        given.append(Series(times, changed, changed, [600]))
    inputs = rows_of(given).inputs
    assert len(np.unique(inputs, axis=0)) == 4


def test_the_outcomes_are_what_came_after() -> None:
    times, values = series()
    targets = rows(times, values, PLACES).targets.reshape(len(PLACES), len(STEPS), len(KINDS))
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
    found = rows(times, values, PLACES[3:])
    larger = rows(times, [1024 * v for v in values], PLACES[3:])
    np.testing.assert_allclose(larger.inputs, found.inputs, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(larger.targets, found.targets, rtol=1e-3, atol=1e-3)


def test_an_outcome_beyond_all_measure_counts_as_the_limit() -> None:
    times, values = series()
    values[601] = 1e9
    targets = rows(times, values, [600]).targets
    assert np.nanmax(targets) == CLIP


def test_a_series_that_never_changed_until_now_has_rows_of_numbers() -> None:
    times, _ = series(60)
    found = rows(times, [0.0] * 60, [0, 30])
    assert np.isfinite(found.inputs).all()
    assert (np.nan_to_num(found.targets) == 0).all()


def test_series_side_by_side_give_what_each_gives_alone() -> None:
    times, values = series()
    draw = random.Random(5)
    short = [draw.random() for _ in range(90)]
    pairs = [values[i] + draw.random() for i in range(300)]
    given = [
        Series(times, values, values, (5, 600)),
        Series(times[:90], short, short, (5, 70)),
        Series(times[:300], values[:300], pairs, (5, 250)),
    ]
    together = rows_of(given)
    # In the order of the places, and at one place in that of the series.
    alone = [
        rows_of([replace(given[i], picked=[at])]) for i, at in ((0, 5), (1, 5), (2, 5), (1, 70), (2, 250), (0, 600))
    ]
    for i, one in enumerate(alone):
        np.testing.assert_array_equal(together.inputs[i], one.inputs[0])
        np.testing.assert_array_equal(together.targets[i], one.targets[0])
    assert len(together.inputs) == len(alone)


def test_peaks_are_known_apart_from_means() -> None:
    times, values = series()
    peaks = [v + 3 for v in values]
    place = 300
    plain = rows(times, values, [place])
    peaked = rows_of([Series(times, values, peaks, [place])])
    assert (plain.inputs != peaked.inputs).any()
    targets = peaked.targets.reshape(len(STEPS), len(KINDS))
    unit = (values[place + 1] - values[place]) / targets[0, KINDS.index("point")]
    for s, steps in enumerate(STEPS):
        assert targets[s, KINDS.index("point")] == pytest.approx(
            (values[place + steps] - values[place]) / unit, rel=1e-3
        )
        high = max(peaks[place + 1 : place + 1 + steps])
        assert targets[s, KINDS.index("peak")] == pytest.approx((high - values[place]) / unit, rel=1e-3)
