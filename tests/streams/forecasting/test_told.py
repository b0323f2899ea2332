"""A signal that leads is used, from a few dozen steps on; without one the last value stands."""

from __future__ import annotations

import random
from math import nan

import numpy as np

from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.experts import EXPERTS, LAST
from foretide.streams.forecasting.record import CALENDAR, EXOGENOUS
from foretide.streams.forecasting.targets import Target
from support.banks import Step, feed, small_network
from support.recalled import recall

TOLD = EXPERTS.index("told")
LEAD = 4


def led(seed: int, length: int, *, told: bool) -> list[Step]:
    """A series whose level is what was announced LEAD steps before."""
    draw = random.Random(seed)
    level, announced = 5.0, []
    for _ in range(length + LEAD):
        level = draw.uniform(1.0, 20.0) if draw.random() < 0.2 else level
        announced.append(level)
    outside = [
        (0.0,) * CALENDAR + (announced[i + LEAD] if told else nan,) + (nan,) * (EXOGENOUS - 1) for i in range(length)
    ]
    return [Step(v := announced[i] + draw.gauss(0, 0.05), v, outside=outside[i]) for i in range(length)]


def errors(*, told: bool, steps: int = LEAD) -> tuple[float, float]:
    """Mean errors of what is told and of the last value, of the later half."""
    bank = Bank((Target("point", steps),), small_network())
    row = bank.add()
    series = led(1, 400, told=told)
    said = []
    for step in series:
        feed(bank, [row], [step])
        slot = int(bank.state["steps"][row]) % bank.state["inputs"].shape[1]
        said.append(recall(bank.state, np.array([row]), np.array([[slot]])).experts[0, 0, [TOLD, LAST]])
    outcomes = np.array([s.mean for s in series])[200:]
    found = np.abs(np.array(said)[200 - steps : -steps] - outcomes[:, None]).mean(axis=0)
    return float(found[0]), float(found[1])


def test_a_lead_is_found() -> None:
    own, last = errors(told=True)
    assert own < 0.5 * last


def test_without_exogenous_signals_it_is_the_last_value() -> None:
    own, last = errors(told=False)
    assert own == last > 0.0


def test_the_mixture_follows_what_is_told() -> None:
    bank = Bank((Target("point", LEAD), Target("peak", 2)), small_network())
    row = bank.add()
    for step in led(2, 300, told=True):
        feed(bank, [row], [step])
    losses = bank.state["losses"][row]
    assert int(losses[0].argmin()) == TOLD
    assert np.isfinite(bank.state["quantiles"][row]).all()
