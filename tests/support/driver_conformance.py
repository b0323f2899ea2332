"""What every driver must do, whatever it drives: run by each driver's own tests."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from foretide.actuators.drivers import Change, Driver
from foretide.actuators.errors import Permanent
from foretide.schemas.messages import Placement


class DriverConformance:
    """Mix into a test class that gives the fixtures `driver` (holding nothing, never failing) and `places`: three
    placements, the first two on one resource and overlapping, the third on another resource."""

    async def test_an_application_starts_with_nothing(self, driver: Driver) -> None:
        assert await driver.observe("a") == ()
        assert await driver.observe_all() == {}

    async def test_allocate_resize_migrate_release(self, driver: Driver, places: list[Placement]) -> None:
        first, second, third = places
        chain = [None, first, second, third, None]
        for n, (before, after) in enumerate(pairwise(chain)):
            change = Change(f"c{n}", "a", before, after)
            await driver.check(change)
            await driver.apply(change)
            assert await driver.observe("a") == (() if after is None else (after,))

    async def test_a_wrong_precondition_changes_nothing(self, driver: Driver, places: list[Placement]) -> None:
        await driver.apply(Change("c0", "a", None, places[0]))
        for wrong in (Change("c1", "a", None, places[2]), Change("c2", "a", places[1], places[2])):
            with pytest.raises(Permanent):
                await driver.apply(wrong)
            assert await driver.observe("a") == (places[0],)

    async def test_a_taken_place_is_refused(self, driver: Driver, places: list[Placement]) -> None:
        await driver.apply(Change("c0", "a", None, places[0]))
        change = Change("c1", "b", None, places[1])
        with pytest.raises(Permanent):
            await driver.check(change)
        with pytest.raises(Permanent):
            await driver.apply(change)
        assert await driver.observe_all() == {"a": (places[0],)}

    async def test_check_touches_nothing(self, driver: Driver, places: list[Placement]) -> None:
        await driver.check(Change("c0", "a", None, places[0]))
        assert await driver.observe_all() == {}

    @pytest.mark.parametrize("steps", [0, 1])
    async def test_revert_returns_from_wherever_it_stands(
        self, driver: Driver, places: list[Placement], steps: int
    ) -> None:
        first, _, third = places
        await driver.apply(Change("c0", "a", None, first))
        change = Change("c1", "a", first, third)
        if steps:
            await driver.apply(change)
        await driver.revert(change)
        await driver.revert(change)
        assert await driver.observe("a") == (first,)

    async def test_revert_of_an_allocation_leaves_nothing(self, driver: Driver, places: list[Placement]) -> None:
        change = Change("c0", "a", None, places[0])
        await driver.apply(change)
        await driver.revert(change)
        assert await driver.observe_all() == {}

    async def test_applications_do_not_disturb_each_other(self, driver: Driver, places: list[Placement]) -> None:
        await driver.apply(Change("c0", "a", None, places[0]))
        await driver.apply(Change("c1", "b", None, places[2]))
        await driver.apply(Change("c2", "a", places[0], None))
        held: Any = await driver.observe_all()
        assert held == {"b": (places[2],)}
