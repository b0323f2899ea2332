"""What a worker tells about itself: /progress as a document, /healthz as a judgement on progress."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.outbox import Outbox
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.settings import EndpointSettings
from foretide.streams.worker.shell import Shell


class PartitionProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One partition: the next offset to handle, the end of the log as last heard, what is committed; its keys, how many
    of them sleep (have a snapshot and no record yet), and how many have changed since their snapshot."""

    ready: bool
    position: int
    highwater: int | None
    committed: int | None
    epoch: int
    keys: int
    asleep: int
    dirty_keys: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /progress answers. `ready`: the group has decided, and every assigned partition is restored."""

    group: str
    ready: bool
    partitions: dict[int, PartitionProgress]
    outbox_waiting: int
    handled: int
    duplicates: int
    reread: int
    lost: int
    dead_letters: int
    outputs: int
    snapshots: int
    restored: int
    snapshots_refused: int


class ProgressReport:
    """Puts together what a worker has done. `highwater` asks the consumer for the end of a partition it reads."""

    def __init__(
        self,
        group: str,
        settings: EndpointSettings,
        shell: Shell,
        outbox: Outbox,
        metrics: WorkerMetrics,
        highwater: Callable[[int], int | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._group = group
        self._settings = settings
        self._shell = shell
        self._outbox = outbox
        self._metrics = metrics
        self._highwater = highwater
        self._clock = clock
        self._started = clock()

    def progress(self) -> Progress:
        """The present state of the worker."""
        partitions = {number: self._partition(owned) for number, owned in self._shell.partitions.items()}
        counts = self._metrics.counts()
        return Progress(
            group=self._group,
            ready=self._shell.assigned_at is not None and all(p.ready for p in partitions.values()),
            partitions=partitions,
            outbox_waiting=self._outbox.waiting,
            **counts,
        )

    def document(self) -> dict[str, object]:
        """`progress` as JSON's types; partition numbers are strings there."""
        document: dict[str, object] = msgspec.to_builtins(self.progress(), str_keys=True)
        return document

    def liveness(self) -> str | None:
        """Why the worker counts as dead, or None. It must be handling what waits, not merely be up."""
        now = self._clock()
        limit = self._settings.stall_seconds
        if self._shell.assigned_at is None:
            waited = now - self._started
            return f"no decision about partitions for {waited:.0f} s" if waited > limit else None
        for number, owned in self._shell.partitions.items():
            if not owned.ready.is_set() and owned.restoring_at is None:
                continue  # one before it is being restored
            since = now - (owned.advanced_at or owned.restoring_at or self._shell.assigned_at)
            if since <= limit:
                continue
            if not owned.ready.is_set():
                return f"partition {number} is being restored for {since:.0f} s"
            highwater = self._highwater(number)
            if highwater is not None and highwater > owned.ledger.expected:
                return f"partition {number} has records waiting, none was handled for {since:.0f} s"
        return None

    def refresh_gauges(self) -> None:
        """Bring the gauges up to date."""
        oldest = None
        for number, owned in self._shell.partitions.items():
            highwater = self._highwater(number)
            if owned.ready.is_set() and highwater is not None:
                self._metrics.lag.labels(str(number)).set(max(0, highwater - owned.ledger.expected))
            since = owned.ledger.oldest_since()
            if since is not None:
                oldest = since if oldest is None else min(oldest, since)
        self._metrics.snapshot_age_seconds.set(0 if oldest is None else self._clock() - oldest)
        self._metrics.waiting.set(self._outbox.waiting)

    def _partition(self, owned: Owned) -> PartitionProgress:
        return PartitionProgress(
            ready=owned.ready.is_set(),
            position=owned.ledger.expected,
            highwater=self._highwater(owned.number),
            committed=owned.committed,
            epoch=owned.epoch,
            keys=len(owned.keys),
            asleep=len(owned.asleep),
            dirty_keys=owned.ledger.dirty_keys,
        )
