"""From a command to its one outcome: what is checked, written and done, in which order.

    refuse (deadline, precondition) → ledger: begun → apply → verify → revert if need be → ledger: done

A crash at any point leaves either nothing, or a ledger from which `carry_out` goes on when the command comes again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from foretide.actuators.carrying import Means, outcome_of
from foretide.actuators.drivers import Change, Held, held_one
from foretide.actuators.errors import DriverError, Permanent, Temporary
from foretide.actuators.ledger import Entry
from foretide.actuators.sizing import PoolSizing
from foretide.schemas.messages import Command, InventoryEvent, OutcomeEvent, OutcomeStatus, Placement

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """An outcome, and whether it had been known before."""

    outcome: OutcomeEvent
    repeated: bool


class Engine:
    """Carries out commands, each once. Whoever calls it keeps commands of one application or resource in order."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._sizing = PoolSizing(means)

    async def carry_out(self, command: Command) -> Settled:
        """The command's outcome; the same again for a command whose outcome is known. LedgerError as `Ledger.get`."""
        entry = self._means.ledger.get(command)
        if entry is not None and entry.outcome is not None:
            return Settled(entry.outcome, repeated=True)
        if command.provision is not None:
            outcome = await self._sizing.carry_out(command, begun_ms=entry.begun_ms if entry is not None else None)
            self._means.ledger.finish(command, outcome, self._means.now_ms())
            return Settled(outcome, repeated=False)
        try:
            outcome = await self._settle(entry) if entry is not None else await self._fresh(command)
        except DriverError as e:  # what it holds cannot be observed
            outcome = self._outcome(command, "failed", command.expected, self._means.now_ms(), str(e))
        self._means.ledger.finish(command, outcome, self._means.now_ms())
        return Settled(outcome, repeated=False)

    async def inventory(self, command: Command) -> InventoryEvent | None:
        """What is to be told before the outcome of a command about the pool's size; None for any other."""
        return None if command.provision is None else await self._sizing.inventory(command)

    async def _fresh(self, command: Command) -> OutcomeEvent:
        began = self._means.now_ms()
        held = await self._means.driver.observe(command.app)
        if refused := self._refusal(command, held, began):
            return refused
        change = Change(command.id, command.app, command.expected, command.desired)
        if not self._means.settings.apply:
            return await self._would(command, change, held, began)
        self._means.ledger.begin(command, began)
        return await self._apply(command, change, began)

    def _refusal(self, command: Command, held: Held, now_ms: int) -> OutcomeEvent | None:
        """Why nothing has to be done, or may be."""
        actual = _one(held, command)
        if held == held_one(command.desired):
            return self._outcome(command, "unchanged", actual, now_ms, "it holds that already")
        if now_ms > command.deadline_ms:
            late = (now_ms - command.deadline_ms) / 1000
            return self._outcome(command, "expired", actual, now_ms, f"it came {late:.1f} s after its deadline")
        if held != held_one(command.expected):
            return self._outcome(
                command, "rejected", actual, now_ms, f"expected {_text(command.expected)}, found {_text(*held)}"
            )
        return None

    async def _would(self, command: Command, change: Change, held: Held, began: int) -> OutcomeEvent:
        """A dry run: what would have come of it."""
        actual = _one(held, command)
        try:
            await self._means.driver.check(change)
        except DriverError as e:
            return self._outcome(command, "failed", actual, began, f"dry run: {e}", dry_run=True)
        text = f"dry run: {_text(command.expected)} would become {_text(command.desired)}"
        return self._outcome(command, "applied", actual, began, text, dry_run=True)

    async def _settle(self, entry: Entry) -> OutcomeEvent:
        """A command that was begun before a crash: look how far it got, and go on from there."""
        command, began = entry.command, entry.begun_ms
        change = Change(command.id, command.app, command.expected, command.desired)
        held = await self._truth(command)
        if held == held_one(command.desired):
            return self._outcome(command, "applied", command.desired, began, "found done after a restart")
        if not self._means.settings.apply:
            # Begun by a run that applied; this one changes nothing, not even back.
            why = f"interrupted by a restart, and now a dry run: left with {_text(*held)}"
            return self._outcome(command, "failed", _one(held, command), began, why)
        if held != held_one(command.expected):
            return await self._revert(command, change, began, "it was interrupted half-way")
        if self._means.now_ms() > command.deadline_ms:
            return self._outcome(
                command, "expired", command.expected, began, "interrupted before anything changed; its deadline passed"
            )
        return await self._apply(command, change, began)

    async def _apply(self, command: Command, change: Change, began: int) -> OutcomeEvent:
        attempt = 1
        while True:
            try:
                await self._means.driver.apply(replace(change, attempt=attempt))
                break
            except Temporary as e:
                wait = min(e.retry_after_seconds, self._means.settings.retry_limit_seconds)
                due = self._means.now_ms() + int(wait * 1000)
                untouched = await self._truth(command) == held_one(command.expected)
                if not untouched or attempt >= self._means.settings.attempts or due > command.deadline_ms:
                    return await self._revert(command, change, began, f"{e} (attempt {attempt})")
                log.info("%s: %s; attempt %d in %.2g s", command.id, e, attempt + 1, wait)
                await self._means.sleep(wait)
                attempt += 1
            except Permanent as e:
                return await self._revert(command, change, began, str(e))
        held = await self._truth(command)
        if held != held_one(command.desired):
            return await self._revert(command, change, began, f"verified: found {_text(*held)} afterwards")
        return self._outcome(command, "applied", command.desired, began, "" if attempt == 1 else f"attempt {attempt}")

    async def _revert(self, command: Command, change: Change, began: int, why: str) -> OutcomeEvent:
        """Back to what was expected: `failed` if nothing had changed, `rolled_back` if it could be undone."""
        if await self._truth(command) == held_one(command.expected):
            return self._outcome(command, "failed", command.expected, began, why)
        try:
            await self._means.driver.revert(change)
        except DriverError as e:
            why += f"; reverting failed: {e}"
        held = await self._truth(command)
        if held == held_one(command.expected):
            return self._outcome(command, "rolled_back", command.expected, began, why)
        return self._outcome(command, "failed", _one(held, command), began, f"{why}; left with {_text(*held)}")

    async def _truth(self, command: Command) -> Held:
        """What the application holds, once something was begun: an outcome must not be guessed, so this asks until
        the driver knows."""
        while True:
            try:
                return await self._means.driver.observe(command.app)
            except Temporary as e:
                log.warning("%s: %s cannot be observed (%s); asking again", command.id, command.app, e)
                await self._means.sleep(min(e.retry_after_seconds, self._means.settings.retry_limit_seconds))

    def _outcome(
        self,
        command: Command,
        status: OutcomeStatus,
        placement: Placement | None,
        began_ms: int,
        message: str,
        *,
        dry_run: bool = False,
    ) -> OutcomeEvent:
        return outcome_of(command, status, placement, began_ms, self._means.now_ms(), message, dry_run=dry_run)


def _one(held: Held, command: Command) -> Placement | None:
    """What to report of several placements: what was wanted, if it is there."""
    for preferred in (command.desired, command.expected):
        if preferred is not None and preferred in held:
            return preferred
    return held[0] if held else None


def _text(*placements: Placement | None) -> str:
    return " and ".join(f"{p.slice} at {p.start} on {p.resource}" for p in placements if p is not None) or "nothing"
