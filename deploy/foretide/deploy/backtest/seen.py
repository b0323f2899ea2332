"""Which series a fleet model was trained on: what it forecasts of those says little of others."""

from __future__ import annotations

from collections.abc import Callable

Seen = Callable[[str, str], bool]
"""Whether a series was trained on, by its application and the trace's name of its signal."""


def nothing_seen(app: str, signal: str) -> bool:
    """No series was."""
    return False
