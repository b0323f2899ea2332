"""Topics are created from the catalogue, once, and differences are found."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from foretide.deploy.broker import KafkaBroker, MockBroker
from foretide.schemas.errors import BrokerError
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.errors import AccessDenied, BrokerUnreachable
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import CATALOGUE, Topic

pytestmark = pytest.mark.timeout(60)


def own(name: str, *, compacted: bool = False, partitions: int = 4) -> Topic:
    return Topic(f"test-{name}", "k", None, "a test's", None if compacted else timedelta(days=1), compacted, partitions)


async def test_the_whole_catalogue_is_created_once_and_then_found_in_order(fresh_kafka: KafkaBroker) -> None:
    settings = fresh_kafka.settings()
    missing = await topic_admin.check(settings)
    assert {f.topic for f in missing} == set(CATALOGUE)
    assert all(f.problem == "missing" and f.fatal and "foretide topics create" in str(f) for f in missing)

    first = await topic_admin.create(settings)
    assert set(first.created) == set(CATALOGUE)
    assert (first.existing, first.mock) == ((), False)
    again = await topic_admin.create(settings)
    assert (again.created, set(again.existing)) == ((), set(CATALOGUE))
    assert await topic_admin.check(settings) == []

    states = {s.name: s for s in await topic_admin.list_topics(settings)}
    assert states.keys() == CATALOGUE.keys()
    for name, topic in CATALOGUE.items():
        assert states[name].partitions == topic.partitions
        assert states[name].replication_factor == 1
        assert topic.config().items() <= states[name].config.items()


async def test_differences_are_found_and_the_fatal_ones_come_first(kafka_broker: KafkaBroker) -> None:
    settings = kafka_broker.settings()
    made = own("differs", partitions=2)
    await topic_admin.create(settings, [made])
    wanted = dataclasses.replace(made, partitions=4, compacted=True, max_message_bytes=2_000_000)
    findings = {f.setting: f for f in await topic_admin.check(settings, [wanted])}
    assert findings["partitions"].fatal
    assert (findings["partitions"].wanted, findings["partitions"].found) == ("4", "2")
    assert findings["cleanup.policy"].fatal
    assert (findings["cleanup.policy"].wanted, findings["cleanup.policy"].found) == ("compact", "delete")
    assert not findings["max.message.bytes"].fatal
    assert "test-differs: cleanup.policy is delete, wanted compact" in str(findings["cleanup.policy"])
    order = [f.fatal for f in await topic_admin.check(settings, [wanted])]
    assert order == sorted(order, reverse=True)


async def test_a_topic_that_takes_larger_messages_is_as_good(kafka_broker: KafkaBroker) -> None:
    large = dataclasses.replace(own("large"), max_message_bytes=4_000_000)
    await topic_admin.create(kafka_broker.settings(), [large])
    wanted = dataclasses.replace(large, max_message_bytes=1_000_000)
    assert await topic_admin.check(kafka_broker.settings(), [wanted]) == []


async def test_too_many_copies_are_refused_in_one_line(kafka_broker: KafkaBroker) -> None:
    with pytest.raises(BrokerError, match=r"5 copies cannot be made on 1 broker\(s\)"):
        await topic_admin.create(kafka_broker.settings(), [own("copies")], replication_factor=5)


async def test_without_the_right_to_create(secure_kafka: KafkaBroker) -> None:
    with pytest.raises(AccessDenied, match="user 'nobody' may not create topic test-forbidden"):
        await topic_admin.create(secure_kafka.settings("nobody"), [own("forbidden")])


async def test_on_the_mock_cluster_naming_a_topic_creates_it(mock_broker: MockBroker) -> None:
    settings = mock_broker.settings()
    assert {f.problem for f in await topic_admin.check(settings)} == {"missing"}
    first = await topic_admin.create(settings)
    assert first.mock
    assert set(first.created) == set(CATALOGUE)
    assert (await topic_admin.create(settings)).created == ()
    assert await topic_admin.check(settings) == []


async def test_an_absent_broker_is_named() -> None:
    with pytest.raises(BrokerUnreachable, match="connection refused"):
        await topic_admin.check(KafkaSettings(bootstrap="127.0.0.1:1"))
