"""How much of what is free on the cards in use cannot be used by what the pool is asked for."""

from __future__ import annotations

import numpy as np

from foretide.streams.placement.lattice import lattice
from foretide.streams.placement.problem import Ints, Problem


def fragmentation(problem: Problem, card: Ints, rank: Ints, start: Ints) -> float:
    """The expected share of the free capacity of cards in use that an application drawn from the pool cannot use.

    0: whatever is free fits whoever comes (or nothing is free); 1: none of it fits anyone. For each demand
    a card's free capacity counts as lost if none of the demand's classes fits it; the mean is over applications. After
    "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent" (USENIX ATC 2023).
    """
    lattices = [lattice(k.geometry) for k in problem.kinds]
    state: dict[int, int] = {}
    for c, r, s in zip(card.tolist(), rank.tolist(), start.tolist(), strict=True):
        if c >= 0:
            of = lattices[int(problem.card_kind[c])]
            after = of.put_at(state.get(c, of.empty), r, s)
            assert after is not None, "the placement breaks a geometry"
            state[c] = after
    weights = np.bincount(problem.app_demand, minlength=len(problem.demands)).tolist()
    counts: dict[tuple[int, int], int] = {}
    for c, s in state.items():
        key = (int(problem.card_kind[c]), s)
        counts[key] = counts.get(key, 0) + 1
    free = lost = 0.0
    for (kind, s), count in sorted(counts.items()):
        room = (1.0 - lattices[kind].used[s]) * count
        free += room
        unfit = sum(
            w
            for w, d in zip(weights, problem.demands, strict=True)
            if not any(o.kind == kind and lattices[kind].fits[o.rank] >> s & 1 for o in d.options)
        )
        lost += room * (unfit / max(1, len(problem.app_demand)))  # a share first: rounding then never makes it more
    return lost / free if free > 0 else 0.0
