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
    AppPolicy,
    Decision,
    ForecastEvent,
    InventoryEvent,
    OutcomeEvent,
    PolicyEvent,
    RecordRef,
    ReleaseRequest,
)
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning.decide import decide
from foretide.streams.planning.layout import LAYOUTS, Layout
from foretide.streams.planning.outcomes import check_outcome, on_outcome
from foretide.streams.planning.sizing import need_of
from foretide.streams.planning.state import FORGET_MS, App, Policy, PoolState, Source
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
        _check(event)
        digest = state.digest(event.id)
        if not state.knows(digest):
            state.learn_id(digest)
            if isinstance(event, AllocateRequest):
                _on_allocate(turn, event)
            elif isinstance(event, ReleaseRequest):
                _on_release(turn, event)
            elif isinstance(event, InventoryEvent):
                _on_inventory(turn, event)
            else:
                _on_policy(turn, event)
    _serve_queue(turn)
    return state, tuple(turn.decisions)


def _check(event: AllocateRequest | ReleaseRequest | InventoryEvent | PolicyEvent) -> None:
    if isinstance(event, InventoryEvent):
        for i, report in enumerate(event.resources):
            if report.geometry not in LAYOUTS:
                known = ", ".join(sorted(LAYOUTS))
                reason = f"unknown geometry {report.geometry!r}; this build knows {known}"
                raise InvalidMessage(POOL_EVENTS, f"$.resources[{i}].geometry", reason)
    elif isinstance(event, PolicyEvent):
        _check_policy(event.default, "$.default")
        for name in sorted(event.apps):
            _check_policy(event.apps[name], f"$.apps.{name}")


def _check_policy(policy: AppPolicy, place: str) -> None:
    for field in ("min_slice", "max_slice", "initial_slice"):
        name = getattr(policy, field)
        if name is not None and not any(name in of.index for of in LAYOUTS.values()):
            known = ", ".join(name for of in LAYOUTS.values() for name in of.names)
            raise InvalidMessage(POOL_EVENTS, f"{place}.{field}", f"unknown slice {name!r}; there are {known}")
    low, high = policy.min_slice, policy.max_slice
    for of in LAYOUTS.values():
        if low in of.index and high in of.index and of.index[low] > of.index[high]:
            raise InvalidMessage(POOL_EVENTS, f"{place}.min_slice", f"{low} is larger than max_slice {high}")


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


def _on_inventory(turn: Turn, event: InventoryEvent) -> None:
    state = turn.state
    before = state.sources.get(event.source)
    if before is not None and event.at_ms < before.at_ms:
        return
    resources = tuple(sorted(event.resources, key=lambda r: (r.resource, r.host, r.geometry)))
    state.sources[event.source] = Source(event.at_ms, resources)
    if before is not None and before.resources == resources:
        return
    reports = {
        r.resource: r for name in sorted(state.sources, reverse=True) for r in reversed(state.sources[name].resources)
    }
    mentioned = {r.resource for r in resources} | {r.resource for r in (before.resources if before else ())}
    for name in sorted(mentioned):
        card, report = state.cards.get(name), reports.get(name)
        if report is not None:
            back = card is not None and not card.present
            state.cards.report(name, report.host, LAYOUTS[report.geometry])
            if back:
                _each_on(turn, name, gone=False)
        elif card is not None and card.present:
            holders = sorted(card.occupants)
            state.cards.vanish(name)
            if holders:
                _each_on(turn, name, gone=True)


def _each_on(turn: Turn, card_name: str, *, gone: bool) -> None:
    state = turn.state
    for name in sorted(state.cards[card_name].occupants):
        app = state.apps[name]
        if app.held is None or app.held.card != card_name:
            continue
        if gone:
            state.leave_queue(app)
            turn.hold(app, "lost_card", f"{card_name} is in no source's inventory any more; what it holds is kept")
        else:
            app.told = None
            decide(turn, app)


def _on_policy(turn: Turn, event: PolicyEvent) -> None:
    state = turn.state
    state.policy = Policy(event.default, dict(event.apps), event.sizing)
    for name in sorted(state.apps):
        app = state.apps[name]
        if state.policy.mode(name) != "advise":
            app.advised = None
        decide(turn, app)
    turn.landed = True


def _serve_queue(turn: Turn) -> None:
    """Try those who wait again, if room appeared or a cap lets go: by priority, then by time of arrival."""
    state = turn.state
    freed = state.cards.freed
    if not (turn.landed or freed):
        return
    cap, layouts = state.policy.sizing.max_in_flight_per_pool, state.cards.layouts()
    for *_, name in list(state.queue):
        if state.in_flight >= cap:
            state.unserved = True
            break
        app = state.apps[name]
        if app.waiting is not None and _worth_trying(state, app, layouts):
            decide(turn, app)
    else:
        state.unserved = False
    freed.clear()


def _worth_trying(state: PoolState, app: App, layouts: list[Layout]) -> bool:
    """Whether what the application waits for may be there now; it spares most of a long queue a closer look."""
    if app.waits_for == "host_cap":
        flying = state.in_flight_on.get(app.waits_host or "", 0)
        return flying < state.policy.sizing.max_in_flight_per_host
    if app.waits_for != "capacity":
        return True
    if app.held is None:
        return any(state.cards.could_fit(min(app.waits_class, of.last), of) for of in layouts)
    card = state.cards[app.held.card]
    return state.unserved or card.name in state.cards.freed or state.cards.could_fit(app.waits_class, card.layout)
