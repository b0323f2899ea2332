"""The slice geometry: what fits beside what, checked against NVIDIA's documented combinations."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.schemas.slices import ALL_GEOMETRIES, MIG_80GB
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


@given(st.sampled_from(sorted(ALL_GEOMETRIES)), st.data())
def test_every_geometry_keeps_its_own_rule(name: str, data: st.DataObject) -> None:
    of = ALL_GEOMETRIES[name]
    held: list[tuple[str, int]] = []
    for profile in data.draw(st.lists(st.sampled_from(of.profiles), max_size=12)):
        start = of.free_start(profile, held)
        if start is None:
            assert not any(of.valid([*held, (profile.name, s)]) for s in profile.starts)
        else:
            held.append((profile.name, start))
        assert of.valid(held)
    assert sum(of.profile(n).compute_slots for n, _ in held) <= of.compute_slots
    assert of.rule != "uniform" or len({n for n, _ in held}) <= 1


@pytest.mark.parametrize("name", sorted(ALL_GEOMETRIES))
def test_a_larger_class_holds_at_least_as_much_and_the_largest_is_the_whole_card(name: str) -> None:
    of = ALL_GEOMETRIES[name]
    sizes = [(p.compute_slots, p.memory_slots) for p in of.profiles]
    assert all(a <= c and b <= d for (a, b), (c, d) in pairwise(sizes))
    assert sizes[-1] == (of.compute_slots, of.memory_slots)
    assert len({p.name for p in of.profiles}) == len(of.profiles)


@pytest.mark.parametrize(
    ("geometry", "slice_name", "instances"),
    [
        ("mig-141gb", "1g.18gb", 7),
        ("mig-180gb", "1g.45gb", 4),
        ("vgpu-h100-80gb", "H100-16C", 5),
        ("vgpu-l40s-48gb", "L40S-6C", 8),
        ("mxgpu-mi300x-192gb", "CPX", 8),
        ("mps-24gb", "30%", 3),
        ("whole-24gb", "whole", 1),
    ],
)
def test_kinds_hold_as_many_instances_as_their_makers_say(geometry: str, slice_name: str, instances: int) -> None:
    of = ALL_GEOMETRIES[geometry]
    assert of.valid([(slice_name, of.profile(slice_name).starts[0])])
    held: list[tuple[str, int]] = []
    while (start := of.free_start(of.profile(slice_name), held)) is not None:
        held.append((slice_name, start))
    assert len(held) == instances


def test_time_sliced_types_do_not_mix_on_a_card_and_shares_do() -> None:
    assert not ALL_GEOMETRIES["vgpu-h100-80gb"].valid([("H100-10C", 0), ("H100-20C", 0)])
    assert ALL_GEOMETRIES["vgpu-h100-80gb-mixed"].valid([("H100-10C", 0), ("H100-20C", 20)])
    assert not ALL_GEOMETRIES["vgpu-h100-80gb-mixed"].valid([("H100-10C", 0), ("H100-20C", 10)])
    assert ALL_GEOMETRIES["mps-80gb"].valid([("30%", 0), ("70%", 0)])
    assert not ALL_GEOMETRIES["mps-80gb"].valid([("40%", 0), ("70%", 0)])
