"""Can this process do its work with this broker? Asked before it starts, answered in one line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.coordination import FindCoordinatorRequest

from foretide.schemas.errors import BrokerError
from foretide.schemas.kafka import protocol
from foretide.schemas.kafka.connecting import any_connection, close, connect
from foretide.schemas.kafka.errors import AccessDenied, BrokerUnreachable, TopicMissing
from foretide.schemas.kafka.settings import KafkaSettings

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class BrokerInfo:
    """What was found. `brokers` are the advertised HOST:PORTs; `partitions` holds each asked topic's count.

    `mock` is a broker without topic administration: librdkafka's mock cluster.
    """

    cluster_id: str | None
    brokers: tuple[str, ...]
    mock: bool
    partitions: dict[str, int]


async def check_broker(
    settings: KafkaSettings,
    *,
    topics_read: Iterable[str] = (),
    topics_write: Iterable[str] = (),
    groups: Iterable[str] = (),
    timeout_seconds: float = 10.0,
) -> BrokerInfo:
    """Connect, authenticate, and ask whether the topics exist and may be read or written, and the groups joined.

    Raises within about `timeout_seconds` a BrokerError of one line: BrokerUnreachable, TlsFailed,
    AuthenticationFailed, TopicMissing or AccessDenied. It changes nothing and joins nothing.
    """
    read, write, joined = tuple(topics_read), tuple(topics_write), tuple(groups)
    try:
        async with (
            asyncio.timeout(timeout_seconds + 1.0),
            any_connection(settings, timeout_seconds * 0.7) as connection,
        ):
            mock = protocol.CREATE_TOPICS not in connection._versions  # noqa: SLF001
            metadata = await _describe(connection, sorted({*read, *write}))
            _check_topics(settings, metadata, read, write)
            await _check_advertised(settings, metadata, timeout_seconds * 0.2)
            if protocol.DESCRIBE_GROUPS in connection._versions:  # noqa: SLF001
                for group in joined:
                    await _check_group(settings, connection, group)
    except TimeoutError as e:
        raise BrokerUnreachable(
            f"{settings.bootstrap}: connected, but the broker did not answer within {timeout_seconds:.0f} s. "
            "Is it still starting?"
        ) from e
    except KafkaError as e:
        raise BrokerUnreachable(f"{settings.bootstrap}: the connection broke ({type(e).__name__} {e}).") from e
    return BrokerInfo(
        cluster_id=metadata.cluster_id,
        brokers=tuple(f"{host}:{port}" for _, host, port, _ in sorted(metadata.brokers)),
        mock=mock,
        partitions={topic[1]: len(topic[3]) for topic in metadata.topics},
    )


async def _describe(connection: AIOKafkaConnection, topics: list[str]) -> Any:
    """Metadata of `topics`, once none is on its way to a leader any more."""
    while True:
        metadata = await connection.send(protocol.DescribeTopics(topics))
        if all(topic[0] != protocol.LEADER_NOT_AVAILABLE for topic in metadata.topics):
            return metadata
        await asyncio.sleep(RETRY_SECONDS)


def _check_topics(settings: KafkaSettings, metadata: Any, read: Sequence[str], write: Sequence[str]) -> None:
    codes = {topic[1]: topic[0] for topic in metadata.topics}
    user = user_of(settings)
    for name, code in codes.items():
        if code == protocol.TOPIC_DENIED:
            raise AccessDenied(user, "read" if name in read else "write to", f"topic {name} (or it does not exist)")
    missing = tuple(sorted(n for n, c in codes.items() if c in (protocol.UNKNOWN_TOPIC, protocol.INVALID_TOPIC)))
    if missing:
        raise TopicMissing(missing)
    for name, code in codes.items():
        if code != protocol.NO_ERROR:
            raise BrokerError(f"topic {name} cannot be used: {for_code(code).__name__}.")
    # Where the broker is too old to tell, the first use does.
    operations = {t[1]: t[4] for t in metadata.topics if len(t) > 4}
    for names, operation, verb in ((read, protocol.READ, "read"), (write, protocol.WRITE, "write to")):
        for name in names:
            if not protocol.allowed(operations.get(name, protocol.UNKNOWN_OPERATIONS), operation):
                raise AccessDenied(user, verb, f"topic {name}")


async def _check_advertised(settings: KafkaSettings, metadata: Any, timeout_seconds: float) -> None:
    """Clients leave the bootstrap server for the advertised addresses: at least one must be reachable."""
    elsewhere = [(host, port) for _, host, port, _ in metadata.brokers if f"{host}:{port}" not in settings.servers]
    if len(elsewhere) < len(metadata.brokers) or not elsewhere:
        return
    attempts = (connect(settings, host, port, timeout_seconds) for host, port in elsewhere[:5])
    results = await asyncio.gather(*attempts, return_exceptions=True)
    for result in results:
        if not isinstance(result, BaseException):
            await close(result)
        elif not isinstance(result, BrokerError):
            raise result
    if all(isinstance(result, BrokerError) for result in results):
        raise BrokerUnreachable(
            f"{settings.bootstrap} answers, but sends clients on to {elsewhere[0][0]}:{elsewhere[0][1]}, which cannot "
            f"be used from here ({results[0]}). Correct advertised.listeners of the broker."
        )


async def _check_group(settings: KafkaSettings, connection: AIOKafkaConnection, group: str) -> None:
    denied = AccessDenied(user_of(settings), "join", f"group {group}")
    waiting = (protocol.COORDINATOR_NOT_AVAILABLE, protocol.COORDINATOR_LOADING, protocol.NOT_COORDINATOR)
    while True:
        found = await connection.send(FindCoordinatorRequest(group, 0))
        if found.error_code == protocol.GROUP_DENIED:
            raise denied
        if found.error_code == protocol.NO_ERROR:
            coordinator = await connect(settings, found.host, found.port, settings.request_timeout_seconds)
            try:
                answer = await coordinator.send(protocol.DescribeGroups([group]))
            finally:
                await close(coordinator)
            described = answer.groups[0]
            if described[0] == protocol.GROUP_DENIED:
                raise denied
            if described[0] == protocol.NO_ERROR:
                if len(described) > 6 and not protocol.allowed(described[6], protocol.READ):
                    raise denied
                return
            if described[0] not in waiting:
                raise BrokerError(f"group {group} cannot be used: {for_code(described[0]).__name__}.")
        elif found.error_code not in waiting:
            raise BrokerError(f"group {group} cannot be used: {for_code(found.error_code).__name__}.")
        # The first group ever makes the broker create its offsets topic; that takes a moment.
        await asyncio.sleep(RETRY_SECONDS)


def user_of(settings: KafkaSettings) -> str:
    """How errors name who was refused."""
    return f"user {settings.username!r}" if settings.uses_sasl else "this client (no user)"
