"""What the planner makes of outcomes: the state is what the actuator found, whatever had been wished."""

from __future__ import annotations

from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import PROVISIONING_APP, OutcomeEvent, Placement
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning.decide import decide
from foretide.streams.planning.layout import LAYOUTS, Layout, Spot
from foretide.streams.planning.probation import begin
from foretide.streams.planning.provisioning import on_size_outcome
from foretide.streams.planning.records import App
from foretide.streams.planning.sizing import backoff_ms
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.turn import Turn


def check_outcome(state: PoolState, event: OutcomeEvent) -> None:
    """InvalidMessage if the outcome reports a slice that no card of that kind can have."""
    if event.placement is not None and _layout(state, event.placement) is None:
        p = event.placement
        raise InvalidMessage(
            POOL_EVENTS, "$.placement", f"no {p.slice} can start at memory slot {p.start} of {p.resource}"
        )


def _layout(state: PoolState, placement: Placement) -> Layout | None:
    card = state.cards.get(placement.resource)
    layouts = [card.layout] if card is not None else [LAYOUTS[name] for name in sorted(LAYOUTS)]
    return next((of for of in layouts if of.knows(placement.slice, placement.start)), None)


def _spot(state: PoolState, placement: Placement | None) -> Spot | None:
    if placement is None:
        return None
    layout = _layout(state, placement)
    assert layout is not None, "checked before"
    state.cards.assume(placement.resource, layout)
    return Spot(placement.resource, layout.index[placement.slice], placement.start)


def on_outcome(turn: Turn, event: OutcomeEvent) -> None:
    """Settle the command that was in flight; any other outcome is repeated or late and changes nothing."""
    state = turn.state
    if event.app == PROVISIONING_APP:
        on_size_outcome(turn, event)
        return
    app = state.apps.get(event.app)
    if app is None or app.flight is None or app.flight.command_id != event.command_id:
        return
    flight, before = app.flight, app.held
    turn.landed = True
    if event.dry_run:
        state.move(app, before, None)
        app.dry_run = True
        _not_undone(app)
        app.releasing = app.releasing and app.held is not None
        app.asked = app.asked and (app.held is None or app.releasing)
        app.retry_ms = state.clock_ms + int(state.policy.sizing.dry_run_pause_seconds * 1000)
        decide(turn, app)
        return
    layout = state.cards[before.card].layout if before is not None else None
    state.move(app, _spot(state, event.placement), None)
    if app.held != before:
        app.changed_ms, app.run = state.clock_ms, None
    success = app.held == flight.target and event.status in ("applied", "unchanged")
    _settle(turn, app, success=success)
    if success:
        begin(state, app, before, layout, flight)
    elif app.held != before:
        app.trial = None  # it is somewhere else: there is no way back from there
    else:
        _not_undone(app)
    decide(turn, app)


def _not_undone(app: App) -> None:
    """The way back did not happen, so it is still to be gone."""
    if app.trial is not None:
        app.trial.undoing = False


def _settle(turn: Turn, app: App, *, success: bool) -> None:
    state = turn.state
    if success:
        app.failures, app.retry_ms, app.dry_run = 0, 0, False
        app.changed_ms = state.clock_ms
        if app.held is None:
            app.releasing = False
        else:
            app.asked = False
        return
    app.failures, app.dry_run = app.failures + 1, False
    app.retry_ms = state.clock_ms + backoff_ms(app.failures, state.policy.sizing)
    if app.held is not None:
        app.asked = app.asked and app.releasing
    elif app.releasing:
        app.releasing = False
    else:
        app.asked = True
