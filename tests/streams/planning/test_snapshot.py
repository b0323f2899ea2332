"""A pool's state as bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from foretide.schemas.messages import (
    AppPolicy,
    Budget,
    CardKind,
    Maintenance,
    Objective,
    Provisioning,
    Sizing,
    WeeklyInterval,
)
from foretide.streams.planning import SnapshotError
from foretide.streams.planning.snapshot import FORMAT, from_bytes, to_bytes
from support.pools import POOL, Pool


def busy_pool() -> Pool:
    """One of everything: held, in flight, queued, paused, cooling, advised, releasing."""
    sizing = Sizing(max_in_flight_per_pool=3, cooldown_seconds=600.0)
    half = AppPolicy(mode="auto", initial_slice="3g.40gb")
    pool = Pool(cards=3, sizing=sizing, d=AppPolicy(mode="advise"), e=half, f=half)
    pool.place("a", priority=7)
    pool.forecast("a", 1, 0.1, 4)
    pool.outcome(pool.allocate("b")[0], "failed", placement=None)
    pool.forecast("b", 1.5, 0.1, 4)
    pool.forecast("d", 2, 0.1, 4)
    pool.place("e")
    pool.forecast("e", 2, 0.8, 60)
    pool.allocate("f")
    pool.release("f")
    pool.allocate("g", priority=90)
    pool.allocate("h", priority=90)
    pool.allocate("i")
    return pool


def test_the_bytes_of_a_restored_state_are_the_same() -> None:
    payload = to_bytes(busy_pool().state)
    assert to_bytes(from_bytes(POOL, payload)) == payload


def test_a_restored_state_knows_what_was_queued_flying_and_waking() -> None:
    state = busy_pool().state
    again = from_bytes(POOL, to_bytes(state))
    assert again.queue == state.queue != []
    assert (again.in_flight, again.in_flight_on) == (state.in_flight, state.in_flight_on)
    assert again.in_flight > 0
    assert sorted(again.wakes) == sorted(set(state.wakes)) != []
    assert again.apps == state.apps


def strained_pool() -> Pool:
    """One of everything that guards note down: a pause, prices, a trial, a bar, a floor, cards on their way."""
    quick = Sizing(step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0, idle_wait_seconds=0.0)
    objective = Objective(signal="app.latency_ms", better="lower")
    pool = Pool(cards=0)
    pool.inventory("card-0", "card-1", "card-2", price=2.5)
    pool.inventory("p-0", source="p", price=2.0, provisioned=True)
    night = Maintenance(changes="only_inside", weekly=[WeeklyInterval(begin="22:00", end="04:00", days=["wed"])])
    pool.policy(
        "auto", quick, {"b": AppPolicy(mode="auto", initial_slice="1g.20gb", objective=objective, maintenance=[night])},
        budget=Budget(money_per_hour=100.0, cards=20.0),
        provisioning=Provisioning(mode="auto", kinds=[CardKind(geometry="mig-80gb")], wait_seconds=60.0),
    )  # fmt: skip
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.1, 4)[0])
    pool.place("b")
    pool.outcome(pool.forecast("b", 2, 0.1, 4, published={"app.latency_ms": 20.0})[0])
    pool.outcome(pool.forecast("b", 3, 0.1, 4, last=(0.1, 9.9))[0])
    pool.oom("a", 3, 30.0)
    for app in "cdefg":
        for d in pool.allocate(app):
            if d.commanded:
                pool.outcome(d)
    pool.forecast("clock", 5, 0.1, 4)
    pool.forecast("clock", 8, 0.1, 4)
    pool.pause("c", "reason")
    return pool


def test_what_the_guards_note_down_is_kept() -> None:
    state = strained_pool().state
    payload = to_bytes(state)
    again = from_bytes(POOL, payload)
    assert to_bytes(again) == payload
    assert again.apps == state.apps
    assert again.policy == state.policy
    assert again.paused == state.paused != {}
    assert again.size == state.size
    assert state.size.command_id is not None
    noted = state.apps.values()
    assert all(any(getattr(a, name) for a in noted) for name in ("trial", "barred", "floor", "level"))
    spent = [(s.spending.cards, s.spending.money, s.spending.unpriced) for s in (state, again)]
    assert spent[0] == spent[1] != (0, 0, 0)
    assert [(c.name, c.price, c.provisioned) for c in again.cards] == [
        (c.name, c.price, c.provisioned) for c in sorted(state.cards, key=lambda c: c.name)
    ]


def as_plan_1(payload: bytes) -> list[Any]:
    """The rows as the first format had them: without what it did not know."""
    rows = msgspec.msgpack.decode(payload)
    head, default, policies, sizing, (sources, cards, apps, known) = rows[:7], rows[7], rows[8], rows[9], rows[16:20]
    for app in apps:
        if app[13] is not None:
            app[13] = app[13][:5]
    return [
        "plan-1", *head[1:], default[:4], [[name, policy[:4]] for name, policy in policies], sizing,
        [[name, at, [report[:3] for report in reports]] for name, at, reports in sources],
        [card[:4] for card in cards], [app[:14] for app in apps], known,
    ]  # fmt: skip


def test_a_snapshot_of_the_earlier_format_keeps_what_is_held_and_under_way() -> None:
    state = busy_pool().state
    again = from_bytes(POOL, msgspec.msgpack.encode(as_plan_1(to_bytes(state))))
    assert set(again.apps) == set(state.apps) != set()
    for name, app in state.apps.items():
        kept = again.apps[name]
        assert (kept.held, kept.flight, kept.need, kept.forecast_ms) == (
            app.held, app.flight, app.need, app.forecast_ms,
        )  # fmt: skip
        assert (kept.waiting, kept.waits_for, kept.trial) == (app.waiting, app.waits_for, None)
    assert (again.queue, again.in_flight, again.known_ids()) == (state.queue, state.in_flight, state.known_ids())
    assert {c.name: (c.taken, c.host) for c in again.cards} == {c.name: (c.taken, c.host) for c in state.cards}
    assert again.policy.sizing == state.policy.sizing
    assert from_bytes(POOL, to_bytes(again)).apps == again.apps


@pytest.mark.parametrize("broken", [lambda rows: rows[:-1], lambda rows: [*rows[:12], [[]], rows[13]]])
def test_a_broken_snapshot_of_the_earlier_format_is_named(broken: Callable[[list[Any]], list[Any]]) -> None:
    rows = broken(as_plan_1(to_bytes(busy_pool().state)))
    with pytest.raises(SnapshotError, match=f"is plan-1, {FORMAT} is needed"):
        from_bytes(POOL, msgspec.msgpack.encode(rows))


def test_what_cannot_be_read_is_refused() -> None:
    payload = to_bytes(busy_pool().state)
    with pytest.raises(SnapshotError, match="cannot be read"):
        from_bytes(POOL, payload[:-3])
    with pytest.raises(SnapshotError, match=POOL):
        from_bytes("other", payload)
    rows = msgspec.msgpack.decode(payload)
    with pytest.raises(SnapshotError, match=FORMAT):
        from_bytes(POOL, msgspec.msgpack.encode(["plan-0", *rows[1:]]))


def test_ten_thousand_applications_fit_a_changelog_record() -> None:
    pool = Pool(cards=2000, sizing=Sizing(max_in_flight_per_pool=20_000, max_in_flight_per_host=20_000))
    apps = [f"service-{i:05d}-gpu0" for i in range(10_000)]
    pool.policy("auto", Sizing(max_in_flight_per_pool=20_000, max_in_flight_per_host=20_000),
                {"x": AppPolicy(mode="auto")})  # fmt: skip
    for i, app in enumerate(apps):
        for d in pool.allocate(app):
            if d.commanded:
                pool.outcome(d)
        pool.forecast(app, 1 + i / 10_000, 0.123456 + i / 1e5, 5.4321)
    assert len(to_bytes(pool.state)) < 1_048_576
