"""River's models of one series: they learn from what leads it, live with what is missing, and go on when put back."""

from __future__ import annotations

import random
from itertools import pairwise
from math import nan

import pytest

from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.linear import CLIP, LinearModels
from foretide.streams.forecasting.record import CALENDAR, EXOGENOUS
from foretide.streams.forecasting.targets import Target
from support.banks import Step, together

LINEAR, LAST = EXPERTS.index("linear"), EXPERTS.index("last")


def test_an_exogenous_signal_that_leads_is_used() -> None:
    rng = random.Random(1)
    leads = [rng.choice([0.0, 1.0]) for _ in range(452)]
    steps = [
        Step(10.0 * now, 10.0 * now, outside=(0.0,) * CALENDAR + (then,) + (nan,) * (EXOGENOUS - 1))
        for now, then in pairwise(leads)
    ]
    deaf = [Step(s.mean, s.peak) for s in steps]
    losses, unaware = together([steps, deaf], [Target("point", 1)]).state["losses"][:2, 0]
    # Of a fair coin last value is wrong half of the time; told the next one, River hardly ever is.
    assert losses[LINEAR] < 0.35 * losses[LAST]
    assert unaware[LINEAR] > 0.6 * unaware[LAST]


def test_inputs_are_scaled_by_what_was_seen_and_unknown_ones_are_as_usual() -> None:
    models, rng = LinearModels(1), random.Random(2)
    for _ in range(500):
        models.scale([rng.gauss(50.0, 10.0), nan, 7.0, nan])
    found = models.scale([70.0, nan, 7.0, nan])
    assert found[0] == pytest.approx(2.0, abs=0.25)
    assert found[1:] == [0.0, 0.0, 0.0]
    assert models.scale([1e12, nan, nan, nan])[0] == CLIP
    assert models.scale([nan] * 4) == [0.0] * 4
    before = models.dump()
    models.scale([nan, nan, nan, nan])
    assert models.dump() == before
    assert before.inputs == [0, 2]


def test_each_head_learns_its_own_median_change() -> None:
    models, rng = LinearModels(2), random.Random(3)
    for _ in range(3000):
        seen = [rng.choice([-1.0, 1.0]), 0.0]
        models.learn(0, seen, 2.0 * seen[0] + rng.gauss(0.0, 0.1))
        models.learn(1, seen, 1.0)
    assert models.predict([1.0, 0.0]) == pytest.approx([2.0, 1.0], abs=0.15)
    assert models.predict([-1.0, 0.0]) == pytest.approx([-2.0, 1.0], abs=0.15)
    assert models.predict([-1.0, 5.0]) == models.predict([-1.0, 0.0]), "an input that was always 0 teaches nothing"


@pytest.mark.parametrize("at", [0, 1, 37, 99])
def test_models_put_back_go_on_to_the_last_bit(at: int) -> None:
    whole, broken, rng = LinearModels(2), LinearModels(2), random.Random(4)
    for i in range(100):
        if i == at:
            broken = LinearModels.load(broken.dump())
        raw = [rng.gauss(3.0, 2.0) if rng.random() < 0.7 else nan for _ in range(4)]
        change, head = rng.gauss(0.0, 1.0), rng.randrange(2)
        scaled = [models.scale(raw) for models in (whole, broken)]
        assert scaled[0] == scaled[1]
        assert whole.predict(scaled[0]) == broken.predict(scaled[1])
        for models in (whole, broken):
            models.learn(head, scaled[0], change)
    assert broken.dump() == whole.dump()
    assert [steps for _, _, steps in whole.dump().heads] != [0, 0]
