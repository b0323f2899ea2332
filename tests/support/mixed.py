"""A pool of two kinds of cards: large ones cut into slices, and small cheap ones given whole."""

from __future__ import annotations

from typing import Any

from foretide.schemas.messages import AppPolicy, InventoryEvent, Mode, Replanning, ResourceKind, ResourceReport, Sizing
from foretide.streams.planning import PoolState
from support.pools import POOL, Pool

LARGE = ResourceKind(name="a100", resource_class="mig", geometry="mig-80gb", price_per_hour=4.0, migration_seconds=36.0)
SMALL = ResourceKind(name="l4", resource_class="gpu", geometry="whole-24gb", price_per_hour=0.5, relative_compute=0.4)
QUICK = Sizing(
    step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0, idle_wait_seconds=0.0, shortage_price=0.0
)


class MixedPool(Pool):
    """`large` cards large-0 and so on, `small` ones small-0 and so on, from one source with their kinds."""

    def __init__(
        self, large: int = 1, small: int = 1, mode: Mode = "auto", sizing: Sizing = QUICK,
        replanning: Replanning | None = None, rules: dict[str, Any] | None = None, kinds: tuple[ResourceKind, ...] = (),
        **apps: AppPolicy,
    ) -> None:  # fmt: skip
        self.state, self.log, self.decisions = PoolState(POOL), [], []
        self.kinds = kinds or (LARGE, SMALL)
        self.stock(large, small)
        self.policy(mode, sizing, **{"apps": apps, "replanning": replanning or Replanning(), **(rules or {})})

    def stock(self, large: int, small: int) -> None:
        """Announce so many cards."""
        reports = [
            ResourceReport(resource=f"{size}-{n}", geometry=kind.geometry, host=size, kind=kind.name)
            for kind, size, count in zip(self.kinds, ("large", "small"), (large, small), strict=True)
            for n in range(count)
        ]
        self.feed(
            InventoryEvent(
                id=f"stock/{len(self.log)}", pool=POOL, at_ms=0, source="s", resources=reports, kinds=list(self.kinds)
            )
        )

    def in_use(self) -> dict[str, list[str]]:
        """Who holds a slice of which card."""
        held: dict[str, list[str]] = {}
        for name in sorted(self.state.apps):
            place = self.held(name)
            if place is not None:
                held.setdefault(place.resource, []).append(name)
        return held
