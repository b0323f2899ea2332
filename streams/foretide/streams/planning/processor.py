"""The planner as the shell runs it: one state machine per pool."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.schemas.codec import parse
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import AnyPoolEvent, RecordRef
from foretide.schemas.topics import COMMANDS, DECISIONS, POOL_EVENTS
from foretide.streams.planning import snapshot
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.step import step
from foretide.streams.planning.turn import command_of
from foretide.streams.planning.upgrading import EARLIER
from foretide.streams.worker.processor import Output, Record


class PlanProcessor:
    """A `Processor`: pool-events.v1 in; decisions.v1 and commands.v1 out, keyed by pool.

    Commands carry epoch 0, issued_ms 0 and deadline_ms = how long they are valid; the shell stamps the epoch and
    shifts the two times to its wall clock.
    """

    name = "plan"
    source_topic = POOL_EVENTS
    format = snapshot.FORMAT
    earlier_formats = EARLIER

    def __init__(self) -> None:
        self._pools: dict[str, PoolState] = {}

    def handle(self, record: Record) -> Sequence[Output]:
        """The decisions and commands that follow from one record; InvalidMessage if it breaks the contract."""
        event: AnyPoolEvent = parse(POOL_EVENTS, record.value)
        if event.pool != record.key:
            raise InvalidMessage(
                POOL_EVENTS, "$.pool", f"{event.pool!r} does not match the record's key {record.key!r}"
            )
        state = self._pools.get(record.key) or PoolState(record.key)
        ref = RecordRef(topic=record.topic, partition=record.partition, offset=record.offset)
        self._pools[record.key], decisions = step(state, event, ref)
        outputs = []
        for decision in decisions:
            outputs.append(Output(DECISIONS, record.key, decision))
            command = command_of(decision)
            if command is not None:
                outputs.append(Output(COMMANDS, record.key, command))
        return outputs

    def handle_all(self, records: Sequence[Record]) -> list[Sequence[Output] | Exception]:
        """The same for many records, one after another: for each its outputs, or what `handle` raised."""
        found: list[Sequence[Output] | Exception] = []
        for record in records:
            try:
                found.append(self.handle(record))
            except Exception as error:  # noqa: BLE001 -- it is this record's answer
                found.append(error)
        return found

    def snapshot(self, key: str) -> bytes:
        """The pool's state as bytes; KeyError for a pool that is not known."""
        return snapshot.to_bytes(self._pools[key])

    def restore(self, key: str, payload: bytes) -> None:
        """Take a pool over; SnapshotError if the payload cannot be read."""
        self._pools[key] = snapshot.from_bytes(key, payload)

    def forget(self, key: str) -> None:
        """Drop a pool that another worker now owns."""
        self._pools.pop(key, None)

    def pools(self) -> dict[str, PoolState]:
        """The pools at hand, for progress reports and views; not to be changed."""
        return dict(self._pools)
