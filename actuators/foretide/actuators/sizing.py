"""Commands about the pool's own size: from a command to its one outcome, and to the inventory that follows.

A driver adds all cards of a command or none, and knows which command they came by, so a command that was interrupted
is simply carried out again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from foretide.actuators.carrying import Means, outcome_of
from foretide.actuators.drivers import Provisioner, SizeChange
from foretide.actuators.errors import DriverError, Temporary
from foretide.schemas.messages import Command, InventoryEvent, OutcomeEvent, OutcomeStatus, Provision

SOURCE: Final = "provisioned"
"""The source under which cards that came by commands are announced."""


class PoolSizing:
    """Adds cards to a pool and takes them away, through a driver that can."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def carry_out(self, command: Command, begun_ms: int | None) -> OutcomeEvent:
        """The command's outcome. `begun_ms`: an earlier run began it then."""
        assert command.provision is not None, "of a command about the pool's size"
        began = self._means.now_ms() if begun_ms is None else begun_ms
        driver, change = self._means.driver, SizeChange(command.id, command.provision)
        if not isinstance(driver, Provisioner):
            return self._outcome(
                command, "rejected", began, f"driver {self._means.driver.name} cannot change a pool's size"
            )
        if begun_ms is None and began > command.deadline_ms:
            late = (began - command.deadline_ms) / 1000
            return self._outcome(command, "expired", began, f"it came {late:.1f} s after its deadline")
        try:
            if not self._means.settings.apply:
                await driver.check_size(change)
                return self._outcome(command, "applied", began, f"dry run: would {_text(command.provision)}", True)
            if begun_ms is None:
                self._means.ledger.begin(command, began)
            await self._change(driver, command, change)
        except DriverError as e:
            return self._outcome(command, "failed", began, str(e), not self._means.settings.apply)
        return self._outcome(command, "applied", began, f"did {_text(command.provision)}")

    async def inventory(self, command: Command) -> InventoryEvent | None:
        """All cards that came by commands, to be told before the command's outcome; None if that cannot be found out
        here."""
        if not isinstance(self._means.driver, Provisioner) or not self._means.settings.apply:
            return None
        cards = list(await self._means.driver.cards())
        event_id = f"{command.id}/inventory"
        return InventoryEvent(
            id=event_id, pool=command.pool, at_ms=self._means.now_ms(), source=SOURCE, resources=cards
        )

    async def _change(self, driver: Provisioner, command: Command, change: SizeChange) -> None:
        """Try until it works, within the deadline and the attempts."""
        attempt = 1
        while True:
            try:
                await driver.change_size(replace(change, attempt=attempt))
                return
            except Temporary as e:
                wait = min(e.retry_after_seconds, self._means.settings.retry_limit_seconds)
                due = self._means.now_ms() + int(wait * 1000)
                if attempt >= self._means.settings.attempts or due > command.deadline_ms:
                    raise
                await self._means.sleep(wait)
                attempt += 1

    def _outcome(
        self, command: Command, status: OutcomeStatus, began_ms: int, message: str, dry_run: bool = False
    ) -> OutcomeEvent:
        return outcome_of(command, status, None, began_ms, self._means.now_ms(), message, dry_run=dry_run)


def _text(wish: Provision) -> str:
    if wish.resources:
        return f"take away {', '.join(wish.resources)}"
    return f"add {wish.count} of {wish.geometry}"
