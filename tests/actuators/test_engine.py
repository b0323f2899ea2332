from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foretide.actuators.drivers import Change, Held
from foretide.actuators.drivers.simulated import Faults
from foretide.actuators.errors import Permanent, Temporary
from foretide.schemas.ids import outcome_id
from foretide.schemas.messages import Command, OutcomeEvent
from support.acting import NOW_MS, Bench, at, command

SMALL, LARGE, AWAY = at("1g.10gb"), at("3g.40gb"), at("3g.40gb", card=1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


async def settle(bench: Bench, wanted: Command) -> OutcomeEvent:
    return (await bench.engine.carry_out(wanted)).outcome


async def test_a_change_is_made_and_reported_with_its_time(bench: Bench) -> None:
    outcome = await settle(bench, command(1, desired=SMALL))
    assert (outcome.status, outcome.placement, outcome.dry_run) == ("applied", SMALL, False)
    assert outcome.id == outcome_id("pool-events.v1/0/1/0")
    assert 0.02 <= outcome.duration_seconds <= 0.08
    assert bench.pool.held("a") == (SMALL,)


async def test_the_same_command_again_gives_the_same_outcome_and_changes_nothing(bench: Bench) -> None:
    first = await bench.engine.carry_out(command(1, desired=SMALL))
    await settle(bench, command(2, expected=SMALL, desired=LARGE))
    again = await bench.engine.carry_out(command(1, desired=SMALL, epoch=7))
    assert not first.repeated
    assert again.repeated
    assert again.outcome == first.outcome
    assert bench.pool.held("a") == (LARGE,)


async def test_what_is_there_already_is_unchanged(bench: Bench) -> None:
    bench.pool.create("a", LARGE)
    outcome = await settle(bench, command(1, expected=SMALL, desired=LARGE))
    assert (outcome.status, outcome.placement) == ("unchanged", LARGE)


async def test_another_state_than_expected_is_rejected_and_told(bench: Bench) -> None:
    bench.pool.create("a", LARGE)
    outcome = await settle(bench, command(1, expected=SMALL, desired=AWAY))
    assert (outcome.status, outcome.placement) == ("rejected", LARGE)
    assert outcome.message == "expected 1g.10gb at 0 on h/card-00, found 3g.40gb at 0 on h/card-00"
    assert bench.pool.held("a") == (LARGE,)


async def test_after_its_deadline_a_command_expires(bench: Bench) -> None:
    outcome = await settle(bench, command(1, desired=SMALL, deadline_ms=NOW_MS - 2500))
    assert (outcome.status, outcome.placement) == ("expired", None)
    assert "2.5 s after its deadline" in outcome.message
    assert bench.pool.held("a") == ()


async def test_no_room_is_a_failure_that_says_so(bench: Bench) -> None:
    bench.pool.create("b", at("7g.80gb"))
    outcome = await settle(bench, command(1, desired=SMALL))
    assert (outcome.status, outcome.placement) == ("failed", None)
    assert "no room for a 1g.10gb" in outcome.message


async def test_a_dry_run_says_what_it_would_do(tmp_path: Path) -> None:
    bench = Bench(tmp_path, apply=False)
    outcome = await settle(bench, command(1, desired=SMALL))
    assert (outcome.status, outcome.placement, outcome.dry_run) == ("applied", None, True)
    assert outcome.message == "dry run: nothing would become 1g.10gb at 0 on h/card-00"
    bench.pool.create("b", at("7g.80gb", card=1))
    outcome = await settle(bench, command(2, desired=AWAY))
    assert (outcome.status, outcome.dry_run) == ("failed", True)
    assert bench.pool.held("a") == ()
    bench.close()


def command_with_fate(faults: Faults, expected: object, desired: object, *, failure: str, temporary: bool) -> Command:
    """The first command whose first attempt meets this fate."""
    for n in range(1000):
        wanted = command(n, expected=expected, desired=desired)  # type: ignore[arg-type]
        fate = faults.fate(wanted.id, 1)
        if fate.failure == failure and fate.temporary == temporary:
            return wanted
    raise AssertionError("no such fate")


async def test_a_change_that_breaks_half_way_is_rolled_back(tmp_path: Path) -> None:
    faults = Faults(failure_rate=1.0)
    bench = Bench(tmp_path, faults)
    bench.pool.create("a", SMALL)
    outcome = await settle(bench, command_with_fate(faults, SMALL, LARGE, failure="halfway", temporary=False))
    assert (outcome.status, outcome.placement) == ("rolled_back", SMALL)
    assert bench.pool.held("a") == (SMALL,)
    bench.close()


async def test_a_temporary_failure_is_tried_again(tmp_path: Path) -> None:
    faults = Faults(failure_rate=0.5)
    bench = Bench(tmp_path, faults)
    wanted = next(
        c
        for c in (command(n, desired=SMALL) for n in range(1000))
        if (f := faults.fate(c.id, 1)).failure == "refused" and f.temporary and faults.fate(c.id, 2).failure is None
    )
    outcome = await settle(bench, wanted)
    assert (outcome.status, outcome.message) == ("applied", "attempt 2")
    assert 0.05 in bench.clock.slept
    bench.close()


async def test_temporary_failures_end_with_the_attempts(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.driver.apply = always_busy  # type: ignore[method-assign]
    outcome = await settle(bench, command(1, desired=SMALL))
    assert (outcome.status, outcome.message) == ("failed", "busy (attempt 3)")
    bench.close()


async def test_no_attempt_begins_after_the_deadline(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.driver.apply = always_busy  # type: ignore[method-assign]
    outcome = await settle(bench, command(1, desired=SMALL, deadline_ms=NOW_MS + 3000))
    assert (outcome.status, outcome.message) == ("failed", "busy (attempt 1)")
    bench.close()


async def always_busy(change: Change) -> None:
    raise Temporary("busy", 5.0)


async def test_a_driver_that_lies_is_found_out(bench: Bench) -> None:
    async def lie(change: Change) -> None:
        bench.pool.create(change.app, AWAY)

    bench.driver.apply = lie  # type: ignore[method-assign]
    outcome = await settle(bench, command(1, desired=SMALL))
    assert (outcome.status, outcome.placement) == ("rolled_back", None)
    assert "verified: found 3g.40gb at 0 on h/card-01" in outcome.message
    assert bench.pool.held("a") == ()


async def test_a_failed_rollback_tells_what_is_left(bench: Bench) -> None:
    bench.pool.create("a", SMALL)

    async def half(change: Change) -> None:
        bench.pool.destroy(change.app, SMALL)
        raise Permanent("broke")

    async def stuck(change: Change) -> None:
        raise Permanent("stuck")

    bench.driver.apply, bench.driver.revert = half, stuck  # type: ignore[method-assign]
    outcome = await settle(bench, command(1, expected=SMALL, desired=LARGE))
    assert (outcome.status, outcome.placement) == ("failed", None)
    assert outcome.message == "broke; reverting failed: stuck; left with nothing"


async def test_what_was_begun_is_not_guessed(bench: Bench) -> None:
    """After a crash the state is asked until the driver knows it."""
    bench.ledger.begin(command(1, desired=SMALL), NOW_MS)
    bench.pool.create("a", SMALL)
    real, failures = bench.driver.observe, 3

    async def observe(app: str) -> Held:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise Temporary("away", 2.0)
        return await real(app)

    bench.driver.observe = observe  # type: ignore[method-assign]
    outcome = await settle(bench, command(1, desired=SMALL))
    assert (outcome.status, outcome.message) == ("applied", "found done after a restart")
    assert bench.clock.slept == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("left", "late", "status", "held"),
    [
        (SMALL, False, "applied", LARGE),
        (SMALL, True, "expired", SMALL),
        (None, False, "rolled_back", SMALL),
        (LARGE, True, "applied", LARGE),
    ],
)
async def test_a_begun_command_is_settled_from_wherever_it_stands(
    bench: Bench, left: object, late: bool, status: str, held: object
) -> None:
    wanted = command(1, expected=SMALL, desired=LARGE)
    bench.ledger.begin(wanted, NOW_MS)
    if left is not None:
        bench.pool.create("a", left)  # type: ignore[arg-type]
    bench.clock.now += 200_000 if late else 1_000
    outcome = await settle(bench, wanted)
    assert (outcome.status, outcome.placement) == (status, held)
    assert bench.pool.held("a") == (held,)


@pytest.mark.parametrize(("left", "status"), [(SMALL, "failed"), (None, "failed"), (LARGE, "applied")])
async def test_a_dry_run_leaves_alone_what_an_applying_run_began(tmp_path: Path, left: object, status: str) -> None:
    bench = Bench(tmp_path, apply=False)
    wanted = command(1, expected=SMALL, desired=LARGE)
    bench.ledger.begin(wanted, NOW_MS)
    if left is not None:
        bench.pool.create("a", left)  # type: ignore[arg-type]
    before = bench.pool.held("a")
    outcome = await settle(bench, wanted)
    assert (outcome.status, outcome.placement) == (status, left)
    assert bench.pool.held("a") == before
    bench.close()
