"""The interface of a source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from foretide.exporters.pacing import Pacer
from foretide.exporters.samples import Tick
from foretide.schemas.messages import ResourceReport


class Source(Protocol):
    """A supply of samples in time order, and what is known of the cards they run on."""

    kind: str
    """replay, synthetic or nvml."""
    live: bool
    """Time does not wait for a live source: when the buffer is full the oldest windows go. Others wait for room."""

    def resources(self) -> Sequence[ResourceReport] | None:
        """All cards this source sees; None if it knows nothing of cards."""
        ...

    def ticks(self, pacer: Pacer, ending: asyncio.Event) -> AsyncGenerator[Tick, None]:
        """Ticks in time order, each when it is due, until the source's end or `ending`."""
        ...

    def close(self) -> None:
        """Give back what the source holds."""
        ...
