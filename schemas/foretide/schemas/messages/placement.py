"""Where an application sits."""

from __future__ import annotations

from foretide.schemas.messages.base import Part
from foretide.schemas.units import Index, Name


class Placement(Part, frozen=True, kw_only=True):
    """A slice of a resource: `slice` is a profile name of the resource's geometry, `start` its first memory slot."""

    resource: Name
    slice: Name
    start: Index
