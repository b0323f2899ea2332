"""What a card can hold: the columns of the bound's linear programme (after Gilmore and Gomory, 1961)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from foretide.schemas.slices import Geometry
from foretide.streams.placement.lattice import lattice

MOST_PATTERNS: Final = 1500
"""Above so many, columns are found one by one as they are wanted."""

Pattern = tuple[int, ...]
"""How many slices of each class a card holds."""


@lru_cache(maxsize=512)
def all_patterns(geometry: Geometry, ranks: frozenset[int]) -> tuple[Pattern, ...] | None:
    """Every set of slices of these classes that fills a card, or None if there are too many to list."""
    of, classes = lattice(geometry), sorted(ranks)
    nothing = (0,) * len(of.names)
    if of.uniform:
        found = set()
        for rank in classes:
            state, count = of.empty, 0
            while (place := of.put(state, rank)) is not None:
                state, count = place[1], count + 1
            found.add(tuple(count if r == rank else 0 for r in range(len(of.names))))
        return tuple(sorted(found))
    seen = {(of.empty, nothing)}
    todo, full = list(seen), set()
    while todo:
        state, counts = todo.pop()
        grown = False
        for rank in classes:
            for start in of.starts[rank]:
                after = of.put_at(state, rank, start)
                if after is None:
                    continue
                grown = True
                more = (after, (*counts[:rank], counts[rank] + 1, *counts[rank + 1 :]))
                if more not in seen:
                    seen.add(more)
                    todo.append(more)
        if not grown:
            full.add(counts)
        if len(full) > MOST_PATTERNS or len(seen) > 40 * MOST_PATTERNS:
            return None
    return tuple(sorted(p for p in full if not any(p != q and all(map(int.__le__, p, q)) for q in full)))


def best_pattern(geometry: Geometry, worths: dict[int, float]) -> tuple[float, Pattern]:
    """The pattern whose slices are worth most together, exactly, by dynamic programming over the card's states."""
    of = lattice(geometry)
    classes = [(r, w) for r, w in sorted(worths.items()) if w > 0]
    value = [0.0] * len(of.states)
    choice: list[tuple[int, int] | None] = [None] * len(of.states)
    for state in range(len(of.states)):  # from the fullest: every successor is fuller, so it is done already
        for rank, worth in classes:
            for start in of.starts[rank]:
                after = of.put_at(state, rank, start)
                if after is not None and value[after] + worth > value[state]:
                    value[state], choice[state] = value[after] + worth, (rank, after)
    counts, state = [0] * len(of.names), of.empty
    while (step := choice[state]) is not None:
        counts[step[0]] += 1
        state = step[1]
    return value[of.empty], tuple(counts)
