"""Levels of an application's phases are kept apart, and the forecast made of them is of the phase it is in."""

from __future__ import annotations

import random

import numpy as np
import pytest

from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.phases import FADE
from foretide.streams.forecasting.record import PHASES
from foretide.streams.forecasting.targets import Target
from support.banks import Step, alone, feed
from support.recalled import recall

PHASE = EXPERTS.index("phase")


def test_each_phase_has_its_own_level() -> None:
    rng = random.Random(1)
    steps = []
    for _ in range(150):
        phase = rng.randrange(PHASES)
        steps.append(Step(100.0 * phase + 7.0, 100.0 * phase + 9.0, phase=phase))
    state = alone(steps, [Target("point", 1)]).state[0]
    assert state["phase"].tolist() == [pytest.approx([100.0 * p + 7.0, 100.0 * p + 9.0]) for p in range(PHASES)]
    assert state["phase_steps"].tolist() == [sum(s.phase == p for s in steps) for p in range(PHASES)]


def test_a_level_is_the_mean_of_the_first_and_then_fades() -> None:
    values = [float(i * i % 23) for i in range(60)]
    bank = alone([], [Target("point", 1)])
    level = 0.0
    for i, value in enumerate(values):
        level = level + (value - level) * max(1 - FADE, 1 / (i + 1))
        feed(bank, [0], [Step(value, value, phase=2)])
        assert bank.state["phase"][0, 2].tolist() == pytest.approx([level] * 2, rel=1e-4, abs=1e-5)
        if i < 19:
            assert level == pytest.approx(sum(values[: i + 1]) / (i + 1))
    assert not bank.state["phase"][0, [0, 1, 3]].any()


def test_the_expert_says_the_level_of_the_phase_that_is_now_of_means_or_of_peaks() -> None:
    targets = [Target("point", 2), Target("peak", 2)]
    steps = [Step(5.0 + 50.0 * (i // 9 % 2), 6.0 + 50.0 * (i // 9 % 2), phase=i // 9 % 2) for i in range(60)]
    bank = alone([], targets)
    for step in steps:
        feed(bank, [0], [step])
        state = bank.state[0]
        slot = int(state["steps"]) % state["inputs"].shape[0]
        said = recall(bank.state, np.array([0]), np.full((1, 2), slot)).experts[0, :, PHASE]
        assert said.tolist() == pytest.approx([step.mean, step.peak], rel=1e-3)
