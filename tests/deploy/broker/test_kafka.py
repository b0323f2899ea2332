"""A real broker: it keeps its data over a crash and a stop, ends in order, and asks for rights."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foretide.deploy.broker import BrokerSecurity, BrokerStartError, KafkaBroker, start
from foretide.deploy.broker.acls import grant
from foretide.deploy.broker.ports import is_free
from foretide.schemas.kafka import clients, topic_admin
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.errors import AccessDenied, AuthenticationFailed
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import CATALOGUE, COMMANDS, TELEMETRY

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]
USERS = {"admin": "admin-secret", "source": "source-secret", "nobody": "nobody-secret"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kafka") / "data"


@pytest.fixture(scope="module")
def secure(kafka_broker: KafkaBroker, folder: Path) -> Iterator[KafkaBroker]:
    """A broker with a secure listener on a data folder of its own. (`kafka_broker` skips where there can be none.)"""
    broker = start("kafka", folder, security=BrokerSecurity(USERS))
    assert isinstance(broker, KafkaBroker)
    try:
        asyncio.run(topic_admin.create(broker.settings("admin"), [CATALOGUE[TELEMETRY], CATALOGUE[COMMANDS]]))
        yield broker
    finally:
        broker.stop()


async def send(settings: KafkaSettings, value: bytes, topic: str = TELEMETRY) -> None:
    async with clients.producer(settings) as producer:
        await producer.send_and_wait(topic, value, key=b"app")


async def read(settings: KafkaSettings, count: int) -> list[bytes]:
    async with asyncio.timeout(30), clients.consumer(settings, TELEMETRY, auto_offset_reset="earliest") as records:
        return [(await records.getone()).value for _ in range(count)]


async def test_a_user_may_do_what_it_was_granted_and_no_more(secure: KafkaBroker) -> None:
    source = secure.settings("source")
    assert (source.security_protocol, source.username) == ("SASL_SSL", "source")
    with pytest.raises(AccessDenied):
        await check_broker(source, topics_write=[TELEMETRY])
    assert await asyncio.to_thread(grant, secure.settings("admin"), "source", "exporter") == 2
    await check_broker(source, topics_write=[TELEMETRY])
    await send(source, b"over TLS")
    with pytest.raises(AccessDenied, match="source"):
        await check_broker(source, topics_write=[COMMANDS])
    with pytest.raises(AccessDenied):
        await check_broker(source, topics_read=[TELEMETRY])
    with pytest.raises(AccessDenied, match="nobody"):
        await check_broker(secure.settings("nobody"), topics_write=[TELEMETRY])


async def test_a_wrong_password_is_refused_and_a_stranger_unknown(secure: KafkaBroker) -> None:
    wrong = KafkaSettings(
        bootstrap=secure.settings("source").bootstrap,
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        username="source",
        password="wrong",
        ca_file=secure.settings("source").ca_file,
    )
    with pytest.raises(AuthenticationFailed):
        await check_broker(wrong)
    with pytest.raises(BrokerStartError, match="user 'stranger' is unknown; the broker has admin, source, nobody"):
        secure.settings("stranger")


async def test_a_kill_and_a_restart_keep_address_and_data(secure: KafkaBroker) -> None:
    admin, address = secure.settings("admin"), secure.bootstrap
    await send(admin, b"before the kill")
    written = await _end_offset(admin)
    await asyncio.to_thread(secure.kill)
    assert not secure.alive()
    assert is_free(int(address.rpartition(":")[2]))
    await asyncio.to_thread(secure.restart)
    assert secure.alive()
    assert secure.bootstrap == address
    assert secure.settings("admin") == admin
    assert await _end_offset(admin) == written
    assert (await read(admin, written))[-1] == b"before the kill"


def test_its_folder_and_its_port_are_its_own(secure: KafkaBroker, folder: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(BrokerStartError, match="is used by another broker"):
        start("kafka", folder)
    port = int(secure.bootstrap.rpartition(":")[2])
    with pytest.raises(BrokerStartError, match=f"port {port} of 127.0.0.1 is in use; give another one, or 0"):
        start("kafka", port=port)
    assert secure.alive()
    assert time.monotonic() - begun < 15


async def test_a_stop_is_in_order_and_the_folder_can_be_used_again(secure: KafkaBroker, folder: Path) -> None:
    admin = secure.settings("admin")
    await send(admin, b"before the stop")
    written = await _end_offset(admin)
    closed_in_order = folder / "log" / ".kafka_cleanshutdown"
    assert not closed_in_order.exists()
    await asyncio.to_thread(secure.stop)
    assert not secure.alive()
    assert closed_in_order.exists(), "the broker itself marks that it has closed its logs"
    again = await asyncio.to_thread(start, "kafka", folder)
    try:
        assert again.data == folder
        assert (await read(again.settings(), written))[-1] == b"before the stop"
    finally:
        await asyncio.to_thread(again.stop)


def test_a_temporary_folder_goes_with_the_broker(kafka_broker: KafkaBroker) -> None:
    assert kafka_broker.name.startswith("kafka 4.")
    with pytest.raises(BrokerStartError, match="without a secure listener"):
        kafka_broker.settings("admin")
    broker = start("kafka")
    address = int(broker.bootstrap.rpartition(":")[2])
    assert (broker.data / "server.properties").is_file()
    broker.stop()
    assert not broker.data.exists()
    assert is_free(address)
    broker.stop()


def test_a_data_folder_of_something_else_is_one_clear_error(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where a folder belongs")
    with pytest.raises(BrokerStartError, match="could not be formatted") as caught:
        start("kafka", tmp_path)
    assert "\n" not in str(caught.value)


async def _end_offset(settings: KafkaSettings) -> int:
    async with clients.consumer(settings, TELEMETRY) as records:
        return sum((await records.end_offsets(records.assignment())).values())
