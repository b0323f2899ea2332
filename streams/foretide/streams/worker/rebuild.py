"""Undoing a fault: after an unexpected exception of the core a key's state is built anew.

The state may be half changed, so it is dropped and made again from the key's last snapshot and the records since then,
which were all handled before and whose outputs were all sent. The record that brought the fault out is set aside.
"""

from __future__ import annotations

import asyncio

from aiokafka.errors import KafkaError

from foretide.schemas.errors import InvalidMessage
from foretide.streams.worker.changelog import Changelog
from foretide.streams.worker.errors import CoreFault, CrashedError
from foretide.streams.worker.intake import Intake
from foretide.streams.worker.outbox import Outbox
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.processor import Processor
from foretide.streams.worker.source import SourceReader

RETRY_SECONDS = 0.5


class Rebuild:
    """Makes one key's state what it was before the record on which the core failed."""

    def __init__(
        self, processor: Processor, intake: Intake, source: SourceReader, changelog: Changelog, outbox: Outbox
    ) -> None:
        self._processor = processor
        self._intake = intake
        self._source = source
        self._changelog = changelog
        self._outbox = outbox

    async def run(self, owned: Owned, fault: CoreFault) -> None:
        """Set the record aside and rebuild its key.

        CrashedError if the core fails on a record that it had handled before; TooManyDeadLetters as in `Intake`.
        """
        await self.undo(owned, fault.key, fault.raw.offset)
        owned.faults.add(fault.raw.offset)
        reason = f"the core failed: {type(fault.error).__name__}: {fault.error}"
        self._intake.set_aside(owned, fault.raw, InvalidMessage(self._processor.source_topic, "$", reason), "fault")

    async def undo(self, owned: Owned, key: str, offset: int) -> None:
        """Make the state of `key` what it was before the record at `offset`; CrashedError as in `run`."""
        await self._outbox.flush()  # the last snapshot may still be on its way
        while True:
            try:
                await self._restore(owned, key, offset)
                return
            except KafkaError:
                await asyncio.sleep(RETRY_SECONDS)

    async def _restore(self, owned: Owned, key: str, offset: int) -> None:
        self._processor.forget(key)
        snapshot = (await self._changelog.read(owned.number)).by_key.get(key)
        begin = owned.ledger.changed_from(key)
        readable = {self._processor.format, *self._processor.earlier_formats}
        if snapshot is not None and snapshot.format in readable and key in owned.keys:
            self._processor.restore(key, snapshot.payload)
            begin = snapshot.last_offset + 1
        if begin is None:
            return
        async for raw in self._source.read(owned.number, begin, offset):
            if raw.key != key.encode() or raw.offset in owned.faults:
                continue
            try:
                self._intake.replay(raw, key)
            except CoreFault as again:
                raise CrashedError(f"while {key!r} was rebuilt after a fault, {again}") from again
