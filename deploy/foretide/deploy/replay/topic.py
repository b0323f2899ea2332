"""Reading a topic from a point in time to its present end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from foretide.deploy.replay.errors import ReplayError
from foretide.deploy.replay.records import RecordedRecord
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.settings import KafkaSettings


async def read_topic(kafka: KafkaSettings, topic: str, *, since_ms: int | None = None) -> AsyncIterator[RecordedRecord]:
    """The records of `topic` up to the end offsets as they are now, in offset order per partition.

    With `since_ms` it begins with the first record that the broker stamped at or after that time, if the broker can
    tell. BrokerError if the broker or the topic cannot be used.
    """
    info = await check_broker(kafka, topics_read=(topic,))
    partitions = [TopicPartition(topic, p) for p in range(info.partitions[topic])]
    consumer = clients.consumer(kafka, auto_offset_reset="earliest")
    try:
        await consumer.start()
        async for record in _read(consumer, partitions, since_ms):
            yield record
    except KafkaError as e:
        raise ReplayError(f"{topic}: reading stopped: {type(e).__name__}: {e}") from e
    finally:
        await consumer.stop()


async def _read(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], since_ms: int | None
) -> AsyncIterator[RecordedRecord]:
    consumer.assign(partitions)
    begins: Mapping[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
    starts = dict(begins)
    if since_ms is not None:
        for tp, found in (await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))).items():
            starts[tp] = max(begins[tp], found.offset) if found is not None else ends[tp]
    for tp in partitions:
        consumer.seek(tp, starts[tp])
    left = {tp for tp in partitions if starts[tp] < ends[tp]}
    while left:
        for tp, messages in (await consumer.getmany(*left, timeout_ms=500)).items():
            for m in messages:
                if m.offset < ends[tp]:
                    yield RecordedRecord(m.topic, m.partition, m.offset, m.key, m.value, m.timestamp)
        for tp in list(left):
            if await consumer.position(tp) >= ends[tp]:
                left.discard(tp)
                consumer.pause(tp)
