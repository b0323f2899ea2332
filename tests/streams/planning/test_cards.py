"""Layouts against the geometries they are made from, and the search for a card against a plain one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.schemas.slices import MIG_80GB, Geometry
from foretide.streams.planning.cards import Cards
from foretide.streams.planning.layout import LAYOUTS, Layout
from foretide.streams.planning.occupancy import NOTHING

MIG = LAYOUTS["mig-80gb"]
ranks = st.integers(0, MIG.last)
layouts = st.sampled_from([LAYOUTS[name] for name in sorted(LAYOUTS)])


def test_classes_are_ordered_by_all_they_hold() -> None:
    backwards = Geometry("backwards", 7, 8, 80, tuple(reversed(MIG_80GB.profiles)))
    with pytest.raises(ValueError, match="not ordered"):
        Layout(backwards)


@given(layouts.flatmap(lambda of: st.tuples(st.just(of), st.lists(st.integers(0, of.last), max_size=12),
                                            st.integers(0, of.last))))  # fmt: skip
def test_a_fit_is_what_the_geometry_says(drawn: tuple[Layout, list[int], int]) -> None:
    of, placed, rank = drawn
    taken = NOTHING
    held: list[tuple[str, int]] = []
    for i in placed:
        start = of.fit(taken, i)
        if start is not None:
            taken = of.together((taken, of.takes(i, start)))
            held.append((of.names[i], start))
    assert of.geometry.valid(held)
    assert of.left(taken)[0] == of.geometry.memory_slots - sum(of.geometry.profile(n).memory_slots for n, _ in held)
    assert of.fit(taken, rank) == of.geometry.free_start(of.geometry.profiles[rank], held)
    for start in of.starts[rank]:
        assert of.has_room(taken, rank, start) == of.geometry.valid([*held, (of.names[rank], start)])


@given(layouts.flatmap(lambda of: st.tuples(st.just(of), *[st.integers(0, of.last)] * 3)))
def test_while_one_of_two_slices_comes_true_there_is_room_for_either(drawn: tuple[Layout, int, int, int]) -> None:
    """The room that an application keeps while its slice is changed: beside it fits only what fits beside both."""
    of, old, new, other = drawn
    one = of.takes(old, of.starts[old][0])
    start = of.fit(NOTHING, new)
    assert start is not None
    kept = of.rule.either(one, of.takes(new, start))
    beside = of.fit(kept, other)
    if beside is not None:
        for name, at in ((of.names[old], of.starts[old][0]), (of.names[new], start)):
            assert of.geometry.valid([(name, at), (of.names[other], beside)])
    assert not of.rule.freer(kept, one)
    assert of.rule.freer(NOTHING, kept)


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
        start = MIG.fit(card.without(app), i)
        if app in card.occupants:
            cards.occupy(card.name, app, None)
        elif start is not None:
            cards.occupy(card.name, app, MIG.takes(i, start))
        for but in (None, "c0"):
            options = []
            for c in cards:
                at = MIG.fit(c.taken, rank)
                if at is not None and c.name != but:
                    mask, slots = MIG.takes(rank, at)
                    free_memory = 8 - (c.taken[0] | mask).bit_count()
                    options.append((free_memory, 7 - c.taken[1] - slots, c.name, at))
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
