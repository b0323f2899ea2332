"""One actuator's run: checks, ledger, driver, endpoint, inbox, an orderly end."""

from __future__ import annotations

import asyncio
import logging
import time

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from foretide.actuators.carrying import Means
from foretide.actuators.drivers import Driver
from foretide.actuators.engine import Engine
from foretide.actuators.inbox import Inbox
from foretide.actuators.ledger import KEEP_SECONDS, Ledger
from foretide.actuators.metrics import ActuatorMetrics
from foretide.actuators.report import Report, write_report
from foretide.actuators.settings import ActuatorSettings
from foretide.schemas.kafka.clients import consumer
from foretide.schemas.kafka.diagnosis import BrokerInfo, check_broker
from foretide.schemas.kafka.errors import BrokerUnreachable
from foretide.schemas.kafka.sender import Sender
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.service import serve
from foretide.schemas.service.files import write_whole
from foretide.schemas.topics import COMMANDS, DEAD_LETTERS, POOL_EVENTS

log = logging.getLogger(__name__)


class Actuator:
    """Serves one pool with one driver until it is told to stop."""

    def __init__(self, driver: Driver, kafka: KafkaSettings, settings: ActuatorSettings) -> None:
        self._driver = driver
        self._kafka = kafka
        self._settings = settings
        self._metrics = ActuatorMetrics()

    async def run(self, stop: asyncio.Event) -> Report:
        """The whole run. BrokerError or LedgerError if it cannot begin; the report tells what was done."""
        began = time.monotonic()
        settings = self._settings
        try:
            info = await check_broker(
                self._kafka,
                topics_read=(COMMANDS,),
                topics_write=(POOL_EVENTS, DEAD_LETTERS),
                groups=(settings.group,),
            )
            ledger = Ledger(settings.ledger)
            try:
                ledger.bind(info.cluster_id or "unknown", settings.pool)
                ledger.forget(_now_ms() - int(KEEP_SECONDS * 1000))
                await self._serve(stop, ledger, info)
            finally:
                ledger.close()
        finally:
            await self._driver.close()
        report = Report(
            pool=settings.pool,
            driver=self._driver.name,
            dry_run=not settings.engine.apply,
            outcomes=dict(sorted(self._metrics.outcomes.items())),
            repeated=self._metrics.repeated,
            stale=self._metrics.stale,
            dead_letters=self._metrics.dead_letters,
            recovered=self._metrics.recovered,
            seconds=round(time.monotonic() - began, 3),
        )
        if settings.report is not None:
            write_report(settings.report, report)
        return report

    async def _serve(self, stop: asyncio.Event, ledger: Ledger, info: BrokerInfo) -> None:
        settings = self._settings
        engine = Engine(Means(self._driver, ledger, settings.engine, _now_ms))
        reader = self._consumer(ledger, info)
        sender = Sender(self._kafka)
        inbox = Inbox(reader, sender, engine, ledger, self._metrics, settings)
        reader.subscribe([COMMANDS], listener=inbox)
        endpoint = await serve(
            self._metrics.registry,
            liveness=inbox.liveness,
            progress=inbox.progress,
            host=settings.metrics_host,
            port=settings.metrics_port,
        )
        if settings.port_file is not None:
            write_whole(settings.port_file, f"{endpoint.port}\n".encode(), "port-file")
        mode = "applying" if settings.engine.apply else "dry run: nothing is changed"
        log.info("pool %s, driver %s, %s; metrics on %s/metrics", settings.pool, self._driver.name, mode, endpoint.url)
        try:
            await sender.start()
            await inbox.recover()
            await self._start(reader)
            await inbox.run(stop)
        finally:
            await endpoint.close()
            await sender.close(settings.stop.flush_seconds)
            await _stop(reader, settings.stop.close_seconds)

    def _consumer(self, ledger: Ledger, info: BrokerInfo) -> AIOKafkaConsumer:
        seconds = self._settings.session_seconds
        # A static member that returns gets its partitions back at once; a member without a name would wait for its
        # former self's session to end. The mock cluster knows no static members.
        static = {} if info.mock else {"group_instance_id": f"{self._settings.group}-{ledger.instance}"}
        return consumer(
            self._kafka,
            group_id=self._settings.group,
            session_timeout_ms=int(seconds * 1000),
            heartbeat_interval_ms=int(seconds * 300),
            **static,
        )

    async def _start(self, reader: AIOKafkaConsumer) -> None:
        try:
            await asyncio.wait_for(reader.start(), self._kafka.request_timeout_seconds * 2)
        except (KafkaError, TimeoutError) as e:
            raise BrokerUnreachable(f"the commands of {self._kafka.bootstrap} cannot be read: {e}") from e


async def _stop(reader: AIOKafkaConsumer, seconds: float) -> None:
    """Stop the consumer, within `seconds`: with the broker away its own way may hang, or end as cancelled."""
    stopping = asyncio.ensure_future(reader.stop())
    await asyncio.wait({stopping}, timeout=seconds)
    if not stopping.done():
        stopping.cancel()
        log.warning("the consumer did not stop by itself")
    elif not stopping.cancelled() and (error := stopping.exception()) is not None:
        log.warning("the consumer stopped with an error: %s", error)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
