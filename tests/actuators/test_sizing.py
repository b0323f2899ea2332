"""Commands about the pool's own size: cards come and go once, and the inventory tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foretide.actuators.carrying import EngineSettings, Means
from foretide.actuators.drivers.simulated import Faults
from foretide.actuators.errors import Permanent
from foretide.actuators.sizing import PoolSizing
from foretide.schemas.messages import PROVISIONING_APP, Command, Placement, Provision
from support.acting import NOW_MS, Bench, command

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def size(number: int, *gone: str, count: int = 2, geometry: str = "mig-80gb", late: bool = False) -> Command:
    wish = Provision(geometry=geometry, count=len(gone) or count, resources=list(gone), price_per_hour=2.5)
    return Command(
        id=f"pool-events.v1/0/{number}/0",
        pool="p",
        app=PROVISIONING_APP,
        action="decommission" if gone else "provision",
        expected=None,
        desired=None,
        issued_ms=NOW_MS,
        deadline_ms=NOW_MS - 1 if late else NOW_MS + 120_000,
        epoch=1,
        provision=wish,
    )


async def test_cards_come_once_and_are_announced_with_their_price(bench: Bench) -> None:
    first = await bench.engine.carry_out(size(1))
    assert (first.outcome.status, first.outcome.app, first.outcome.placement) == ("applied", PROVISIONING_APP, None)
    bench.restart()
    again = await bench.engine.carry_out(size(1))
    assert (again.repeated, again.outcome) == (True, first.outcome)
    inventory = await bench.engine.inventory(size(1))
    assert inventory is not None
    assert [(r.geometry, r.price_per_hour, r.provisioned) for r in inventory.resources] == [("mig-80gb", 2.5, True)] * 2
    assert len({r.resource for r in inventory.resources}) == 2
    assert await bench.engine.inventory(command(2)) is None


async def test_an_application_can_be_placed_on_a_card_that_came_and_the_file_opens_again(bench: Bench) -> None:
    await bench.engine.carry_out(size(1, count=1))
    (card,) = (r.resource for r in await bench.driver.cards())
    there = Placement(resource=card, slice="3g.40gb", start=4)
    placed = await bench.engine.carry_out(command(2, desired=there))
    assert placed.outcome.status == "applied", placed.outcome.message
    bench.restart()
    refused = await bench.engine.carry_out(size(3, card))
    assert (refused.outcome.status, refused.outcome.message) == ("failed", f"{card} is in use")
    await bench.engine.carry_out(command(4, expected=placed.outcome.placement))
    gone = await bench.engine.carry_out(size(5, card))
    assert gone.outcome.status == "applied", gone.outcome.message
    assert await bench.driver.cards() == ()


async def test_a_card_that_did_not_come_by_a_command_is_not_taken_away(bench: Bench) -> None:
    found = await bench.engine.carry_out(size(1, "h/card-00"))
    assert found.outcome.status == "failed"
    assert "did not come by a command" in found.outcome.message


async def test_what_cannot_be_had_or_comes_too_late_is_said(bench: Bench) -> None:
    assert "no cards of kind" in (await bench.engine.carry_out(size(1, geometry="tpu"))).outcome.message
    assert (await bench.engine.carry_out(size(2, late=True))).outcome.status == "expired"
    assert await bench.driver.cards() == ()


async def test_a_dry_run_adds_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, apply=False)
    found = await bench.engine.carry_out(size(1))
    assert (found.outcome.status, found.outcome.dry_run) == ("applied", True)
    assert "would add 2 of mig-80gb" in found.outcome.message
    assert await bench.driver.cards() == ()
    assert await bench.engine.inventory(size(1)) is None
    bench.close()


async def test_a_data_centre_that_is_busy_is_asked_again_and_one_that_refuses_is_not(tmp_path: Path) -> None:
    seen = set()
    bench = Bench(tmp_path, faults=Faults(failure_rate=0.6))
    for number in range(20):
        found = await bench.engine.carry_out(size(number, count=1))
        seen.add((found.outcome.status, found.outcome.message))
    assert ("applied", "did add 1 of mig-80gb") in seen
    assert ("failed", "simulated: no card was to be had") in seen
    assert 0.05 in bench.clock.slept, "a temporary failure is waited for"
    bench.close()


async def test_an_interrupted_command_is_carried_out_again_without_a_second_set_of_cards(bench: Bench) -> None:
    bench.ledger.begin(size(1), NOW_MS)
    bench.pool.change_size(size(1).id, size(1).provision)  # type: ignore[arg-type]
    bench.restart()
    found = await bench.engine.carry_out(size(1))
    assert found.outcome.status == "applied"
    assert len(await bench.driver.cards()) == 2


def test_the_pool_refuses_what_it_cannot_do(bench: Bench) -> None:
    with pytest.raises(Permanent, match="no cards of kind"):
        bench.pool.change_size("c", Provision(geometry="tpu", count=1))


async def test_a_driver_that_knows_no_such_thing_rejects_the_command(bench: Bench) -> None:
    class Plain:
        """A driver with the three verbs alone."""

        name = "plain"

    sizing = PoolSizing(Means(Plain(), bench.ledger, EngineSettings(apply=True), bench.clock, bench.clock.sleep))  # type: ignore[arg-type]
    found = await sizing.carry_out(size(1), None)
    assert (found.status, found.message) == ("rejected", "driver plain cannot change a pool's size")
    assert await sizing.inventory(size(1)) is None
