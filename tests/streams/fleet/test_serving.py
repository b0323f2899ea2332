"""A simulated server: busy no longer than it was asked to be, and no model stays that was never loaded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.fleet.serving import MOST_A_STEP, MOST_MODELS, Requests, arriving, asked, duty, models, serve

SIZES = [float(size) for size in range(1, MOST_MODELS + 1)]


def requests(*asked_for: tuple[float, float, int]) -> Requests:
    at, lengths, kinds = zip(*asked_for, strict=True)
    return Requests(np.array(at), np.array(lengths), list(kinds), max(kinds) + 1)


@pytest.mark.parametrize("seed", range(20))
def test_a_request_keeps_the_server_busy_for_as_long_as_it_takes(seed: int) -> None:
    served = serve(np.random.default_rng(seed), requests((3.25, 2.5, 0)), 20, SIZES)
    assert served.busy.sum() == pytest.approx(2.5), "loading the model is not work"
    assert served.busy[:3].sum() == 0
    assert served.busy.max() == 1.0
    assert set(np.flatnonzero(served.busy)) == set(np.flatnonzero(served.active))


def test_what_comes_while_the_server_works_waits_or_leaves() -> None:
    shares = [
        serve(np.random.default_rng(seed), requests((0.0, 10.0, 0), (1.0, 10.0, 0)), 60, SIZES).busy.sum()
        for seed in range(40)
    ]
    assert {round(share) for share in shares} == {10, 20}, "some users wait, some do not"


def test_a_model_is_loaded_once_and_put_away_once() -> None:
    for seed in range(30):
        served = serve(np.random.default_rng(seed), requests((0.5, 0.1, 0), (0.9, 0.1, 0), (1.5, 0.1, 2)), 50, SIZES)
        assert sum(size for _, size in served.moves) == pytest.approx(0), "whatever is loaded is put away in the end"
        loaded = [size for _, size in served.moves if size > 0]
        assert sorted(set(loaded)) == [1.0, 3.0]


@given(seed=st.integers(0, 10_000), steps=st.integers(20, 400))
def test_no_series_of_a_server_breaks_its_bounds(seed: int, steps: int) -> None:
    draw = np.random.default_rng(seed)
    found = arriving(draw, steps, 288.0)
    assert (np.diff(found.at) >= 0).all()
    assert (np.bincount(found.at.astype(np.int64), minlength=steps) <= MOST_A_STEP).all()
    served = serve(draw, found, steps, SIZES)
    assert served.busy.min() >= 0
    assert served.busy.max() <= 1 + 1e-9
    assert served.busy.sum() <= found.lengths.sum() + 1e-6
    held = np.cumsum([size for _, size in sorted(served.moves, key=lambda move: (move[0], move[1]))])
    assert held.max(initial=0.0) <= sum(SIZES) + 1e-9


@pytest.mark.parametrize("family", [duty, models, asked])
def test_series_are_of_numbers_from_nothing_up(family: object) -> None:
    assert callable(family)
    for seed in range(20):
        y = family(np.random.default_rng(seed), 500, 288.0)
        assert y.shape == (500,)
        assert np.isfinite(y).all()
        assert y.min() >= 0
        assert family is not duty or y.max() <= 100
