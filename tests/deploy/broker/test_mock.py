"""The mock broker: a process that is gone afterwards, and says what it cannot do."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pytest

from foretide.deploy.broker import BrokerSecurity, BrokerStartError, MockBroker, jars, start
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.diagnosis import check_broker

pytestmark = pytest.mark.timeout(60)


async def test_it_answers_until_it_is_stopped(mock_broker: MockBroker) -> None:
    info = await check_broker(mock_broker.settings())
    assert info.mock
    assert (mock_broker.kind, mock_broker.name, mock_broker.alive()) == ("mock", "mock", True)
    producer = clients.producer(mock_broker.settings())
    async with producer:
        assert (await producer.send_and_wait("telemetry.v1", b"value", key=b"key")).offset == 0
    mock_broker.stop()
    assert not mock_broker.alive()
    assert not mock_broker.data.exists()


def test_what_it_cannot_do_is_told(mock_broker: MockBroker, tmp_path: Path) -> None:
    with pytest.raises(BrokerStartError, match="no users"):
        mock_broker.settings("admin")
    for refused in (mock_broker.kill, mock_broker.restart):
        with pytest.raises(BrokerStartError, match="keeps nothing"):
            refused()
    assert mock_broker.alive()
    for given in ({"port": 1}, {"data": tmp_path}, {"security": BrokerSecurity()}):
        with pytest.raises(BrokerStartError, match="takes no port, data folder or security"):
            start("mock", **given)


def test_auto_takes_it_where_a_real_one_cannot_run_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "missing_tools", lambda: ["java", "mvn"])
    said: list[str] = []
    broker = start("auto", say=said.append)
    try:
        assert broker.kind == "mock"
        assert said[0].startswith("java and mvn missing: no real Kafka here")
        assert "keeps nothing" in said[1]
    finally:
        broker.stop()
    with pytest.raises(BrokerStartError, match="a real Kafka needs java and mvn"):
        start("kafka")


def test_a_mock_that_ends_at_once_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    begun = time.monotonic()
    with pytest.raises(BrokerStartError, match=r"the mock broker ended with code \d+"):
        start("mock")
    assert time.monotonic() - begun < 10
    assert list(tmp_path.iterdir()) == []
