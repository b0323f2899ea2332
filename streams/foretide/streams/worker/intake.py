"""Handles one record after another: the core, its outputs, dead letters, the books."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

from foretide.schemas.codec import encode
from foretide.schemas.dead_letters import DeadLetterGuard, TooManyDeadLetters, dead_letter
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import RecordRef
from foretide.schemas.topics import DEAD_LETTERS
from foretide.streams.worker.errors import BatchFault, CoreFault
from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.outbox import Outbox
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.processor import Output, Processor, Record
from foretide.streams.worker.source import Raw
from foretide.streams.worker.waking import Waking


def wall_ms() -> int:
    """Epoch milliseconds, UTC. Only stamps use it; nothing that a core computes depends on it."""
    return time.time_ns() // 1_000_000


class Intake:
    """Gives records to the core, and what the core answers to the outbox. Does no I/O and never waits."""

    def __init__(
        self,
        processor: Processor,
        group: str,
        outbox: Outbox,
        metrics: WorkerMetrics,
        guard: DeadLetterGuard,
        clock: Callable[[], float],
    ) -> None:
        self._processor = processor
        self._group = group
        self._outbox = outbox
        self._metrics = metrics
        self._guard = guard
        self._clock = clock
        self._waking = Waking(processor, metrics)
        self._handled = 0  # since the metrics were told
        self._sent: Counter[str] = Counter()

    def handle(self, owned: Owned, raw: Raw) -> None:
        """Handle the record that is next in `owned`.

        Raises TooManyDeadLetters when too many were unreadable (each was sent to the dead letters); CoreFault when the
        core failed on a record that keeps the contract: the key's state is then unknown, the record not handled.
        """
        try:
            key = decode_key(self._processor.source_topic, raw.key)
            self._waking.wake(owned, key)
            if raw.offset <= owned.covered.get(key, -1):
                owned.ledger.skipped(raw.offset)
                self._metrics.duplicates.inc()
                return
            record = Record(self._processor.source_topic, raw.partition, raw.offset, key, raw.value, raw.timestamp_ms)
            outputs = self._processor.handle(record)
        except InvalidMessage as error:
            self.set_aside(owned, raw, error, "invalid")
            return
        except Exception as error:
            raise CoreFault(key, raw, error) from error
        self._answered(owned, raw, key, outputs, wall_ms(), self._clock())
        self._count()

    def handle_all(self, batch: Sequence[tuple[Owned, Raw]]) -> None:
        """Handle records that are next in their partitions, in this order, each of another key.

        Raises TooManyDeadLetters as `handle` does; BatchFault when the core failed: then nothing was sent, nothing is
        in the books, and the states of all their keys are unknown.
        """
        keys = [self._key_of(raw) for _, raw in batch]
        try:
            for key, (owned, _) in zip(keys, batch, strict=True):
                if isinstance(key, str):
                    self._waking.wake(owned, key)
        except Exception as error:
            raise BatchFault(len(batch), error) from error
        fresh = [
            isinstance(key, str) and raw.offset > owned.covered.get(key, -1)
            for key, (owned, raw) in zip(keys, batch, strict=True)
        ]
        records = [
            Record(self._processor.source_topic, raw.partition, raw.offset, str(key), raw.value, raw.timestamp_ms)
            for key, new, (_, raw) in zip(keys, fresh, batch, strict=True)
            if new
        ]
        try:
            found = self._processor.handle_all(records)
        except Exception as error:
            raise BatchFault(len(records), error) from error
        for each in found:
            if isinstance(each, Exception) and not isinstance(each, InvalidMessage):
                raise BatchFault(len(records), each) from each
        answers = iter(found)
        wall, now = wall_ms(), self._clock()
        enough: TooManyDeadLetters | None = None
        for key, new, (owned, raw) in zip(keys, fresh, batch, strict=True):
            answer = next(answers) if new else None
            invalid = key if isinstance(key, InvalidMessage) else answer
            if isinstance(invalid, InvalidMessage):
                try:
                    self.set_aside(owned, raw, invalid, "invalid")
                except TooManyDeadLetters as error:
                    enough = error  # the core has learnt the rest too: it must be in the books
            elif answer is None or isinstance(answer, Exception):
                owned.ledger.skipped(raw.offset)
                self._metrics.duplicates.inc()
            else:
                self._answered(owned, raw, str(key), answer, wall, now)
        self._count()
        if enough is not None:
            raise enough

    def _key_of(self, raw: Raw) -> str | InvalidMessage:
        try:
            return decode_key(self._processor.source_topic, raw.key)
        except InvalidMessage as error:
            return error

    def _answered(self, owned: Owned, raw: Raw, key: str, outputs: Sequence[Output], wall: int, now: float) -> None:
        self._guard.good()
        owned.keys.add(key)
        sequence, epoch = None, owned.epoch
        for output in outputs:
            sequence = self._outbox.put(output.topic, output.key, output.encoded(epoch, wall))
            self._sent[output.topic] += 1
        owned.ledger.handled(key, raw.offset, now, sequence)
        self._handled += 1

    def _count(self) -> None:
        """Tell the metrics what was done: once a batch, for a labelled counter costs more than a record's books."""
        self._metrics.handled.inc(self._handled)
        for topic, sent in self._sent.items():
            self._metrics.outputs.labels(topic).inc(sent)
        self._handled = 0
        self._sent.clear()

    def replay(self, raw: Raw, key: str) -> None:
        """Let the core learn a record again of which all outputs were sent before; CoreFault as in `handle`."""
        record = Record(self._processor.source_topic, raw.partition, raw.offset, key, raw.value, raw.timestamp_ms)
        try:
            self._processor.handle(record)
        except InvalidMessage:
            return  # it is among the dead letters
        except Exception as error:
            raise CoreFault(key, raw, error) from error

    def set_aside(self, owned: Owned, raw: Raw, error: InvalidMessage, cause: str) -> None:
        """Send a record to the dead letters and go on after it; TooManyDeadLetters if that was one too many."""
        letter = dead_letter(
            RecordRef(topic=self._processor.source_topic, partition=raw.partition, offset=raw.offset),
            self._group,
            error,
            raw.key,
            raw.value,
            wall_ms(),
        )
        sequence = self._outbox.put(DEAD_LETTERS, self._processor.source_topic, encode(letter))
        owned.ledger.set_aside(raw.offset, sequence)
        self._metrics.dead_letters.labels(cause).inc()
        self._guard.bad()


def decode_key(topic: str, key: bytes | None) -> str:
    """The record's key as text; InvalidMessage if it has none or is not UTF-8."""
    if not key:
        raise InvalidMessage(topic, "$key", "the record has no key")
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise InvalidMessage(topic, "$key", f"not UTF-8: {error.reason} at byte {error.start}") from error
