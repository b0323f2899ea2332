"""Recorded records through a processor, as the workers' shell feeds it: in offset order, unreadable ones set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from foretide.deploy.replay.records import RecordedRecord
from foretide.schemas.errors import InvalidMessage
from foretide.streams.worker.intake import decode_key
from foretide.streams.worker.processor import Output, Processor, Record


@dataclass(slots=True)
class FeedCounts:
    """Records `handled`, and those set `aside` because they break the contract (live: the dead letters)."""

    handled: int = 0
    aside: int = 0


class Feed:
    """Feeds one processor; `keys` are those it has handled a record of."""

    def __init__(self, processor: Processor) -> None:
        self.counts = FeedCounts()
        self.keys: set[str] = set()
        self._processor = processor

    def run(self, records: Iterable[RecordedRecord]) -> Iterator[Output]:
        """What follows from the records; they come in offset order per partition. Consume it to the end."""
        for record in records:
            try:
                key = decode_key(record.topic, record.key)
                outputs = self._processor.handle(
                    Record(record.topic, record.partition, record.offset, key, record.value, record.timestamp_ms)
                )
            except InvalidMessage:
                self.counts.aside += 1
                continue
            self.keys.add(key)
            self.counts.handled += 1
            yield from outputs

    def states(self) -> dict[str, bytes]:
        """The final state of every key, as its snapshot holds it."""
        return {key: self._processor.snapshot(key) for key in sorted(self.keys)}
