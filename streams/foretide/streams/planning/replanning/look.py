"""A pool's state as a placement problem: who may move, where to, and what everything costs over the horizon."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foretide.streams.planning import performance, placing
from foretide.streams.planning.cards import Card
from foretide.streams.planning.guards import ACTING, TIMING, Wish, binding
from foretide.streams.planning.kinds import migration_money
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.memory import need_in_force
from foretide.streams.planning.probation import on_probation
from foretide.streams.planning.records import App
from foretide.streams.planning.sizing import holds_raise
from foretide.streams.planning.spending import MICRO
from foretide.streams.planning.state import PoolState

if TYPE_CHECKING:
    from foretide.streams.placement import Demand, Option, Problem

KindKey = tuple[str, int, str | None]
"""Layout, price over the horizon, name: cards that are alike."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look works on. `price` is of having a card in use over the horizon, and `move` of moving an application,
    in millionths of money. Cards that a command under way touches, or that are not to be had, are left out."""

    cards: tuple[Card, ...]
    apps: tuple[App, ...]
    """Those on the cards, in the problem's order."""
    movable: frozenset[str]
    price: dict[str, int]
    move: dict[str, int]
    problem: Problem


def look_at(state: PoolState) -> Look | None:
    """The problem; None if nothing can be won: nobody may move, or a single card is in use."""
    rules = state.policy.replanning
    hours = rules.horizon_seconds / 3600.0
    known = [card.price for card in state.cards if card.price is not None]
    unknown = max(known, default=1.0)
    cards = tuple(sorted((c for c in state.cards if _free(state, c)), key=lambda c: c.name))
    price = {c.name: round((unknown if c.price is None else c.price) * hours * MICRO) for c in cards}
    apps = tuple(state.apps[name] for name in sorted({name for c in cards for name in c.occupants}))
    movable = frozenset(app.name for app in apps if _may_move(state, app))
    if not movable or sum(bool(c.occupants) for c in cards) < 2:
        return None
    move = {app.name: round(migration_money(state, app)) for app in apps}
    return Look(cards, apps, movable, price, move, _problem(state, cards, apps, movable, price, move, hours))


def _free(state: PoolState, card: Card) -> bool:
    """Whether what is on the card is certain, and more may be put there."""
    return card.present and not card.leaving and all(state.apps[name].flight is None for name in card.occupants)


def _may_move(state: PoolState, app: App) -> bool:
    """Whether a migration would be allowed now: by its mode, its probation and every guard that needs no place."""
    if app.held is None or app.releasing or on_probation(state, app) or state.policy.mode(app.name) != "auto":
        return False
    if app.barred is not None and app.barred.card is not None and state.clock_ms < app.barred.until_ms:
        return False  # the optimiser knows kinds of cards, not single ones to be avoided
    need = need_in_force(state, app)
    if need is not None and not holds_raise(state.cards[app.held.card].layout, need, app.held.rank):
        return False  # it is about to be raised
    return binding((*TIMING, *ACTING), state, app, Wish("to be placed anew", app.held.rank)) is None


def _problem(
    state: PoolState, cards: tuple[Card, ...], apps: tuple[App, ...], movable: frozenset[str], price: dict[str, int],
    move: dict[str, int], hours: float,
) -> Problem:  # fmt: skip
    from foretide.streams.placement import Demand, Kind, Problem  # needs scipy: only pools that are replanned load it

    keys: dict[KindKey, int] = {}
    layouts: list[Layout] = []
    card_kind = []
    for card in cards:
        key = (card.layout.name, price[card.name], card.kind)
        if key not in keys:
            keys[key] = len(keys)
            layouts.append(card.layout)
        card_kind.append(keys[key])
    risks = [_risk(state, name, hours) for _, _, name in keys]
    workloads = _workloads(state, apps)
    losses = [_losses(state, of, workloads) for of in layouts]
    stay = sum(price.values()) + 1
    number = {card.name: i for i, card in enumerate(cards)}
    demands: dict[Demand, int] = {}
    rows = []
    for app in apps:
        assert app.held is not None
        at = number[app.held.card]
        free = app.name in movable
        options = _options(state, app, layouts, risks) if free else (_pinned(state, app, card_kind[at]),)
        workload = workloads.get(_workload(state, app.name), 0)
        demand = demands.setdefault(Demand(options, stay, workload), len(demands))
        rows.append((app.name, demand, at, app.held.rank, app.held.start, move[app.name] if free else stay, stay))
    kinds = [
        Kind(name or layout, of.geometry, paid, lost)
        for (layout, paid, name), of, lost in zip(keys, layouts, losses, strict=True)
    ]
    return Problem.of(kinds, list(demands), [(c.name, kind) for c, kind in zip(cards, card_kind, strict=True)], rows)


def _pinned(state: PoolState, app: App, kind: int) -> Option:
    from foretide.streams.placement import Option

    assert app.held is not None
    return Option(kind, app.held.rank, 0, _held_slack(state, app))


def _workload(state: PoolState, app: str) -> str:
    wanted = state.policy.of(app).performance
    return "" if wanted is None else wanted.workload


def _workloads(state: PoolState, apps: Sequence[App]) -> dict[str, int]:
    """The kinds of workload, numbered; only the nameless one where no kind of card tells of interference."""
    names = {_workload(state, app.name) for app in apps} if state.losses else set()
    return {name: i for i, name in enumerate(["", *sorted(names - {""})])}


def _losses(state: PoolState, of: Layout, workloads: Mapping[str, int]) -> tuple[tuple[int, ...], ...]:
    """What workloads lose to each other on a kind of card, in millionths."""
    told = state.losses.get(of.kind)
    if not told:
        return ()
    return tuple(tuple(round(told.get((w, v), 0.0) * MICRO) for v in workloads) for w in workloads)


def _slack(state: PoolState, app: App, of: Layout, rank: int) -> int:
    """The share of its throughput that neighbours may take from an application, in millionths."""
    return math.floor(performance.spare(state, of, app.name, rank) * MICRO + 1e-3)


def _held_slack(state: PoolState, app: App) -> int:
    """The same where it is; what its neighbours take now counts as borne, or its place would be no place at all."""
    assert app.held is not None
    card = state.cards[app.held.card]
    there = performance.residents_of(state, card)
    borne = math.ceil(performance.loss(state, card.layout, app.name, there) * MICRO) + len(there)
    return max(_slack(state, app, card.layout, app.held.rank), min(borne, MICRO))


def _options(state: PoolState, app: App, layouts: list[Layout], risks: list[int]) -> tuple[Option, ...]:
    """The class it holds on cards like its own, and on other kinds the class that covers what is predicted. Its size is
    not decided here."""
    from foretide.streams.placement import Option

    assert app.held is not None
    own, need = state.cards[app.held.card].layout, need_in_force(state, app)
    usable = set() if need is None or app.learning else {of.name for of in placing.usable(state, app)}
    covers = None if need is None else placing.covers_lower(state, app, need)
    found = []
    for kind, of in enumerate(layouts):
        if of is own:
            found.append(Option(kind, app.held.rank, risks[kind], _held_slack(state, app)))
        elif covers is not None and of.name in usable and (rank := covers(of)) is not None:
            found.append(Option(kind, rank, risks[kind], _slack(state, app, of, rank)))
    return tuple(found)


def _risk(state: PoolState, name: str | None, hours: float) -> int:
    """What interruptions of a kind are expected to cost over the horizon: each is a migration."""
    kind = state.kinds.get(name or "")
    if kind is None:
        return 0
    return round(kind.interruptions_per_hour * hours * state.policy.replanning.migration_cost * MICRO)
