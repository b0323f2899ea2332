"""The world that every rule is judged in."""

from __future__ import annotations

from dataclasses import dataclass, field

from foretide.schemas.messages import Sizing
from foretide.schemas.slices import MIG_80GB, Geometry


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
    warm_seconds: float = 7200.0
    """The first part of each application, which is not counted: rules have to see something first."""
    shortage_price: float = Sizing().shortage_price
    """What each spell of too little compute costs, in card-hours; the planner's own price by default."""
