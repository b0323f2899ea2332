"""The pool's own size: cards are asked for when it is too small, and given back when it is too large.

Too small: applications have waited for room, or the peaks predicted for all together have been above the pool's cards,
for long enough. Too large: cards that came by a command have been empty for long, and what is predicted needs none of
them. One such change is under way at a time, through the same commands and outcomes as any other.
"""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple

from foretide.schemas.messages import CardKind, OutcomeEvent, Provision
from foretide.streams.planning import explain, placing
from foretide.streams.planning.layout import LAYOUTS, Layout
from foretide.streams.planning.memory import need_in_force
from foretide.streams.planning.performance import limits
from foretide.streams.planning.records import App
from foretide.streams.planning.sizing import backoff_ms, bounded, class_to_lower
from foretide.streams.planning.spending import MICRO
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.turn import Turn

CHECK_MS: Final = 60_000
"""The pool's size is looked at so often, in event time: it takes a pass over all applications."""


class Demand(NamedTuple):
    """What is asked of the pool, in millionths of a card: by applications that have waited long enough, by all
    others, and how much of both is certain: there already, or stated by a learnt forecast."""

    waiting: int
    placed: int
    certain: int
    waiters: int

    @property
    def cards(self) -> int:
        """Whole cards that all of it needs at least."""
        return math.ceil((self.waiting + self.placed) / MICRO)

    @property
    def confidence(self) -> float:
        """The certain share of it."""
        whole = self.waiting + self.placed
        return self.certain / whole if whole else 1.0


def follow_demand(turn: Turn) -> None:
    """Look at the pool's size if that is due, and decide what follows."""
    state, size = turn.state, turn.state.size
    rules = state.policy.provisioning
    if rules.mode == "off" or not rules.kinds or state.clock_ms < size.check_ms or not state.clock_ms:
        return
    size.check_ms = state.clock_ms + CHECK_MS
    _note_empty(state)
    demand = demand_of(state)
    present = sum(1 for card in state.cards if card.present and not card.leaving)
    short = demand.cards - present
    size.short_ms = (size.short_ms if size.short_ms >= 0 else state.clock_ms) if short > 0 else -1
    lasting = short > 0 and state.clock_ms - size.short_ms >= int(rules.wait_seconds * 1000)
    if size.command_id is not None:
        return
    if demand.waiters or lasting:
        _grow(turn, demand, present, max(short, 1))
    elif short <= -1:
        _shrink(turn, demand, -short - rules.spare_cards)
    else:
        size.told = None


def demand_of(state: PoolState) -> Demand:
    """What all applications ask for: the class that covers the longer horizon, or what they hold or asked for."""
    waiting = placed = certain = waiters = 0
    after = int(state.policy.provisioning.wait_seconds * 1000)
    for app in state.apps.values():
        if app.held is None and not app.asked and app.flight is None:
            continue
        amount, known = _asks(state, app)
        if app.waits_for == "capacity" and state.clock_ms - app.waits_since >= after:
            waiting, waiters, known = waiting + amount, waiters + 1, True
        else:
            placed += amount
        certain += amount if known else 0
    return Demand(waiting, placed, certain, waiters)


def _asks(state: PoolState, app: App) -> tuple[int, bool]:
    """How much of a card the application asks for, in millionths, and whether a learnt forecast says so."""
    layout, policy = _layout(state, app), state.policy.of(app.name)
    bounds, need = limits(state, app, layout), need_in_force(state, app)
    spot = app.held or (app.flight.target if app.flight else None)
    if need is not None and not app.learning and state.policy.mode(app.name) == "auto":
        index, known = bounded(class_to_lower(layout, need), bounds), True
    elif spot is not None:
        index, known = spot.rank, True
    else:
        index, known = bounded(layout.index.get(policy.initial_slice or "", layout.last), bounds), False
    return round(layout.cost[index] * MICRO), known


def _layout(state: PoolState, app: App) -> Layout:
    spot = app.held or (app.flight.target if app.flight else None)
    if spot is not None:
        return state.cards[spot.card].layout
    if next(placing.usable(state, app), None) is not None:
        return placing.cheapest_layout(state, app, None if app.learning else need_in_force(state, app))
    return LAYOUTS[state.policy.provisioning.kinds[0].geometry]


def _note_empty(state: PoolState) -> None:
    now = {c.name for c in state.cards if c.provisioned and c.present and not c.leaving and not c.occupants}
    state.size.empty = {name: state.size.empty.get(name, state.clock_ms) for name in sorted(now)}


def _grow(turn: Turn, demand: Demand, present: int, count: int) -> None:
    state, rules = turn.state, turn.state.policy.provisioning
    count = min(max(count, math.ceil(demand.waiting / MICRO)), rules.most_at_once)
    kind = min(rules.kinds, key=lambda k: (k.price_per_hour is None, k.price_per_hour or 0.0, k.geometry))
    wait = explain.minutes(rules.wait_seconds * 1000)
    why = f"{demand.waiters} applications have waited for room for {wait} or more; " if demand.waiters else ""
    why += f"what is asked for and predicted needs {demand.cards} cards, the pool has {present}"
    allowed, limit = _affordable(state, kind)
    if allowed < 1:
        _hold(turn, "provision", "budget", f"{why}; {limit}", None)
        return
    guard = "budget" if allowed < count else None
    if guard:
        why += f"; {limit}"
    wish = _provision(kind, min(count, allowed), demand)
    _change(turn, "provision", f"{why}: {wish.count} more of {kind.geometry}", wish, guard)


def _provision(kind: CardKind, count: int, demand: Demand) -> Provision:
    return Provision(
        geometry=kind.geometry, count=count, lead_seconds=kind.lead_seconds,
        confidence=round(demand.confidence, 3), price_per_hour=kind.price_per_hour,
    )  # fmt: skip


def _affordable(state: PoolState, kind: CardKind) -> tuple[int, str]:
    """How many more cards the provisioning budget allows, and what limits them. An unknown price allows none."""
    budget, rules = state.policy.provisioning.budget, state.policy.provisioning
    ours = [card for card in state.cards if card.provisioned and card.present]
    allowed, why = rules.most_at_once, f"{rules.most_at_once} at once are the most"
    if budget.cards is not None:
        left = math.floor(budget.cards - len(ours))
        if left < allowed:
            allowed, why = left, f"the provisioning budget is {budget.cards:g} cards, {len(ours)} are here"
    if budget.money_per_hour is not None:
        if kind.price_per_hour is None or any(card.price is None for card in ours):
            return 0, "a price is not known, and the provisioning budget in money allows nothing without"
        spent = sum(round((card.price or 0.0) * MICRO) for card in ours)
        price = round(kind.price_per_hour * MICRO)
        left = (round(budget.money_per_hour * MICRO) - spent) // price if price else allowed
        if left < allowed:
            text = f"the provisioning budget is {budget.money_per_hour:g} an hour, {spent / MICRO:g} are spent"
            allowed, why = left, f"{text}, one more costs {kind.price_per_hour:g}"
    return allowed, why


def _shrink(turn: Turn, demand: Demand, most: int) -> None:
    state, rules = turn.state, turn.state.policy.provisioning
    long = [n for n, since in state.size.empty.items() if state.clock_ms - since >= int(rules.empty_seconds * 1000)]
    gone = sorted(long)[::-1][: max(0, min(most, rules.most_at_once))]
    if not gone:
        state.size.told = None
        return
    first = min(state.cards[name].layout.geometry.name for name in gone)
    gone = [name for name in gone if state.cards[name].layout.geometry.name == first]
    wish = Provision(
        geometry=first, count=len(gone), resources=sorted(gone), confidence=round(demand.confidence, 3),
        price_per_hour=state.cards[gone[0]].price,
    )  # fmt: skip
    reason = f"{', '.join(sorted(gone))} empty for {explain.minutes(rules.empty_seconds * 1000)} or more; what is asked"
    reason += f" for and predicted needs {demand.cards} cards"
    _change(turn, "decommission", reason, wish, None)


Resizing = Literal["provision", "decommission"]


def _change(turn: Turn, action: Resizing, reason: str, wish: Provision, guard: str | None) -> None:
    state, size = turn.state, turn.state.size
    rules = state.policy.provisioning
    if rules.mode == "advise":
        told = f"advise:{action}"
        if size.told != told:
            size.told = told
            text = f"{reason}; provisioning advises only, so nothing is commanded"
            turn.resized(action, text, wish, guard or "mode", commanded=False)
        return
    pause, until = state.paused.get(None), size.changed_ms + int(rules.cooldown_seconds * 1000)
    if pause is not None:
        _hold(turn, action, "paused", f"{reason}; pool {state.pool} is paused", wish)
    elif state.clock_ms < size.retry_ms:
        left = explain.minutes(size.retry_ms - state.clock_ms)
        _hold(turn, action, "backoff", f"{reason}; {size.failures} such changes in a row failed; next in {left}", wish)
    elif size.changed_ms >= 0 and state.clock_ms < until:
        left = explain.minutes(until - state.clock_ms)
        _hold(turn, action, "cooldown", f"{reason}; the pool's size changed lately, {left} to go", wish)
    else:
        decision = turn.resized(action, reason, wish, guard, commanded=True)
        size.command_id, size.wish, size.told = decision.id, wish, None
        for name in wish.resources:
            state.cards.leave(name, True)


def _hold(turn: Turn, action: Resizing, guard: str, reason: str, wish: Provision | None) -> None:
    size = turn.state.size
    if size.told != f"{guard}:{action}":
        size.told = f"{guard}:{action}"
        turn.resized("hold", reason, wish, guard, commanded=False)


def on_size_outcome(turn: Turn, event: OutcomeEvent) -> None:
    """Settle the command about the pool's size; any other outcome is repeated or late and changes nothing.

    The cards themselves come and go with the inventory.
    """
    state, size = turn.state, turn.state.size
    if size.command_id is None or size.command_id != event.command_id:
        return
    wish, size.command_id, size.wish = size.wish, None, None
    if event.status in ("applied", "unchanged") and not event.dry_run:
        size.failures, size.retry_ms, size.changed_ms = 0, 0, state.clock_ms
        return
    for name in wish.resources if wish is not None else ():
        card = state.cards.get(name)
        if card is not None and card.present:
            state.cards.leave(name, False)
    if event.dry_run:
        size.retry_ms = state.clock_ms + int(state.policy.sizing.dry_run_pause_seconds * 1000)
    else:
        size.failures += 1
        size.retry_ms = state.clock_ms + backoff_ms(size.failures, state.policy.sizing)
