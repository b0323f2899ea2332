"""From messages to a problem: requirements pick the classes, prices and risks become money."""

from __future__ import annotations

import pytest

from foretide.schemas.messages import Interference, Placement, ResourceKind, ResourceReport, Throughput
from foretide.schemas.slices import ALL_GEOMETRIES
from foretide.schemas.units import GIB
from foretide.streams.placement import Need, PlacementError, assemble, plan
from foretide.streams.placement.lattice import lattice

MIG = ResourceKind(
    name="a100",
    resource_class="mig",
    geometry="mig-80gb",
    price_per_hour=4.0,
    throughput=[
        Throughput(workload="llm", per_second=700.0),
        Throughput(workload="llm", per_second=150.0, slice="1g.10gb"),
    ],
    migration_seconds=30.0,
    resize_seconds=10.0,
)
SPOT = ResourceKind(
    name="spot",
    resource_class="mps",
    geometry="mps-80gb",
    price_per_hour=1.0,
    availability="interruptible",
    interruptions_per_hour=0.5,
    throughput=[Throughput(workload="llm", per_second=700.0)],
    interference=[Interference(workload="llm", beside="llm", loss=0.1)],
)
CARDS = [
    ResourceReport(resource="c0", geometry="mig-80gb", host="h", kind="a100"),
    ResourceReport(resource="c1", geometry="mps-80gb", host="h", kind="spot"),
]


def names(need: Need) -> set[tuple[str, str]]:
    made = assemble([MIG, SPOT], CARDS, [need])
    kinds = made.kinds
    return {(kinds[o.kind].name, kinds[o.kind].geometry.profiles[o.rank].name) for o in made.demands[0].options}


def test_throughput_measured_on_a_slice_counts_before_its_share_of_the_whole() -> None:
    never = Need("a", workload="llm", per_second=140.0, interruption_price=None)
    assert names(never) == {("a100", s) for s in ("1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")}


def test_memory_compute_bounds_and_kinds_narrow_the_choice() -> None:
    assert names(Need("a", memory_bytes=30 * GIB, kinds=frozenset({"a100"}))) == {
        ("a100", s) for s in ("3g.40gb", "4g.40gb", "7g.80gb")
    }
    assert names(Need("a", compute=0.5, classes=frozenset({"4g.40gb", "2g.20gb"}))) == {("a100", "4g.40gb")}


def test_neighbours_may_take_what_the_requirement_leaves() -> None:
    made = assemble([MIG, SPOT], CARDS, [Need("a", workload="llm", per_second=280.0, classes=frozenset({"50%"}))])
    (option,) = made.demands[0].options
    assert option.slack == 200_000
    assert made.kinds[option.kind].losses == ((100_000,),)


def test_the_price_of_interruptions_and_of_moves_decides() -> None:
    today = Placement(resource="c0", slice="1g.10gb", start=6)
    cheap = Need("a", interruption_price=1.0, today=today)
    assert plan(assemble([MIG, SPOT], CARDS, [cheap])).card.tolist() == [1]
    risky = Need("a", interruption_price=10.0, today=today)
    assert plan(assemble([MIG, SPOT], CARDS, [risky])).card.tolist() == [0]
    heavy = Need("a", interruption_price=1.0, today=today, move_price=1.0)
    assert plan(assemble([MIG, SPOT], CARDS, [heavy])).card.tolist() == [0]


def test_what_is_not_described_is_named() -> None:
    with pytest.raises(PlacementError, match="resource c1: its kind spot is not described"):
        assemble([MIG], CARDS, [])
    wrong = Placement(resource="c0", slice="9g", start=0)
    with pytest.raises(PlacementError, match="application a: mig-80gb has no slice 9g"):
        assemble([MIG, SPOT], CARDS, [Need("a", today=wrong)])
    unknown = ResourceReport(resource="c9", geometry="mig-1gb", host="h")
    with pytest.raises(PlacementError, match="its geometry mig-1gb is not known"):
        assemble([], [unknown], [])


def test_a_resource_without_a_kind_is_known_by_geometry_and_price() -> None:
    bare = [
        ResourceReport(resource=f"x{i}", geometry="mig-80gb", host="h", price_per_hour=p)
        for i, p in ((0, 2), (1, 2), (2, 3))
    ]
    made = assemble([], bare, [Need("a")], horizon_seconds=1800.0)
    assert made.card_kind.tolist() == [0, 0, 1]
    assert [k.price for k in made.kinds] == [1_000_000, 1_500_000]


@pytest.mark.parametrize("name", sorted(ALL_GEOMETRIES))
def test_every_geometry_that_is_planned_live_can_be_replanned(name: str) -> None:
    of = lattice(ALL_GEOMETRIES[name])
    assert all(of.put(of.empty, rank) is not None for rank in range(len(of.names)))
