"""Faust's transport with the commit rule and the hand-over of ours.

Faust commits what its agents have acknowledged and, interrupted by a rebalance, may count records as read that no agent
saw. Here only what snapshots cover is committed, and a partition's snapshots are written before it is given away.
Records are delivered in bundles (bundles.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, ClassVar, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalStateError
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from foretide.schemas.kafka import clients
from foretide.streams.worker.bundles import MOST_FETCHED, bundle
from foretide.streams.worker.collecting import collect, worth
from foretide.streams.worker.prefetch import Found, Prefetch
from foretide.streams.worker.settings import WorkerSettings
from foretide.streams.worker.shell import Shell

log = logging.getLogger(__name__)

FAUST_LOG: Final = logging.getLogger("faust.worker")
"""Faust names a service's logger after its module; these stay with Faust's, which are kept quiet."""

FETCH_SECONDS: Final = 0.25
"""How long one look for records waits for some; after one in vain the broker is asked less often."""

LEADER_DELAY_SECONDS: Final = 0.5
"""How long the leader's assignment is held back for the mock cluster, which refuses followers that ask after it."""


class LateAssignor(RoundRobinPartitionAssignor):  # type: ignore[misc]
    """Round robin, given a little late."""

    @classmethod
    def assign(cls, cluster: Any, members: Any) -> Any:
        time.sleep(LEADER_DELAY_SECONDS)  # in the consumer's own thread, which has nothing else to do meanwhile
        return super().assign(cluster, members)


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread in which aiokafka runs; its consumer is made from our settings."""

    logger = FAUST_LOG
    group_error: BaseException | None = None
    """What ended the group membership for good. Faust never asks aiokafka for it and would idle for ever."""
    _prefetch: Prefetch | None = None

    def _create_worker_consumer(self, transport: WorkerTransport) -> AIOKafkaConsumer:
        settings = transport.settings
        session = settings.session
        return clients.consumer(
            settings.kafka,
            group_id=settings.group,
            group_instance_id=session.instance_id,
            partition_assignment_strategy=[LateAssignor if settings.mock_broker else RoundRobinPartitionAssignor],
            session_timeout_ms=round(session.timeout * 1000),
            heartbeat_interval_ms=round(session.heartbeat * 1000),
            rebalance_timeout_ms=round(session.rebalance_timeout * 1000),
            max_poll_interval_ms=300_000,
            max_poll_records=MOST_FETCHED,
            check_crcs=not settings.mock_broker,
        )

    async def on_start(self) -> None:
        await super().on_start()
        coordinator = self._consumer._coordinator  # noqa: SLF001 - aiokafka shows the error to nobody else
        push = coordinator._push_error_to_user  # noqa: SLF001

        def noted(error: BaseException) -> Any:
            self.group_error = error
            return push(error)

        coordinator._push_error_to_user = noted  # noqa: SLF001

    async def on_thread_started(self) -> None:
        await super().on_thread_started()
        self._prefetch = Prefetch(self._fetch, self.thread_loop, lambda: bool(self.consumer.flow_active))
        self.add_future(self._prefetch.run())

    async def _fetch(self, partitions: Set[TP]) -> Mapping[TP, list[Any]]:
        found: Mapping[TP, list[Any]] = await self._fetch_records(
            self._consumer, partitions, timeout=FETCH_SECONDS, max_records=MOST_FETCHED
        )
        collect(self._ensure_consumer(), worth(sum(map(len, found.values()))))
        return found

    async def getmany(self, active_partitions: Set[TP] | None, timeout: float) -> dict[TP, Found]:  # noqa: ASYNC109
        """All that was fetched meanwhile, under the first partition that it is of."""
        if self._prefetch is None:
            raise ConsumerNotStarted
        active = frozenset(active_partitions or ())
        found = await self._prefetch.take(lambda: self.transport.readable(active), timeout)
        return {TP(self.transport.settings.source_topic, next(iter(found))): found} if found else {}

    def forget(self) -> None:
        """Throw away what was fetched."""
        if self._prefetch is not None:
            self._prefetch.clear()

    def look_again(self) -> None:
        """There are more partitions to fetch from."""
        if self._prefetch is not None:
            self._prefetch.look_again()


class WorkerConsumer(driver.Consumer):  # type: ignore[misc]
    """Faust's consumer, committing by the shell's books. The transport gives it the shell."""

    logger = FAUST_LOG
    transport: WorkerTransport

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, record: Found) -> ConsumerMessage:
        # The scheduler (bundles.py) gives all that was fetched as one "record".
        return bundle(tp, record, self.app.consumer_generation_id)

    async def _wait_next_records(self, timeout: float) -> tuple[Any, None]:  # noqa: ASYNC109
        # Without the partitions that are active now: a bundle whose own was paused meanwhile is no less welcome.
        records, _ = await super()._wait_next_records(timeout)
        return records, None

    def verify_event_path(self, now: float, tp: TP) -> None:
        # Faust misses events of partitions whose records come with another's; /healthz tells who does not get on.
        return

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Faust would take each bundle's offsets but the last for a gap and keep a list of all, for commits that it does
        # not decide about here. Real gaps are the ledger's.
        return

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        # Faust names only partitions with new acknowledgements; a snapshot moves the watermark without one.
        shell = self.transport.shell
        return iter([TP(self.transport.settings.source_topic, number) for number in shell.partitions])

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        for tp in list(self._acked):
            self._acked[tp].clear()
            self._acked_index[tp].clear()
        safe = self.transport.shell.committable()
        return {
            tp: safe[tp.partition] for tp in tps if tp.partition in safe and self._should_commit(tp, safe[tp.partition])
        }

    async def _commit_offsets(self, offsets: Any, start_new_transaction: bool = True) -> bool:
        done = bool(await super()._commit_offsets(offsets, start_new_transaction=start_new_transaction))
        if done:
            self.transport.shell.committed({tp.partition: offset for tp, offset in offsets.items()})
        return done

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        numbers = [tp.partition for tp in revoked if tp.topic == self.transport.settings.source_topic]
        await self.hand_over(numbers, self.transport.settings.hand_over_seconds)
        await super().on_partitions_revoked(revoked)

    async def hand_over(self, numbers: list[int], seconds: float) -> bool:
        """Write the snapshots of these partitions, commit, and drop them; whether all arrived within `seconds`."""
        shell = self.transport.shell
        began = asyncio.get_running_loop().time()
        saved = await shell.release(numbers, seconds)
        if not saved and numbers:
            log.warning("not all snapshots arrived within %.1f s; the next owner reads the records again", seconds)
        offsets = self._filter_committable_offsets([TP(self.transport.settings.source_topic, n) for n in numbers])
        if offsets:
            left = max(0.5, seconds - (asyncio.get_running_loop().time() - began))
            try:
                async with asyncio.timeout(left):
                    saved = await self._commit_offsets(offsets) and saved
            except TimeoutError:
                log.warning("the commit did not arrive within %.1f s; the next owner reads the records again", left)
                saved = False
        shell.forget(numbers)
        self._thread.forget()
        return saved

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        numbers = [tp.partition for tp in assigned if tp.topic == self.transport.settings.source_topic]
        self._thread.forget()
        self.transport.shell.assigned(numbers, generation_id, self._thread.look_again)
        await super().on_partitions_assigned(assigned, generation_id)

    def end_of(self, partition: int) -> int | None:
        """The offset that the partition's next record will get, as the last fetch told; None before one did."""
        try:
            end: int | None = self._thread.highwater(TP(self.transport.settings.source_topic, partition))
        except (AssertionError, IllegalStateError, ConsumerNotStarted):
            return None  # between two assignments
        return end

    @property
    def group_error(self) -> BaseException | None:
        """What ended the group membership for good, if anything has."""
        error: BaseException | None = self._thread.group_error
        return error


class WorkerTransport(driver.Transport):  # type: ignore[misc]
    """Makes `WorkerConsumer`s that ask `shell`."""

    Consumer: ClassVar[Any] = WorkerConsumer

    def __init__(self, *args: Any, shell: Shell, settings: WorkerSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shell = shell
        self.settings = settings

    def readable(self, tps: Set[TP]) -> frozenset[TP]:
        """Those whose records can be handled: the others' would only be in the way."""
        owned = self.shell.partitions
        return frozenset(tp for tp in tps if tp.partition in owned and owned[tp.partition].active)
