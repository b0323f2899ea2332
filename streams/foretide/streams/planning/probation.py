"""A change is watched for a while, and taken back if it hurt.

What counts: memory ran out, the slice is full after a step down, or the application's own objective is worse than
before by more than its tolerance. The way back is a command like any other; afterwards the same change is held off,
longer each time that it hurts again.
"""

from __future__ import annotations

from typing import Final

from foretide.schemas.messages import ForecastEvent, Objective
from foretide.streams.planning import explain, performance, placing
from foretide.streams.planning.guards import PLACED, RETURNING, Wish, binding
from foretide.streams.planning.guards.lost_card import lost_card
from foretide.streams.planning.guards.paused import paused
from foretide.streams.planning.layout import Layout, Spot, layout_named
from foretide.streams.planning.memory import need_in_force
from foretide.streams.planning.performance import limits
from foretide.streams.planning.records import App, Barred, Change, Flight, Trial
from foretide.streams.planning.sizing import bounded, class_to_raise
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.turn import Turn

WEIGHT: Final = 0.3
"""Of the newest value in the mean that stands for the objective before a change: the last few forecasts count."""

DOUBLINGS: Final = 20
"""The hold-off is doubled so often at most before its limit is looked at."""


def begin(state: PoolState, app: App, before: Spot | None, layout: Layout | None, flight: Flight) -> None:
    """A command was carried out: if it changed what a running application holds, that is on probation from now.
    `layout` is that of the card it was on, which may be gone by now."""
    trial, app.trial = app.trial, None
    if before is None or layout is None or app.held is None:
        return
    if trial is not None and trial.undoing:
        _bar(state, app, before, layout, trial)
        return
    if flight.action not in ("resize", "migrate"):
        return
    if state.policy.mode(app.name) == "auto" and state.policy.probation.seconds > 0:
        app.trial = Trial(state.clock_ms, before.card, layout.names[before.rank], app.level, layout=layout.name)


def _bar(state: PoolState, app: App, hurt: Spot, layout: Layout, trial: Trial) -> None:
    """The way back is done: what hurt is not tried again for a while."""
    assert app.held is not None
    other_kind = state.cards[app.held.card].layout is not layout
    moved, down = hurt.card != app.held.card, _holds_less(layout, hurt.rank, _before(trial, layout))
    name = None if other_kind or trial.slice == layout.names[hurt.rank] else layout.names[hurt.rank]
    card = hurt.card if moved else None
    last, rules = app.barred, state.policy.probation
    longest = int(rules.hold_off_limit_seconds * 1000)
    again = last is not None and (last.slice, last.card) == (name, card) and state.clock_ms < last.until_ms + longest
    times = last.times + 1 if last is not None and again else 1
    seconds = min(rules.hold_off_seconds * 2.0 ** min(times - 1, DOUBLINGS), max(
        rules.hold_off_limit_seconds, rules.hold_off_seconds
    ))  # fmt: skip
    app.barred = Barred(
        state.clock_ms + int(seconds * 1000), name, down, card, times, layout.name if other_kind else None
    )


def watch(state: PoolState, app: App, event: ForecastEvent) -> None:
    """Take one forecast in: where the objective is, and whether a change on probation has hurt. After `app.need` was
    set."""
    objective = state.policy.of(app.name).objective
    value = event.last.get(objective.signal) if objective is not None else None
    trial = app.trial
    if trial is not None and trial.hurt is None and not trial.undoing:
        if state.clock_ms >= trial.since_ms + int(state.policy.probation.seconds * 1000):
            app.trial = trial = None  # passed
        else:
            _judge(state, app, trial, objective, value)
    if trial is None and value is not None:
        app.level = value if app.level is None else app.level + WEIGHT * (value - app.level)


def on_probation(state: PoolState, app: App) -> bool:
    """Whether its last change is still watched, or about to be taken back."""
    trial = app.trial
    if trial is None:
        return False
    ends = trial.since_ms + int(state.policy.probation.seconds * 1000)
    return trial.hurt is not None or trial.undoing or state.clock_ms < ends


def _judge(state: PoolState, app: App, trial: Trial, objective: Objective | None, value: float | None) -> None:
    after = explain.minutes(state.clock_ms - trial.since_ms)
    if app.held is not None and app.need is not None and _smaller(state, app, trial):
        layout = state.cards[app.held.card].layout
        if not layout.holds(app.held.rank, app.need.used_compute, app.need.used_memory):
            trial.hurt = f"{layout.names[app.held.rank]} is full {after} after the change"
            return
    if objective is None or value is None or trial.level is None:
        return
    allowed = abs(trial.level) * objective.tolerance
    worse = value < trial.level - allowed if objective.better == "higher" else value > trial.level + allowed
    trial.worse = trial.worse + 1 if worse else 0
    if trial.worse >= objective.forecasts:
        trial.hurt = (
            f"{objective.signal} is {value:.4g} {after} after the change, it was {trial.level:.4g} before;"
            f" {objective.better} is better"
        )


def _smaller(state: PoolState, app: App, trial: Trial) -> bool:
    """Whether the change on probation was a step down."""
    assert app.held is not None
    layout = state.cards[app.held.card].layout
    return _holds_less(layout, app.held.rank, _before(trial, layout))


def _before(trial: Trial, now: Layout) -> tuple[Layout, int] | None:
    """What was held before the change: a class of a layout; None if it is not known any more."""
    layout = layout_named(trial.layout) if trial.layout else now
    rank = layout.index.get(trial.slice)
    return None if rank is None else (layout, rank)


def _holds_less(layout: Layout, rank: int, than: tuple[Layout, int] | None) -> bool:
    """Whether a class has less of something than another, maybe of another layout."""
    return than is not None and not layout.holds(rank, than[0].compute[than[1]], than[0].bytes[than[1]])


def memory_ran_out(state: PoolState, app: App) -> None:
    """Running out of memory after a step down speaks against it; after other changes a larger slice is the answer."""
    trial = app.trial
    if trial is None or trial.undoing or app.held is None or not _smaller(state, app, trial):
        return
    if state.clock_ms < trial.since_ms + int(state.policy.probation.seconds * 1000):
        trial.hurt = f"it ran out of memory {explain.minutes(state.clock_ms - trial.since_ms)} after the change"


def way_back(turn: Turn, app: App, layout: Layout) -> bool:
    """Go back if the change on probation hurt; whether that settles what to do for the application now."""
    trial, state = app.trial, turn.state
    if trial is None or trial.hurt is None or app.held is None:
        return False
    before = _before(trial, layout)
    if before is None:
        app.trial = None
        return False
    smaller = _smaller(state, app, trial)
    layout, earlier = before
    need = need_in_force(state, app)
    bounds = limits(state, app, layout)
    least = class_to_raise(layout, need) if need is not None else 0
    if not smaller and trial.slice != _held_slice(state, app) and bounded(least, bounds) > earlier:
        app.trial = None
        reason = f"{trial.hurt}, but {trial.slice}, which it had before, no longer covers what is predicted"
        turn.hold(app, "probation", reason)
        return True
    rank = bounded(max(earlier, least), bounds)
    spot = _place(state, app, trial, layout, rank)
    if spot == app.held:
        app.trial = None
        return False
    to = f"{layout.names[rank]}" + (f" on {spot.card}" if spot is not None else "")
    wish = Wish(f"{trial.hurt}: back to {to}", rank, back=True, spot=spot)
    found = binding((lost_card, paused, *RETURNING), state, app, wish)
    if found is None and spot is None:
        state.wait(app, "capacity", smallest=rank)
        turn.hold(app, "capacity", f"{wish.reason}; no card has room for it", kind=f"back {rank}")
        return True
    found = found or binding(PLACED, state, app, wish)
    if found is not None:
        turn.hold_back(app, found)
        return True
    assert spot is not None
    action: Change = "resize" if spot.card == app.held.card else "migrate"
    trial.undoing = True
    turn.command(app, action, spot, wish.reason, performance.considered(state, app, layout, rank), guard="probation")
    return True


def _held_slice(state: PoolState, app: App) -> str:
    assert app.held is not None
    return state.cards[app.held.card].layout.names[app.held.rank]


def _place(state: PoolState, app: App, trial: Trial, layout: Layout, rank: int) -> Spot | None:
    """On the earlier card if it still has room, else where it is, else anywhere on the same kind of card."""
    assert app.held is not None
    card = state.cards.get(trial.card)
    if card is not None and card.layout is layout and (earlier := placing.on_card(state, trial.card, app, rank)):
        return earlier
    if state.cards[app.held.card].layout is layout:
        return placing.in_place(state, app, rank) or placing.elsewhere(state, app, rank)
    site = placing.cheapest(state, app, lambda of: rank if of is layout else None)
    return None if site is None else site.spot
