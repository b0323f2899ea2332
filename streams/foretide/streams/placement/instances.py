"""Seeded random problems, for benchmarks, tests and for trying limits out.

The prices are of the order of public on-demand prices per hour; a third of what is planned today no longer fits what is
needed, so a plan has something to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import numpy as np

from foretide.schemas.slices import ALL_GEOMETRIES
from foretide.streams.placement.board import Board, Seat
from foretide.streams.placement.lattice import lattice
from foretide.streams.placement.problem import MICRO, Demand, Kind, Option, Problem

_LOSSES: Final = ((10_000, 12_000, 9_000), (14_000, 17_000, 13_000), (7_000, 8_000, 6_000))
"""What three kinds of workload lose to each neighbour beyond the compute that each holds: caches, memory bandwidth."""

KINDS: Final = (
    Kind("a100-40gb-mig", ALL_GEOMETRIES["mig-40gb"], 2_900_000),
    Kind("a100-80gb-mig", ALL_GEOMETRIES["mig-80gb"], 3_700_000),
    Kind("h100-80gb-mig", ALL_GEOMETRIES["mig-80gb"], 6_900_000),
    Kind("a100-40gb-spot", ALL_GEOMETRIES["mig-40gb"], 1_200_000),
    Kind("mi300x", ALL_GEOMETRIES["mxgpu-mi300x-192gb"], 6_000_000),
    Kind("l40s-vgpu", ALL_GEOMETRIES["vgpu-l40s-48gb"], 1_900_000, _LOSSES),
    Kind("l4-mps", ALL_GEOMETRIES["mps-24gb"], 800_000, _LOSSES),
    Kind("l4", ALL_GEOMETRIES["whole-24gb"], 800_000),
)
SPEED: Final = (1.0, 1.0, 2.2, 1.0, 2.4, 0.9, 0.35, 0.35)
"""Throughput of each whole card in terms of the first."""
SPOT: Final = 3


def mixed(
    apps: int, cards: int, seed: int, kinds: Sequence[int] = tuple(range(len(KINDS))), types: int = 24
) -> Problem:
    """`apps` applications of `types` types on `cards` cards of the given `kinds`, seated as first fit did once."""
    rng = Random(f"{seed}/{apps}/{cards}")
    chosen = [KINDS[k] for k in kinds]
    demands = [_demand(rng, kinds) for _ in range(types)]
    weights = [(rng.random() + 0.1) / _size(demand, chosen) for demand in demands]
    card_kind = sorted(rng.randrange(len(chosen)) for _ in range(cards))
    demand = rng.choices(range(types), weights, k=apps)
    move = [rng.choice((50_000, 100_000, 200_000, 400_000)) for _ in range(apps)]
    before = [d if rng.random() < 0.67 else rng.randrange(types) for d in demand]
    held = _first_fit(chosen, demands, card_kind, before, rng)
    array = np.array
    return Problem(
        kinds=chosen,
        demands=demands,
        card_kind=array(card_kind, dtype=np.int64),
        app_demand=array(demand, dtype=np.int64),
        app_card=array([h[0] for h in held], dtype=np.int64),
        app_rank=array([h[1] for h in held], dtype=np.int64),
        app_start=array([h[2] for h in held], dtype=np.int64),
        app_move=array(move, dtype=np.int64),
        app_resize=array([m // 2 for m in move], dtype=np.int64),
    )


def small(seed: int) -> Problem:
    """Three to six cards of two to four kinds, and five to fourteen applications."""
    rng = Random(f"small/{seed}")
    kinds = sorted(rng.sample(range(len(KINDS)), rng.randint(2, 4)))
    return mixed(rng.randint(5, 14), rng.randint(3, 6), seed, kinds, types=rng.randint(3, 8))


def _demand(rng: Random, kinds: Sequence[int]) -> Demand:
    """A need of compute and memory, met on each kind by the smallest class that has both, and the next one up."""
    compute = rng.choice((0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3))
    memory = rng.choice((1, 1, 2, 2, 3, 3, 4, 4, 8, 16))
    interruption = rng.choice((None, 0, 100_000, 300_000))
    options: list[Option] = []
    refused: list[str] = []
    for place, number in enumerate(kinds):
        kind, of = KINDS[number], lattice(KINDS[number].geometry)
        if number == SPOT and interruption is None:
            refused.append(f"{kind.name} may be interrupted")
            continue
        enough = []
        for rank, profile in enumerate(kind.geometry.profiles):
            throughput = kind.geometry.compute_ratio(profile) * SPEED[number]
            if throughput >= compute and kind.geometry.profile_bytes(profile) >= memory * 2**30:
                spare = 1.0 - compute / throughput
                enough.append(Option(place, rank, interruption or 0 if number == SPOT else 0, int(spare * MICRO)))
        if not enough:
            refused.append(f"{kind.name} is too small")
        options += enough[: 2 if of.placed else 3]
    return Demand(tuple(options), 20_000_000, rng.randrange(3), (), tuple(refused))


def _size(demand: Demand, kinds: Sequence[Kind]) -> float:
    """The least share of a card that would do: small applications are the more frequent ones."""
    return min((lattice(kinds[o.kind].geometry).share[o.rank] for o in demand.options), default=1.0)


def _first_fit(
    kinds: Sequence[Kind], demands: Sequence[Demand], card_kind: list[int], app_demand: list[int], rng: Random
) -> list[tuple[int, int, int]]:
    nowhere = np.full(len(app_demand), -1, dtype=np.int64)
    free = np.zeros(len(app_demand), dtype=np.int64)
    board = Board(
        Problem(
            kinds,
            demands,
            np.array(card_kind, dtype=np.int64),
            np.array(app_demand, dtype=np.int64),
            nowhere,
            free,
            free,
            free,
            free,
        )
    )
    for app, demand in enumerate(app_demand):
        options = list(demands[demand].options)
        rng.shuffle(options)
        for option in options[:2]:
            card = board.among(app, option.kind, option.rank)
            if card >= 0:
                place = board.lattices[option.kind].put(board.state[card], option.rank)
                assert place is not None
                board.put(app, Seat(card, option.rank, place[0]))
                break
    return [(seat.card, seat.rank, seat.start) for seat in board.seat]
