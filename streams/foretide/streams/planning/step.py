"""The planner: a deterministic state machine over its pool's log.

`step` takes the state, one event and the record it came in, and gives the state and the decisions that follow. It
reads no clock and draws no number. What repeats or comes late changes nothing: requests, policies and inventories are
known by their ids, a forecast by its time (per application it only ever goes forward) and by the telemetry record it is
based on, and an outcome counts only for the command that is in flight.
"""

from __future__ import annotations

from heapq import heappop

from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import (
    AllocateRequest,
    AnyPoolEvent,
    Decision,
    ForecastEvent,
    InventoryEvent,
    OomEvent,
    OutcomeEvent,
    PauseEvent,
    PolicyEvent,
    RecordRef,
    ReleaseRequest,
    ResumeEvent,
)
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning.checks import check
from foretide.streams.planning.decide import decide
from foretide.streams.planning.inventory import on_inventory
from foretide.streams.planning.memory import floor_after
from foretide.streams.planning.outcomes import check_outcome, on_outcome
from foretide.streams.planning.probation import memory_ran_out, watch
from foretide.streams.planning.provisioning import follow_demand
from foretide.streams.planning.queue import serve_queue
from foretide.streams.planning.records import Pause, Policy
from foretide.streams.planning.replanning import replan
from foretide.streams.planning.sizing import need_of
from foretide.streams.planning.state import FORGET_MS, PoolState
from foretide.streams.planning.turn import Turn

DAY_MS = 86_400_000


def step(state: PoolState, event: AnyPoolEvent, ref: RecordRef) -> tuple[PoolState, tuple[Decision, ...]]:
    """The state after `event`, and the decisions that follow from it, their ids derived from `ref`.

    The state is changed in place and returned. InvalidMessage for an event that contradicts itself or names what no
    geometry has; the state is then as before.
    """
    if event.pool != state.pool:
        raise InvalidMessage(POOL_EVENTS, "$.pool", f"pool {event.pool!r} in the log of {state.pool!r}")
    turn = Turn(state, ref, event.at_ms)
    if isinstance(event, ForecastEvent):
        _on_forecast(turn, event)
    elif isinstance(event, OutcomeEvent):
        check_outcome(state, event)
        on_outcome(turn, event)
    else:
        check(event)
        digest = state.digest(event.id)
        if not state.knows(digest):
            state.learn_id(digest)
            if isinstance(event, AllocateRequest):
                _on_allocate(turn, event)
            elif isinstance(event, ReleaseRequest):
                _on_release(turn, event)
            elif isinstance(event, InventoryEvent):
                on_inventory(turn, event)
            elif isinstance(event, PolicyEvent):
                _on_policy(turn, event)
            elif isinstance(event, OomEvent):
                _on_oom(turn, event)
            else:
                _on_pause(turn, event)
    serve_queue(turn)
    replan(turn)
    follow_demand(turn)
    return state, tuple(turn.decisions)


def _on_forecast(turn: Turn, event: ForecastEvent) -> None:
    state = turn.state
    app = state.app(event.app)
    based_on = (event.based_on.topic, event.based_on.partition, event.based_on.offset)
    if event.at_ms <= app.forecast_ms or based_on == app.based_on:
        return
    app.forecast_ms, app.based_on, app.learning = event.at_ms, based_on, event.learning
    app.need = need_of(event, state.policy.sizing)
    if event.at_ms > state.clock_ms:
        state.clock_ms = event.at_ms
    turn.at_ms = state.clock_ms
    watch(state, app, event)
    if app.wake_ms >= 0 and app.wake_ms <= state.clock_ms:
        app.wake_ms = -1
    decide(turn, app, fresh=True)
    _wake(turn)
    if state.clock_ms - state.swept_ms >= DAY_MS:
        _sweep(state)


def _wake(turn: Turn) -> None:
    state = turn.state
    while state.wakes and state.wakes[0][0] <= state.clock_ms:
        at_ms, name = heappop(state.wakes)
        app = state.apps.get(name)
        if app is not None and app.wake_ms == at_ms:
            app.wake_ms = -1
            decide(turn, app)


def _sweep(state: PoolState) -> None:
    state.swept_ms = state.clock_ms
    gone = [a.name for a in state.apps.values() if a.idle and a.forecast_ms < state.clock_ms - FORGET_MS]
    for name in gone:
        del state.apps[name]


def _on_allocate(turn: Turn, event: AllocateRequest) -> None:
    state = turn.state
    app = state.app(event.app)
    if app.priority != event.priority:
        state.leave_queue(app)
        app.priority = event.priority
    if app.releasing and app.flight is None:
        app.releasing = False
        turn.note(app, "hold", f"it asked again before its slice on {app.held.card if app.held else ''} was given back")
        return
    if app.flight is not None and app.releasing:
        app.releasing, app.asked = False, True
        return
    if app.held is not None or app.flight is not None:
        return
    app.asked = True
    app.retry_ms, app.failures, app.dry_run = 0, 0, False
    decide(turn, app)


def _on_release(turn: Turn, event: ReleaseRequest) -> None:
    state = turn.state
    app = state.apps.get(event.app)
    if app is None or app.idle:
        return
    if app.flight is not None:
        app.asked = False
        app.releasing = True
    elif app.held is not None:
        state.leave_queue(app)
        app.releasing = True
        decide(turn, app)
    else:
        state.leave_queue(app)
        app.asked, app.wake_ms = False, -1
        turn.note(app, "release", "it withdrew its request before a slice was found")


def _on_policy(turn: Turn, event: PolicyEvent) -> None:
    state = turn.state
    before = state.policy
    state.policy = Policy(
        event.default, dict(event.apps), event.sizing, event.budget, tuple(event.maintenance), event.probation,
        event.provisioning, event.replanning,
    )  # fmt: skip
    state.size.told, state.size.check_ms, state.replan_ms = None, 0, -1
    for name in sorted(state.apps):
        app = state.apps[name]
        if _signal(before, name) != _signal(state.policy, name):
            app.level = None
            if app.trial is not None:
                app.trial.level, app.trial.worse = None, 0
        if state.policy.mode(name) != "advise":
            app.advised = None
        if state.policy.mode(name) != "auto":
            app.trial = None
        decide(turn, app)
    turn.landed = True


def _signal(policy: Policy, app: str) -> str | None:
    objective = policy.of(app).objective
    return objective.signal if objective is not None else None


def _on_oom(turn: Turn, event: OomEvent) -> None:
    state = turn.state
    app = state.apps.get(event.app)
    floor = floor_after(state, app, event) if app is not None else None
    if app is None or floor is None:
        return
    app.floor, app.run, app.told = floor, None, None
    if event.at_ms >= app.changed_ms:
        memory_ran_out(state, app)
    decide(turn, app)


def _on_pause(turn: Turn, event: PauseEvent | ResumeEvent) -> None:
    state = turn.state
    if isinstance(event, PauseEvent):
        state.paused[event.app] = Pause(turn.at_ms, event.reason)
        return
    if state.paused.pop(event.app, None) is None:
        return
    for app in state.apps.values():
        if app.told == "paused:":
            app.told = None
    state.size.told, state.size.check_ms = None, 0
    turn.landed = True
