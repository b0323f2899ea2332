"""The heart of a worker: partitions come and go, records are handled once, snapshots and commits follow.

Faust calls `assigned`, `take`, `release` and `committable` from its event loop; everything runs in that one loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.errors import KafkaError

from foretide.schemas.dead_letters import TooManyDeadLetters
from foretide.schemas.errors import ForetideError
from foretide.schemas.topics import DEAD_LETTERS
from foretide.streams.worker.batch import Batch, key_of
from foretide.streams.worker.changelog import Changelog
from foretide.streams.worker.envelope import Envelope
from foretide.streams.worker.errors import BatchFault, CoreFault, CrashedError, WorkerError
from foretide.streams.worker.intake import Intake
from foretide.streams.worker.ledger import Admission
from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.outbox import Outbox
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.processor import Processor
from foretide.streams.worker.rebuild import Rebuild
from foretide.streams.worker.restore import Restorer
from foretide.streams.worker.settings import WorkerSettings
from foretide.streams.worker.source import Raw, SourceReader

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 0.5
"""Pause before the broker is asked again for what was passed over."""

RESTORING_FIRST: Final = 4.0
"""While partitions are restored, records of the others wait so many times as long as those before them took: to read a
snapshot costs a tenth of what its first record does, and whoever has none yet is worse off."""


class Shell:
    """Owns the core and the books of all assigned partitions.

    `failed` is told once when the worker cannot go on; the worker then stops without committing more.
    """

    def __init__(
        self,
        processor: Processor,
        settings: WorkerSettings,
        intake: Intake,
        outbox: Outbox,
        source: SourceReader,
        changelog: Changelog,
        metrics: WorkerMetrics,
        failed: Callable[[ForetideError], None],
    ) -> None:
        self._processor = processor
        self._settings = settings
        self._intake = intake
        self._outbox = outbox
        self._source = source
        self._metrics = metrics
        self._restorer = Restorer(processor, settings, outbox, source, changelog, metrics)
        self._rebuild = Rebuild(processor, intake, source, changelog, outbox)
        self._failed = failed
        self._owned: dict[int, Owned] = {}
        self._stopped = False
        self._dead = False
        self._snapshots_at = float("inf")
        self.assigned_at: float | None = None
        """When the group last decided about partitions, on time.monotonic(); None before the first decision."""

    @property
    def partitions(self) -> dict[int, Owned]:
        """The partitions of the present assignment."""
        return dict(self._owned)

    @property
    def settled(self) -> tuple[tuple[int, int], ...] | None:
        """The partitions with their epochs, once all that the group gave are restored; None before."""
        owned = self._owned.values()
        return tuple((each.number, each.epoch) for each in owned) if all(each.active for each in owned) else None

    @property
    def asleep(self) -> int:
        """How many keys have a snapshot, and no state yet."""
        return sum(len(owned.asleep) for owned in self._owned.values())

    def assigned(self, partitions: Iterable[int], generation: int, ready: Callable[[], None] = lambda: None) -> None:
        """The group has given these partitions, and only these, to this worker.

        They are restored in the background, one after the other; `ready` is told of each that can be handled.
        """
        for number in list(self._owned):
            self._forget(number)  # only where the group took them away without asking
        fresh = [Owned(number, generation) for number in sorted(partitions)]
        self._owned = {owned.number: owned for owned in fresh}
        self.assigned_at = time.monotonic()
        if fresh:
            task = asyncio.create_task(self._restorer.run(fresh, ready), name="restore")
            task.add_done_callback(self._restored)
            for owned in fresh:
                owned.task = task

    async def take(self, raw: Raw) -> None:
        """Handle one record that Faust delivers, and what Faust passed over before it."""
        owned = self._owned.get(raw.partition)
        if owned is None or self._stopped:
            return
        if not owned.ready.is_set():
            await owned.unless_released(owned.ready.wait())
        if not owned.active:
            return
        async with self._guarded():
            admission = owned.ledger.admit(raw.offset)
            if admission is Admission.BEHIND:
                self._metrics.duplicates.inc()
                return
            if admission is Admission.AHEAD:
                await owned.unless_released(self._fill(owned, raw.offset))
                if not owned.active or owned.ledger.expected != raw.offset:
                    return
            await self._handle(owned, raw)

    async def take_all(self, raws: Sequence[Raw]) -> None:
        """Handle records in the order of delivery: together those that are simply next, one by one the others."""
        began = time.monotonic()
        batch = Batch()
        for raw in raws:
            if batch.joins(self._owned.get(raw.partition), raw):
                continue
            await self._take_batch(batch)
            batch = Batch()
            if not batch.joins(self._owned.get(raw.partition), raw):
                await self.take(raw)
        await self._take_batch(batch)
        await self._let_restore((time.monotonic() - began) * RESTORING_FIRST)

    async def _let_restore(self, seconds: float) -> None:
        """Wait so long while there is a partition still to be restored."""
        task = next((owned.task for owned in self._owned.values() if not owned.ready.is_set()), None)
        if task is not None:
            await asyncio.wait({task}, timeout=seconds)

    async def _take_batch(self, batch: Batch) -> None:
        if batch.members and self._outbox.full:
            await batch.members[0][0].unless_released(self._outbox.room())
        if self._stopped or not batch.members:
            return
        if len(batch.members) == 1 or self._outbox.full or not all(owned.active for owned, _ in batch.members):
            for _, raw in batch.members:
                await self.take(raw)
            return
        async with self._guarded():
            try:
                self._intake.handle_all(batch.members)
            except BatchFault as fault:
                log.error("%s; each is handled alone now", fault, exc_info=fault.error)
                await self._undo(batch)
                for _, raw in batch.members:
                    await self.take(raw)
                return
        now = time.monotonic()
        for owned, _ in batch.members:
            owned.advanced_at = now

    async def _undo(self, batch: Batch) -> None:
        """Make the states of all keys of a batch what they were before it."""
        for owned, raw in batch.members:
            owned.broken.add(key_of(raw))
        for owned, raw in batch.members:
            self._processor.forget(key_of(raw))
            await owned.unless_released(self._rebuild.undo(owned, key_of(raw), raw.offset))
        for owned, raw in batch.members:
            owned.broken.discard(key_of(raw))

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        """What stops the worker when it happens inside."""
        try:
            yield
        except TooManyDeadLetters as error:
            self._stopped = True
            self._failed(TooManyDeadLetters(f"{error} All of them were sent to {DEAD_LETTERS}."))
        except WorkerError as error:
            self.fail(error)

    def fail(self, error: ForetideError) -> None:
        """Take no more records, commit no more, and tell the worker to end."""
        self._stopped = True
        if not self._dead:
            self._dead = True
            self._failed(error)

    def crashed(self, error: BaseException) -> None:
        """Records can be taken no more."""
        self.fail(CrashedError(f"records cannot be taken: {error!r}"))

    def committable(self) -> dict[int, int]:
        """Per partition the offset safe to commit; nothing for one that is not restored yet."""
        return {
            number: owned.ledger.watermark(self._outbox.confirmed)
            for number, owned in self._owned.items()
            if owned.ready.is_set() and not self._dead
        }

    def committed(self, offsets: dict[int, int]) -> None:
        """These offsets have been committed."""
        for number, offset in offsets.items():
            if (owned := self._owned.get(number)) is not None:
                owned.committed = offset

    def snapshot_due(self, now: float) -> bool:
        """Write snapshots that are due, oldest first, within the time budget. True if more could be written at once.

        Due is what has waited for the cadence, and before that as many as keep the snapshots of all changed keys evenly
        spread over it: after a restart all have changed at once, and so many snapshots together would hold up records.
        """
        cadence = self._settings.snapshots.cadence
        end = time.monotonic() + self._settings.snapshots.budget
        passed, self._snapshots_at = now - min(self._snapshots_at, now), now
        late = False
        for owned in self._owned.values():
            if owned.active:
                owned.snapshots_owed += owned.ledger.dirty_keys * passed / cadence
                late |= not self._snapshot_until(owned, now - cadence, end, spread=True)
        return late and not self._outbox.full

    async def release(self, partitions: Iterable[int], seconds: float) -> bool:
        """Take no more records of these partitions and write their snapshots; whether all arrived within `seconds`.

        `committable` then covers them until `forget` is called.
        """
        leaving = [self._owned[number] for number in partitions if number in self._owned]
        for owned in leaving:
            owned.released.set()
        if self._dead:
            return False
        try:
            async with asyncio.timeout(seconds):
                for owned in leaving:
                    if owned.ready.is_set():
                        await self._snapshot_all(owned)
                await self._outbox.flush()
        except TimeoutError:
            return False
        return True

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop the state of partitions that were released."""
        for number in partitions:
            self._forget(number)

    def _forget(self, number: int) -> None:
        owned = self._owned.pop(number, None)
        if owned is None:
            return
        owned.released.set()
        if owned.task is not None:
            owned.task.cancel()
        for key in owned.keys:
            self._processor.forget(key)

    def _snapshot_until(self, owned: Owned, before: float, end: float, *, spread: bool = False) -> bool:
        """Snapshot the keys that have changed `before`, and, if they are to be `spread`, as many as are owed; False if
        the time ran out first."""
        while True:
            owes = spread and owned.snapshots_owed >= 1.0
            due = owned.ledger.oldest(float("inf") if owes else before, owned.broken)
            if due is None:
                owned.snapshots_owed = min(owned.snapshots_owed, 1.0)
                return True
            if time.monotonic() > end or self._outbox.full:
                return False
            envelope = Envelope(
                self._processor.format,
                due.key,
                owned.number,
                due.last_offset,
                owned.epoch,
                self._processor.snapshot(due.key),
            )
            sequence = 0
            for key, value in owned.saving.records(envelope):
                sequence = self._outbox.put(self._settings.changelog, key, value, partition=owned.number)
            owned.ledger.snapshotted(due.key, sequence)
            owned.snapshots_owed = max(0.0, owned.snapshots_owed - 1.0)
            self._metrics.snapshots.inc()

    async def _snapshot_all(self, owned: Owned) -> None:
        """Snapshot all that changed, in slices, so that heartbeats and acknowledgements go on."""
        while not self._snapshot_until(owned, float("inf"), time.monotonic() + 0.2):
            if self._outbox.full:
                await self._outbox.room()
            else:
                await asyncio.sleep(0)

    async def _handle(self, owned: Owned, raw: Raw) -> None:
        if self._outbox.full:
            await owned.unless_released(self._outbox.room())
            if not owned.active:
                return
        try:
            self._intake.handle(owned, raw)
        except CoreFault as fault:
            log.error("%s", fault, exc_info=fault.error)
            owned.broken.add(fault.key)
            self._processor.forget(fault.key)
            await owned.unless_released(self._rebuild.run(owned, fault))
            if not owned.active:
                return
            owned.broken.discard(fault.key)
        owned.advanced_at = time.monotonic()

    async def _fill(self, owned: Owned, stop: int) -> None:
        """Read and handle what is missing before the offset `stop`."""
        while owned.active and owned.ledger.expected < stop:
            try:
                async for raw in self._source.read(owned.number, owned.ledger.expected, stop):
                    if not owned.active:
                        return
                    self._passed_over(owned, raw.offset)
                    await self._handle(owned, raw)
                    self._metrics.reread.inc()
                self._passed_over(owned, stop)
            except KafkaError as error:
                log.warning("cannot read again what was passed over, trying again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    def _passed_over(self, owned: Owned, offset: int) -> None:
        """Records before `offset` that the log no longer holds are lost: say so and go on."""
        lost = offset - owned.ledger.expected
        if lost > 0:
            log.error(
                "%s/%d: %d records from offset %d were deleted by retention before they were read",
                self._settings.source_topic,
                owned.number,
                lost,
                owned.ledger.expected,
            )
            self._metrics.lost.inc(lost)
            owned.ledger.skipped(offset - 1)

    def _restored(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(CrashedError(f"partitions could not be restored: {error!r}"))
