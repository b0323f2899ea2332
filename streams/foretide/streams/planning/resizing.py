"""Another slice for an application that has one: which, whether now, and where."""

from __future__ import annotations

from foretide.schemas.messages import Alternative
from foretide.streams.planning import explain, placing
from foretide.streams.planning.advising import advise
from foretide.streams.planning.guards import ACTING, PLACED, TIMING, Wish, binding
from foretide.streams.planning.guards.base import Evidence
from foretide.streams.planning.guards.hold_off import barred_rank
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.memory import need_in_force, ran_out
from foretide.streams.planning.records import App, Change
from foretide.streams.planning.sizing import Choice, Need, bounds_of, choose, class_to_raise, next_run
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.turn import Turn


def resize(turn: Turn, app: App, layout: Layout, current: int, fresh: bool) -> None:
    """Change what it holds, or advise that, if another class than `current` is called for and no guard binds."""
    state = turn.state
    sizing, policy, need = state.policy.sizing, state.policy.of(app.name), need_in_force(state, app)
    bounds = bounds_of(layout, policy)
    if fresh and need is not None:
        counts = not app.learning or sizing.shrink_while_learning
        app.run = next_run(app.run, layout, need, bounds, current, app.forecast_ms) if counts else None
    choice = choose(
        layout, need, bounds, current,
        learning=app.learning, run=app.run, at_ms=app.forecast_ms, sizing=sizing,
    )  # fmt: skip
    choice = _not_so_low(state, app, layout, current, choice)
    if choice.rank == current:
        state.leave_queue(app)
        if choice.guard is not None:
            _explain_stay(turn, app, layout, current, choice, need)
        return
    evidence = _evidence(state, app, layout, current, choice)
    wish = Wish(_why(turn, app, layout, current, choice, bounds, need), choice.rank, evidence)
    if found := binding(TIMING, state, app, wish):
        turn.hold_back(app, found)
    elif policy.mode == "advise":
        advise(turn, app, layout, choice.rank, wish.reason)
    else:
        considered = explain.alternatives(layout, need, bounds, choice.rank)
        if found := binding(ACTING, state, app, wish):
            turn.hold_back(app, found, considered)
        else:
            _change(turn, app, wish, considered)


def _change(turn: Turn, app: App, wish: Wish, considered: list[Alternative]) -> None:
    state = turn.state
    assert app.held is not None
    spot, reason = placing.in_place(state, app, wish.rank), wish.reason
    action: Change = "resize" if spot else "migrate"
    if spot is None:
        spot = placing.elsewhere(state, app, wish.rank)
        if spot is None:
            state.wait(app, "capacity", smallest=wish.rank)
            reason += f"; neither {app.held.card} nor any other card has room for it"
            turn.hold(app, "capacity", reason, kind=str(wish.rank), considered=considered)
            return
        reason += f"; {app.held.card} has no room for it, {spot.card} fits it most tightly"
    if found := binding(PLACED, state, app, wish._replace(reason=reason, spot=spot)):
        turn.hold_back(app, found)
        return
    turn.command(app, action, spot, reason, considered)


def _not_so_low(state: PoolState, app: App, layout: Layout, current: int, choice: Choice) -> Choice:
    """A step down ends above the class that hurt lately, if there is one in between."""
    rank = barred_rank(state, app, layout, down=True)
    if rank is None or choice.rank >= current or choice.rank > rank or rank + 1 >= current:
        return choice
    return choice._replace(rank=rank + 1)


def _evidence(state: PoolState, app: App, layout: Layout, current: int, choice: Choice) -> Evidence | None:
    if choice.rank <= current:
        return None
    if ran_out(state, app, layout.bytes[current]):
        return "oom"
    return "full" if choice.urgent else None


def _why(
    turn: Turn, app: App, layout: Layout, current: int, choice: Choice, bounds: tuple[int, int], need: Need | None
) -> str:
    state, held = turn.state, layout.names[current]
    if need is None or not bounds[0] <= current <= bounds[1]:
        return f"{held} is outside the bounds {layout.names[bounds[0]]} to {layout.names[bounds[1]]}"
    if choice.rank > current:
        text = explain.raise_text(layout, need, state.policy.sizing, choice.rank)
        if app.floor is not None and ran_out(state, app, layout.bytes[current]):
            return f"it ran out of memory, and needs {explain.gib(app.floor.memory)} at least; {text}"
        return f"{held} is full at the present use; {text}" if choice.urgent else text
    text = explain.lower_text(layout, need, state.policy.sizing, choice.rank)
    if app.run is None:
        return text
    lasted = explain.minutes(app.forecast_ms - app.run.since_ms)
    return f"{text}, as {app.run.forecasts} forecasts over {lasted} agree"


def _explain_stay(turn: Turn, app: App, layout: Layout, current: int, choice: Choice, need: Need | None) -> None:
    sizing, held = turn.state.policy.sizing, layout.names[current]
    if need is None:
        reason = f"{held} is above its bounds, but how much memory is in use is not known yet"
    elif choice.guard == "learning":
        reason = f"it could hold less than {held}, but is still being learned"
    elif choice.guard == "agreement":
        reason = (
            f"it could hold less than {held}; a step down waits until {sizing.step_down_forecasts} forecasts over"
            f" {explain.minutes(sizing.step_down_seconds * 1000)} agree"
        )
    elif choice.guard == "idle":
        reason = (
            f"it could hold less than {held}; it is busy and predicted to be idle soon, which a step down waits for, up"
            f" to {explain.minutes(sizing.idle_wait_seconds * 1000)}"
        )
    elif choice.guard == "memory":
        reason = f"{held} is above its bounds, but {explain.gib(need.last_memory)} are in use"
    else:
        index = class_to_raise(layout, need)
        reason = f"{explain.raise_text(layout, need, sizing, index)}; its bounds end at {held}"
    turn.hold(app, choice.guard or "", reason)
