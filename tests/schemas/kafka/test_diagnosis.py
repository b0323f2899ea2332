"""Whatever is wrong with the broker, the user gets one line that names it, in time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from foretide.deploy.broker import KafkaBroker, MockBroker
from foretide.deploy.broker.acls import grant
from foretide.schemas.errors import BrokerError
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.errors import (
    AccessDenied,
    AuthenticationFailed,
    BrokerUnreachable,
    TlsFailed,
    TopicMissing,
)
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import COMMANDS, POOL_EVENTS, TELEMETRY

pytestmark = pytest.mark.timeout(60)


async def failure(settings: KafkaSettings, **wanted: Any) -> BrokerError:
    """The error of a check, which came in time and is one line."""
    begun = time.monotonic()
    with pytest.raises(BrokerError) as caught:
        await check_broker(settings, **wanted)
    assert time.monotonic() - begun < 15
    assert "\n" not in str(caught.value)
    assert "Unable to bootstrap" not in str(caught.value)
    return caught.value


ACCEPTING_TURNS = 10
"""Turns of the loop from accepting a connection to telling of it, and some more."""


@contextlib.asynccontextmanager
async def listener(answer: bytes | None) -> AsyncIterator[KafkaSettings]:
    """A server that is no broker: it stays silent (None), or sends `answer` and hangs up."""
    open_writers: list[asyncio.StreamWriter] = []

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.append(writer)
        if answer is not None:
            writer.write(answer)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield KafkaSettings(bootstrap=f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        server.close()
        for _ in range(ACCEPTING_TURNS):
            await asyncio.sleep(0)  # one who came last may be accepted, and not yet be told to `connected`
        for writer in open_writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        await server.wait_closed()


def open_sockets() -> int:
    """How many the loop watches."""
    return len(asyncio.get_running_loop()._selector.get_map())  # type: ignore[attr-defined]


def closed_port() -> str:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{sock.getsockname()[1]}"


async def test_a_closed_port() -> None:
    error = await failure(KafkaSettings(bootstrap=closed_port()))
    assert isinstance(error, BrokerUnreachable)
    assert "connection refused" in str(error)
    assert "foretide broker run" in str(error)


async def test_an_unknown_host() -> None:
    error = await failure(KafkaSettings(bootstrap="no-such-host.invalid:9092"))
    assert isinstance(error, BrokerUnreachable)
    assert "the host name is not known" in str(error)


async def test_a_port_where_nobody_answers() -> None:
    async with listener(None) as settings:
        begun = time.monotonic()
        with pytest.raises(BrokerUnreachable, match="nothing answers as Kafka does"):
            await check_broker(settings, timeout_seconds=3)
        assert time.monotonic() - begun < 8


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x02ab"])
async def test_a_port_where_something_else_answers(answer: bytes) -> None:
    async with listener(answer) as settings:
        error = await failure(settings, timeout_seconds=4)
        assert isinstance(error, BrokerUnreachable), str(error)


async def test_the_error_of_several_servers_is_the_one_that_tells_most(secure_kafka: KafkaBroker) -> None:
    app = secure_kafka.settings("app")
    settings = dataclasses.replace(app, bootstrap=f"{closed_port()},{app.bootstrap}", password="wrong")
    assert isinstance(await failure(settings), AuthenticationFailed)


async def test_one_server_that_works_is_enough(secure_kafka: KafkaBroker) -> None:
    admin = secure_kafka.settings("admin")
    info = await check_broker(dataclasses.replace(admin, bootstrap=f"{closed_port()},{admin.bootstrap}"))
    assert not info.mock
    assert info.brokers == (admin.bootstrap,)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ({"password": "wrong"}, AuthenticationFailed, "refused user 'app': wrong user or password"),
        ({"username": "stranger"}, AuthenticationFailed, "refused user 'stranger'"),
        ({"sasl_mechanism": "PLAIN"}, AuthenticationFailed, "does not take PLAIN"),
        ({"ca_file": None}, TlsFailed, "certificate is not trusted"),
        ({"security_protocol": "PLAINTEXT"}, TlsFailed, "speaks TLS. Use --security-protocol SSL or SASL_SSL"),
        ({"security_protocol": "SASL_PLAINTEXT"}, TlsFailed, "speaks TLS. Use --security-protocol SASL_SSL."),
        ({"security_protocol": "SSL"}, AuthenticationFailed, "asks for a user. Use --security-protocol SASL_SSL"),
    ],
)
async def test_wrong_security_settings(
    secure_kafka: KafkaBroker, change: dict[str, Any], kind: type[BrokerError], says: str
) -> None:
    open_before = open_sockets()
    error = await failure(dataclasses.replace(secure_kafka.settings("app"), **change))
    assert isinstance(error, kind), str(error)
    assert open_sockets() == open_before, "the loop may end now: what is open would never be closed"
    assert says in str(error)
    assert "app-pw" not in str(error)


@pytest.mark.parametrize(
    ("protocol", "kind", "says"),
    [
        ("SASL_SSL", TlsFailed, "does not speak TLS. Use --security-protocol SASL_PLAINTEXT"),
        ("SSL", TlsFailed, "does not speak TLS. Use --security-protocol PLAINTEXT"),
        ("SASL_PLAINTEXT", AuthenticationFailed, "takes no SASL. Use --security-protocol PLAINTEXT"),
    ],
)
async def test_security_where_the_listener_has_none(
    secure_kafka: KafkaBroker, protocol: str, kind: type[BrokerError], says: str
) -> None:
    app, plain = secure_kafka.settings("app"), secure_kafka.settings()
    error = await failure(
        dataclasses.replace(app, bootstrap=plain.bootstrap, security_protocol=protocol)  # type: ignore[arg-type]
    )
    assert isinstance(error, kind), str(error)
    assert says in str(error)


async def test_missing_topics_come_with_the_command_that_makes_them(kafka_broker: KafkaBroker) -> None:
    error = await failure(kafka_broker.settings(), topics_read=["no-such.v1"], topics_write=["nor-this.v1"])
    assert isinstance(error, TopicMissing)
    assert error.topics == ("no-such.v1", "nor-this.v1")
    assert "foretide topics create" in str(error)


async def test_missing_rights_are_named(secure_kafka: KafkaBroker) -> None:
    admin, nobody, app = (secure_kafka.settings(user) for user in ("admin", "nobody", "app"))
    await topic_admin.create(admin)
    grant(admin, "app", "actuator")
    # Brokers learn of new rights a moment later.
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(AccessDenied):
                info = await check_broker(
                    app, topics_read=[COMMANDS], topics_write=[POOL_EVENTS], groups=["foretide-actuator-west"]
                )
                break
            await asyncio.sleep(0.05)
    assert info.partitions == {COMMANDS: 4, POOL_EVENTS: 4}
    cases: list[tuple[KafkaSettings, dict[str, list[str]], str, str]] = [
        (nobody, {"topics_read": [TELEMETRY]}, "read", f"topic {TELEMETRY}"),
        (nobody, {"topics_write": [TELEMETRY]}, "write to", f"topic {TELEMETRY}"),
        (nobody, {"groups": ["foretide-actuator-west"]}, "join", "group foretide-actuator-west"),
        (app, {"topics_write": [COMMANDS]}, "write to", f"topic {COMMANDS}"),  # may read it only
        (app, {"topics_read": [POOL_EVENTS]}, "read", f"topic {POOL_EVENTS}"),  # may write it only
        (app, {"topics_read": [COMMANDS], "groups": ["other"]}, "join", "group other"),
    ]
    for settings, wanted, operation, resource in cases:
        error = await failure(settings, **wanted)
        assert isinstance(error, AccessDenied), str(error)
        assert error.operation == operation
        assert error.resource.startswith(resource)
        assert f"user '{settings.username}' may not {operation} {resource}" in str(error)


async def test_the_superuser_may_do_everything(secure_kafka: KafkaBroker) -> None:
    admin = secure_kafka.settings("admin")
    await topic_admin.create(admin)
    await check_broker(admin, topics_read=[TELEMETRY], topics_write=[TELEMETRY], groups=["any"])


async def test_a_broker_without_authorizer_allows_everything(kafka_broker: KafkaBroker) -> None:
    await topic_admin.create(kafka_broker.settings())
    info = await check_broker(
        kafka_broker.settings(), topics_read=[TELEMETRY], topics_write=[TELEMETRY], groups=["any"]
    )
    assert not info.mock
    assert info.cluster_id


async def test_the_mock_cluster_is_recognised(mock_broker: MockBroker) -> None:
    settings = mock_broker.settings()
    assert isinstance(await failure(settings, topics_read=[TELEMETRY]), TopicMissing), (
        "the check itself creates nothing"
    )
    await topic_admin.create(settings)
    info = await check_broker(settings, topics_read=[TELEMETRY], topics_write=[TELEMETRY], groups=["any"])
    assert info.mock
    assert info.partitions == {TELEMETRY: 4}
    error = await failure(dataclasses.replace(settings, security_protocol="SASL_PLAINTEXT", username="u", password="p"))
    assert "takes no SASL" in str(error)
