"""Recorded records through a processor, as the workers' shell feeds it: in offset order, unreadable ones set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from foretide.deploy.replay.records import RecordedRecord
from foretide.schemas.errors import InvalidMessage
from foretide.streams.worker.batch import MOST
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
        """What follows from the records; they come in offset order per partition. Consume it to the end.

        Those of different keys are handled together, as the shell does it.
        """
        batch: dict[str, Record] = {}
        for record in records:
            try:
                key = decode_key(record.topic, record.key)
            except InvalidMessage:
                self.counts.aside += 1
                continue
            if key in batch or len(batch) == MOST:
                yield from self._handled(batch)
                batch = {}
            batch[key] = Record(record.topic, record.partition, record.offset, key, record.value, record.timestamp_ms)
        yield from self._handled(batch)

    def _handled(self, batch: Mapping[str, Record]) -> Iterator[Output]:
        for key, answer in zip(batch, self._processor.handle_all(list(batch.values())), strict=True):
            if isinstance(answer, InvalidMessage):
                self.counts.aside += 1
                continue
            if isinstance(answer, Exception):
                raise answer
            self.keys.add(key)
            self.counts.handled += 1
            yield from answer

    def states(self) -> dict[str, bytes]:
        """The final state of every key, as its snapshot holds it."""
        return {key: self._processor.snapshot(key) for key in sorted(self.keys)}
