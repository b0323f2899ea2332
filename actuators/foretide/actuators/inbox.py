"""From the topic of commands to the engine and back to the pool's log, with every record accounted for.

A record's offset is committed once its outcome is in the broker, or once it is known to need none; so after a crash
whatever was under way comes again, and the ledger tells what of it was done.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from foretide.actuators.engine import Engine
from foretide.actuators.lanes import Lanes
from foretide.actuators.ledger import Ledger
from foretide.actuators.metrics import ActuatorMetrics
from foretide.actuators.settings import ActuatorSettings
from foretide.actuators.watermark import Watermark
from foretide.schemas.codec import parse_as
from foretide.schemas.dead_letters import DeadLetterGuard, dead_letter
from foretide.schemas.errors import BrokerError, InvalidMessage
from foretide.schemas.kafka.sender import Sender
from foretide.schemas.messages import Command, OutcomeEvent, RecordRef
from foretide.schemas.topics import COMMANDS, DEAD_LETTERS, POOL_EVENTS

log = logging.getLogger(__name__)

CONSUMER_NAME: Final = "foretide-actuator"
_POLL_MS: Final = 200
_SEND_SECONDS: Final = 3600.0
"""An outcome waits as long as the broker is away: it is in the ledger, and the offset is not committed before."""


class Inbox(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads commands, has them carried out, sends their outcomes, commits."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        sender: Sender,
        engine: Engine,
        ledger: Ledger,
        metrics: ActuatorMetrics,
        settings: ActuatorSettings,
    ) -> None:
        self._consumer = consumer
        self._sender = sender
        self._engine = engine
        self._ledger = ledger
        self._metrics = metrics
        self._settings = settings
        self._lanes = Lanes(settings.in_flight)
        self._guard = DeadLetterGuard()
        self._marks: dict[TopicPartition, Watermark] = {}
        self._since: dict[str, float] = {}
        metrics.watch(lambda: len(self._lanes))

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; then finish what is under way, within the settings' limits. Raises what ended it early:
        LedgerError, TooManyDeadLetters, or what the broker refused."""
        stopping = asyncio.create_task(stop.wait())
        failing = asyncio.create_task(self._lanes.failed.wait())
        reading = asyncio.create_task(self._read())
        committing = asyncio.create_task(self._commit_now_and_then())
        try:
            await asyncio.wait({stopping, failing, reading, committing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stopping, failing, reading, committing):
                if not task.done():
                    task.cancel()
            ended = await asyncio.gather(reading, committing, return_exceptions=True)
            await self._finish()
        for error in (self._lanes.failure, *ended):
            if isinstance(error, KafkaError):
                raise BrokerError(f"the broker refused: {type(error).__name__} {error}".rstrip()) from error
            if error is not None and not isinstance(error, asyncio.CancelledError):
                raise error

    async def recover(self) -> None:
        """Settle and tell what an earlier run left in the ledger, whether or not its records come again."""
        for entry in self._ledger.unsettled():
            command = entry.command
            log.info("%s: left by an earlier run, %s", command.id, "untold" if entry.outcome else "begun")
            self._metrics.recovered += 1
            await self._lanes.submit(_keys(command), lambda c=command: self._settle(c))  # type: ignore[misc]

    def progress(self) -> Mapping[str, Any]:
        """How far every partition is; for people and tests."""
        return {
            "partitions": {
                str(p.partition): {"next": mark.next_offset, "committed": mark.committed}
                for p, mark in self._marks.items()
            },
            "in_flight": len(self._lanes),
            "outcomes": dict(self._metrics.outcomes),
            "repeated": self._metrics.repeated,
            "stale": self._metrics.stale,
            "dead_letters": self._metrics.dead_letters,
            "recovered": self._metrics.recovered,
        }

    def liveness(self) -> str | None:
        """Why the process counts as stuck; None if it does not."""
        now = time.monotonic()
        for command_id, since in self._since.items():
            if now - since > self._settings.stuck_seconds:
                return f"command {command_id} has been under way for {now - since:.0f} s"
        return None

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Another actuator of the pool gets them: what is under way here ends first, and is committed."""
        if not await self._lanes.idle(self._settings.stop.settle_seconds):
            log.warning("%d commands are under way while their partition moves on", len(self._lanes))
        await self._commit()
        for partition in revoked:
            self._marks.pop(partition, None)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """From now on these are ours."""
        log.info("reading %s", ", ".join(f"{p.topic}/{p.partition}" for p in sorted(assigned)) or "nothing")

    async def _read(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=self._settings.in_flight)
            for partition, records in batches.items():
                mark = self._marks.setdefault(partition, Watermark())
                for record in records:
                    mark.take(record.offset)
                    await self._take(mark, record)

    async def _take(self, mark: Watermark, record: Any) -> None:
        try:
            command = parse_as(Command, COMMANDS, record.value)
            if record.key != command.pool.encode():
                raise InvalidMessage(COMMANDS, "$.pool", f"the record's key is {record.key!r}, not {command.pool!r}")
        except InvalidMessage as e:
            await self._set_aside(mark, record, e)
            return
        self._guard.good()
        if command.pool != self._settings.pool:
            mark.done(record.offset)
        elif not self._ledger.raise_epoch(command.pool, command.epoch):
            log.warning("%s: epoch %d was superseded; not carried out", command.id, command.epoch)
            self._metrics.superseded()
            mark.done(record.offset)
        else:

            async def work() -> None:
                await self._settle(command)
                mark.done(record.offset)

            await self._lanes.submit(_keys(command), work)

    async def _settle(self, command: Command) -> None:
        self._since[command.id] = time.monotonic()
        try:
            settled = await self._engine.carry_out(command)
        finally:
            self._since.pop(command.id, None)
        outcome = settled.outcome
        if settled.repeated:
            self._metrics.again()
        else:
            self._metrics.settled(outcome)
            log.info("%s: %s %s %s %s", command.id, command.action, command.app, outcome.status, outcome.message)
        if (inventory := await self._engine.inventory(command)) is not None:
            delivery = await self._sender.send(POOL_EVENTS, inventory.pool, inventory, timeout_seconds=_SEND_SECONDS)
            await delivery  # the cards are known before the planner hears that they came
        await self._tell(outcome)

    async def _tell(self, outcome: OutcomeEvent) -> None:
        delivery = await self._sender.send(POOL_EVENTS, outcome.pool, outcome, timeout_seconds=_SEND_SECONDS)
        await delivery
        self._ledger.told(outcome.command_id)

    async def _set_aside(self, mark: Watermark, record: Any, error: InvalidMessage) -> None:
        log.warning("%s/%d/%d set aside: %s", record.topic, record.partition, record.offset, error)
        self._metrics.set_aside()
        ref = RecordRef(topic=record.topic, partition=record.partition, offset=record.offset)
        letter = dead_letter(ref, CONSUMER_NAME, error, record.key, record.value, time.time_ns() // 1_000_000)

        async def work() -> None:
            delivery = await self._sender.send(DEAD_LETTERS, COMMANDS, letter, timeout_seconds=_SEND_SECONDS)
            await delivery
            mark.done(record.offset)

        await self._lanes.submit((), work)
        self._guard.bad()

    async def _commit_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._settings.commit_seconds)
            await self._commit()

    async def _commit(self) -> None:
        due = {
            partition: offset
            for partition, mark in self._marks.items()
            if (offset := mark.next_offset) is not None and offset != mark.committed
        }
        if not due:
            return
        try:
            await self._consumer.commit(due)
        except KafkaError as e:
            log.warning("offsets could not be committed (%s); trying again", e or type(e).__name__)
            return
        for partition, offset in due.items():
            if partition in self._marks:
                self._marks[partition].committed = offset

    async def _finish(self) -> None:
        limits = self._settings.stop
        if not await self._lanes.idle(limits.settle_seconds):
            log.warning("%d commands are left to the next start", len(self._lanes))
            await self._lanes.cancel()
        try:
            await asyncio.wait_for(self._commit(), limits.close_seconds)
        except TimeoutError:
            log.warning("the last offsets could not be committed; these commands come again and are recognised")


def _keys(command: Command) -> set[tuple[str, str]]:
    """What must not be worked on twice at once: the application, and the cards on both sides."""
    resources = {p.resource for p in (command.expected, command.desired) if p is not None}
    if command.provision is not None:
        resources.update(command.provision.resources)
    return {("app", command.app), *(("resource", r) for r in resources)}
