"""How commands are carried out, whatever they change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from foretide.actuators.drivers import Driver
from foretide.actuators.ledger import Ledger
from foretide.schemas.ids import outcome_id
from foretide.schemas.messages import Command, OutcomeEvent, OutcomeStatus, Placement

Clock = Callable[[], int]
"""Wall-clock time in epoch milliseconds."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How commands are carried out."""

    apply: bool = False
    """Whether anything is changed at all. A freshly installed actuator only says what it would do."""
    attempts: int = 3
    """How often a change that fails temporarily is tried, within its deadline."""
    retry_limit_seconds: float = 10.0
    """The longest wait before another attempt, whatever the driver advises."""


@dataclass(frozen=True, slots=True)
class Means:
    """What commands are carried out with."""

    driver: Driver
    ledger: Ledger
    settings: EngineSettings
    now_ms: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def outcome_of(
    command: Command,
    status: OutcomeStatus,
    placement: Placement | None,
    began_ms: int,
    now_ms: int,
    message: str,
    *,
    dry_run: bool = False,
) -> OutcomeEvent:
    """What came of `command`, which was begun at `began_ms`; `placement` is what its application holds `now_ms`."""
    return OutcomeEvent(
        id=outcome_id(command.id),
        pool=command.pool,
        at_ms=now_ms,
        command_id=command.id,
        app=command.app,
        status=status,
        placement=placement,
        duration_seconds=max(0, now_ms - began_ms) / 1000,
        message=message,
        dry_run=dry_run,
    )
