"""What to do for one application now: its wish, and every guard that may bind, in order."""

from __future__ import annotations

from foretide.streams.planning import explain, placing
from foretide.streams.planning.layout import Layout, Spot
from foretide.streams.planning.sizing import (
    Choice,
    bounded,
    bounds_of,
    choose,
    class_to_lower,
    class_to_raise,
    next_run,
)
from foretide.streams.planning.state import App, Change
from foretide.streams.planning.turn import Turn


def decide(turn: Turn, app: App, *, fresh: bool = False) -> None:
    """Look at `app` again and decide what follows; nothing if nothing does. `fresh`: a new forecast arrived."""
    mode = turn.state.policy.mode(app.name)
    if mode in ("off", "advise") or (mode == "initial" and app.held is not None):
        turn.state.leave_queue(app)
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
            _advise_first(turn, app, fresh)
        elif app.asked:
            _allocate(turn, app)
    elif mode != "initial":
        layout = turn.state.cards[app.held.card].layout
        current = app.held.rank
        if mode == "advise" and app.advised is not None:
            current = layout.index.get(app.advised, current)
        _resize(turn, app, layout, current, fresh)


def _in_flight(turn: Turn, app: App) -> None:
    assert app.flight is not None
    target = app.flight.target
    if target is None or app.need is None or turn.state.policy.mode(app.name) != "auto":
        return
    layout = turn.state.cards[target.card].layout
    index = bounded(class_to_raise(layout, app.need), bounds_of(layout, turn.state.policy.of(app.name)))
    if index > target.rank:
        why = explain.raise_text(layout, app.need, turn.state.policy.sizing, index)
        turn.hold(app, "in_flight", f"{why}; command {app.flight.command_id} has no outcome yet")


def _release(turn: Turn, app: App) -> None:
    mode = turn.state.policy.mode(app.name)
    if mode in ("off", "advise"):
        app.releasing = False
        turn.advise(app, "release", None, f"it gave its slice back; its mode is {mode}, so nothing is commanded")
    elif not _paused(turn, app, "to give the slice back"):
        turn.command(app, "release", None, "it gave its slice back")


def _allocate(turn: Turn, app: App) -> None:
    state = turn.state
    policy = state.policy.of(app.name)
    if _paused(turn, app, "to allocate a slice"):
        return
    asked = policy.initial_slice or "the whole card"
    spot = placing.anywhere(state, policy.initial_slice, policy.min_slice, policy.max_slice)
    if spot is None:
        layouts = state.cards.layouts()
        state.wait(app, "capacity", smallest=min((bounds_of(of, policy)[0] for of in layouts), default=0))
        what = f"no card has room for {asked} or any smaller slice allowed" if layouts else "the pool has no card"
        turn.hold(app, "capacity", f"it asked for a slice: {what}; it waits with priority {app.priority}")
        return
    if _capped(turn, app, spot, "to allocate a slice"):
        return
    layout = state.cards[spot.card].layout
    bounds = bounds_of(layout, policy)
    first = bounded(layout.index.get(policy.initial_slice or "", layout.last), bounds)
    reason = f"it asked for a slice: {explain.slice_text(layout, spot.rank)} on {spot.card}, "
    reason += (
        "its first by policy" if spot.rank == first else f"the largest with room: {layout.names[first]} fits nowhere"
    )
    turn.command(
        app, "allocate", spot, reason, explain.alternatives(layout, app.need, bounds, spot.rank),
        guard=None if spot.rank == first else "capacity",
    )  # fmt: skip


def _advise_first(turn: Turn, app: App, fresh: bool) -> None:
    state = turn.state
    policy = state.policy.of(app.name)
    layouts = state.cards.layouts()
    if not layouts:
        if app.asked or app.need is not None:
            turn.hold(app, "capacity", "the pool has no card")
        return
    layout = layouts[0]
    if app.advised in layout.index:
        _resize(turn, app, layout, layout.index[app.advised], fresh)
        return
    bounds, sizing = bounds_of(layout, policy), state.policy.sizing
    if app.need is not None and not app.learning:
        index = bounded(class_to_lower(layout, app.need), bounds)
        reason = explain.lower_text(layout, app.need, sizing, index)
    elif app.asked:
        index = bounded(layout.index.get(policy.initial_slice or "", layout.last), bounds)
        reason = f"it asked for a slice: {explain.slice_text(layout, index)}, its first by policy"
    else:
        return
    _advise(turn, app, layout, index, reason)


def _advise(turn: Turn, app: App, layout: Layout, index: int, reason: str) -> None:
    """State what would be done. Advice keeps no room: several may name the same."""
    state = turn.state
    spot = placing.in_place(state, app, index) if app.held else None
    action: Change = "resize" if spot else "migrate" if app.held else "allocate"
    if spot is None:
        best = state.cards.best(index, layout, but=app.held.card if app.held else None)
        spot = Spot(best[0].name, index, best[1]) if best else None
    considered = explain.alternatives(layout, app.need, bounds_of(layout, state.policy.of(app.name)), index)
    if spot is None:
        turn.hold(app, "capacity", f"{reason}; no card has room for it", kind=str(index), considered=considered)
        return
    app.advised, app.changed_ms, app.run = layout.names[index], state.clock_ms, None
    turn.advise(
        app, action, state.placement(spot), f"{reason}; its mode is advise, so nothing is commanded", considered
    )  # fmt: skip


def _resize(turn: Turn, app: App, layout: Layout, current: int, fresh: bool) -> None:
    state = turn.state
    sizing, policy = state.policy.sizing, state.policy.of(app.name)
    bounds = bounds_of(layout, policy)
    if fresh and app.need is not None:
        counts = not app.learning or sizing.shrink_while_learning
        app.run = next_run(app.run, layout, app.need, bounds, current, app.forecast_ms) if counts else None
    choice = choose(
        layout, app.need, bounds, current,
        learning=app.learning, run=app.run, at_ms=app.forecast_ms, sizing=sizing,
    )  # fmt: skip
    if choice.rank == current:
        state.leave_queue(app)
        if choice.guard is not None:
            _explain_stay(turn, app, layout, current, choice)
        return
    reason = _why(turn, app, layout, current, choice, bounds)
    if _cooling(turn, app, choice, reason):
        return
    if policy.mode == "advise":
        _advise(turn, app, layout, choice.rank, reason)
        return
    assert app.held is not None
    considered = explain.alternatives(layout, app.need, bounds, choice.rank)
    if not state.cards[app.held.card].present:
        state.leave_queue(app)
        turn.hold(app, "lost_card", f"{reason}; {app.held.card} is in no source's inventory", considered=considered)
        return
    if _paused(turn, app, reason):
        return
    spot = placing.in_place(state, app, choice.rank)
    action: Change = "resize" if spot else "migrate"
    if spot is None:
        spot = placing.elsewhere(state, app, choice.rank)
        if spot is None:
            state.wait(app, "capacity", smallest=choice.rank)
            reason += f"; neither {app.held.card} nor any other card has room for it"
            turn.hold(app, "capacity", reason, kind=str(choice.rank), considered=considered)
            return
        reason += f"; {app.held.card} has no room for it, {spot.card} fits it most tightly"
    if not _capped(turn, app, spot, reason):
        turn.command(app, action, spot, reason, considered)


def _why(turn: Turn, app: App, layout: Layout, current: int, choice: Choice, bounds: tuple[int, int]) -> str:
    sizing = turn.state.policy.sizing
    held = layout.names[current]
    if app.need is None or not bounds[0] <= current <= bounds[1]:
        return f"{held} is outside the bounds {layout.names[bounds[0]]} to {layout.names[bounds[1]]}"
    if choice.rank > current:
        text = explain.raise_text(layout, app.need, sizing, choice.rank)
        return f"{held} is full at the present use; {text}" if choice.urgent else text
    text = explain.lower_text(layout, app.need, sizing, choice.rank)
    assert app.run is not None
    lasted = explain.minutes(app.forecast_ms - app.run.since_ms)
    return f"{text}, as {app.run.forecasts} forecasts over {lasted} agree"


def _explain_stay(turn: Turn, app: App, layout: Layout, current: int, choice: Choice) -> None:
    sizing, held = turn.state.policy.sizing, layout.names[current]
    if app.need is None:
        reason = f"{held} is above its bounds, but how much memory is in use is not known yet"
    elif choice.guard == "learning":
        reason = f"it could hold less than {held}, but is still being learned"
    elif choice.guard == "agreement":
        reason = (
            f"it could hold less than {held}; a step down waits until {sizing.step_down_forecasts} forecasts over"
            f" {explain.minutes(sizing.step_down_seconds * 1000)} agree"
        )
    elif choice.guard == "memory":
        reason = f"{held} is above its bounds, but {explain.gib(app.need.last_memory)} are in use"
    else:
        index = class_to_raise(layout, app.need)
        reason = f"{explain.raise_text(layout, app.need, sizing, index)}; its bounds end at {held}"
    turn.hold(app, choice.guard or "", reason)


def _cooling(turn: Turn, app: App, choice: Choice, reason: str) -> bool:
    sizing, state = turn.state.policy.sizing, turn.state
    seconds = sizing.urgent_cooldown_seconds if choice.urgent else sizing.cooldown_seconds
    if app.changed_ms < 0:
        return False
    until = app.changed_ms + int(seconds * 1000)
    if state.clock_ms >= until:
        return False
    state.leave_queue(app)
    state.wake_at(app, until)
    left = explain.minutes(until - state.clock_ms)
    turn.hold(app, "cooldown", f"{reason}; it last changed {explain.minutes(seconds * 1000)} ago or less, {left} to go")
    return True


def _paused(turn: Turn, app: App, wish: str) -> bool:
    state = turn.state
    if state.clock_ms >= app.retry_ms:
        return False
    state.leave_queue(app)
    state.wake_at(app, app.retry_ms)
    left = explain.minutes(app.retry_ms - state.clock_ms)
    if app.dry_run:
        turn.hold(app, "dry_run", f"the actuator runs dry and changed nothing; it is asked again in {left}: {wish}")
    else:
        turn.hold(app, "backoff", f"{app.failures} changes in a row failed; next try in {left}: {wish}")
    return True


def _capped(turn: Turn, app: App, spot: Spot, wish: str) -> bool:
    state = turn.state
    sizing = state.policy.sizing
    if state.in_flight >= sizing.max_in_flight_per_pool:
        state.wait(app, "pool_cap")
        turn.hold(app, "pool_cap", f"{wish}; {state.in_flight} commands are in flight in the pool, the most allowed")
        return True
    for host in placing.hosts_of(state, app.held, spot):
        flying = state.in_flight_on.get(host, 0)
        if flying >= sizing.max_in_flight_per_host:
            state.wait(app, "host_cap", host=host)
            turn.hold(app, "host_cap", f"{wish}; {flying} commands are in flight on {host}, the most allowed")
            return True
    return False
