"""What a guard is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from foretide.streams.planning.layout import Spot
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState

Evidence = Literal["full", "oom"]


class Wish(NamedTuple):
    """A change that is wanted. `reason` says why; `rank` is the class in the layout of the held card; `spot` the place,
    once it is known."""

    reason: str
    rank: int = -1
    evidence: Evidence | None = None
    """What is there already, not only predicted: the slice is full, or the application ran out of memory."""
    back: bool = False
    """The way back from a change that hurt."""
    spot: Spot | None = None


class Binding(NamedTuple):
    """Why a wish must wait. It is looked at again at `wake_ms` (-1: when something else happens)."""

    guard: str
    reason: str
    wake_ms: int = -1
    queue: bool = False
    """It waits in the pool's queue for what is lacking; else it leaves the queue."""
    host: str | None = None
    """The host whose cap it waits for."""
    kind: str = ""
    """Tells apart what is worth saying again."""


Guard = Callable[[PoolState, App, Wish], Binding | None]
