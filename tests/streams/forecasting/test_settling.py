"""What is learnt when outcomes become known, against the same told plainly, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.forecasting import brief
from foretide.streams.forecasting.aggregation import FADE
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.record import MEMORY
from foretide.streams.forecasting.settling import COVERAGE_FADE
from foretide.streams.forecasting.targets import LEVELS, Target
from support.banks import Step, alone, drawn, feed, plain, small_network
from support.recalled import recall


def pinball(error: float, level: float) -> float:
    return max(level * error, (level - 1) * error)


class Plain:
    """One head as a list of what was said and what came of it."""

    def __init__(self, place: int, target: Target) -> None:
        self.place, self.target = place, target
        self.said: list[tuple[list[float], list[list[float]], list[float]]] = []
        self.outcomes: list[float] = []
        self.errors: list[float] = []
        self.losses = np.zeros(len(EXPERTS))
        self.spread = np.zeros((len(LEVELS) - 1, 4))
        self.pinball = np.zeros(2)
        self.covered = 0.0

    def settle(self, means: list[float], peaks: list[float]) -> None:
        """After a step: the forecast that was made `steps` steps before, if there is one."""
        if len(self.said) < self.target.steps:
            return
        experts, ways, (median, upper, *_) = self.said[-self.target.steps]
        outcome = float(np.float32(self.target.outcome(peaks, means)))
        self.outcomes.append(outcome)
        self.errors.append(outcome - median)
        self.losses = FADE * self.losses + [abs(outcome - e) for e in experts]
        lost = [[pinball(outcome - w, level) for w in row] for row, level in zip(ways, LEVELS[1:], strict=True)]
        self.spread = FADE * self.spread + lost
        self.pinball = FADE * self.pinball + [pinball(outcome - upper, 0.9), pinball(outcome - experts[0], 0.9)]
        hit = COVERAGE_FADE * self.covered + (1 - COVERAGE_FADE) * (outcome <= upper)
        self.covered = hit if len(self.outcomes) > 1 else 0.9

    def remember(self, bank: Bank, row: int) -> None:
        """What the bank has just issued."""
        state = bank.state
        slot = state["steps"][row] % state["inputs"].shape[1]
        was = recall(state, np.array([row]), np.full((1, len(bank.targets)), slot))
        at = 0, self.place
        self.said.append((was.experts[at].tolist(), was.ways[at].tolist(), was.issued[at].tolist()))


@pytest.mark.parametrize("interrupted", [[], [50], [3, 20, 21, 70]])
def test_outcomes_losses_and_coverage_are_what_a_plain_account_says(interrupted: list[int]) -> None:
    targets = [Target(kind, steps) for kind in ("point", "peak", "mean") for steps in (1, 2, 7, 11)]
    bank = Bank(targets, small_network())
    bank.add()
    row = bank.add()
    heads = [Plain(i, t) for i, t in enumerate(targets)]
    means: list[float] = []
    peaks: list[float] = []
    for i, step in enumerate(drawn(3, 130)):
        if i in interrupted:
            bank.interrupt([row])
            for head in heads:
                head.said.clear()
        feed(bank, [row], [step])
        means.append(float(np.float32(step.mean)))
        peaks.append(float(np.float32(step.peak)))
        for head in heads:
            head.settle(means, peaks)
            head.remember(bank, row)
    state = bank.state[row]
    for head in heads:
        own = {name: state[name][head.place] for name in ("losses", "spread", "pinball", "covered", "known")}
        assert own["known"] == len(head.outcomes)
        assert own["covered"] == pytest.approx(head.covered)
        np.testing.assert_allclose(own["losses"], head.losses, rtol=1e-5)
        np.testing.assert_allclose(own["spread"], head.spread, rtol=1e-5)
        np.testing.assert_allclose(own["pinball"], head.pinball, rtol=1e-5)
        errors = [brief.widened(bits) for bits in state["errors"][head.place]]
        # Errors are kept to four thousandths.
        kept = np.full(MEMORY, np.inf)
        for i, value in enumerate(head.errors):
            kept[i % MEMORY] = value
        np.testing.assert_allclose(errors, kept, rtol=4e-3, atol=1e-5)


@pytest.mark.parametrize("steps", [1, 2, 5, 20])
def test_a_forecast_is_settled_exactly_so_many_steps_later(steps: int) -> None:
    bank = Bank([Target("point", steps), Target("peak", steps), Target("mean", 23)], small_network())
    row = bank.add()
    for i in range(60):
        before = bank.state["losses"][row, 0].copy()
        feed(bank, [row], plain([float(i * i % 17)]))
        known = max(0, i + 1 - steps)
        assert bank.state["known"][row].tolist() == [known, known, max(0, i + 1 - 23)]
        assert (bank.state["losses"][row, 0] != before).any() == (known > 0)


@settings(max_examples=10, deadline=None)
@given(
    st.integers(0, 99),
    st.integers(1, 40),
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=12),
)
def test_what_comes_later_changes_no_earlier_forecast(seed: int, at: int, later: list[float]) -> None:
    def issued(steps: list[Step]) -> list[bytes]:
        bank, found = alone([]), []
        for step in steps:
            feed(bank, [0], [step])
            found.append(bank.state["quantiles"][0].tobytes())
        return found

    past = drawn(seed, at)
    usual = issued(past + drawn(seed + 1, len(later)))
    other = issued(past + plain(later))
    assert usual[:at] == other[:at]
    assert usual[at] != other[at]


def test_the_upper_quantiles_cover_as_often_as_they_say_on_stationary_series() -> None:
    series, length, first = [drawn(seed, 230) for seed in range(8)], 230, 110
    bank = Bank((Target("point", 1), Target("peak", 4)), small_network())
    rows, hits = [bank.add() for _ in series], np.zeros((2, len(LEVELS)))
    for i in range(length - 4):
        feed(bank, rows, [steps[i] for steps in series])
        if i >= first:
            for row, steps in zip(rows, series, strict=True):
                came = steps[i + 1].mean, max(s.peak for s in steps[i + 1 : i + 5])
                hits += np.array(came)[:, None] <= bank.state["quantiles"][row]
    for shares in hits / (len(series) * (length - 4 - first)):
        assert shares[1:].tolist() == pytest.approx(list(LEVELS[1:]), abs=0.05)
    assert bank.state["covered"][rows].mean(axis=0).tolist() == pytest.approx([0.9, 0.9], abs=0.05)
