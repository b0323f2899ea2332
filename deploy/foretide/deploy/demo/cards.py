"""The demo's cards: what they are, what they cost, and what a placement on one of them holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foretide.deploy.demo.settings import SOURCE
from foretide.deploy.pools import read_pool
from foretide.schemas.inventory_file import Inventory
from foretide.schemas.messages import Placement, ResourceKind, ResourceReport
from foretide.schemas.slices import ALL_GEOMETRIES, MIG_80GB, Geometry, SliceProfile

LARGE: Final = ResourceKind(
    name="a100-80gb", resource_class="mig", geometry=MIG_80GB.name, price_per_hour=3.7, resize_seconds=5.0,
    migration_seconds=40.0,
)  # fmt: skip
SMALL: Final = ResourceKind(
    name="l4", resource_class="gpu", geometry="whole-24gb", price_per_hour=0.8, relative_compute=0.39,
    migration_seconds=40.0,
)  # fmt: skip
"""Prices are of the order of public ones on demand; the speeds are in the ratio of their dense FP16 tensor rates, 121
to 312 TFLOPS, as in NVIDIA's data sheets."""


def demo_cards(count: int) -> Inventory:
    """`count` cards: two thirds large ones that can be cut, SOURCE/card-00 and so on, the rest small ones given whole,
    SOURCE/l4-00 and so on."""
    large = count - count // 3
    named = [(LARGE, f"{SOURCE}/card-{n:02d}") for n in range(large)]
    named += [(SMALL, f"{SOURCE}/l4-{n:02d}") for n in range(count - large)]
    return Inventory(resources=[_report(kind, name) for kind, name in named], kinds=[LARGE, SMALL])


def cards_of(path: Path) -> Inventory:
    """The cards that a pool file describes. PoolFileError."""
    pool = read_pool(path)
    return Inventory(resources=list(pool.resources), kinds=list(pool.kinds))


def cut_of(inventory: Inventory) -> tuple[str, ...]:
    """What a profile worker, and a replay of its telemetry, is told of the cards: how those of which there are most
    are cut, and how fast they are."""
    if not inventory.kinds:
        return ()
    counts = Counter(resource.kind for resource in inventory.resources)
    kind = max(inventory.kinds, key=lambda each: (counts[each.name], each.name))
    return ("--geometry", kind.geometry, "--card-speed", f"{kind.relative_compute:g}")


def _report(kind: ResourceKind, name: str) -> ResourceReport:
    return ResourceReport(
        resource=name, geometry=kind.geometry, host=SOURCE, price_per_hour=kind.price_per_hour, kind=kind.name
    )


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card as the inventory tells of it. `speed` is of a whole one, in the card that shares of compute are of."""

    geometry: Geometry = MIG_80GB
    kind: str = MIG_80GB.name
    speed: float = 1.0
    price: float | None = None

    def profile(self, placement: Placement) -> SliceProfile:
        """The slice that a placement on the card is; KeyError if it has none of the name."""
        return self.geometry.profile(placement.slice)

    def compute(self, placement: Placement) -> float:
        """Its compute, as a share of the card that telemetry is stated in."""
        return self.geometry.compute_ratio(self.profile(placement)) * self.speed

    def memory(self, placement: Placement) -> float:
        """Its memory in bytes."""
        return self.geometry.profile_bytes(self.profile(placement))


UNKNOWN: Final = CardFacts()
"""A card that no inventory told of: the one that exporters announce when nothing else is said."""

Facts = Mapping[str, CardFacts]
"""By the card's name."""


def facts_of(resources: Iterable[ResourceReport], kinds: Iterable[ResourceKind]) -> dict[str, CardFacts]:
    """What is known of each card."""
    told = {kind.name: kind for kind in kinds}
    found = {}
    for report in resources:
        kind = told.get(report.kind or "")
        price = report.price_per_hour
        if price is None and kind is not None:
            price = kind.price_per_hour
        found[report.resource] = CardFacts(
            geometry=ALL_GEOMETRIES.get(report.geometry, MIG_80GB),
            kind=report.kind or report.geometry,
            speed=kind.relative_compute if kind is not None else 1.0,
            price=price,
        )
    return found


def facts_for(cards: Facts, placement: Placement) -> CardFacts:
    """What is known of the card of a placement."""
    return cards.get(placement.resource, UNKNOWN)


def in_use(cards: Facts, held: Iterable[Placement | None]) -> dict[str, int]:
    """How many cards of each kind carry anything, by kind."""
    used = sorted({p.resource for p in held if p is not None})
    counts: dict[str, int] = {}
    for name in used:
        kind = cards.get(name, UNKNOWN).kind
        counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(counts.items()))


def cost_in_use(cards: Facts, held: Iterable[Placement | None]) -> float | None:
    """What the cards that carry anything cost per hour, whole; None if a price is not known."""
    prices = [cards.get(name, UNKNOWN).price for name in sorted({p.resource for p in held if p is not None})]
    return None if None in prices else sum(price for price in prices if price is not None)
