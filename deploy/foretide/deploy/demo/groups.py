"""Consumer groups on an existing broker: who is in them, whether they have a past, and where they begin."""

from __future__ import annotations

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from foretide.deploy.demo.errors import DemoError
from foretide.deploy.demo.processes import Groups
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import PARTITIONS, POOL_EVENTS, TELEMETRY, changelog


async def active_members(kafka: KafkaSettings, group: str) -> int:
    """How many members a group has just now; 0 where the broker does not tell."""
    admin = clients.admin(kafka)
    try:
        await admin.start()
        answers = await admin.describe_consumer_groups([group])
    except KafkaError:
        return 0  # the mock cluster cannot describe groups
    finally:
        await admin.close()
    return sum(len(described[5]) for answer in answers for described in answer.groups)


async def has_history(kafka: KafkaSettings, groups: Groups) -> bool:
    """Whether the groups have saved states or committed offsets: a run in them would not begin afresh."""
    topics = ((groups.profile, TELEMETRY), (groups.plan, POOL_EVENTS))
    for group, source in topics:
        consumer = clients.consumer(kafka, group_id=group)
        saved = [TopicPartition(changelog(group), p) for p in range(PARTITIONS)]
        try:
            await consumer.start()
            consumer.assign(saved)
            if any((await consumer.end_offsets(saved)).values()):
                return True
            consumer.assign([TopicPartition(source, p) for p in range(PARTITIONS)])
            for p in range(PARTITIONS):
                if await consumer.committed(TopicPartition(source, p)):
                    return True
        except KafkaError as e:
            raise DemoError(f"the group {group} cannot be looked at: {type(e).__name__}: {e}") from e
        finally:
            await consumer.stop()
    return False


async def start_at_the_end(kafka: KafkaSettings, group: str, topic: str) -> None:
    """Commit the topic's present ends for a group without members, so that its workers begin there."""
    consumer = clients.consumer(kafka, group_id=group)
    partitions = [TopicPartition(topic, p) for p in range(PARTITIONS)]
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.commit(await consumer.end_offsets(partitions))
    except KafkaError as e:
        raise DemoError(f"the group {group} cannot begin at the end of {topic}: {type(e).__name__}: {e}") from e
    finally:
        await consumer.stop()
