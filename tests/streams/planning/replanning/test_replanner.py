"""The look at the whole pool: which moves it leads to, which guards keep them back, and that a replay is exact."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from foretide.schemas.messages import (
    AppPolicy,
    Budget,
    Decision,
    Maintenance,
    Probation,
    RecordRef,
    Replanning,
    WeeklyInterval,
)
from foretide.streams.planning import PoolState, decision_hash, step
from foretide.streams.planning.snapshot import from_bytes, to_bytes
from support.mixed import QUICK, MixedPool
from support.pools import POOL

REPLANNING = Replanning(enabled=True, every_seconds=900.0)
WATCH = Probation(seconds=600.0)
NAMES = ("a", "b", "c", "d")


def scattered(replanning: Replanning = REPLANNING, **options: Any) -> MixedPool:
    """Four small applications on four large cards, one each, forecast at minutes 1 to 14."""
    apps = {name: AppPolicy(mode="auto", initial_slice="7g.80gb", max_slice="7g.80gb") for name in NAMES}
    pool = MixedPool(large=4, small=0, replanning=replanning, rules={"probation": WATCH}, **{**apps, **options})
    for name in NAMES:
        pool.place(name)
    for name in NAMES:
        for d in pool.forecast(name, 1, 0.25, 18):
            pool.outcome(d)
    assert len(pool.in_use()) == 4
    return pool


def look(pool: MixedPool, minute: float) -> list[Decision]:
    return pool.forecast("a", minute, 0.25, 18)


def test_applications_are_moved_together_and_cards_freed() -> None:
    pool = scattered()
    assert look(pool, 15) == []
    made = look(pool, 16.5)
    assert [d.action for d in made] == ["migrate"] * len(made)
    assert 2 <= len(made) <= 4
    assert all("replanned: " in d.reason and "frees large-" in d.reason and "by its bound" in d.reason for d in made)
    for d in made:
        pool.outcome(d)
    assert len(pool.in_use()) == 2, "three slices of two sevenths fit a card"


def test_costs_before_and_after_are_told() -> None:
    pool = scattered(REPLANNING.__class__(enabled=True, most_moves=1))
    (d,) = look(pool, 17)
    assert "the cards in use cost 12.00 an hour instead of 16.00 an hour" in d.reason
    assert "saves 3.93 an hour with the moves paid" in d.reason or "saves 3.94 an hour" in d.reason


@pytest.mark.parametrize("most", [1, 2, 3])
def test_never_more_moves_than_allowed_and_the_next_look_goes_on(most: int) -> None:
    pool = scattered(Replanning(enabled=True, every_seconds=900.0, most_moves=most))
    looks = []
    for n in range(1, 9):
        made = look(pool, 1 + 16 * n)
        looks.append(len(made))
        for d in made:
            pool.outcome(d)
    assert max(looks) <= most
    assert len(pool.in_use()) == 2


def test_off_by_default_and_nothing_is_moved_for_less_than_the_least_saving() -> None:
    assert look(scattered(Replanning()), 30) == []
    pool = scattered(Replanning(enabled=True, least_saving=4.0))
    assert [look(pool, m) for m in (17, 33)] == [[], []]


def test_what_is_not_worth_its_moves_is_left() -> None:
    pool = scattered(Replanning(enabled=True, migration_cost=5.0))
    assert look(pool, 17) == []


def test_it_takes_another_kind_where_that_is_cheaper() -> None:
    pool = scattered()
    pool.stock(4, 1)
    made = look(pool, 17)
    assert "small-0" in {d.wanted.resource for d in made if d.wanted}
    for d in made:
        pool.outcome(d)
    assert len([c for c in pool.in_use() if c.startswith("large")]) == 1


def keep(pool: MixedPool, **rules: Any) -> None:
    pool.policy(
        "auto", rules.pop("sizing", QUICK), pool.state.policy.apps, replanning=REPLANNING, probation=WATCH, **rules
    )


GUARDS: dict[str, Callable[[MixedPool], object]] = {
    "paused": lambda pool: pool.pause(),
    "each paused": lambda pool: [pool.pause(name) for name in NAMES],
    "maintenance": lambda pool: keep(
        pool, maintenance=[Maintenance(changes="only_inside", weekly=[WeeklyInterval(begin="22:00", end="23:00")])]
    ),
    "mode": lambda pool: pool.policy("initial", QUICK, replanning=REPLANNING),
    "cooldown": lambda pool: keep(pool, sizing=_with(QUICK, cooldown_seconds=36_000.0)),
}


def _with(part: Any, **changes: Any) -> Any:
    return part.__class__(**{f: getattr(part, f) for f in part.__struct_fields__} | changes)


@pytest.mark.parametrize("guard", GUARDS)
def test_guards_keep_applications_where_they_are(guard: str) -> None:
    pool = scattered()
    GUARDS[guard](pool)
    made = [d for m in (17, 33, 49) for d in look(pool, m)]
    assert not [d for d in made if d.commanded]


def test_probation_keeps_an_application_where_it_is() -> None:
    pool = scattered()
    for d in look(pool, 17):
        pool.outcome(d)
    pool.policy("auto", QUICK, pool.state.policy.apps, replanning=Replanning(enabled=True, every_seconds=60.0))
    look(pool, 17.5)
    moved = {name for name in NAMES if pool.state.apps[name].trial is not None}
    assert moved
    before = {name: pool.held(name) for name in moved}
    pool.stock(4, 4)
    assert look(pool, 26) == []
    assert {name: pool.held(name) for name in moved} == before
    assert not [name for name in moved if pool.state.apps[name].flight]


def test_a_cap_on_commands_under_way_keeps_a_whole_group_back_and_says_so() -> None:
    pool = scattered()
    keep(pool, sizing=_with(QUICK, max_in_flight_per_pool=1))
    made = look(pool, 17)
    made += look(pool, 34)
    assert sum(d.commanded for d in made) == 1, "each frees a card by itself, so one is made"


def test_the_budget_binds_and_says_so() -> None:
    pool = scattered()
    pool.stock(4, 1)
    keep(pool, budget=Budget(cards=1.2))
    made = [d for m in (17, 33) for d in look(pool, m)]
    assert all(d.wanted is None or d.wanted.resource != "small-0" for d in made if d.commanded)


def replayed(pool: MixedPool, cut: int) -> list[Decision]:
    """The log once more, from a snapshot on from event `cut`."""
    state = PoolState(POOL)
    made: list[Decision] = []
    for offset, event in enumerate(pool.log):
        if offset == cut:
            state = from_bytes(POOL, to_bytes(state))
        state, decisions = step(state, event, RecordRef(topic="pool-events.v1", partition=0, offset=offset))
        made += decisions
    assert to_bytes(state) == to_bytes(pool.state)
    return made


def test_a_replay_gives_the_same_bytes() -> None:
    pool = scattered()
    for n in range(1, 5):
        for d in look(pool, 1 + 16 * n):
            pool.outcome(d)
    assert any("replanned" in d.reason for d in pool.decisions)
    for cut in (0, len(pool.log) // 2, len(pool.log) - 2):
        assert decision_hash(replayed(pool, cut)) == decision_hash(pool.decisions)


def test_looks_are_so_far_apart() -> None:
    pool = scattered(Replanning(enabled=True, every_seconds=1800.0, most_moves=1))
    times = [d.at_ms for m in range(2, 120) for d in look(pool, m) if d.commanded and not pool.outcome(d)]
    assert len(times) >= 2
    assert all(b - a >= 1_800_000 for a, b in pairwise(times))
