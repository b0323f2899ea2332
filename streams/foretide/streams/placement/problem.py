"""What is to be planned. All money is in whole micro-units of one currency over one planning horizon: sums are exact.

Applications that may go to the same places at the same prices share one `Demand`: ten thousand applications are
described by a few dozen of them, and the bound and the search work by demand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from foretide.schemas.slices import Geometry
from foretide.streams.placement.errors import PlacementError

Ints = npt.NDArray[np.int64]

MICRO: Final = 1_000_000
"""Micro-units in one unit of money, and parts in a whole share of throughput."""

MOST_MONEY: Final = 10**15
"""Prices above this (a thousand million units) are refused: a float, in which HiGHS reckons, would round them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Cards (or VMs, FPGAs, hosts) that are alike: geometry, price and behaviour."""

    name: str
    geometry: Geometry
    price: int
    """Of having one of them in use over the horizon, in micro-units; one that holds nothing costs nothing."""
    losses: tuple[tuple[int, ...], ...] = ()
    """Interference: [w][v] is the share (in millionths) of its throughput that workload kind w loses for each
    co-resident of kind v. Empty: none (MIG isolates)."""


@dataclass(frozen=True, slots=True)
class Option:
    """A slice class that meets an application's requirement."""

    kind: int
    rank: int
    """Index into the geometry's profiles."""
    price: int = 0
    """Beside the card's own price, in micro-units: the priced risk of interruption or of shortage."""
    slack: int = MICRO
    """The share of its throughput (in millionths) that co-residents may take before the requirement is missed."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a group of applications needs."""

    options: tuple[Option, ...]
    unplaced: int
    """Price of leaving one of them without a slice over the horizon, in micro-units."""
    workload: int = 0
    """Its kind of workload, an index into `Kind.losses`."""
    host: tuple[int, ...] = ()
    """What each takes of its host beside the slice (cores, memory), in the units of `Problem.host_capacity`."""
    refused: tuple[str, ...] = ()
    """Why other kinds are no option, for people."""


def _none() -> Ints:
    return np.zeros((0, 0), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Cards, applications, and where these are today (`app_card` -1: nowhere)."""

    kinds: Sequence[Kind]
    demands: Sequence[Demand]
    card_kind: Ints
    app_demand: Ints
    app_card: Ints
    app_rank: Ints
    app_start: Ints
    app_move: Ints
    """Price of moving each to another card, in micro-units."""
    app_resize: Ints
    """Price of giving each another slice of the same card."""
    card_host: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Each card's host; empty: hosts do not matter."""
    host_capacity: Ints = field(default_factory=_none)
    """Hosts by what applications take of them beside slices."""
    cards: Sequence[str] = ()
    apps: Sequence[str] = ()

    def __post_init__(self) -> None:
        cards, apps = len(self.card_kind), len(self.app_demand)
        for name in ("app_card", "app_rank", "app_start", "app_move", "app_resize"):
            if len(getattr(self, name)) != apps:
                raise _wrong(name, f"has {len(getattr(self, name))} entries for {apps} applications")
        _within("card_kind", self.card_kind, 0, len(self.kinds))
        _within("app_demand", self.app_demand, 0, len(self.demands))
        _within("app_card", self.app_card, -1, cards)
        _within("app_move", self.app_move, 0, MOST_MONEY)
        _within("app_resize", self.app_resize, 0, MOST_MONEY)
        if len(self.card_host):
            if len(self.card_host) != cards:
                raise _wrong("card_host", f"has {len(self.card_host)} entries for {cards} cards")
            _within("card_host", self.card_host, 0, len(self.host_capacity))
        for i, kind in enumerate(self.kinds):
            _price(f"kinds[{i}].price", kind.price)
            if any(loss < 0 for row in kind.losses for loss in row):
                raise _wrong(f"kinds[{i}].losses", "a loss is negative")
        for i, demand in enumerate(self.demands):
            self._check_demand(i, demand)
        for names, count, what in ((self.cards, cards, "cards"), (self.apps, apps, "apps")):
            if names and len(names) != count:
                raise _wrong(what, f"names {len(names)} of {count}")

    @classmethod
    def of(
        cls,
        kinds: Sequence[Kind],
        demands: Sequence[Demand],
        cards: Sequence[tuple[str, int]],
        apps: Sequence[tuple[str, int, int, int, int, int, int]],
    ) -> Problem:
        """The problem of cards, each a name and a kind, and of applications, each a name, a demand, today's card, rank
        and start, and the prices of moving and of resizing it."""
        demand, card, rank, start, move, resize = (
            np.array([row[i] for row in apps], dtype=np.int64) for i in range(1, 7)
        )
        return cls(
            kinds,
            demands,
            np.array([kind for _, kind in cards], dtype=np.int64),
            app_demand=demand,
            app_card=card,
            app_rank=rank,
            app_start=start,
            app_move=move,
            app_resize=resize,
            cards=tuple(name for name, _ in cards),
            apps=tuple(row[0] for row in apps),
        )

    def _check_demand(self, i: int, demand: Demand) -> None:
        _price(f"demands[{i}].unplaced", demand.unplaced)
        resources = self.host_capacity.shape[1] if len(self.card_host) else 0
        if len(demand.host) not in (0, resources):
            raise _wrong(f"demands[{i}].host", f"has {len(demand.host)} amounts, hosts have {resources}")
        seen = set()
        for option in demand.options:
            place = f"demands[{i}].options"
            if not 0 <= option.kind < len(self.kinds):
                raise _wrong(place, f"kind {option.kind} does not exist")
            kind = self.kinds[option.kind]
            if not 0 <= option.rank < len(kind.geometry.profiles):
                raise _wrong(place, f"{kind.name} has no class {option.rank}")
            if kind.losses and demand.workload >= min(len(kind.losses), *map(len, kind.losses)):
                raise _wrong(f"demands[{i}].workload", f"{kind.name} tells no losses of workload {demand.workload}")
            _price(place, option.price)
            if (option.kind, option.rank) in seen:
                raise _wrong(place, f"class {option.rank} of {kind.name} is there twice")
            seen.add((option.kind, option.rank))

    def card_name(self, card: int) -> str:
        """The card's name, or its number."""
        return self.cards[card] if self.cards else f"card {card}"

    def app_name(self, app: int) -> str:
        """The application's name, or its number."""
        return self.apps[app] if self.apps else f"application {app}"


def _wrong(field_name: str, reason: str) -> PlacementError:
    return PlacementError(field_name, reason, "Correct the problem that is handed to the optimiser.")


def _within(name: str, values: Ints, low: int, high: int) -> None:
    if len(values) and (int(values.min()) < low or int(values.max()) >= high):
        raise _wrong(name, f"holds a value outside {low} to {high - 1}")


def _price(name: str, value: int) -> None:
    if not 0 <= value < MOST_MONEY:
        raise _wrong(name, f"{value} is no price between 0 and {MOST_MONEY}")
