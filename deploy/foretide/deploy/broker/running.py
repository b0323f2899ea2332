"""What every kind of broker offers while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from foretide.schemas.kafka.settings import KafkaSettings

Kind = Literal["kafka", "mock"]


class RunningBroker(Protocol):
    """A broker on loopback. `bootstrap` stays the same over `restart`."""

    kind: Kind
    version: str
    bootstrap: str
    data: Path

    @property
    def name(self) -> str:
        """As a person would call it: `kafka 4.3.1`, or `mock`."""
        ...

    def settings(self, user: str | None = None) -> KafkaSettings:
        """How a client reaches it: plainly, or as one of the users of its secure listener."""
        ...

    def stop(self) -> None:
        """End it; a temporary data folder goes with it."""
        ...

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        ...

    def restart(self) -> None:
        """Start it again on the same ports and data, and wait until it answers."""
        ...

    def alive(self) -> bool:
        """Whether its process runs."""
        ...
