"""The broker room's error."""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class BrokerStartError(ForetideError):
    """A broker could not be started: why, and the remedy, in one line."""
