"""What can be wrong with a placement problem."""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class PlacementError(ForetideError):
    """A problem that cannot be planned. `field` names what is wrong, `remedy` says what to do."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(f"{field}: {reason}. {remedy}")
        self.field = field
        self.reason = reason
        self.remedy = remedy
