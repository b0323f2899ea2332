"""A pool's state as bytes."""

from __future__ import annotations

import msgspec
import pytest

from foretide.schemas.messages import AppPolicy, Sizing
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
