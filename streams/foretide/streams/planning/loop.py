"""The planner with an actuator that always succeeds at once, in memory: what a backtest runs.

Events and the outcomes that follow form one log, as they would in the pool's topic, with the same state machine.
"""

from __future__ import annotations

from collections import deque

from foretide.schemas.ids import outcome_id
from foretide.schemas.messages import AnyPoolEvent, Command, Decision, OutcomeEvent, RecordRef
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.step import step
from foretide.streams.planning.turn import command_of


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
    """One pool: `feed` an event, get the decisions that follow from it and from the outcomes of its commands."""

    def __init__(self, pool: str, *, keep_log: bool = False) -> None:
        self.state = PoolState(pool)
        self.offset = 0
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
                    todo.append(applied(command, decision.at_ms))
        return decisions
