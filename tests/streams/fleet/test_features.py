"""The network's inputs: each row's own, the same whatever the series' unit, numbers whatever is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import copysign, log1p

import numpy as np
import pytest

from foretide.streams.fleet.features import (
    AR_STEPS,
    DAY,
    FEATURES,
    LAGS,
    PROFILED,
    RECENT,
    RULES,
    WINDOWS,
    Floats,
    features,
)

BY_DAY = slice(FEATURES - len(AR_STEPS) - RULES - 1 - DAY - 1, FEATURES - len(AR_STEPS) - RULES - 1)


@dataclass(frozen=True)
class Told:
    """What `features` is told of some series."""

    means: Floats
    peaks: Floats
    scale: Floats
    steps: np.ndarray
    day: Floats
    ar: Floats
    skill: Floats

    def inputs(self) -> Floats:
        return features(self.means, self.peaks, self.scale, self.steps, self.day, self.ar, self.skill)

    def rows(self, which: object) -> Told:
        return Told(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def drawn(rows: int, history: int = 288, seed: int = 1) -> Told:
    draw = np.random.default_rng(seed)

    def some(*shape: int) -> Floats:
        return draw.normal(10.0, 2.0, shape).astype(np.float32)

    means = some(rows, history)
    return Told(
        means,
        means + np.abs(some(rows, history)),
        np.abs(some(rows)),
        draw.integers(1, 20_000, rows),
        some(rows, DAY),
        some(rows, len(AR_STEPS)),
        draw.normal(0.0, 1.0, (rows, RULES + 1)).astype(np.float32),
    )


def squashed(value: float) -> float:
    return copysign(log1p(abs(value)), value)


@pytest.mark.parametrize("history", [RECENT, 96, 288, 400])
def test_there_is_a_number_for_each_input_however_long_the_history(history: int) -> None:
    found = drawn(5, history).inputs()
    assert found.shape == (5, FEATURES)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert len(set(found[0].tolist())) > FEATURES - 15, "hardly two inputs are the same"


def test_rows_are_independent_of_each_other_and_of_their_order() -> None:
    told = drawn(130)
    whole = told.inputs()
    for rows in (slice(0, 1), slice(7, 9), slice(64, 130)):
        np.testing.assert_array_equal(told.rows(rows).inputs(), whole[rows])
    order = np.random.default_rng(2).permutation(130)
    np.testing.assert_array_equal(told.rows(order).inputs(), whole[order])


@pytest.mark.parametrize("factor", [2.0**-30, 0.25, 1024.0])
def test_another_unit_of_the_series_changes_nothing(factor: float) -> None:
    told = drawn(20)
    names = ("means", "peaks", "scale", "day", "ar")
    larger = replace(told, **{name: getattr(told, name) * np.float32(factor) for name in names})
    np.testing.assert_array_equal(larger.inputs(), told.inputs())


def test_an_added_level_changes_only_its_own_input() -> None:
    told = drawn(10)
    rounded = replace(
        told, **{n: np.rint(getattr(told, n) * 16) / np.float32(16) for n in ("means", "peaks", "day", "ar")}
    )
    higher = replace(rounded, **{n: getattr(rounded, n) + np.float32(512) for n in ("means", "peaks", "day", "ar")})
    before, after = rounded.inputs(), higher.inputs()
    changed = np.nonzero(np.abs(before - after).max(axis=0) > 1e-4)[0]
    level = len(LAGS) + 3 * len(WINDOWS) + 4 + 3
    assert changed.tolist() == [level]
    np.testing.assert_allclose(
        after[:, level], [squashed(v) for v in (higher.means[:, -1] / higher.scale).tolist()], rtol=1e-5
    )


def test_a_day_that_is_not_known_counts_as_nothing() -> None:
    told = drawn(6)
    unknown = replace(told, day=np.full((6, DAY), np.nan, dtype=np.float32)).inputs()
    assert not unknown[:, BY_DAY].any()
    known = told.inputs()
    assert known[:, BY_DAY].all()
    outside = np.ones(FEATURES, dtype=bool)
    outside[BY_DAY] = False
    np.testing.assert_array_equal(unknown[:, outside], known[:, outside])


def test_one_time_that_is_not_known_leaves_the_others() -> None:
    told = drawn(1)
    whole = told.inputs()
    for place in range(1, DAY):
        day = told.day.copy()
        day[0, place] = np.nan
        found = replace(told, day=day).inputs()
        zeros = np.nonzero((found[0] == 0.0) & (whole[0] != 0.0))[0]
        # Without what is usual now, nothing can be told of what is usual then.
        usual_now = DAY - 1 - len(PROFILED)
        assert len(zeros) == (1 + len(PROFILED) if place == usual_now else 1)
        assert all(BY_DAY.start <= z < BY_DAY.stop for z in zeros)


def test_the_first_inputs_are_the_lags_and_what_spans_of_the_latest_are_like() -> None:
    told = drawn(1)
    means, peaks, unit = told.means[0].astype(float), told.peaks[0].astype(float), float(told.scale[0])
    found = told.inputs()[0].tolist()
    expected = [squashed((means[-1 - lag] - means[-1]) / unit) for lag in LAGS]
    for width in WINDOWS:
        part, high = means[-width:], peaks[-width:]
        expected += [squashed((v - means[-1]) / unit) for v in (part.mean(), high.max(), part.min())]
    expected += [squashed(means[-width:].std() / unit) for width in (12, 60)]
    for width in (60, 288):
        high = np.sort(peaks[-width:])
        expected.append(squashed((high[-(width // 10) - 1] - means[-1]) / unit))
    changes = np.sort(np.abs(np.diff(means[-RECENT:])))
    expected += [squashed(v / unit) for v in (changes[23], changes[42], changes[-1], means[-1], peaks[-1] - means[-1])]
    assert found[: len(expected)] == pytest.approx(expected, rel=1e-4, abs=1e-5)
    tail = [*((told.ar[0] - told.means[0, -1]) / told.scale[0]).tolist(), *told.skill[0].tolist()]
    assert found[-len(tail) :] == pytest.approx([squashed(v) for v in tail], rel=1e-4)


@pytest.mark.parametrize(("size", "day"), [(1e-12, 1e30), (1e30, 1e-12), (1e30, -1e30)])
def test_what_a_day_ago_was_beyond_all_measure_is_not_told(size: float, day: float) -> None:
    told = drawn(2)
    wild = replace(
        told,
        **{n: getattr(told, n) * np.float32(size) for n in ("means", "peaks", "scale", "ar")},
        day=np.full((2, DAY), day, dtype=np.float32),
    )
    assert np.isfinite(wild.inputs()).all()
