"""Layouts against the geometries they are made from, and the search for a card against a plain one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.schemas.slices import MIG_80GB, Geometry
from foretide.streams.planning.cards import Cards
from foretide.streams.planning.layout import LAYOUTS, Layout

MIG = LAYOUTS["mig-80gb"]
ranks = st.integers(0, MIG.last)


def test_classes_are_ordered_by_all_they_hold() -> None:
    backwards = Geometry("backwards", 7, 8, 80, tuple(reversed(MIG_80GB.profiles)))
    with pytest.raises(ValueError, match="not ordered"):
        Layout(backwards)


@given(st.lists(ranks, max_size=9), ranks)
def test_a_fit_is_what_the_geometry_says(placed: list[int], rank: int) -> None:
    taken = compute = 0
    held: list[tuple[str, int]] = []
    for i in placed:
        start = MIG.fit(taken, compute, i)
        if start is not None:
            taken, compute = taken | MIG.mask(i, start), compute + MIG.slots[i]
            held.append((MIG.names[i], start))
    assert MIG_80GB.valid(held)
    assert MIG.fit(taken, compute, rank) == MIG_80GB.free_start(MIG_80GB.profiles[rank], held)


def test_what_a_slice_may_be() -> None:
    assert MIG.knows("3g.40gb", 4)
    assert not MIG.knows("3g.40gb", 2)
    assert not MIG.knows("9g.90gb", 0)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 20), ranks), max_size=30), ranks)
def test_the_tightest_card_is_found_and_ties_go_by_name(changes: list[tuple[int, int, int]], rank: int) -> None:
    cards = Cards()
    for n in range(5):
        cards.report(f"c{n}", "h", MIG)
    for n, who, i in changes:
        card, app = cards[f"c{n}"], f"a{who}"
        taken, compute = card.without(app)
        start = MIG.fit(taken, compute, i)
        if app in card.occupants:
            cards.occupy(card.name, app, None)
        elif start is not None:
            cards.occupy(card.name, app, (MIG.mask(i, start), MIG.slots[i]))
        for but in (None, "c0"):
            options = []
            for c in cards:
                at = MIG.fit(c.taken, c.compute, rank)
                if at is not None and c.name != but:
                    free_memory = 8 - (c.taken | MIG.mask(rank, at)).bit_count()
                    options.append((free_memory, 7 - c.compute - MIG.slots[rank], c.name, at))
            found = cards.best(rank, MIG, {but} if but else ())
            assert (found and (found[0].name, found[1])) == (min(options)[2:] if options else None)


def test_a_card_that_vanished_takes_nothing_and_is_forgotten_when_empty() -> None:
    cards = Cards()
    cards.report("c", "h", MIG)
    cards.occupy("c", "a", (1, 1))
    cards.vanish("c")
    assert cards.best(0, MIG) is None
    assert cards["c"].occupants
    cards.occupy("c", "a", None)
    assert cards.get("c") is None


def test_a_card_that_returns_has_what_it_had() -> None:
    cards = Cards()
    cards.report("c", "h", MIG)
    cards.occupy("c", "a", (0b11110000, 3))
    cards.vanish("c")
    cards.report("c", "h2", MIG)
    assert cards["c"].host == "h2"
    assert cards.best(MIG.last, MIG) is None
    best = cards.best(4, MIG)
    assert best is not None
    assert best[1] == 0


def test_room_is_news() -> None:
    cards = Cards()
    cards.report("c", "h", MIG)
    cards.occupy("c", "a", (0xFF, 7))
    assert cards.best(0, MIG) is None
    assert not cards.could_fit(0, MIG)
    cards.freed.clear()
    cards.occupy("c", "a", (0x0F, 4))
    assert cards.freed == {"c"}
    assert cards.could_fit(0, MIG)
