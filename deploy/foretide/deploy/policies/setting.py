"""The world that every rule is judged in."""

from __future__ import annotations

from dataclasses import dataclass, field

from foretide.schemas.messages import ResourceKind, Sizing
from foretide.schemas.slices import ALL_GEOMETRIES, MIG_80GB, Geometry
from foretide.streams.planning.layout import Layout, layout_of


@dataclass(frozen=True, slots=True)
class Setting:
    """Each application has one slice of a card of its own; times are in seconds, of the samples' clock."""

    geometry: Geometry = field(default=MIG_80GB)
    """What the cards can be cut into."""
    decide_seconds: float = 600.0
    """No application is changed twice within so long, whatever happens."""
    actuation_seconds: float = 0.0
    """From a decision until the new slice is there; the old one serves until then."""
    outage_seconds: float = 0.0
    """So long after a change of slice the application has none: it is made anew."""
    moving_seconds: float | None = None
    """The same after a step up, if that differs: the rest of a full pool's card is others', so a step up leads to
    another card."""
    provisioning_seconds: float = 0.0
    """So much longer a step up to a whole card takes: an empty one has to come first."""
    kind: ResourceKind | None = None
    """The kind of card, with its price, if one was described; its geometry is `geometry`."""
    warm_seconds: float = 7200.0
    """The first part of each application, which is not counted: rules have to see something first."""
    shortage_price: float = Sizing().shortage_price
    """What each spell of too little compute costs, in card-hours; the planner's own price by default."""

    @property
    def price_per_hour(self) -> float | None:
        """Of a whole card; None: costs are told in card-hours."""
        return None if self.kind is None else self.kind.price_per_hour

    @property
    def layout(self) -> Layout:
        """The classes, on cards as fast as the kind's."""
        return layout_of(self.geometry.name, 1.0 if self.kind is None else self.kind.relative_compute)

    def ready_seconds(self, held: int, wish: int) -> float:
        """From a decision to change from one class to another until the new slice is there."""
        whole = wish > held and wish == self.layout.last
        return self.actuation_seconds + (self.provisioning_seconds if whole else 0.0)

    def down_seconds(self, held: int, wish: int) -> float:
        """How long the application is without a slice when it changes from one class to another."""
        moves = wish > held and self.moving_seconds is not None
        return self.moving_seconds if moves and self.moving_seconds is not None else self.outage_seconds


def setting_of(kind: ResourceKind) -> Setting:
    """The world of cards of one kind: its geometry, price and times."""
    return Setting(
        geometry=ALL_GEOMETRIES[kind.geometry],
        outage_seconds=kind.resize_seconds,
        moving_seconds=kind.migration_seconds,
        provisioning_seconds=kind.provisioning_seconds,
        kind=kind,
    )
