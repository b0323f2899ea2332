"""How fast a workload runs where: a requirement in its own unit of work, held against what kinds of cards tell.

Kinds tell throughputs (`ResourceKind.throughput`) and what neighbours on one card take from each other
(`ResourceKind.interference`); a policy tells what an application must do (`AppPolicy.performance`). Losses to several
neighbours add up. A kind that does not tell the workload's throughput is no choice where another kind does; where none
does, the requirement cannot be checked and binds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from foretide.schemas.messages import Alternative, Performance
from foretide.streams.planning import explain
from foretide.streams.planning.cards import Card
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.memory import need_in_force
from foretide.streams.planning.records import App
from foretide.streams.planning.sizing import bounds_of
from foretide.streams.planning.state import PoolState

_SLACK: Final = 1e-9
"""A throughput this share below the requirement still meets it: shares of a card are not exact."""

Residents = Mapping[str, int]
"""Who is on a card, and the class that each has there."""


def requirement(state: PoolState, app: str) -> Performance | None:
    """What the application must do; None if nothing is required of it."""
    wanted = state.policy.of(app).performance
    return wanted if wanted is not None and wanted.per_second > 0 else None


def throughput(state: PoolState, of: Layout, rank: int, workload: str) -> float | None:
    """Work per second that a class does for one that has the card to itself: as measured, else its share of compute of
    the whole card's. None: the kind does not tell."""
    speeds = state.speeds.get(of.kind, {})
    whole = speeds.get((workload, None))
    share = of.geometry.compute_ratio(of.geometry.profiles[rank])
    return speeds.get((workload, of.names[rank]), None if whole is None else whole * share)


def loss(state: PoolState, of: Layout, app: str, residents: Residents) -> float:
    """The share of its throughput that the application loses to the others on a card."""
    losses, mine = state.losses.get(of.kind, {}), state.policy.of(app).performance
    if not losses or mine is None:
        return 0.0
    others = (state.policy.of(name).performance for name in sorted(residents) if name != app)
    return sum(losses.get((mine.workload, other.workload), 0.0) for other in others if other is not None)


def meets(state: PoolState, of: Layout, app: str, rank: int, lost: float = 0.0) -> bool:
    """Whether the class does what is required, with the share `lost` taken off; True where nothing is, or where the
    kind does not tell."""
    wanted = requirement(state, app)
    rate = None if wanted is None else throughput(state, of, rank, wanted.workload)
    return wanted is None or rate is None or rate * (1.0 - lost) >= wanted.per_second * (1.0 - _SLACK)


def least(state: PoolState, of: Layout, app: str, lost: float = 0.0) -> int | None:
    """The smallest class from which on all do what is required; None: not even the largest does."""
    found = None
    for rank in range(of.last, -1, -1):
        if not meets(state, of, app, rank, lost):
            break
        found = rank
    return found


def residents_of(state: PoolState, card: Card) -> dict[str, int]:
    """Who is on the card, or will be when a command comes true; of two classes the smaller, which bears less."""
    found = {}
    for name in card.occupants:
        app = state.apps[name]
        spots = (app.held, app.flight.target if app.flight is not None else None)
        found[name] = min(spot.rank for spot in spots if spot is not None and spot.card == card.name)
    return found


def welcome(state: PoolState, of: Layout, residents: Residents, app: str, rank: int) -> bool:
    """Whether the application can do what it must beside the residents of a card, and they beside it. Who is short
    already, and loses nothing to it, is no hindrance."""
    losses = state.losses.get(of.kind)
    if not losses or not residents:
        return True
    after = {**residents, app: rank}
    if not meets(state, of, app, rank, loss(state, of, app, after)):
        return False
    for name, held in residents.items():
        more = loss(state, of, name, after) if name != app else 0.0
        hurt = more > loss(state, of, name, _without(residents, app)) if more else False
        if hurt and not meets(state, of, name, held, more):
            return False
    return True


def _without(residents: Residents, app: str) -> Residents:
    return {name: rank for name, rank in residents.items() if name != app}


def limits(state: PoolState, app: App, of: Layout, card: Card | None = None) -> tuple[int, int]:
    """The smallest and the largest class that it may have: the policy's bounds, and within them what its requirement
    needs; on `card`, beside who is there now."""
    low, high = bounds_of(of, state.policy.of(app.name))
    if requirement(state, app.name) is None:
        return low, high
    lost = loss(state, of, app.name, residents_of(state, card)) if card is not None and state.losses else 0.0
    enough = least(state, of, app.name, lost)
    return (low if enough is None else min(max(low, enough), high)), high


def suitable(state: PoolState, app: App, of: Layout) -> bool:
    """Whether the kind of card is fast enough for the application: some class within its bounds does what is required,
    and the kind tells so, if any kind in the pool does."""
    wanted = requirement(state, app.name)
    if wanted is None:
        return True
    if throughput(state, of, of.last, wanted.workload) is None:
        return not any(
            throughput(state, other, other.last, wanted.workload) is not None for other in state.cards.layouts()
        )
    enough = least(state, of, app.name)
    return enough is not None and enough <= bounds_of(of, state.policy.of(app.name))[1]


def too_slow(state: PoolState, app: App, of: Layout) -> bool:
    """Whether no class of the card that it is on, within its bounds, does what is required beside who is there."""
    if app.held is None or requirement(state, app.name) is None:
        return False
    card = state.cards[app.held.card]
    enough = least(state, of, app.name, loss(state, of, app.name, residents_of(state, card)))
    return enough is None or enough > bounds_of(of, state.policy.of(app.name))[1]


def spare(state: PoolState, of: Layout, app: str, rank: int) -> float:
    """The share of its throughput that the class can lose to neighbours; all of it where nothing is required."""
    wanted = requirement(state, app)
    rate = None if wanted is None else throughput(state, of, rank, wanted.workload)
    return 1.0 if wanted is None or not rate else max(1.0 - wanted.per_second / rate, 0.0)


# -- words -----------------------------------------------------------------------------------------------------------


def rate_text(state: PoolState, app: str, of: Layout, rank: int, residents: Residents | None = None) -> str:
    """How fast a class is, and how fast it must be; empty if that is not known or nothing is required."""
    wanted = requirement(state, app)
    rate = None if wanted is None else throughput(state, of, rank, wanted.workload)
    if wanted is None or rate is None:
        return ""
    lost = loss(state, of, app, residents or {})
    beside = f" beside its neighbours, which take {lost:.1%} of it" if lost else ""
    text = f"{of.names[rank]} of {of.kind} does {rate * (1.0 - lost):.4g} {wanted.workload} a second{beside}"
    return f"{text}, {wanted.per_second:.4g} are required"


def choice_text(state: PoolState, app: App, card: str, rank: int) -> str:
    """What the requirement had to do with the choice of a place: how fast it is there, and which kinds are not fast
    enough; empty if it had nothing to do with it."""
    at = state.cards[card]
    wanted, text = (
        requirement(state, app.name), rate_text(state, app.name, at.layout, rank, residents_of(state, at))
    )  # fmt: skip
    if wanted is None or not text:
        return ""
    slow = []
    for of in state.cards.layouts():
        if of is not at.layout and not suitable(state, app, of):
            rate = throughput(state, of, of.last, wanted.workload)
            name = of.kind or of.geometry.name
            slow.append(f"{name} does not tell" if rate is None else f"{name} does at most {rate:.4g}")
    return f"; {text}" + (f" ({', '.join(slow)})" if slow else "")


def considered(
    state: PoolState, app: App, of: Layout, chosen: int, residents: Residents | None = None
) -> list[Alternative]:
    """Every other class of the layout, and why it was not taken."""
    bounds, need = bounds_of(of, state.policy.of(app.name)), need_in_force(state, app)
    found = explain.alternatives(of, need, bounds, chosen)
    lost = loss(state, of, app.name, residents or {})
    slow = {of.names[i] for i in range(of.last + 1) if not meets(state, of, app.name, i, lost)}

    def told(one: Alternative) -> Alternative:
        rate = rate_text(state, app.name, of, of.index[one.slice], residents)
        return msgspec.structs.replace(one, verdict=f"too slow: {rate}") if one.slice in slow else one

    return [told(one) for one in found]
