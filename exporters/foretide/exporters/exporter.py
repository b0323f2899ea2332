"""One exporter's run: ticks from the source, through the window builder, to the broker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import time
from collections.abc import Mapping
from typing import Any, Final

from foretide.exporters.delivery import Buffer, Delivery
from foretide.exporters.errors import NotDelivered
from foretide.exporters.inventory import inventory_event
from foretide.exporters.metrics import ExporterMetrics
from foretide.exporters.pacing import Pacer
from foretide.exporters.report import Report, write_report
from foretide.exporters.samples import Tick
from foretide.exporters.settings import ExporterSettings
from foretide.exporters.sources import Source
from foretide.exporters.windows import WindowBuilder
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.sender import Sender
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.service import serve
from foretide.schemas.topics import POOL_EVENTS, TELEMETRY

log = logging.getLogger(__name__)

_OVERDUE_SECONDS: Final = 60.0
"""A source so much overdue counts as stuck."""
_BUFFER_AT_FULL_SPEED: Final = 2_000
"""A source that waits for room needs no larger buffer."""


class Exporter:
    """Runs one source until it ends, its time is up, or `stop` is set; then sends what is left."""

    def __init__(self, source: Source, kafka: KafkaSettings, settings: ExporterSettings) -> None:
        self._source = source
        self._kafka = kafka
        self._settings = settings
        self._metrics = ExporterMetrics()
        self._pacer = Pacer()
        self._builder = WindowBuilder(max(1, round(settings.window_seconds * 1000)), settings.source)
        self._apps: set[str] = set()
        self._samples = 0
        self._inventory_sent = 0
        self._first_ms: int | None = None
        self._last_ms: int | None = None
        self._waits_for_room = False

    async def run(self, stop: asyncio.Event) -> Report:
        """The whole run; the report is written where the settings say.

        BrokerError if the broker cannot be used at the start; NotDelivered if the source came to its end, or its time
        limit, and not every window could be sent.
        """
        began = time.monotonic()
        started_ms = time.time_ns() // 1_000_000
        resources = self._source.resources()
        topics = (TELEMETRY,) if resources is None else (TELEMETRY, POOL_EVENTS)
        await check_broker(self._kafka, topics_write=topics, timeout_seconds=10.0)
        sender = Sender(self._kafka, max_pending=self._settings.delivery.in_flight)
        await sender.start()
        limit = self._settings.delivery.buffer_windows
        delivery = Delivery(
            sender, Buffer(limit if self._source.live else min(limit, _BUFFER_AT_FULL_SPEED)), self._metrics
        )
        self._metrics.watch(lambda: delivery.waiting, lambda: self._pacer.lag_seconds)
        self._delivery, self._sender = delivery, sender
        ended = "end of source"
        settled = False
        try:
            endpoint = await serve(
                self._metrics.registry,
                liveness=self._liveness,
                progress=self._progress,
                host=self._settings.metrics_host,
                port=self._settings.metrics_port,
            )
            log.info("metrics on %s/metrics", endpoint.url)
            delivery.start()
            try:
                ended = await self._consume(stop, started_ms)
            finally:
                self._pacer.next_due = None
                await endpoint.close()
        finally:
            settled = await self._finish(stop)
            self._source.close()
        report = self._report(ended, time.monotonic() - began)
        if self._settings.report is not None:
            write_report(self._settings.report, report)
        if not settled and not stop.is_set():
            raise NotDelivered(
                f"{report.windows_unsent} of {report.windows_built} windows could not be sent: the broker did not take "
                f"them within {self._settings.delivery.flush_seconds:g} s. Start again when it is back."
            )
        return report

    async def _consume(self, stop: asyncio.Event, started_ms: int) -> str:
        """Take ticks until the end; why it came."""
        ending = asyncio.Event()
        loop = asyncio.get_running_loop()
        limit = self._settings.seconds
        timer = loop.call_later(limit, ending.set) if limit is not None else None
        watcher = asyncio.create_task(_forward(stop, ending), name="stop-watcher")
        try:
            async with contextlib.aclosing(self._source.ticks(self._pacer, ending)) as ticks:
                async for tick in ticks:
                    if self._first_ms is None:
                        await self._announce(tick.at_ms, started_ms)
                    for window in self._take(tick):
                        if not self._source.live and not self._delivery.has_room:
                            await self._wait_for_room(ending)
                        self._delivery.offer(window)
                    if ending.is_set():
                        break
        finally:
            watcher.cancel()
            if timer is not None:
                timer.cancel()
        for window in self._builder.flush():
            self._delivery.offer(window)
        return "signal" if stop.is_set() else "time limit" if ending.is_set() else "end of source"

    def _take(self, tick: Tick) -> list[TelemetryWindow]:
        """The windows that the tick's samples closed."""
        self._last_ms = tick.at_ms
        closed: list[TelemetryWindow] = []
        for sample in tick.samples:
            self._apps.add(sample.app)
            closed += self._builder.add(sample)
        closed += self._builder.advance(tick.at_ms)
        self._samples += len(tick.samples)
        self._metrics.samples.inc(len(tick.samples))
        return closed

    async def _announce(self, at_ms: int, started_ms: int) -> None:
        """Tell the pool's planner which cards there are, before the first window."""
        self._first_ms = at_ms
        resources = self._source.resources()
        if resources is None:
            return
        settings = self._settings
        event = inventory_event(settings.pool, settings.source, resources, at_ms, started_ms, 0, settings.kinds)
        delivered = await self._sender.send(POOL_EVENTS, self._settings.pool, event)
        delivered.add_done_callback(self._announced)

    def _announced(self, delivered: asyncio.Future[Any]) -> None:
        if delivered.cancelled() or (error := delivered.exception()) is not None:
            log.warning("the inventory was not delivered: %s", error)
        else:
            self._inventory_sent += 1
            self._metrics.inventory_sent.inc()

    async def _wait_for_room(self, ending: asyncio.Event) -> None:
        room = asyncio.ensure_future(self._delivery.room())
        self._waits_for_room = True
        end = asyncio.ensure_future(ending.wait())
        try:
            await asyncio.wait({room, end}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waits_for_room = False
            room.cancel()
            end.cancel()

    async def _finish(self, stop: asyncio.Event) -> bool:
        """Send what is left; whether all of it was. A signal cuts the patience of a run that ended by itself short."""
        limits = self._settings.delivery
        drained = asyncio.ensure_future(self._delivery.drained())
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({drained, stopped}, timeout=limits.flush_seconds, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set() and not drained.done():
            await asyncio.wait({drained}, timeout=limits.stop_flush_seconds)
        drained.cancel()
        stopped.cancel()
        return await self._delivery.close(limits.close_seconds)

    def _liveness(self) -> str | None:
        overdue = self._pacer.overdue_seconds
        if overdue > _OVERDUE_SECONDS and not self._waits_for_room:
            return f"the source is {overdue:.0f} s overdue"
        return None

    def _progress(self) -> Mapping[str, Any]:
        counts = self._delivery.counts
        return {
            "kind": self._source.kind,
            "applications": len(self._apps),
            "samples_read": self._samples,
            "windows_built": counts.built,
            "windows_sent": counts.sent,
            "windows_dropped": counts.dropped,
            "windows_refused": counts.refused,
            "windows_waiting": self._delivery.waiting,
            "last_ms": self._last_ms,
        }

    def _report(self, ended: str, seconds: float) -> Report:
        counts = self._delivery.counts
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return Report(
            source=self._settings.source,
            kind=self._source.kind,
            pool=self._settings.pool,
            applications=len(self._apps),
            samples_read=self._samples,
            samples_sent=counts.samples_sent,
            windows_built=counts.built,
            windows_sent=counts.sent,
            windows_dropped=counts.dropped,
            windows_refused=counts.refused,
            windows_unsent=counts.unsent,
            inventory_sent=self._inventory_sent,
            first_ms=self._first_ms,
            last_ms=self._last_ms,
            seconds=round(seconds, 3),
            cpu_seconds=round(usage.ru_utime + usage.ru_stime, 3),
            max_rss_bytes=usage.ru_maxrss * 1024,
            ended=ended,
        )


async def _forward(stop: asyncio.Event, ending: asyncio.Event) -> None:
    await stop.wait()
    ending.set()
