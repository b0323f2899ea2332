"""One look: the optimiser's plan for the pool as it is, and as many of its moves as are worth it and allowed."""

from __future__ import annotations

import logging
from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING

from foretide.streams.planning import explain, performance
from foretide.streams.planning.guards import PLACED, Wish, binding
from foretide.streams.planning.guards.base import Binding
from foretide.streams.planning.layout import Spot
from foretide.streams.planning.placing import hosts_of
from foretide.streams.planning.replanning.look import Look, look_at
from foretide.streams.planning.replanning.moves import Group, Move, Room, groups_of
from foretide.streams.planning.spending import MICRO
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.turn import Turn

if TYPE_CHECKING:
    from foretide.streams.placement import Plan

log = logging.getLogger(__name__)


def replan(turn: Turn) -> None:
    """Look at the whole pool if that is due, and command the moves that follow."""
    state = turn.state
    rules = state.policy.replanning
    if not rules.enabled or not state.clock_ms or state.clock_ms < state.replan_ms:
        return
    due, state.replan_ms = state.replan_ms >= 0, state.clock_ms + int(rules.every_seconds * 1000)
    if not due or None in state.paused:
        return
    look = look_at(state)
    made = None if look is None else _plan(state, look)
    if look is None or made is None or made.cost >= made.today:
        return
    room, left = Room(state, look), rules.most_moves
    tried = [group for moves in groups_of(_moves(look, made), look) if (group := room.group(moves)) is not None]
    for candidate in sorted(tried, key=lambda g: (-g.saving, g.moves)):
        group = room.group(candidate.moves)  # again: earlier groups took room, and may have opened its card
        if group is None or len(group.moves) > left or group.saving < max(round(rules.least_saving * MICRO), 1):
            continue
        if any(state.apps[m.app].flight is not None for m in group.moves):
            continue  # part of a larger group that was made
        if (found := _kept_back(state, group)) is not None:
            move, binds = found
            turn.hold(state.apps[move.app], binds.guard, binds.reason, kind="replan")
            continue
        room.accept(group)
        left -= len(group.moves)
        _command(turn, look, made, group)


def _plan(state: PoolState, look: Look) -> Plan | None:
    from foretide.streams.placement import Limits, PlacementError, plan  # needs scipy

    seed = int.from_bytes(blake2b(f"{state.pool}/{state.clock_ms}".encode(), digest_size=4).digest(), "big")
    # The planner works for all pools in turn. What HiGHS would solve exactly on top of the search takes seconds on some
    # fifty applications and wins a tenth of a per cent; the next look comes in minutes.
    limits = Limits(steps=state.policy.replanning.steps, seed=seed, polish=0, exact_choices=0)
    try:
        return plan(look.problem, limits)
    except PlacementError as e:
        log.warning("pool %s is not placed anew: %s", state.pool, e)
        return None


def _moves(look: Look, made: Plan) -> list[Move]:
    """Who is on another card in the plan."""
    moves = []
    for i, app in enumerate(look.apps):
        assert app.held is not None
        at = int(made.card[i])
        if at >= 0 and look.cards[at].name != app.held.card and app.name in look.movable:
            target = Spot(look.cards[at].name, int(made.rank[i]), int(made.start[i]))
            moves.append(Move(app.name, app.held.card, target))
    return moves


def _kept_back(state: PoolState, group: Group) -> tuple[Move, Binding] | None:
    """The first move that a guard keeps back, with all of the group under way at once: none is made without the
    others."""
    sizing, limit = state.policy.sizing, state.policy.budget
    flying = Counter(state.in_flight_on)
    cards, money = state.spending.cards, state.spending.money
    for n, move in enumerate(group.moves):
        app = state.apps[move.app]
        wish = Wish(f"replanned: to {_text(state, move)}", move.target.rank, spot=move.target)
        found = binding(PLACED, state, app, wish)
        now, then = state.spending.of(app.name), state.charge_of(move.target)
        cards += max(then.cards - now.cards, 0)
        money += max((then.money or 0) - (now.money or 0), 0)
        hosts = hosts_of(state, app.held, move.target)
        flying.update(hosts)
        if found is None and state.in_flight + n + 1 > sizing.max_in_flight_per_pool:
            found = Binding("pool_cap", f"{wish.reason}; {state.in_flight + n} commands would be in flight with it")
        if found is None and any(flying[host] > sizing.max_in_flight_per_host for host in hosts):
            found = Binding("host_cap", f"{wish.reason}; too many commands would be in flight on {', '.join(hosts)}")
        over = limit.cards is not None and n and cards > round(limit.cards * MICRO)
        over = over or (limit.money_per_hour is not None and n and money > round(limit.money_per_hour * MICRO))
        if found is None and over:
            found = Binding("budget", f"{wish.reason}; together the moves would exceed the budget while under way")
        if found is not None:
            return move, found
    return None


def _command(turn: Turn, look: Look, made: Plan, group: Group) -> None:
    state = turn.state
    hours = state.policy.replanning.horizon_seconds / 3600.0
    before = sum(look.price[c.name] for c in look.cards if c.occupants)
    after = before - sum(look.price[c] for c in group.freed) + sum(look.price[c] for c in group.opened)
    moves = "one move" if len(group.moves) == 1 else f"{len(group.moves)} moves together"
    why = f"replanned: {moves} free{'s' if len(group.moves) == 1 else ''} {', '.join(group.freed)}"
    if group.opened:
        why += f" and take{'s' if len(group.moves) == 1 else ''} {', '.join(group.opened)} into use"
    why += f": the cards in use cost {explain.money(round(after / hours))} instead of"
    why += f" {explain.money(round(before / hours))}, which saves {explain.money(round(group.saving / hours))} with the"
    why += f" moves paid; the whole plan costs {made.cost / MICRO:.2f} instead of {made.today / MICRO:.2f} over"
    why += f" {hours:g} h with all its moves, at least {made.bound / MICRO:.2f} by its bound (gap {made.gap:.1%})"
    for move in group.moves:
        app, layout = state.apps[move.app], state.cards[move.target.card].layout
        considered = performance.considered(state, app, layout, move.target.rank)
        text = performance.choice_text(state, app, move.target.card, move.target.rank)
        turn.command(app, "migrate", move.target, f"{why}; to {_text(state, move)}{text}", considered)


def _text(state: PoolState, move: Move) -> str:
    layout = state.cards[move.target.card].layout
    return f"{explain.slice_text(layout, move.target.rank)} on {move.target.card}"
