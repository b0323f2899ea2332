"""A core simple enough to know the truth about: per key it counts records, sums values, remembers the last offset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from foretide.schemas.errors import InvalidMessage
from foretide.schemas.ids import record_id
from foretide.schemas.messages import Prediction, RecordRef
from foretide.schemas.topics import PREDICTIONS, TELEMETRY
from foretide.streams.worker.errors import WorkerError
from foretide.streams.worker.processor import Output, Record

GROUP = "foretide-profile"
"""The counting worker takes the profile group's place, so that the catalogue's changelog is its own."""


@dataclass(slots=True)
class Count:
    """The state of one key. `chain` folds every value in, so that order and repetition show."""

    records: int = 0
    total: int = 0
    chain: int = 0
    last_offset: int = -1

    def add(self, offset: int, value: int) -> None:
        """Learn one record."""
        assert offset > self.last_offset, f"offset {offset} after {self.last_offset}"
        self.records += 1
        self.total += value
        self.chain = (self.chain * 1_000_003 + value) % (2**61 - 1)
        self.last_offset = offset


class CountingProcessor:
    """Counts. A record without a number breaks the contract; {"n": 1, "boom": true} is a fault of the core."""

    name = "count"
    source_topic = TELEMETRY
    format = "count/1"
    earlier_formats: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.counts: dict[str, Count] = {}

    def handle(self, record: Record) -> Sequence[Output]:
        try:
            raw = orjson.loads(record.value or b"")
        except orjson.JSONDecodeError as e:
            raise InvalidMessage(record.topic, "$", f"not JSON: {e}") from e
        if not isinstance(raw, dict) or not isinstance(raw.get("n"), int):
            raise InvalidMessage(record.topic, "$.n", "a number is needed")
        count = self.counts.setdefault(record.key, Count())
        if raw.get("boom"):
            count.total += 10**9  # half a change: what is seen later must not hold it
            raise RuntimeError("boom")
        count.add(record.offset, raw["n"])
        prediction = Prediction(
            id=record_id(record.topic, record.partition, record.offset),
            app=record.key,
            issued_ms=count.records,
            phase=f"total={count.total}",
            learning=False,
            forecasts=[],
            based_on=RecordRef(topic=record.topic, partition=record.partition, offset=record.offset),
            epoch=0,
        )
        return [Output(PREDICTIONS, record.key, prediction)]

    def handle_all(self, records: Sequence[Record]) -> list[Sequence[Output] | Exception]:
        assert len({r.key for r in records}) == len(records)
        found: list[Sequence[Output] | Exception] = []
        for record in records:
            try:
                found.append(self.handle(record))
            except (InvalidMessage, RuntimeError) as error:
                found.append(error)
        return found

    def snapshot(self, key: str) -> bytes:
        count = self.counts[key]
        return orjson.dumps([count.records, count.total, count.chain, count.last_offset])

    def restore(self, key: str, payload: bytes) -> None:
        try:
            self.counts[key] = Count(*orjson.loads(payload))
        except (orjson.JSONDecodeError, TypeError) as error:
            raise WorkerError(f"no count: {error}") from error

    def forget(self, key: str) -> None:
        self.counts.pop(key, None)
