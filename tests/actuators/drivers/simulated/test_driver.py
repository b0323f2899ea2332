from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from foretide.actuators.drivers import Change
from foretide.actuators.drivers.simulated import Faults, SimulatedDriver, SimulatedPool
from foretide.actuators.errors import DriverError, Permanent, Temporary
from foretide.schemas.messages import Placement
from support.acting import CARDS, Clock, at
from support.driver_conformance import DriverConformance


class TestSimulated(DriverConformance):
    @pytest.fixture
    async def driver(self, tmp_path: Path) -> AsyncIterator[SimulatedDriver]:
        driver = SimulatedDriver(SimulatedPool(tmp_path / "pool.sqlite", CARDS), Faults(), Clock().sleep)
        yield driver
        await driver.close()

    @pytest.fixture
    def places(self) -> list[Placement]:
        return [at("3g.40gb", 0), at("4g.40gb", 0), at("2g.20gb", 2, card=1)]


async def failing(path: Path, halfway: bool) -> tuple[SimulatedDriver, str]:
    """A driver whose every attempt fails, and a command that fails half-way (or not)."""
    faults = Faults(seed=1, failure_rate=1.0)
    driver = SimulatedDriver(SimulatedPool(path, CARDS), faults, Clock().sleep)
    wanted = "halfway" if halfway else "refused"
    return driver, next(f"c{n}" for n in range(100) if faults.fate(f"c{n}", 1).failure == wanted)


async def test_a_refused_change_touches_nothing(tmp_path: Path) -> None:
    driver, command = await failing(tmp_path / "pool.sqlite", halfway=False)
    with pytest.raises(DriverError):
        await driver.apply(Change(command, "a", None, at("1g.10gb")))
    assert await driver.observe("a") == ()
    await driver.close()


async def test_a_resize_that_fails_half_way_leaves_nothing_and_reverts(tmp_path: Path) -> None:
    path = tmp_path / "pool.sqlite"
    driver, command = await failing(path, halfway=True)
    SimulatedPool(path, CARDS).create("a", at("3g.40gb"))
    change = Change(command, "a", at("3g.40gb"), at("4g.40gb"))
    with pytest.raises(DriverError):
        await driver.apply(change)
    assert await driver.observe("a") == ()
    await driver.revert(change)
    assert await driver.observe("a") == (at("3g.40gb"),)
    await driver.close()


async def test_a_migration_that_fails_half_way_keeps_the_old_slice(tmp_path: Path) -> None:
    path = tmp_path / "pool.sqlite"
    driver, command = await failing(path, halfway=True)
    SimulatedPool(path, CARDS).create("a", at("3g.40gb"))
    change = Change(command, "a", at("3g.40gb"), at("3g.40gb", card=1))
    with pytest.raises(DriverError):
        await driver.apply(change)
    assert await driver.observe("a") == (at("3g.40gb"), at("3g.40gb", card=1))
    await driver.revert(change)
    assert await driver.observe("a") == (at("3g.40gb"),)
    await driver.close()


def test_fate_depends_on_seed_command_and_attempt_alone() -> None:
    faults = Faults(seed=3, failure_rate=0.3, latency_ms=(20, 80))
    fates = [faults.fate(f"c{n}", 1) for n in range(500)]
    assert fates == [Faults(3, (20, 80), 0.3).fate(f"c{n}", 1) for n in range(500)]
    assert fates != [Faults(4, (20, 80), 0.3).fate(f"c{n}", 1) for n in range(500)]
    assert all(0.02 <= fate.seconds <= 0.08 for fate in fates)
    assert 0.2 < sum(fate.failure is not None for fate in fates) / 500 < 0.4
    assert {fate.failure for fate in fates} == {None, "refused", "halfway"}
    assert faults.fate("c1", 1) != faults.fate("c1", 2)


async def test_failures_are_of_both_kinds(tmp_path: Path) -> None:
    driver = SimulatedDriver(SimulatedPool(tmp_path / "p", CARDS), Faults(failure_rate=1.0), Clock().sleep)
    kinds = set()
    for n in range(40):
        with pytest.raises(DriverError) as raised:
            await driver.apply(Change(f"c{n}", f"app{n}", None, at("1g.10gb", n % 7, n % 2)))
        kinds.add(type(raised.value))
        await driver.revert(Change(f"c{n}", f"app{n}", None, at("1g.10gb", n % 7, n % 2)))
    await driver.close()
    assert kinds == {Temporary, Permanent}
