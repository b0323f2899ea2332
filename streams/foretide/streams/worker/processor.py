"""The interface between the shell and a pure core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from foretide.schemas.codec import encode
from foretide.schemas.messages import Message
from foretide.streams.worker.stamps import stamped


class Record(NamedTuple):
    """One record of the source topic. `timestamp_ms` is the broker's; the core never uses it as time."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    timestamp_ms: int


class Output:
    """A message to send. The shell asks for it with the owner's epoch (and a command's wall-clock times) in it."""

    __slots__ = ("_message", "key", "topic")

    def __init__(self, topic: str, key: str, message: Message) -> None:
        self.topic = topic
        self.key = key
        self._message = message

    @property
    def message(self) -> Message:
        """The message without stamps."""
        return self._message

    def encoded(self, epoch: int, wall_ms: int) -> bytes:
        """The message as it goes out; see `stamped`."""
        return encode(stamped(self._message, epoch, wall_ms))


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about a core's present state for its operators; a counter only ever grows while the process lives.

    Labels must be bounded: no application's name.
    """

    name: str
    meaning: str
    kind: Literal["gauge", "counter"]
    value: float
    labels: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Measured(Protocol):
    """A processor that tells how it does, asked when its worker is scraped. It changes nothing."""

    def measures(self) -> Sequence[Measure]: ...


class Processor(Protocol):
    """A deterministic state machine per key: the profile of an application, or the planner of a pool.

    The shell calls `handle` with the records of a key in offset order, each once: it drops what a snapshot already
    covers. `handle` parses the record itself; it raises InvalidMessage for one that breaks the contract, having changed
    nothing, and the shell sends that record to the dead letters. `handle_all` does the same for records of different
    keys, which may be cheaper together: for each in its place the outputs, or what `handle` would have raised; if it
    raises itself, the states of all their keys are unknown. What a key gets never depends on the records it is handled
    with. `snapshot` gives the state of a key as bytes, which may be parts that change at different paces (`parts.py`);
    `restore` makes of them a state that behaves the same to the last bit and raises a ForetideError for a payload that
    it cannot use. `forget` drops a key that another worker now owns, or does nothing if there is none. No method reads
    a clock, blocks, or looks at another key. What else `handle` raises is a fault: the record goes to the dead letters,
    and the shell builds the key's state anew from its snapshot and the records since.
    """

    name: str
    source_topic: str
    format: str
    """Version of the snapshot payload; another one found in the table is refused with a cold start and a warning."""
    earlier_formats: frozenset[str]
    """Versions that `restore` can use all the same."""

    def handle(self, record: Record) -> Sequence[Output]: ...

    def handle_all(self, records: Sequence[Record]) -> list[Sequence[Output] | Exception]: ...

    def snapshot(self, key: str) -> bytes: ...

    def restore(self, key: str, payload: bytes) -> None: ...

    def forget(self, key: str) -> None: ...
