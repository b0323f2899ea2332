"""The cards an exporter announces to its pool's planner."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.schemas.messages import InventoryEvent, ResourceKind, ResourceReport
from foretide.schemas.slices import MIG_80GB


def simulated_cards(source: str, count: int) -> list[ResourceReport]:
    """`count` cards of 80 GB that can be cut into MIG slices, named `<source>/card-00` and so on, all on one host."""
    return [
        ResourceReport(resource=f"{source}/card-{n:02d}", geometry=MIG_80GB.name, host=source) for n in range(count)
    ]


def inventory_event(
    pool: str,
    source: str,
    resources: Sequence[ResourceReport],
    at_ms: int,
    started_ms: int,
    sequence: int,
    kinds: Sequence[ResourceKind] = (),
) -> InventoryEvent:
    """All of a source's cards, as seen at `at_ms` of event time. `started_ms`, the wall clock at the exporter's start,
    and the report's number make its id unique among all runs."""
    return InventoryEvent(
        id=f"{source}/inventory/{started_ms}/{sequence}",
        pool=pool,
        at_ms=at_ms,
        source=source,
        resources=list(resources),
        kinds=list(kinds),
    )
