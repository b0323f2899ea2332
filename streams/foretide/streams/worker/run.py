"""Runs a worker from its checks to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from aiokafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from foretide.schemas.dead_letters import DeadLetterGuard, DeadLetterLimit, TooManyDeadLetters
from foretide.schemas.errors import ForetideError
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.errors import TopicUnsuitable
from foretide.schemas.service import run_until_stopped, serve
from foretide.schemas.service.files import write_whole
from foretide.schemas.topics import DEAD_LETTERS
from foretide.streams.worker.allocator import keep_freed_memory
from foretide.streams.worker.app import create_app
from foretide.streams.worker.changelog import Changelog, reader
from foretide.streams.worker.collector import Collector
from foretide.streams.worker.errors import CrashedError
from foretide.streams.worker.freeze import FreezeGuard
from foretide.streams.worker.intake import Intake
from foretide.streams.worker.measures import CoreCollector
from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.outbox import Outbox
from foretide.streams.worker.processor import Measured, Processor
from foretide.streams.worker.progress import ProgressReport
from foretide.streams.worker.settings import WorkerSettings
from foretide.streams.worker.shell import Shell
from foretide.streams.worker.source import SourceReader
from foretide.streams.worker.threads import give_way_soon

log = logging.getLogger(__name__)

EXIT_UNSAVED: Final = 3
"""Stopped in order, but the broker did not take all state or the commit: the next owner reads those records again."""

TICK_SECONDS: Final = 0.5
"""How often snapshots that are due, the group's health and the gauges are looked at."""


def run_worker(processor: Processor, settings: WorkerSettings) -> int:
    """Run a worker until SIGTERM, SIGINT or a failure; the exit code. Raises ForetideError for what a user can mend."""
    keep_freed_memory()
    give_way_soon()
    return run_until_stopped(lambda stop: _run(processor, settings, stop), settings.limits.stop_seconds)


async def _run(processor: Processor, settings: WorkerSettings, stop: asyncio.Event) -> int:
    checking = asyncio.create_task(_checked(settings))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([checking, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if stop.is_set() and not checking.done():
        checking.cancel()
        return 0
    settings = checking.result()
    guard = FreezeGuard(settings.freeze_limit)
    guard.start()
    try:
        return await Worker(processor, settings, guard.check).run(stop)
    finally:
        guard.stop()


async def _checked(settings: WorkerSettings) -> WorkerSettings:
    """Ask the broker whether this worker can do its work; the settings that fit the broker."""
    info = await check_broker(
        settings.kafka,
        topics_read=(settings.source_topic, settings.changelog),
        topics_write=(*settings.output_topics, DEAD_LETTERS, settings.changelog),
        groups=(settings.group,),
        timeout_seconds=settings.limits.start_seconds,
    )
    source, changelog = (info.partitions.get(topic) for topic in (settings.source_topic, settings.changelog))
    if source != changelog:
        raise TopicUnsuitable(
            f"{settings.changelog} has {changelog} partitions, {settings.source_topic} has {source}: they must be "
            "equal. Delete the former and create it anew: foretide topics create"
        )
    return settings.for_mock_broker() if info.mock else settings


class Worker:
    """One worker process's parts, wired once. `check` ends the process after a freeze and is asked before writes."""

    def __init__(self, processor: Processor, settings: WorkerSettings, check: Callable[[], None]) -> None:
        self._settings = settings
        self._failure: asyncio.Future[ForetideError] = asyncio.get_running_loop().create_future()
        kafka, limits = settings.kafka, settings.limits
        crcs = not settings.mock_broker
        self._metrics = metrics = WorkerMetrics(CollectorRegistry())
        if isinstance(processor, Measured):
            metrics.registry.register(CoreCollector(processor.measures))
        self._outbox = outbox = Outbox(
            # aiokafka's lz4 is set to its slowest: zstd takes a third of the time and leaves two thirds of the bytes.
            # Only one batch a partition is on its way at a time, so it is large; brokers take twice that, and packed.
            clients.producer(kafka, compression_type="zstd", max_batch_size=524_288),
            max_messages=limits.outbox_messages,
            max_bytes=limits.outbox_bytes,
            check=check,
            failed=self._fail,
        )
        self._source = SourceReader(
            clients.consumer(kafka, group_id=settings.group, check_crcs=crcs), settings.source_topic
        )
        self._changelog = Changelog(reader(kafka, check_crcs=crcs), settings.changelog)
        letters = DeadLetterLimit(
            limits.dead_letters_consecutive, limits.dead_letters_ratio, limits.dead_letters_window
        )
        intake = Intake(processor, settings.group, outbox, metrics, DeadLetterGuard(letters), time.monotonic)
        self._shell = Shell(processor, settings, intake, outbox, self._source, self._changelog, metrics, self._fail)
        self._report = ProgressReport(settings.group, settings.endpoint, self._shell, outbox, metrics, self._highwater)
        self._collector = Collector()
        self._app: Any = None

    async def run(self, stop: asyncio.Event) -> int:
        """Start, work until `stop` or a failure, stop; the exit code."""
        settings = self._settings
        datadir = tempfile.mkdtemp(prefix="foretide-worker-")
        endpoint = await serve(
            self._metrics.registry,
            liveness=self._report.liveness,
            progress=self._report.document,
            port=settings.endpoint.port,
        )
        try:
            if settings.endpoint.port_file is not None:
                write_whole(settings.endpoint.port_file, f"{endpoint.port}\n".encode(), "port-file")
            log.info("worker of %s: progress at %s/progress", settings.group, endpoint.url)
            self._app = create_app(settings, self._shell, datadir)
            try:
                for client in (self._outbox, self._source, self._changelog):
                    await client.start()
            except KafkaError as error:
                raise CrashedError(f"the broker went away during the start: {error}") from error
            return await self._work(stop)
        finally:
            await endpoint.close()
            self._collector.close()
            shutil.rmtree(datadir, ignore_errors=True)

    async def _work(self, stop: asyncio.Event) -> int:
        start = asyncio.create_task(self._app.start(), name="faust")
        ticks = asyncio.create_task(self._tick(start), name="ticks")
        stopping = asyncio.create_task(stop.wait())
        waits: list[asyncio.Future[Any]] = [stopping, self._failure]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        ticks.cancel()
        stopping.cancel()
        failed = self._failure.done()
        # After too many dead letters all state is sound: it is saved, and the records set aside are not read again.
        sound = not failed or isinstance(self._failure.result(), TooManyDeadLetters)
        saved = await self._stop(start, save=sound)
        if failed:
            raise self._failure.result()
        return 0 if saved else EXIT_UNSAVED

    async def _tick(self, start: asyncio.Task[None]) -> None:
        """Snapshots at their cadence, and a look at Faust's health."""
        cadence = self._settings.snapshots.cadence
        while True:
            more = self._shell.snapshot_due(time.monotonic())
            self._report.refresh_gauges()
            self._look_after(start)
            self._collector.look(self._shell.settled, self._shell.asleep)
            await asyncio.sleep(0 if more else min(TICK_SECONDS, cadence / 4))

    def _look_after(self, start: asyncio.Task[None]) -> None:
        if start.done() and not start.cancelled() and (error := start.exception()) is not None:
            self._fail(CrashedError(f"the worker could not start: {error!r}"))
        elif self._app.crashed:
            self._fail(CrashedError(f"the worker crashed: {self._app.crash_reason!r}"))
        elif (error := self._app.consumer.group_error) is not None:
            self._fail(CrashedError(f"the group {self._settings.group} refuses this worker: {error!r}"))

    async def _stop(self, start: asyncio.Task[None], *, save: bool) -> bool:
        """Hand over and stop everything within the limit; whether the state was saved and committed."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._settings.limits.stop_seconds - 1.5  # what is left is for the interpreter
        numbers = list(self._shell.partitions)
        threading.excepthook = _client_thread_ended
        saved = False
        if save:
            saved = await self._app.consumer.hand_over(numbers, (end - loop.time()) * 0.5)
            if not saved:
                log.error("stopping without having saved everything: the next owner reads those records again")
        else:
            self._shell.forget(numbers)
        await self._outbox.stop(1.0)
        stopping = asyncio.gather(self._app.stop(), self._source.stop(), self._changelog.stop(), return_exceptions=True)
        done, _ = await asyncio.wait({stopping}, timeout=max(0.5, end - loop.time()))
        start.cancel()
        if not done:
            # A client hangs while the broker is away; its threads would keep the process. Nothing is left to save.
            log.warning("the broker's clients did not stop in time; the process ends without them")
            error = self._failure.result() if self._failure.done() else None
            if error is not None:
                log.error("%s", error)
            logging.shutdown()
            os._exit(1 if error is not None else 0 if saved else EXIT_UNSAVED)
        return saved

    def _fail(self, error: ForetideError) -> None:
        if not self._failure.done():
            self._failure.set_result(error)

    def _highwater(self, partition: int) -> int | None:
        owned = self._shell.partitions.get(partition)
        if owned is None or self._app is None:
            return None
        return self._app.consumer.end_of(partition)  # type: ignore[no-any-return]


def _client_thread_ended(args: threading.ExceptHookArgs) -> None:
    """Faust's client thread ends by an error when the broker is away; while stopping that is no news but one line."""
    log.warning("a client's thread ended with %s while stopping", args.exc_type.__name__)
