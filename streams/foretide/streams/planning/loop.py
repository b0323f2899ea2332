"""The planner with an actuator that always succeeds at once, in memory: what a backtest runs.

Events and the outcomes that follow form one log, as they would in the pool's topic, with the same state machine.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from foretide.schemas.ids import outcome_id
from foretide.schemas.messages import (
    AnyPoolEvent,
    Command,
    Decision,
    InventoryEvent,
    OutcomeEvent,
    Provision,
    RecordRef,
    ResourceReport,
)
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.step import step
from foretide.streams.planning.turn import command_of

PROVISIONED: Final = "provisioned"
"""The source, and the host, of cards that came by a command."""


def applied(command: Command, at_ms: int) -> OutcomeEvent:
    """The outcome of a command that was carried out as asked, in no time."""
    return OutcomeEvent(
        id=outcome_id(command.id),
        pool=command.pool,
        at_ms=at_ms,
        command_id=command.id,
        app=command.app,
        status="applied",
        placement=command.desired,
        duration_seconds=0.0,
        message="",
    )


class PoolLoop:
    """One pool: `feed` an event, get the decisions that follow from it and from the outcomes of its commands. Cards
    that the planner asks for come at once, too."""

    def __init__(self, pool: str, *, keep_log: bool = False) -> None:
        self.state = PoolState(pool)
        self.offset = 0
        self._provisioned: dict[str, ResourceReport] = {}
        self.log: list[AnyPoolEvent] | None = [] if keep_log else None
        """Every event in order, outcomes included, if it was asked for."""

    def feed(self, event: AnyPoolEvent) -> list[Decision]:
        """The decisions, in order; InvalidMessage as `step` raises it, with nothing changed."""
        decisions: list[Decision] = []
        todo: deque[AnyPoolEvent] = deque([event])
        while todo:
            event = todo.popleft()
            ref = RecordRef(topic=POOL_EVENTS, partition=0, offset=self.offset)
            self.state, made = step(self.state, event, ref)
            self.offset += 1
            if self.log is not None:
                self.log.append(event)
            decisions += made
            for decision in made:
                command = command_of(decision)
                if command is not None:
                    if command.provision is not None:
                        todo.append(self._inventory(command, command.provision, decision.at_ms))
                    todo.append(applied(command, decision.at_ms))
        return decisions

    def _inventory(self, command: Command, wish: Provision, at_ms: int) -> InventoryEvent:
        """The cards that came by commands so far, after this one."""
        for name in wish.resources:
            del self._provisioned[name]
        for n in range(0 if wish.resources else wish.count):
            name = f"{PROVISIONED}/{command.id}/{n}"
            self._provisioned[name] = ResourceReport(
                resource=name, geometry=wish.geometry, host=PROVISIONED, price_per_hour=wish.price_per_hour,
                provisioned=True,
            )  # fmt: skip
        return InventoryEvent(
            id=f"{command.id}/inventory", pool=command.pool, at_ms=at_ms, source=PROVISIONED,
            resources=list(self._provisioned.values()),
        )  # fmt: skip
