"""Taking partitions over: their keys' snapshots from the changelog, where to go on, and a new epoch.

A state is made of its snapshot only when a record of its key comes (`waking.py`), and a partition's records are handled
while the changelogs of others are still read: a worker with a hundred thousand applications soon goes on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from aiokafka.errors import KafkaError

from foretide.streams.worker.changelog import Changelog, Snapshots
from foretide.streams.worker.envelope import CLAIM_KEY, Envelope, encode_envelope
from foretide.streams.worker.ledger import Ledger
from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.outbox import Outbox
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.processor import Processor
from foretide.streams.worker.settings import WorkerSettings
from foretide.streams.worker.source import SourceReader

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 0.5
"""Pause before the broker is asked again."""


class Restorer:
    """Makes partitions ready to be handled.

    The epoch is the group's generation, or one more than the highest epoch in the partition's changelog if that is
    greater. It is written there before anything is handled: it grows even if the group itself is made anew.
    """

    def __init__(
        self,
        processor: Processor,
        settings: WorkerSettings,
        outbox: Outbox,
        source: SourceReader,
        changelog: Changelog,
        metrics: WorkerMetrics,
    ) -> None:
        self._processor = processor
        self._settings = settings
        self._outbox = outbox
        self._source = source
        self._changelog = changelog
        self._metrics = metrics

    async def run(self, fresh: list[Owned], ready: Callable[[], None]) -> None:
        """Restore these partitions one after the other, set the `ready` of each, and tell; waits while the broker is
        away."""
        began = time.monotonic()
        for owned in fresh:
            owned.restoring_at = time.monotonic()
            position, snapshots = await self._read(owned.number)
            await self._outbox.arrived(self._adopt(owned, snapshots, position))
            owned.advanced_at = time.monotonic()
            owned.ready.set()
            ready()
            log.info(
                "owns %s/%d after %.1f s: from offset %d, epoch %d, %d keys",
                self._settings.source_topic,
                owned.number,
                owned.advanced_at - began,
                owned.ledger.expected,
                owned.epoch,
                len(owned.keys),
            )
        self._metrics.restore_seconds.set(time.monotonic() - began)

    async def _read(self, number: int) -> tuple[int, Snapshots]:
        """Where the group goes on in a partition, and its snapshots."""
        while True:
            try:
                # In this order: what is committed when the offset is read is in the changelog read after it.
                position = await self._source.position(number)
                return position, await self._changelog.read(number)
            except KafkaError as error:
                log.warning("cannot read the snapshots, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    def _adopt(self, owned: Owned, snapshots: Snapshots, position: int) -> int:
        """Take one partition's snapshots and claim a new epoch; the claim's sequence number."""
        readable = {self._processor.format, *self._processor.earlier_formats}
        other: list[Envelope] = []
        for key, envelope in snapshots.by_key.items():
            if envelope.format not in readable:
                other.append(envelope)
                continue
            owned.asleep[key] = envelope
            if not snapshots.stands(envelope):
                owned.torn.add(key)
            self._metrics.restored.inc()
            owned.keys.add(key)
            if envelope.last_offset >= position:
                owned.covered[key] = envelope.last_offset
        if other:
            reason = f"the snapshot has format {other[0].format}, this build reads {self._processor.format}"
            log.warning(
                "partition %d: %d snapshots cannot be used, their keys start anew; the first: %s: %s",
                owned.number,
                len(other),
                other[0].key,
                reason,
            )
        self._metrics.refused.inc(len(other) + snapshots.unreadable)
        owned.ledger = Ledger(position)
        owned.committed = position
        owned.epoch = max(owned.generation, snapshots.highest_epoch + 1)
        self._metrics.epoch.labels(str(owned.number)).set(owned.epoch)
        claim = Envelope(self._processor.format, CLAIM_KEY, owned.number, -1, owned.epoch, b"")
        return self._outbox.put(self._settings.changelog, CLAIM_KEY, encode_envelope(claim), partition=owned.number)
