"""One event's turn: the decisions it leads to, numbered, and the commands they put under way."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.schemas.ids import record_id
from foretide.schemas.messages import (
    PROVISIONING_APP,
    Action,
    Alternative,
    Command,
    Decision,
    Mode,
    Placement,
    Provision,
    RecordRef,
)
from foretide.streams.planning.guards.base import Binding
from foretide.streams.planning.layout import Spot
from foretide.streams.planning.placing import hosts_of
from foretide.streams.planning.records import App, Change, Flight
from foretide.streams.planning.state import PoolState


class Turn:
    """What follows from one record of the pool's log. `at_ms` dates the decisions: event time, or the event's own
    time while no forecast has set the clock."""

    def __init__(self, state: PoolState, ref: RecordRef, event_ms: int) -> None:
        self.state = state
        self.ref = ref
        self.at_ms = state.clock_ms or event_ms
        self.decisions: list[Decision] = []
        self.landed = False
        """A command left the air: caps have room again."""

    def hold(
        self, app: App, guard: str, reason: str, *, wanted: Placement | None = None, kind: str = "",
        considered: Sequence[Alternative] = (),
    ) -> None:  # fmt: skip
        """A change is wanted and `guard` keeps it back. Said once until something else is said of the application;
        `kind` tells apart what is worth saying again."""
        told = f"{guard}:{kind}"
        if app.told != told:
            app.told = told
            self._decide(app, "hold", wanted, reason, considered, guard, commanded=False)

    def hold_back(self, app: App, found: Binding, considered: Sequence[Alternative] = ()) -> None:
        """A guard binds: say so, and see to it that the wish is looked at again."""
        if found.queue:
            self.state.wait(app, found.guard, host=found.host)
        else:
            self.state.leave_queue(app)
        if found.wake_ms >= 0:
            self.state.wake_at(app, found.wake_ms)
        self.hold(app, found.guard, found.reason, kind=found.kind, considered=considered)

    def advise(
        self, app: App, action: Action, wanted: Placement | None, reason: str, considered: Sequence[Alternative] = ()
    ) -> None:
        """What would be done if the mode allowed it."""
        app.told = None
        self._decide(app, action, wanted, reason, considered, "mode", commanded=False)

    def note(self, app: App, action: Action, reason: str) -> None:
        """Something changed that needs no command."""
        app.told = None
        self._decide(app, action, None, reason, (), None, commanded=False)

    def command(
        self, app: App, action: Change, target: Spot | None, reason: str,
        considered: Sequence[Alternative] = (), guard: str | None = None,
    ) -> None:  # fmt: skip
        """Decide a change and put it under way; `guard` shaped it without keeping it back."""
        state = self.state
        decision = self._decide(app, action, state.placement(target), reason, considered, guard, commanded=True)
        state.leave_queue(app)
        app.told, app.wake_ms = None, -1
        state.move(app, app.held, Flight(decision.id, action, target, hosts_of(state, app.held, target)))

    def resized(
        self, action: Action, reason: str, provision: Provision | None, guard: str | None, *, commanded: bool
    ) -> Decision:
        """A decision about the pool's own size."""
        decision = Decision(
            id=record_id(self.ref.topic, self.ref.partition, self.ref.offset, len(self.decisions)),
            pool=self.state.pool,
            app=PROVISIONING_APP,
            at_ms=self.at_ms,
            action=action,
            mode=self.state.policy.provisioning.mode,
            held=None,
            wanted=None,
            reason=reason,
            considered=[],
            guard=guard,
            commanded=commanded,
            valid_for_seconds=self.state.policy.sizing.valid_for_seconds,
            based_on=[self.ref],
            provision=provision,
        )
        self.decisions.append(decision)
        return decision

    def _decide(
        self, app: App, action: Action, wanted: Placement | None, reason: str, considered: Sequence[Alternative],
        guard: str | None, *, commanded: bool,
    ) -> Decision:  # fmt: skip
        state, ref = self.state, self.ref
        based_on = [ref]
        if app.based_on is not None:
            topic, partition, offset = app.based_on
            based_on.append(RecordRef(topic=topic, partition=partition, offset=offset))
        mode: Mode = state.policy.mode(app.name)
        decision = Decision(
            id=record_id(ref.topic, ref.partition, ref.offset, len(self.decisions)),
            pool=state.pool,
            app=app.name,
            at_ms=self.at_ms,
            action=action,
            mode=mode,
            held=state.placement(app.held),
            wanted=wanted,
            reason=reason,
            considered=list(considered),
            guard=guard,
            commanded=commanded,
            valid_for_seconds=state.policy.sizing.valid_for_seconds,
            based_on=based_on,
        )
        self.decisions.append(decision)
        return decision


def command_of(decision: Decision) -> Command | None:
    """The command that carries the decision out, or None if it needs none.

    It has epoch 0, was issued at 0 ms and ends `valid_for_seconds` later: who sends it stamps the epoch and shifts the
    two times to the wall clock.
    """
    if not decision.commanded or decision.action == "hold":
        return None
    return Command(
        id=decision.id,
        pool=decision.pool,
        app=decision.app,
        action=decision.action,
        expected=decision.held,
        desired=decision.wanted,
        provision=decision.provision,
        issued_ms=0,
        deadline_ms=int(decision.valid_for_seconds * 1000),
        epoch=0,
    )
