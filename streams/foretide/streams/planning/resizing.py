"""Another slice for an application that has one: which, whether now, and where."""

from __future__ import annotations

from foretide.schemas.messages import Alternative
from foretide.streams.planning import explain, performance, placing
from foretide.streams.planning.advising import advise
from foretide.streams.planning.guards import ACTING, PLACED, TIMING, Wish, binding
from foretide.streams.planning.guards.base import Evidence
from foretide.streams.planning.guards.hold_off import barred_rank
from foretide.streams.planning.kinds import cheaper_kind
from foretide.streams.planning.layout import Layout, Spot
from foretide.streams.planning.memory import need_in_force, ran_out
from foretide.streams.planning.performance import limits
from foretide.streams.planning.records import App, Change
from foretide.streams.planning.sizing import Choice, Need, choose, class_to_raise, holds_raise, next_run
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.turn import Turn


def resize(turn: Turn, app: App, layout: Layout, current: int, fresh: bool) -> None:
    """Change what it holds, or advise that, if another class than `current` is called for and no guard binds."""
    state = turn.state
    sizing, policy, need = state.policy.sizing, state.policy.of(app.name), need_in_force(state, app)
    bounds = limits(state, app, layout, state.cards[app.held.card] if app.held is not None else None)
    if fresh and need is not None:
        counts = not app.learning or sizing.shrink_while_learning
        app.run = next_run(app.run, layout, need, bounds, current, app.forecast_ms) if counts else None
    choice = choose(
        layout, need, bounds, current,
        learning=app.learning, run=app.run, at_ms=app.forecast_ms, sizing=sizing,
    )  # fmt: skip
    choice = _not_so_low(state, app, layout, current, choice)
    if need is not None and _outgrown(state, app, layout, current, choice, need):
        outgrow(turn, app, layout, current, need)
        return
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
        considered = performance.considered(state, app, layout, choice.rank, _beside(state, app))
        if found := binding(ACTING, state, app, wish):
            turn.hold_back(app, found, considered)
        else:
            _change(turn, app, wish, considered, need)


def _beside(state: PoolState, app: App) -> performance.Residents:
    """Who is on its card."""
    return {} if app.held is None else performance.residents_of(state, state.cards[app.held.card])


def _outgrown(state: PoolState, app: App, layout: Layout, current: int, choice: Choice, need: Need) -> bool:
    """Whether no class of its kind of card covers what it needs, or is fast enough beside its neighbours, and another
    kind in the pool has one that does and is."""
    if app.held is None:
        return False
    slow = performance.too_slow(state, app, layout)
    full = choice.rank == current == layout.last and not holds_raise(layout, need, layout.last)
    if not slow and not full:
        return False
    covers = placing.covers_raise(state, app, need)
    return any((slow or of is not layout) and covers(of) is not None for of in placing.usable(state, app))


def outgrow(turn: Turn, app: App, layout: Layout, current: int, need: Need) -> None:
    """Move it to a kind of card that covers what its own cannot hold, or advise that."""
    state, policy = turn.state, turn.state.policy.of(app.name)
    assert app.held is not None
    full = not layout.holds(current, need.used_compute, need.used_memory)
    evidence: Evidence | None = "oom" if ran_out(state, app, layout.bytes[current]) else "full" if full else None
    slow = performance.too_slow(state, app, layout)
    text = explain.outgrown_text(layout, need, state.policy.sizing, full=full)
    if slow:
        text = performance.rate_text(state, app.name, layout, current, _beside(state, app))
        text += f", and no slice of {app.held.card} within its bounds does them"
    wish = Wish(text, current, evidence)
    if found := binding(TIMING, state, app, wish):
        turn.hold_back(app, found)
        return
    if policy.mode != "advise" and (found := binding(ACTING, state, app, wish)):
        turn.hold_back(app, found)
        return
    site = placing.cheapest(state, app, placing.covers_raise(state, app, need), but=[] if slow else [layout])
    if site is None:
        state.wait(app, "capacity")
        turn.hold(app, "capacity", f"{wish.reason}; no card that would do has room for it", kind="kind")
        return
    reason = f"{wish.reason}; {site.spot.card} is the cheapest card that covers it:"
    reason += f" {explain.slice_text(site.layout, site.spot.rank)}"
    reason += performance.choice_text(state, app, site.spot.card, site.spot.rank)
    considered = performance.considered(state, app, site.layout, site.spot.rank)
    if policy.mode == "advise":
        if app.advised != site.layout.names[site.spot.rank]:
            advise(turn, app, site.layout, site.spot.rank, reason)
    elif found := binding(PLACED, state, app, wish._replace(reason=reason, spot=site.spot)):
        turn.hold_back(app, found)
    else:
        turn.command(app, "migrate", site.spot, reason, considered)


def _change(turn: Turn, app: App, wish: Wish, considered: list[Alternative], need: Need | None) -> None:
    state = turn.state
    assert app.held is not None
    spot, reason = placing.in_place(state, app, wish.rank), wish.reason
    action: Change = "resize" if spot else "migrate"
    if need is not None and wish.rank < app.held.rank and (cheaper := cheaper_kind(state, app, wish.rank, need)):
        action, spot, reason = "migrate", cheaper.site.spot, f"{reason}; {cheaper.reason}"
        considered = performance.considered(state, app, cheaper.site.layout, spot.rank)
    elif spot is None:
        spot, reason = _other_card(state, app, wish, need)
        if spot is None:
            state.wait(app, "capacity", smallest=wish.rank)
            reason += f"; neither {app.held.card} nor any other card has room for it"
            turn.hold(app, "capacity", reason, kind=str(wish.rank), considered=considered)
            return
    if found := binding(PLACED, state, app, wish._replace(reason=reason, spot=spot)):
        turn.hold_back(app, found)
        return
    turn.command(app, action, spot, reason, considered)


def _other_card(state: PoolState, app: App, wish: Wish, need: Need | None) -> tuple[Spot | None, str]:
    """Where it goes when its own card has no room: for a step up on whichever card is cheapest, of all kinds that cover
    what is needed."""
    assert app.held is not None
    layout = state.cards[app.held.card].layout
    same = placing.elsewhere(state, app, wish.rank)
    if need is not None and wish.rank > app.held.rank:
        site = placing.cheapest(state, app, placing.covers_raise(state, app, need), but=[layout])
        price = None if same is None else state.charge_of(same).money
        dearer = same is None or (
            site is not None and site.money is not None and price is not None and price > site.money
        )
        if site is not None and dearer:
            text = f"{app.held.card} has no room for it, {site.spot.card} is the cheapest card that covers it"
            text += f": {explain.slice_text(site.layout, site.spot.rank)}"
            return site.spot, f"{wish.reason}; {text}{performance.choice_text(state, app, *site.spot[:2])}"
    if same is None:
        return None, wish.reason
    return same, f"{wish.reason}; {app.held.card} has no room for it, {same.card} fits it most tightly"


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
    if current < bounds[0] and not performance.meets(
        state, layout, app.name, current, performance.loss(state, layout, app.name, _beside(state, app))
    ):
        text = performance.rate_text(state, app.name, layout, current, _beside(state, app))
        return f"{text}; {layout.names[choice.rank]} is the smallest slice allowed that does them and covers its use"
    if need is None or not bounds[0] <= current <= bounds[1]:
        text = f"{held} is outside the bounds {layout.names[bounds[0]]} to {layout.names[bounds[1]]}"
        # What lets a change through maintenance is said, whatever else is true of it.
        because = {"oom": ", and it ran out of memory", "full": ", and is full at the present use", None: ""}
        return text + because[_evidence(state, app, layout, current, choice)]
    if choice.rank > current:
        text = explain.raise_text(layout, need, state.policy.sizing, choice.rank)
        if app.floor is not None and ran_out(state, app, layout.bytes[current]):
            return f"it ran out of memory, and needs {explain.gib(app.floor.memory)} at least; {text}"
        return f"{held} is full at the present use; {text}" if choice.urgent else text
    text = explain.lower_text(layout, need, state.policy.sizing, choice.rank)
    if app.run is None:
        return text
    lasted = explain.minutes(app.forecast_ms - app.run.since_ms)
    return text if app.run.forecasts == 1 else f"{text}, as {app.run.forecasts} forecasts over {lasted} agree"


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
