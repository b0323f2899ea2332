"""How commands are carried out, whatever they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], int]
"""Wall-clock time in epoch milliseconds."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How commands are carried out."""

    apply: bool = False
    """Whether anything is changed at all. A freshly installed actuator only says what it would do."""
    attempts: int = 3
    """How often a change that fails temporarily is tried, within its deadline."""
    retry_limit_seconds: float = 10.0
    """The longest wait before another attempt, whatever the driver advises."""
