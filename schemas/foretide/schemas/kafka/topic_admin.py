"""The catalogue's topics on a broker: create, check, list."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateTopicsRequest, DescribeConfigsRequest

from foretide.schemas.errors import BrokerError
from foretide.schemas.kafka import protocol
from foretide.schemas.kafka.connecting import any_connection, close, connect
from foretide.schemas.kafka.diagnosis import user_of
from foretide.schemas.kafka.errors import AccessDenied, BrokerUnreachable
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import CATALOGUE, Topic

TOPIC_RESOURCE = 2
"""Kafka's number for a topic among the resources whose configuration can be asked for."""


@dataclass(frozen=True, slots=True)
class Created:
    """What `create` did: the topics it made, and those that were there. `mock`: the broker chose the configuration."""

    created: tuple[str, ...]
    existing: tuple[str, ...]
    mock: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between a topic and the catalogue. With a `fatal` one the workers must not start."""

    topic: str
    problem: Literal["missing", "partitions", "config"]
    setting: str
    wanted: str
    found: str
    fatal: bool

    def __str__(self) -> str:
        if self.problem == "missing":
            return f"{self.topic}: missing. Create it with: foretide topics create"
        remedy = (
            "Delete and create it anew, or keep another name"
            if self.problem == "partitions"
            else f"Set it with Kafka's tools: {self.setting}={self.wanted}"
        )
        return f"{self.topic}: {self.setting} is {self.found}, wanted {self.wanted}. {remedy}."


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the broker has it. `config` is empty where the broker does not tell."""

    name: str
    partitions: int
    replication_factor: int
    config: dict[str, str] = field(default_factory=dict)


async def create(
    settings: KafkaSettings,
    topics: Iterable[Topic] = tuple(CATALOGUE.values()),
    *,
    replication_factor: int | None = None,
    timeout_seconds: float = 15.0,
) -> Created:
    """Create the topics that are missing and wait until they have leaders; what exists is left as it is.

    `replication_factor` None is 3, or as many as there are brokers. With three copies a write needs two of them.
    On the mock cluster, which cannot be told, naming a topic creates it.
    """
    wanted = {topic.name: topic for topic in topics}
    async with _session(settings, timeout_seconds) as connection:
        before = await connection.send(protocol.DescribeTopics(None))
        existing = tuple(sorted({t[1] for t in before.topics} & set(wanted)))
        missing = tuple(name for name in wanted if name not in existing)
        mock = protocol.CREATE_TOPICS not in connection._versions  # noqa: SLF001
        if missing and not mock:
            copies = replication_factor or min(3, len(before.brokers))
            await _create(settings, connection, before, [wanted[n] for n in missing], copies, timeout_seconds)
        await _wait_for_leaders(connection, sorted(wanted), create_missing=mock)
    return Created(created=missing, existing=existing, mock=mock)


async def check(
    settings: KafkaSettings,
    topics: Iterable[Topic] = tuple(CATALOGUE.values()),
    *,
    timeout_seconds: float = 15.0,
) -> list[Finding]:
    """How the broker's topics differ from the catalogue, the fatal differences first; empty if they do not.

    The mock cluster does not tell configurations; there only names and partitions are compared.
    """
    wanted = {topic.name: topic for topic in topics}
    states = {s.name: s for s in await list_topics(settings, timeout_seconds=timeout_seconds) if s.name in wanted}
    findings: list[Finding] = []
    for name, topic in wanted.items():
        state = states.get(name)
        if state is None:
            findings.append(Finding(name, "missing", "topic", "present", "missing", fatal=True))
            continue
        if state.partitions != topic.partitions:
            found = str(state.partitions)
            findings.append(Finding(name, "partitions", "partitions", str(topic.partitions), found, fatal=True))
        for setting, value in topic.config().items():
            found = state.config.get(setting, value)
            if found != value and not _as_good(setting, value, found):
                fatal = setting == "cleanup.policy"
                findings.append(Finding(name, "config", setting, value, found, fatal=fatal))
    return sorted(findings, key=lambda f: not f.fatal)


async def list_topics(settings: KafkaSettings, *, timeout_seconds: float = 15.0) -> list[TopicState]:
    """All topics of the broker that this user may see, by name, without Kafka's internal ones."""
    async with _session(settings, timeout_seconds) as connection:
        metadata = await connection.send(protocol.DescribeTopics(None))
        visible = [t for t in metadata.topics if t[0] == protocol.NO_ERROR and not t[2]]
        configs: dict[str, dict[str, str]] = {}
        if visible and protocol.DESCRIBE_CONFIGS in connection._versions:  # noqa: SLF001
            configs = await _configs(connection, [t[1] for t in visible])
    states = [
        TopicState(t[1], len(t[3]), max((len(_replicas(metadata, p)) for p in t[3]), default=0), configs.get(t[1], {}))
        for t in visible
    ]
    return sorted(states, key=lambda s: s.name)


@contextlib.asynccontextmanager
async def _session(settings: KafkaSettings, timeout_seconds: float) -> AsyncIterator[AIOKafkaConnection]:
    """A connection within a time limit; Kafka's own errors become BrokerErrors."""
    try:
        async with asyncio.timeout(timeout_seconds), any_connection(settings, timeout_seconds * 0.7) as connection:
            yield connection
    except TimeoutError as e:
        raise BrokerUnreachable(
            f"{settings.bootstrap}: connected, but not done within {timeout_seconds:.0f} s. Is the broker starting?"
        ) from e
    except KafkaError as e:
        raise BrokerUnreachable(f"{settings.bootstrap}: the connection broke ({type(e).__name__} {e}).") from e


async def _create(
    settings: KafkaSettings,
    connection: AIOKafkaConnection,
    metadata: Any,
    topics: Sequence[Topic],
    copies: int,
    timeout_seconds: float,
) -> None:
    extra = {"min.insync.replicas": "2"} if copies >= 3 else {}
    requests: list[Any] = [(t.name, t.partitions, copies, [], list((t.config() | extra).items())) for t in topics]
    request = CreateTopicsRequest(requests, round(timeout_seconds * 1000), False)
    host, port = next((b[1], b[2]) for b in metadata.brokers if b[0] == metadata.controller_id)
    controller = await connect(settings, host, port, timeout_seconds / 2)
    try:
        answer = await controller.send(request)
    finally:
        await close(controller)
    for name, code, *message in answer.topic_errors:
        if code in (protocol.NO_ERROR, protocol.TOPIC_EXISTS):
            continue  # somebody else was faster
        if code in (protocol.TOPIC_DENIED, protocol.CLUSTER_DENIED):
            raise AccessDenied(user_of(settings), "create", f"topic {name}")
        if code == protocol.INVALID_REPLICATION:
            raise BrokerError(
                f"topic {name}: {copies} copies cannot be made on {len(metadata.brokers)} broker(s). "
                "Give a smaller --replication-factor."
            )
        reason = message[0] if message and message[0] else for_code(code).__name__
        raise BrokerError(f"topic {name} cannot be created: {reason}")


async def _wait_for_leaders(connection: AIOKafkaConnection, names: list[str], *, create_missing: bool) -> None:
    while True:
        metadata = await connection.send(protocol.DescribeTopics(names, create_missing=create_missing))
        ready = [t for t in metadata.topics if t[0] == protocol.NO_ERROR and t[3] and all(p[2] >= 0 for p in t[3])]
        if len(ready) == len(names):
            return
        await asyncio.sleep(0.1)


async def _configs(connection: AIOKafkaConnection, names: list[str]) -> dict[str, dict[str, str]]:
    answer = await connection.send(DescribeConfigsRequest([(TOPIC_RESOURCE, name, None) for name in names]))
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4] if entry[1] is not None}
        for resource in answer.resources
        if resource[0] == protocol.NO_ERROR
    }


def _replicas(metadata: Any, partition: tuple[Any, ...]) -> list[int]:
    replicas: list[int] = partition[4] if metadata.API_VERSION >= 8 else partition[3]
    return replicas


def _as_good(setting: str, wanted: str, found: str) -> bool:
    """Whether another value does no harm: larger messages allowed."""
    return setting == "max.message.bytes" and int(found) >= int(wanted)
