"""Fixtures that every room's tests share: brokers, and the recorded traces."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from foretide.deploy.broker import KafkaBroker, MockBroker, jars, start
from foretide.streams.forecasting.warming import warm_up

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("foretide", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("foretide")


def pytest_sessionstart() -> None:
    """On a new machine forecasts are compiled here once, not within some test's time limit."""
    warm_up()


def _need_kafka() -> None:
    lacking = jars.missing_tools()
    if lacking and not os.environ.get("FORETIDE_REQUIRE_KAFKA"):
        pytest.skip(f"a real Kafka needs {' and '.join(lacking)}, which this machine lacks")


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[KafkaBroker]:
    """A real Apache Kafka for the whole session; its topics are shared, so tests use names of their own."""
    _need_kafka()
    broker = start("kafka")
    assert isinstance(broker, KafkaBroker)
    yield broker
    broker.stop()


@pytest.fixture
def fresh_kafka() -> Iterator[KafkaBroker]:
    """A real Apache Kafka of the test's own, with empty topics; the test may kill it. Costs some 3 s."""
    _need_kafka()
    broker = start("kafka")
    assert isinstance(broker, KafkaBroker)
    yield broker
    broker.stop()


@pytest.fixture
def mock_broker() -> Iterator[MockBroker]:
    """librdkafka's mock cluster, of the test's own."""
    broker = start("mock")
    assert isinstance(broker, MockBroker)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def traces() -> Path:
    """The folder of recorded traces; the test is skipped where there is none."""
    folder = Path(os.environ.get("FORETIDE_TRACES") or ROOT.parent / "shared" / "traces")
    if not folder.is_dir():
        pytest.skip(f"no recorded traces at {folder}; name their folder in FORETIDE_TRACES")
    return folder
