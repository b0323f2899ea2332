"""One application under a rule's wishes, sample by sample."""

from __future__ import annotations

from dataclasses import replace

import pytest

from foretide.deploy.policies.series import Series
from foretide.deploy.policies.setting import Setting
from foretide.deploy.policies.simulator import Outcome, simulate
from foretide.schemas.units import GIB
from foretide.streams.planning.layout import LAYOUTS

MIG = LAYOUTS["mig-80gb"]
SMALL, WHOLE = 0, MIG.last
SETTING = Setting(decide_seconds=0.0, warm_seconds=0.0)


def series(compute: list[float | None], memory_gib: float = 1.0) -> Series:
    return Series("a", [60_000 * i for i in range(len(compute))], compute, [memory_gib * GIB] * len(compute))


def run(compute: list[float | None], wishes: list[int], setting: Setting = SETTING, memory_gib: float = 1.0) -> Outcome:
    return simulate(series(compute, memory_gib), wishes, MIG, setting)


def test_a_wish_holds_from_the_next_sample_on() -> None:
    found = run([0.0, 0.9, 0.9, 0.9], [SMALL, WHOLE, WHOLE, WHOLE])
    assert (found.short, found.spells, found.changes) == (1, 1, 2)
    assert found.cards == 3 + MIG.cost[SMALL]
    assert found.hours == 4 / 60


def test_runs_of_short_samples_are_one_spell_and_a_missing_sample_is_not_short() -> None:
    found = run([0.0, 0.5, 0.5, None, 0.5, 0.0], [SMALL] * 6)
    assert (found.short, found.spells) == (3, 2)


def test_memory_beyond_the_slice_counts_by_itself() -> None:
    found = run([0.0] * 3, [SMALL] * 3, memory_gib=11.0)
    assert (found.short, found.out_of_memory) == (0, 2)


def test_nothing_is_changed_twice_within_the_cadence() -> None:
    found = run([0.0] * 6, [SMALL, WHOLE, WHOLE, WHOLE, WHOLE, WHOLE], replace(SETTING, decide_seconds=180.0))
    assert found.changes == 2
    assert found.cards == pytest.approx(1 + 3 * MIG.cost[SMALL] + 2)


def test_a_change_takes_its_time_and_the_old_slice_serves_until_then() -> None:
    found = run([0.0, 0.5, 0.5, 0.5], [SMALL] * 4, replace(SETTING, actuation_seconds=90.0))
    assert (found.short, found.changes) == (2, 1)


def test_during_the_outage_after_a_change_samples_are_interrupted_not_short() -> None:
    found = run([0.0, 0.5, 0.5, 0.5], [SMALL] * 4, replace(SETTING, outage_seconds=120.0))
    assert (found.interrupted, found.short) == (2, 1)


def test_the_first_part_is_not_counted() -> None:
    found = run([0.9] * 4, [SMALL] * 4, replace(SETTING, warm_seconds=180.0))
    assert (found.samples, found.short) == (1, 1)
