"""What a pool's planner would do now, and why: asked of a copy, so that the state itself stays as it is."""

from __future__ import annotations

from dataclasses import dataclass

from foretide.schemas.messages import Decision, Mode, Placement, RecordRef
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning.decide import decide
from foretide.streams.planning.provisioning import follow_demand
from foretide.streams.planning.records import App
from foretide.streams.planning.snapshot import from_bytes, to_bytes
from foretide.streams.planning.spending import MICRO
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.staying import why_nothing
from foretide.streams.planning.turn import Turn


@dataclass(frozen=True, slots=True)
class AppOutlook:
    """One application. `next` is what would be decided now, None: nothing is wanted; `position` counts from 1."""

    app: str
    mode: Mode
    held: Placement | None
    flight: str | None
    """The command under way, None: none."""
    flight_wants: Placement | None
    position: int | None
    """Its place in the queue."""
    waits_for: str | None
    paused: str | None
    """Why it is paused, None: it is not."""
    next: Decision | None
    why: str
    """Why that, or why nothing."""


@dataclass(frozen=True, slots=True)
class PoolOutlook:
    """The pool and all its applications, those who wait first."""

    pool: str
    at_ms: int
    """Event time: the newest forecast's."""
    cards: int
    """Cards that some source reports."""
    cards_held: float
    """Cards' worth of slices, held or under way."""
    money_per_hour: float | None
    """What these cost, None: a price is not known."""
    paused: str | None
    in_flight: int
    provisioning: str | None
    """The command about the pool's size that is under way."""
    next: Decision | None
    """What would be decided about the pool's size."""
    next_look_ms: int | None
    """Event time from which the next event leads to a look at the whole pool; None: replanning is off, or the pool is
    paused, or no forecast has come yet."""
    apps: tuple[AppOutlook, ...]


def outlook(state: PoolState) -> PoolOutlook:
    """What would be decided for every application if it were looked at now, in the order of the queue."""
    copy = from_bytes(state.pool, to_bytes(state))
    place = {name: i for i, (*_, name) in enumerate(copy.queue, start=1)}
    names = sorted(copy.apps, key=lambda name: (place.get(name, len(place) + 1), name))
    before = {name: _seen(copy, copy.apps[name], place.get(name)) for name in names}
    size = _size(from_bytes(state.pool, to_bytes(state)))
    return PoolOutlook(
        pool=copy.pool,
        at_ms=copy.clock_ms,
        cards=sum(card.present for card in copy.cards),
        cards_held=copy.spending.cards / MICRO,
        money_per_hour=None if copy.spending.unpriced else copy.spending.money / MICRO,
        paused=_pause(copy, None),
        in_flight=copy.in_flight,
        provisioning=copy.size.command_id,
        next=size,
        next_look_ms=_next_look(copy),
        apps=tuple(_app(copy, before[name], name) for name in names),
    )


def _next_look(state: PoolState) -> int | None:
    rules = state.policy.replanning
    if not rules.enabled or None in state.paused or not state.clock_ms:
        return None
    if state.replan_ms < 0:  # the first event after the policy sets the time
        return state.clock_ms + int(rules.every_seconds * 1000)
    return state.replan_ms


def _app(state: PoolState, seen: Seen, name: str) -> AppOutlook:
    before = why_nothing(state, state.apps[name])
    decision = _next(state, name)
    return AppOutlook(*seen, decision, before if decision is None else decision.reason)


Seen = tuple[str, Mode, Placement | None, str | None, Placement | None, int | None, str | None, str | None]


def _seen(state: PoolState, app: App, position: int | None) -> Seen:
    flight = app.flight
    wants = state.placement(flight.target) if flight is not None else None
    doing = f"{flight.action} {flight.command_id}" if flight is not None else None
    held, mode = state.placement(app.held), state.policy.mode(app.name)
    return app.name, mode, held, doing, wants, position, app.waits_for, _pause(state, app.name)


def _pause(state: PoolState, app: str | None) -> str | None:
    pause = state.paused.get(app)
    return None if pause is None else pause.reason or "no reason given"


def _turn(state: PoolState) -> Turn:
    return Turn(state, RecordRef(topic=POOL_EVENTS, partition=0, offset=0), state.clock_ms)


def _next(state: PoolState, name: str) -> Decision | None:
    app, turn = state.apps[name], _turn(state)
    app.told = None
    decide(turn, app)
    return turn.decisions[-1] if turn.decisions else None


def _size(state: PoolState) -> Decision | None:
    turn = _turn(state)
    state.size.check_ms, state.size.told = 0, None
    follow_demand(turn)
    return turn.decisions[-1] if turn.decisions else None
