"""How long to wait after changes that failed."""

from __future__ import annotations

from foretide.schemas.messages import Sizing


def backoff_ms(failures: int, sizing: Sizing) -> int:
    """How long to wait after the `failures`-th failure in a row, in ms: doubled each time, up to the limit."""
    seconds = sizing.backoff_seconds * 2.0 ** min(max(failures - 1, 0), 40)
    return int(min(seconds, max(sizing.backoff_limit_seconds, sizing.backoff_seconds)) * 1000)
