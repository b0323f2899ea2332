"""The slice geometry: what fits beside what, checked against NVIDIA's documented combinations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.schemas.slices import MIG_80GB
from foretide.schemas.units import GIB

NAMES = [p.name for p in MIG_80GB.profiles]


def fill(name: str) -> int:
    """How many instances of one profile a card takes when each goes where `free_start` says."""
    held: list[tuple[str, int]] = []
    while (start := MIG_80GB.free_start(MIG_80GB.profile(name), held)) is not None:
        held.append((name, start))
    assert MIG_80GB.valid(held)
    return len(held)


@pytest.mark.parametrize(
    ("name", "instances"),
    [("1g.10gb", 7), ("1g.20gb", 4), ("2g.20gb", 3), ("3g.40gb", 2), ("4g.40gb", 1), ("7g.80gb", 1)],
)
def test_a_card_takes_as_many_instances_of_a_profile_as_documented(name: str, instances: int) -> None:
    assert fill(name) == instances


def test_a_four_and_a_three_share_a_card_but_two_fours_do_not() -> None:
    assert MIG_80GB.valid([("4g.40gb", 0), ("3g.40gb", 4)])
    assert MIG_80GB.free_start(MIG_80GB.profile("4g.40gb"), [("4g.40gb", 0)]) is None


def test_compute_runs_out_before_memory() -> None:
    held = [("3g.40gb", 0), ("2g.20gb", 4), ("1g.10gb", 6)]
    assert MIG_80GB.valid(held)
    assert not MIG_80GB.valid([("4g.40gb", 0), ("3g.40gb", 4), ("1g.10gb", 6)])


def test_a_start_that_the_driver_does_not_offer_is_invalid() -> None:
    assert not MIG_80GB.valid([("2g.20gb", 1)])


def test_an_unknown_profile_is_named_with_what_exists() -> None:
    with pytest.raises(KeyError, match=r"mig-80gb has no slice '5g.50gb'.*7g.80gb"):
        MIG_80GB.profile("5g.50gb")


@pytest.mark.parametrize(
    ("name", "cost", "gib"),
    [
        ("1g.10gb", 1 / 7, 10),
        ("1g.20gb", 1 / 4, 20),
        ("3g.40gb", 1 / 2, 40),
        ("4g.40gb", 4 / 7, 40),
        ("7g.80gb", 1, 80),
    ],
)
def test_cost_is_the_scarcer_share(name: str, cost: float, gib: int) -> None:
    profile = MIG_80GB.profile(name)
    assert MIG_80GB.cost(profile) == pytest.approx(cost)
    assert MIG_80GB.profile_bytes(profile) == gib * GIB


@given(st.lists(st.sampled_from(NAMES), max_size=12))
def test_whatever_is_placed_by_free_start_stays_valid(names: list[str]) -> None:
    held: list[tuple[str, int]] = []
    for name in names:
        start = MIG_80GB.free_start(MIG_80GB.profile(name), held)
        if start is not None:
            held.append((name, start))
        else:
            tried = [MIG_80GB.valid([*held, (name, s)]) for s in MIG_80GB.profile(name).starts]
            assert not any(tried), "free_start said there is no room where there was"
        assert MIG_80GB.valid(held)
