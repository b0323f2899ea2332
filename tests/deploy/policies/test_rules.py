"""What the compared rules wish for."""

from __future__ import annotations

import random

import pytest

from foretide.deploy.policies.catalogue import OTHERS
from foretide.deploy.policies.rules import WINDOW, RollingMaximum, oracle, whole_card
from foretide.deploy.policies.series import Series
from foretide.deploy.policies.setting import Setting
from foretide.deploy.policies.simulator import simulate
from foretide.schemas.units import GIB
from foretide.streams.planning.layout import LAYOUTS

MIG = LAYOUTS["mig-80gb"]
SETTING = Setting(decide_seconds=300.0, actuation_seconds=60.0, warm_seconds=1200.0)


def bursts(seed: int, samples: int = 300) -> Series:
    rng = random.Random(seed)
    compute = [rng.choice((0.0, 0.1, 0.4, 0.9)) if rng.random() < 0.2 else 0.0 for _ in range(samples)]
    memory = [rng.uniform(1, 30) * GIB for _ in range(samples)]
    return Series("a", [60_000 * i for i in range(samples)], compute, memory)


def test_the_rolling_maximum_forgets_after_its_window() -> None:
    rule = RollingMaximum()
    rule.observe(0, 5.0, 1)
    for i in range(WINDOW - 1):
        rule.observe(i, 1.0, 1)
    assert rule.forecast().upper == 5.0
    rule.observe(WINDOW, 1.0, 1)
    assert rule.forecast().upper == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_the_oracle_is_never_short_for_longer_than_it_takes_to_act_and_cheaper_than_a_whole_card(seed: int) -> None:
    series = bursts(seed)
    found = simulate(series, oracle(series, MIG, SETTING), MIG, SETTING)
    whole = simulate(series, whole_card(series, MIG, SETTING), MIG, SETTING)
    assert found.short <= 0.02 * found.samples
    assert found.cards < whole.cards == whole.samples
    assert (whole.short, whole.changes) == (0, 0)


@pytest.mark.parametrize("policy", [p for p in OTHERS if p.name != "oracle"], ids=lambda p: p.name)
def test_a_rule_knows_nothing_of_what_comes_later(policy: object) -> None:
    series = bursts(7)
    cut = Series("a", series.times[:150], series.compute[:150], series.memory[:150])
    whole = policy.wishes(series, MIG, SETTING)  # type: ignore[attr-defined]
    assert policy.wishes(cut, MIG, SETTING) == whole[:150]  # type: ignore[attr-defined]
    assert set(whole) <= set(range(MIG.last + 1))
