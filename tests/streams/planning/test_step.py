"""What is refused, and what is dropped because it repeats or comes late."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import AnyPoolEvent, AppPolicy, RecordRef, Sizing
from foretide.streams.planning import step
from foretide.streams.planning.snapshot import to_bytes
from foretide.streams.planning.state import FORGET_MS, KNOWN_IDS
from support.pools import MINUTE, Pool, spot


def refused(pool: Pool, event: AnyPoolEvent) -> InvalidMessage:
    """The error, having checked that the state is as before."""
    before = to_bytes(pool.state)
    with pytest.raises(InvalidMessage) as caught:
        step(pool.state, event, RecordRef(topic="pool-events.v1", partition=0, offset=99))
    assert to_bytes(pool.state) == before
    return caught.value


def last_event(of: Pool, **changes: Any) -> AnyPoolEvent:
    changed: AnyPoolEvent = msgspec.structs.replace(of.log[-1], **changes)
    return changed


def test_an_event_of_another_pool_is_refused() -> None:
    pool = Pool()
    pool.allocate("a")
    error = refused(pool, last_event(pool, pool="other", id="new"))
    assert error.place == "$.pool"


def test_an_unknown_geometry_is_refused_with_its_place() -> None:
    pool = Pool()
    pool.inventory("card-0", "card-1")
    reports = [msgspec.structs.replace(r, geometry="mig-3gb") for r in pool.log[-1].resources]  # type: ignore[union-attr]
    error = refused(pool, last_event(pool, id="new", resources=reports))
    assert error.place == "$.resources[0].geometry"
    assert "mig-80gb" in error.reason


@pytest.mark.parametrize(
    ("policy", "place"),
    [
        (AppPolicy(min_slice="9g.90gb"), "$.apps.a.min_slice"),
        (AppPolicy(initial_slice="all of it"), "$.apps.a.initial_slice"),
        (AppPolicy(min_slice="4g.40gb", max_slice="1g.10gb"), "$.apps.a.min_slice"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused_with_its_place(policy: AppPolicy, place: str) -> None:
    pool = Pool()
    pool.policy("auto")
    assert refused(pool, last_event(pool, id="new", apps={"a": policy})).place == place


def test_an_outcome_with_an_impossible_slice_is_refused() -> None:
    pool = Pool()
    (d,) = pool.allocate("a")
    pool.outcome(d, "failed", placement=None)
    error = refused(pool, last_event(pool, placement=spot("card-0", "3g.40gb", 1)))
    assert error.place == "$.placement"


def repeated(pool: Pool, event: AnyPoolEvent) -> None:
    before = to_bytes(pool.state)
    assert pool.feed(event) == []
    assert to_bytes(pool.state) == before


def test_every_kind_of_event_changes_nothing_the_second_time() -> None:
    pool = Pool(sizing=Sizing(step_down_forecasts=1, step_down_seconds=0, cooldown_seconds=0))
    pool.place("a")
    pool.outcome(pool.forecast("a", 1, 0.1, 4)[0])
    pool.outcome(pool.release("a")[0])
    for event in list(pool.log):
        repeated(pool, event)


def test_a_late_forecast_changes_nothing_and_moves_no_clock() -> None:
    pool = Pool()
    pool.forecast("a", 1, 0.1, 4)
    late = pool.log[-1]
    pool.forecast("a", 5, 0.9, 70)
    record = RecordRef(topic="telemetry.v1", partition=0, offset=10_000)
    repeated(pool, msgspec.structs.replace(late, id="new", based_on=record, at_ms=4 * MINUTE))
    assert pool.state.clock_ms == 5 * MINUTE


def test_a_late_inventory_does_not_undo_a_newer_one() -> None:
    pool = Pool(cards=0)
    pool.inventory("card-0", at_ms=10)
    pool.inventory(at_ms=9)
    assert pool.allocate("a")[0].commanded


def test_an_outcome_of_an_earlier_command_changes_nothing() -> None:
    pool = Pool(sizing=Sizing(backoff_seconds=0.0))
    (first,) = pool.allocate("a")
    (second,) = pool.outcome(first, "failed", placement=None)
    assert second.commanded
    before = to_bytes(pool.state)
    assert pool.outcome(first, "applied") == []
    assert to_bytes(pool.state) == before


def test_only_forecasts_move_the_clock() -> None:
    pool = Pool()
    pool.inventory("card-0", at_ms=10**12)
    pool.place("a")
    assert pool.state.clock_ms == 0
    pool.forecast("a", 3, 0.1, 4)
    pool.forecast("b", 2, 0.1, 4)
    assert pool.state.clock_ms == 3 * MINUTE


def test_the_memory_of_ids_is_bounded() -> None:
    pool = Pool(cards=0)
    for i in range(KNOWN_IDS + 10):
        pool.allocate(f"app-{i % 3}")
    assert len(pool.state.known_ids()) == 8 * KNOWN_IDS


def test_an_application_that_fell_silent_and_holds_nothing_is_forgotten() -> None:
    pool = Pool()
    pool.forecast("silent", 1, 0.1, 4)
    pool.place("holder")
    week = FORGET_MS / MINUTE
    pool.forecast("clock", week - 10, 0.1, 4)
    assert "silent" in pool.state.apps
    pool.forecast("clock", 2 * week, 0.1, 4)
    assert sorted(pool.state.apps) == ["clock", "holder"]
