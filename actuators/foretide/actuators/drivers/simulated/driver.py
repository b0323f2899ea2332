"""The driver of the simulated pool: the steps, the order and the ways to fail of a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from foretide.actuators.drivers.base import Change, Held, SizeChange, held_one
from foretide.actuators.drivers.simulated.faults import Faults
from foretide.actuators.drivers.simulated.pool import SimulatedPool
from foretide.actuators.errors import DriverError, Permanent, Temporary
from foretide.schemas.messages import ResourceReport

Sleep = Callable[[float], Awaitable[None]]


class SimulatedDriver:
    """Changes a `SimulatedPool` in two steps, as a real card is changed.

    On one card the old instance goes before the new one comes, as both may need the same memory slots. Between cards
    the new one comes first, so that a failed migration never leaves the application without a slice.
    """

    name = "simulated"

    def __init__(self, pool: SimulatedPool, faults: Faults, sleep: Sleep = asyncio.sleep) -> None:
        self._pool = pool
        self._faults = faults
        self._sleep = sleep

    async def observe(self, app: str) -> Held:
        """What the application holds."""
        return self._pool.held(app)

    async def observe_all(self) -> Mapping[str, Held]:
        """What every application holds."""
        return self._pool.all_held()

    async def check(self, change: Change) -> None:
        """Permanent says why the change cannot work."""
        if self._pool.held(change.app) != held_one(change.expected):
            raise Permanent(f"{change.app} does not hold what was expected")
        if change.desired is not None and (
            why := self._pool.why_not(change.app, change.desired, freed=change.expected)
        ):
            raise Permanent(why)

    async def apply(self, change: Change) -> None:
        """Make the change, in the time and with the failure that the seed gives this attempt."""
        await self.check(change)
        fate = self._faults.fate(change.command_id, change.attempt)
        failure: DriverError = Permanent("simulated: the card refused")
        if fate.temporary:
            failure = Temporary("simulated: the card is busy", 0.05)
        if fate.failure == "refused":
            await self._sleep(fate.seconds)
            raise failure
        steps = self._steps(change)
        for n, step in enumerate(steps):
            await self._sleep(fate.seconds / len(steps))
            if n and fate.failure == "halfway":
                raise failure
            step()
        if fate.failure == "halfway" and len(steps) == 1:
            raise failure

    async def revert(self, change: Change) -> None:
        """Back to exactly `change.expected`."""
        held = self._pool.held(change.app)
        for placement in held:
            if placement != change.expected:
                self._pool.destroy(change.app, placement)
        if change.expected is not None and change.expected not in held:
            self._pool.create(change.app, change.expected)

    async def cards(self) -> tuple[ResourceReport, ...]:
        """The cards that came by a command."""
        return self._pool.added()

    async def check_size(self, change: SizeChange) -> None:
        """Permanent says why the pool's size cannot be changed like this."""
        if why := self._pool.why_not_size(change.command_id, change.provision):
            raise Permanent(why)

    async def change_size(self, change: SizeChange) -> None:
        """Add or take away the cards, in the time and with the failure that the seed gives this attempt. It is one
        step: a simulated data centre hands over all cards of a request or none."""
        await self.check_size(change)
        fate = self._faults.fate(change.command_id, change.attempt)
        await self._sleep(fate.seconds)
        if fate.failure is not None:
            text = "simulated: no card was to be had"
            raise Temporary(text, 0.05) if fate.temporary else Permanent(text)
        self._pool.change_size(change.command_id, change.provision)

    async def close(self) -> None:
        """Close the pool's file."""
        self._pool.close()

    def _steps(self, change: Change) -> list[Callable[[], None]]:
        old, new, app = change.expected, change.desired, change.app
        steps: list[Callable[[], None]] = []
        if old is not None:
            steps.append(lambda: self._pool.destroy(app, old))
        if new is not None:
            steps.append(lambda: self._pool.create(app, new))
        if old is not None and new is not None and old.resource != new.resource:
            steps.reverse()
        return steps
