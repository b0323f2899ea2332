"""Makes the Faust app: one agent on the source topic, raw bytes, our transport; no web server, no producer of Faust's.

Faust brings the agent, the consumer in its own thread and the rebalance protocol; it hands records over in bundles,
one for all that was fetched since the last. What leaves the worker goes through our outbox, so Faust's producer is not
started.
"""

from __future__ import annotations

from typing import Any

import faust
from faust.app.base import BootStrategy
from yarl import URL

from foretide.streams.worker.bundles import MOST_WAITING, BundleSchema, Bundling
from foretide.streams.worker.gatherer import Gatherer
from foretide.streams.worker.settings import WorkerSettings
from foretide.streams.worker.shell import Shell
from foretide.streams.worker.transport import FAUST_LOG, WorkerTransport


class ConsumeOnly(BootStrategy):  # type: ignore[misc]
    """Start neither Faust's producer nor its web server."""

    enable_kafka_producer = False
    enable_web = False


class WorkerApp(faust.App):  # type: ignore[misc]
    """A Faust app that only consumes."""

    BootStrategy = ConsumeOnly
    logger = FAUST_LOG


def create_app(settings: WorkerSettings, shell: Shell, datadir: str) -> Any:
    """The Faust app of one worker, not started. `datadir` is a folder that Faust may write to."""
    session = settings.session
    brokers = [URL(f"kafka://{server}") for server in settings.kafka.servers]
    app = WorkerApp(
        id=settings.group,
        broker=brokers,
        store="memory://",
        datadir=datadir,
        autodiscover=False,
        processing_guarantee="at_least_once",
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=session.timeout,
        broker_heartbeat_interval=session.heartbeat,
        broker_request_timeout=max(90.0, session.timeout),
        broker_rebalance_timeout=session.rebalance_timeout,
        broker_commit_interval=session.commit_interval,
        broker_check_crcs=not settings.mock_broker,
        stream_buffer_maxsize=MOST_WAITING,
        stream_wait_empty=True,
        stream_processing_timeout=60,
        ConsumerScheduler=Bundling,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.transport = WorkerTransport(brokers, app, shell=shell, settings=settings)
    source = app.topic(settings.source_topic, schema=BundleSchema(), partitions=settings.partitions)

    @app.agent(source, name=f"{settings.group}-intake", concurrency=1)  # type: ignore[untyped-decorator]
    async def intake(stream: Any) -> None:
        async with Gatherer(shell.take_all, shell.crashed) as gatherer:
            async for bundle in stream:
                for raws in bundle:
                    await gatherer.offer(raws)

    return app
