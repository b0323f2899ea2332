"""The Faust app is made as the recipe wants it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from foretide.schemas.errors import SettingsError
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.streams.worker.app import create_app
from foretide.streams.worker.bundles import Bundling
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.settings import MOCK_SESSION_SECONDS, SessionSettings, WorkerSettings
from foretide.streams.worker.transport import WorkerTransport


def settings(**more: Any) -> WorkerSettings:
    kafka = KafkaSettings(bootstrap="127.0.0.1:9092,127.0.0.2:9093")
    return WorkerSettings(
        kafka=kafka, group="foretide-profile", source_topic="telemetry.v1", output_topics=("predictions.v1",), **more
    )


async def test_the_agent_gets_raw_bytes_and_our_transport(tmp_path: Path) -> None:
    app = create_app(settings(), SimpleNamespace(partitions={}), str(tmp_path))  # type: ignore[arg-type]
    (agent,) = app.agents.values()
    assert agent.channel.key_serializer == agent.channel.value_serializer == "raw"
    assert agent.concurrency == 1
    assert app.conf.ConsumerScheduler is Bundling
    assert isinstance(app.transport, WorkerTransport)
    conf = app.conf
    assert conf.processing_guarantee.value == "at_least_once"
    assert not conf.topic_allow_declare
    assert not conf.web_enabled
    assert not app.boot_strategy._should_enable_kafka_producer()
    assert not app.boot_strategy._should_enable_web()
    assert not app.tables.changelog_topics  # snapshots are ours: a table's recovery would trust the newest one


async def test_records_are_asked_for_only_where_they_can_be_handled(tmp_path: Path) -> None:
    owned = {number: Owned(number, 1) for number in range(3)}
    app = create_app(settings(), SimpleNamespace(partitions=owned), str(tmp_path))  # type: ignore[arg-type]
    every = {TP("telemetry.v1", number) for number in range(4)}
    assert app.transport.readable(every) == set()
    owned[0].ready.set()
    owned[2].ready.set()
    owned[2].released.set()
    assert app.transport.readable(every) == {TP("telemetry.v1", 0)}


async def test_apps_do_not_share_anything(tmp_path: Path) -> None:
    first, second = (create_app(settings(), SimpleNamespace(partitions={}), str(tmp_path)) for _ in range(2))  # type: ignore[arg-type]
    assert first is not second
    assert first.agents is not second.agents


def test_a_heartbeat_that_cannot_keep_the_session_is_refused() -> None:
    with pytest.raises(SettingsError, match="--heartbeat: 30 s"):
        settings(session=SessionSettings(timeout=45, heartbeat=30))


def test_the_mock_cluster_gets_a_short_session() -> None:
    mock = settings().for_mock_broker()
    assert mock.mock_broker
    assert mock.session.timeout == MOCK_SESSION_SECONDS
    assert mock.session.heartbeat <= MOCK_SESSION_SECONDS / 2
    assert settings().freeze_limit == 42.0
