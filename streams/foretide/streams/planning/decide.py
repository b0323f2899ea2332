"""What to do for one application now: by its mode and by what it holds, asks for, gives back or has under way."""

from __future__ import annotations

from foretide.streams.planning import explain, placing
from foretide.streams.planning.advising import advise_first
from foretide.streams.planning.allocating import allocate
from foretide.streams.planning.guards import RETURNING, Wish, binding
from foretide.streams.planning.memory import need_in_force
from foretide.streams.planning.performance import limits
from foretide.streams.planning.probation import way_back
from foretide.streams.planning.records import App
from foretide.streams.planning.resizing import resize
from foretide.streams.planning.sizing import bounded, class_to_raise
from foretide.streams.planning.turn import Turn


def decide(turn: Turn, app: App, *, fresh: bool = False) -> None:
    """Look at `app` again and decide what follows; nothing if nothing does. `fresh`: a new forecast arrived."""
    state, mode = turn.state, turn.state.policy.mode(app.name)
    if mode in ("off", "advise") or (mode == "initial" and app.held is not None):
        state.leave_queue(app)
    if app.flight is not None:
        if fresh:
            _in_flight(turn, app)
    elif app.releasing:
        _release(turn, app)
    elif mode == "off":
        if app.asked:
            turn.hold(app, "mode", "its mode is off: the request is kept, nothing is done")
    elif app.held is None:
        if mode == "advise":
            _advise(turn, app, fresh)
        elif app.asked:
            allocate(turn, app)
    elif mode != "initial":
        layout = state.cards[app.held.card].layout
        current = app.held.rank
        if mode == "advise" and app.advised is not None:
            current = layout.index.get(app.advised, current)
        if mode != "auto" or not way_back(turn, app, layout):
            resize(turn, app, layout, current, fresh)


def _in_flight(turn: Turn, app: App) -> None:
    assert app.flight is not None
    target, need = app.flight.target, need_in_force(turn.state, app)
    if target is None or need is None or turn.state.policy.mode(app.name) != "auto":
        return
    layout = turn.state.cards[target.card].layout
    index = bounded(class_to_raise(layout, need), limits(turn.state, app, layout))
    if index > target.rank:
        why = explain.raise_text(layout, need, turn.state.policy.sizing, index)
        turn.hold(app, "in_flight", f"{why}; command {app.flight.command_id} has no outcome yet")


def _release(turn: Turn, app: App) -> None:
    mode = turn.state.policy.mode(app.name)
    if mode in ("off", "advise"):
        app.releasing = False
        turn.advise(app, "release", None, f"it gave its slice back; its mode is {mode}, so nothing is commanded")
    elif found := binding(RETURNING, turn.state, app, Wish("to give the slice back")):
        turn.hold_back(app, found)
    else:
        turn.command(app, "release", None, "it gave its slice back")


def _advise(turn: Turn, app: App, fresh: bool) -> None:
    layouts = list(placing.usable(turn.state, app))
    advised = next((of for of in layouts if app.advised in of.index), None)
    if not layouts:
        if app.asked or app.need is not None:
            turn.hold(app, "capacity", "the pool has no card")
    elif advised is not None and app.advised is not None:
        resize(turn, app, advised, advised.index[app.advised], fresh)
    else:
        advise_first(turn, app)
