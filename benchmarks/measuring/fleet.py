"""Many applications that are copies of a few templates: their names, their snapshots, their telemetry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from aiokafka.partitioner import murmur2

from foretide.schemas.topics import PARTITIONS
from foretide.streams.profiling.state import FORMAT
from foretide.streams.worker.envelope import Envelope
from foretide.streams.worker.saving import Saving
from measuring.templates import Templates, wire


@dataclass(frozen=True, slots=True)
class Keyed:
    """One record to send."""

    key: bytes
    value: bytes
    partition: int


def partition_of(key: bytes) -> int:
    """The partition that Kafka's own default gives a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % PARTITIONS)


class Fleet:
    """`apps` applications. With a `hot_share` above what chance gives, so many of them lie in partition 0."""

    def __init__(self, templates: Templates, apps: int, hot_share: float | None = None) -> None:
        self.templates = templates
        self.names = names(apps) if hot_share is None else hot_names(apps, hot_share)
        self._keys = [name.encode() for name in self.names]
        self._places = [partition_of(key) for key in self._keys]

    def __len__(self) -> int:
        return len(self.names)

    def snapshots(self) -> Iterator[Keyed]:
        """The changelog records from which a worker restores all of them, as the worker itself writes them."""
        for number, (name, place) in enumerate(zip(self.names, self._places, strict=True)):
            payload = self.templates.state_of(number % self.templates.settings.count, name)
            for key, value in Saving().records(Envelope(FORMAT, name, place, -1, 1, payload)):
                yield Keyed(key.encode(), value, place)

    def windows(self, first: int, turns: int | None, samples: int | None = None) -> Iterator[Keyed]:
        """Their telemetry after the history, `turns` windows each from the window `first` on; None is without end."""
        number = first
        while turns is None or number < first + turns:
            halves = [_halves(wire(window, _MARK)) for window in self.templates.turn(number, samples)]
            for i, (key, place) in enumerate(zip(self._keys, self._places, strict=True)):
                before, after = halves[i % len(halves)]
                yield Keyed(key, before + key + after, place)
            number += 1


def names(count: int) -> Sequence[str]:
    """So many names."""
    return [f"app-{number:06d}" for number in range(count)]


@cache
def hot_names(count: int, share: float) -> Sequence[str]:
    """So many names of which `share` lie in partition 0, evenly mixed."""
    found, hot, number = list[str](), 0, 0
    while len(found) < count:
        name, number = f"app-{number:06d}", number + 1
        wanted = hot < share * (len(found) + 1)
        if (partition_of(name.encode()) == 0) == wanted:
            found.append(name)
            hot += wanted
    return found


_MARK = "app-of-many"


def _halves(value: bytes) -> tuple[bytes, bytes]:
    before, _, after = value.partition(_MARK.encode())
    return before, after
