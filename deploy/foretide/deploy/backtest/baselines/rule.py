"""What a baseline is: it sees one sample after the other and says what it expects, knowing nothing later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol


class Told(NamedTuple):
    """A forecast: the expected value, the level it should stay under, and the level the largest until then should
    stay under; None where the rule has no such number. Without a `peak` of its own `upper` is taken for it."""

    median: float | None
    upper: float | None
    peak: float | None = None


NOTHING: Final = Told(None, None)
"""The rule has too little history to say anything."""


class Rule(Protocol):
    """One baseline over one series."""

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """The next sample; `step_ms` is the usual distance of the samples so far."""
        ...

    def forecast(self) -> Told:
        """What is expected `steps` samples after the last one observed."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """A baseline for people, and how to make one for a series of `signal` forecast `steps` samples ahead."""

    name: str
    description: str
    make: Callable[[str, int], Rule]
