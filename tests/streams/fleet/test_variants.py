"""Variants of a series: what each step becomes, reckoned step by step beside it."""

from __future__ import annotations

import random
import statistics
from array import array

import numpy as np
import pytest

from foretide.streams.fleet.rows import Series
from foretide.streams.fleet.variants import (
    SHORTEST_AGGREGATED,
    TAIL,
    VARIANT_TAIL,
    WIDTHS,
    aggregated,
    rounded,
    tail,
    thresholded,
    variants,
)

START = 1_767_225_600_000


def series(steps: int, *, peaks: bool = False, seed: int = 1) -> Series:
    """A minute a step; with peaks of their own, or without."""
    draw = random.Random(seed)
    means = array("d", [draw.gauss(40, 10) for _ in range(steps)])
    high = array("d", [m + draw.random() * 20 for m in means]) if peaks else means
    return Series(array("q", range(START, START + 60_000 * steps, 60_000)), means, high, ())


@pytest.mark.parametrize("peaks", [False, True])
@pytest.mark.parametrize("width", [1, 2, 5, 15])
def test_steps_taken_together_have_their_mean_their_peak_and_the_end_of_the_last(width: int, peaks: bool) -> None:
    whole = series(100, peaks=peaks)
    found = aggregated(whole, width)
    assert len(found.means) == 100 // width
    for i in range(100 // width):
        part = slice(i * width, (i + 1) * width)
        assert found.means[i] == pytest.approx(statistics.fmean(whole.means[part]))
        assert found.peaks[i] == max(whole.peaks[part])
        assert found.times_ms[i] == whole.times_ms[part][-1]


@pytest.mark.parametrize("peaks", [False, True])
def test_what_is_above_a_level_stays_and_the_rest_is_nothing(peaks: bool) -> None:
    whole = series(400, peaks=peaks)
    found = thresholded(whole, 0.75)
    kept = [mean for mean in found.means if mean]
    assert len(kept) == 100
    level = max(mean for mean, now in zip(whole.means, found.means, strict=True) if not now)
    assert list(found.means) == [mean if mean > level else 0.0 for mean in whole.means]
    for peak, now in zip(whole.peaks, found.peaks, strict=True):
        assert now in (0.0, peak)
        assert now == peak or peak <= min(kept)
    assert found.times_ms == whole.times_ms
    assert (found.peaks is found.means) is not peaks


@pytest.mark.parametrize("peaks", [False, True])
def test_rounded_ones_are_whole_numbers_of_one_unit(peaks: bool) -> None:
    whole = series(400, peaks=peaks)
    found = rounded(whole, 3)
    unit = statistics.pstdev(whole.means) / 3
    for now, was in ((found.means, whole.means), (found.peaks, whole.peaks)):
        for a, b in zip(now, was, strict=True):
            assert a == int(a)
            assert abs(a * unit - b) <= 0.5 * unit * (1 + 1e-9)
    assert 2.8 < statistics.pstdev(found.means) < 3.2
    still = Series(array("q", [1, 2]), array("d", [4.5, 4.5]), array("d", [4.5, 4.5]), ())
    assert list(rounded(still, 3).means) == [4.5, 4.5], "what never changes has no unit"


def test_the_tail_is_the_latest_steps() -> None:
    for peaks in (False, True):
        whole = series(50, peaks=peaks)
        found = tail(whole, 20)
        assert (found.times_ms, found.means, found.peaks) == (
            whole.times_ms[30:], whole.means[30:], whole.peaks[30:],
        )  # fmt: skip
        assert (found.peaks is found.means) is not peaks
        assert tail(whole, 60) == whole


def test_the_variants_of_a_long_series_are_of_its_latest_steps() -> None:
    whole = series(16_000)
    found: dict[str, Series] = {}
    for seed in range(20):
        found |= dict(variants(whole, np.random.default_rng(seed)))
    names = {"tail", "thresholded", "rounded", *(f"aggregated {width}" for width in WIDTHS)}
    assert set(found) == names
    assert found["tail"] == tail(whole, TAIL)
    for width in WIDTHS:
        assert len(found[f"aggregated {width}"].means) == min(VARIANT_TAIL, 16_000 // width)
        assert found[f"aggregated {width}"].times_ms[-1] > whole.times_ms[-1 - width]
    for name in ("thresholded", "rounded"):
        assert len(found[name].means) == VARIANT_TAIL
        assert found[name].times_ms[-1] == whole.times_ms[-1]


def test_a_short_series_has_few_variants_and_what_is_drawn_follows_from_the_seed() -> None:
    short = series(SHORTEST_AGGREGATED * 2)
    kinds = [tuple(name for name, _ in variants(short, np.random.default_rng(seed))) for seed in range(60)]
    assert kinds == [tuple(name for name, _ in variants(short, np.random.default_rng(seed))) for seed in range(60)]
    assert not any(name.startswith("aggregated") for kind in kinds for name in kind)
    assert all(kind[0] == "tail" for kind in kinds)
    assert 15 < sum("thresholded" in kind for kind in kinds) < 45
    assert 6 < sum("rounded" in kind for kind in kinds) < 32
