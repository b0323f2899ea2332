"""A row's bytes depend on its own steps alone, and whatever comes, its forecasts are numbers in order."""

from __future__ import annotations

import random
from functools import lru_cache
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.fleet import default_network
from foretide.streams.forecasting import bank as bank_module
from foretide.streams.forecasting import brief
from foretide.streams.forecasting.bank import FAR, OUTSIDE, Bank, BankRow
from foretide.streams.forecasting.planes import Planes
from foretide.streams.forecasting.record import CALENDAR, MEMORY, PENDING, depth, record_of
from foretide.streams.forecasting.settling import Settled, settle
from foretide.streams.forecasting.targets import Target
from support.banks import TARGETS, Step, alone, drawn, feed, plain, small_network

LENGTH = 24


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[Settled]:
    """What became known at each step of any bank."""
    found: list[Settled] = []

    def noted(*args: Any) -> Settled:
        found.append(settle(*args))
        return found[-1]

    monkeypatch.setattr(bank_module, "settle", noted)
    return found


@lru_cache(maxsize=1)
def series() -> list[list[Step]]:
    """Seven series of all kinds."""
    usual = [drawn(s, LENGTH, scale) for s, scale in enumerate((1.0, 1e-12, 1e9, 1e30))]
    return [*usual, drawn(9, LENGTH, holes=0.0), plain([0.0] * LENGTH), plain([7.25] * LENGTH)]


@lru_cache(maxsize=1)
def expected() -> list[BankRow]:
    """What each of them is when it is stepped by itself."""
    return [alone(steps).dump(0) for steps in series()]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**9))
def test_a_row_does_not_depend_on_which_rows_it_is_stepped_with_nor_in_which_order(seed: int) -> None:
    rng, bank = random.Random(seed), Bank(TARGETS, small_network())
    rows = [bank.add() for _ in series()]
    taken = [0] * len(rows)
    while left := [i for i, n in enumerate(taken) if n < LENGTH]:
        together = rng.sample(left, rng.randint(1, len(left)))
        feed(bank, [rows[i] for i in together], [series()[i][taken[i]] for i in together])
        for i in together:
            taken[i] += 1
    for row, kept in zip(rows, expected(), strict=True):
        assert bank.dump(row) == kept


def test_the_same_with_the_network_of_the_product_and_hundreds_of_rows() -> None:
    many, length = 230, 14
    targets = [Target("point", 2), Target("peak", 9)]
    whole = Bank(targets, default_network())
    rows = [whole.add() for _ in range(many)]
    steps = [drawn(seed, length, 10.0 ** (seed % 20 - 10)) for seed in range(many)]
    for i in range(length):
        feed(whole, rows, [own[i] for own in steps])
    for seed in (0, 1, 2, 7, 8, 63, 64, 128, many - 2, many - 1):
        assert alone(steps[seed], targets, default_network()).dump(0) == whole.dump(rows[seed])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, LENGTH), st.integers(0, 6))
def test_a_row_put_back_goes_on_to_the_last_bit(at: int, which: int) -> None:
    steps = series()[which]
    kept = alone(steps[:at]).dump(0)
    bank = Bank(TARGETS, small_network())
    bank.add()
    row = bank.add()
    bank.put(row, kept)
    assert bank.dump(row) == kept
    for step in steps[at:]:
        feed(bank, [row], [step])
    assert bank.dump(row) == expected()[which]


def test_a_row_of_other_targets_is_refused() -> None:
    kept = alone(series()[0]).dump(0)
    other = Bank([Target("point", 1)], small_network())
    with pytest.raises(ValueError, match="bytes is needed"):
        other.put(other.add(), kept)
    same_length = alone(series()[0], [Target("peak", 20), *TARGETS[1:]])
    with pytest.raises(ValueError, match="bytes is needed"):
        same_length.put(0, BankRow(kept.record[:-1]))


def test_rows_left_and_taken_again_begin_anew_and_others_are_untouched() -> None:
    bank = Bank(TARGETS, small_network())
    rows = [bank.add() for _ in range(3)]
    for i in range(LENGTH):
        feed(bank, rows, [series()[r][i] for r in range(3)])
    bank.remove(rows[1])
    again = bank.add()
    assert again == rows[1]
    assert bank.dump(again) == alone([]).dump(0)
    for step in series()[4]:
        feed(bank, [again], [step])
    assert [bank.dump(r) for r in rows] == [expected()[i] for i in (0, 4, 2)]


def test_rows_stay_what_they_are_when_the_bank_grows() -> None:
    bank = Bank(TARGETS, small_network())
    rows = [bank.add()]
    for i in range(LENGTH):
        rows += [bank.add() for _ in range(3)]
        feed(bank, rows[:1], [series()[0][i]])
    assert len(set(rows)) == len(rows) == 1 + 3 * LENGTH
    assert len(bank.state) >= len(rows)
    assert bank.dump(rows[0]) == expected()[0]
    assert all(bank.dump(r) == alone([]).dump(0) for r in rows[1:])


def test_nothing_is_learnt_of_what_was_pending_when_time_was_lost(settled: list[Settled]) -> None:
    before, after = drawn(1, 40), drawn(2, 40)
    learnt = (
        "losses",
        "spread",
        "errors",
        "known",
        "covered",
        "pinball",
        "refined",
        "skill",
        "ar_weights",
        "linear",
    )
    bank = alone(before)
    kept = bank.state[0].copy()
    bank.interrupt([0])
    settled.clear()
    feed(bank, [0], after[:1])
    for name in learnt:
        np.testing.assert_array_equal(bank.state[name][0], kept[name], err_msg=name)
    for i, step in enumerate(after[1:], start=1):
        feed(bank, [0], [step])
        news = bank.state["known"][0] - kept["known"]
        assert news.tolist() == [max(0, i + 1 - t.steps) for t in TARGETS]
    for head, target in enumerate(TARGETS):
        means, peaks = ([getattr(s, name) for s in after] for name in ("mean", "peak"))
        first = target.outcome(peaks[1 : 1 + target.steps], means[1 : 1 + target.steps])
        came = [s.outcome[0, head] for s in settled if s.known[0, head]]
        assert came[0] == pytest.approx(first, rel=1e-6)


def test_a_target_farther_than_the_bank_looks_back_is_settled_too(settled: list[Settled]) -> None:
    targets = [Target("peak", 80), Target("mean", 80), Target("point", 80)]
    bank = Bank(targets, small_network(), look_back=48)
    row = bank.add()
    for value in (0.0, 100.0, *[0.0] * 79):
        feed(bank, [row], plain([value]))
    assert bank.state["known"][row].tolist() == [1, 1, 1]
    assert settled[-1].known[0].all()
    assert settled[-1].outcome[0].tolist() == [100.0, 1.25, 0.0]


sizes = st.sampled_from([0.0, 1e-45, 1e-30, 1e-12, 1.0, 1e6, 1e30]).flatmap(lambda v: st.sampled_from([v, -v, v / 3]))
unknown = sizes | st.just(nan)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(sizes, sizes, unknown, unknown, st.integers(0, 3)), min_size=1, max_size=30))
def test_forecasts_are_finite_and_in_order_whatever_comes(rows: list[tuple[float, float, float, float, int]]) -> None:
    bank = alone([])
    for a, b, then, told, phase in rows:
        day = tuple(then if (i + phase) % 3 else nan for i in range(11))
        step = Step(min(a, b), max(a, b), day, (0.5,) * CALENDAR + (told,) * (OUTSIDE - CALENDAR), phase)
        feed(bank, [0], [step])
        quantiles = bank.state["quantiles"][0]
        assert np.isfinite(quantiles).all()
        assert (np.diff(quantiles, axis=1) >= 0.0).all()
    for name in bank.state.dtype.names or ():
        if name != "errors":
            assert np.isfinite(bank.state[name][0]).all(), name
    known = np.minimum(bank.state["known"][0], MEMORY).tolist()
    errors = np.array([[brief.widened(bits) for bits in row] for row in bank.state["errors"][0]])
    assert np.isfinite(errors).sum(axis=1).tolist() == known
    assert (np.isfinite(errors) | (errors == inf)).all()


@pytest.mark.parametrize("value", [0.0, 1e-12, 7.25, 1e30])
def test_of_a_series_that_never_changes_all_experts_but_a_few_say_so(value: float) -> None:
    bank = alone(plain([value] * 120), network=default_network())
    for row in bank.state["quantiles"][0]:
        assert row.tolist() == pytest.approx([value] * 4, rel=1e-5, abs=1e-11)


def test_a_dump_holds_of_each_head_no_more_forecasts_than_are_still_to_come_true() -> None:
    bank = alone(series()[0])
    record = record_of(TARGETS, FAR, 0)
    (row,) = Planes(record).joined(bank.dump(0).record)
    for head, target in enumerate(TARGETS):
        for name in PENDING:
            places = row[name][head].reshape(depth(TARGETS), -1)
            assert np.count_nonzero(places.any(axis=1)) <= target.steps, (head, name)
    assert row["experts"][-1].any(axis=1).all(), "all places of the one that looks farthest ahead are in use"
