"""Brokers of their own for tests that kill them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from foretide.deploy.broker import KafkaBroker, MockBroker, jars, start
from foretide.schemas.kafka import topic_admin
from support.lab import Lab


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A real Kafka for one test, which may kill it."""
    if lacking := jars.missing_tools():
        pytest.skip(f"a real Kafka needs {' and '.join(lacking)}")
    broker = start("kafka", tmp_path / "kafka")
    assert isinstance(broker, KafkaBroker)
    yield broker
    broker.stop()


@pytest.fixture
def own_mock() -> Iterator[MockBroker]:
    """A mock cluster for one test."""
    broker = start("mock")
    assert isinstance(broker, MockBroker)
    yield broker
    broker.stop()


@pytest_asyncio.fixture
async def lab(own_kafka: KafkaBroker, tmp_path: Path) -> AsyncIterator[Lab]:
    """Workers on a real Kafka that has the catalogue's topics."""
    await topic_admin.create(own_kafka.settings())
    lab = Lab(own_kafka.settings(), tmp_path)
    yield lab
    lab.stop_all()
