"""The sender keeps order, outlives the broker's absence, and ends in time whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from foretide.deploy.broker import KafkaBroker, MockBroker
from foretide.schemas.codec import parse_as
from foretide.schemas.kafka import clients, topic_admin
from foretide.schemas.kafka.errors import BrokerUnreachable, SendFailed
from foretide.schemas.kafka.sender import Delivered, Sender
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import Command
from foretide.schemas.topics import COMMANDS, TELEMETRY

pytestmark = pytest.mark.timeout(90)

COMMAND = Command(
    id="c",
    pool="p",
    app="a",
    action="release",
    expected=None,
    desired=None,
    issued_ms=0,
    deadline_ms=1,
    epoch=0,
)


async def read_all(settings: KafkaSettings, topic: str) -> dict[bytes, list[bytes]]:
    """Every value of the topic, by key, in order."""
    consumer = clients.consumer(settings, topic)
    await consumer.start()
    values: dict[bytes, list[bytes]] = {}
    try:
        partitions = consumer.assignment()
        ends = await consumer.end_offsets(list(partitions))
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    values.setdefault(record.key, []).append(record.value)
    finally:
        await consumer.stop()
    return values


def without_repeats(values: list[bytes]) -> list[bytes]:
    """Each value once, where it came first."""
    return list(dict.fromkeys(values))


async def test_a_message_is_delivered_and_its_place_told(mock_broker: MockBroker) -> None:
    settings = mock_broker.settings()
    await topic_admin.create(settings)
    sender = Sender(settings)
    await sender.start()
    delivered = await sender.deliver(COMMANDS, "p", COMMAND)
    assert delivered.topic == COMMANDS
    assert await sender.close(5)
    assert (sender.counts.accepted, sender.counts.sent, sender.counts.failed, sender.counts.pending) == (1, 1, 0, 0)
    values = await read_all(settings, COMMANDS)
    assert [parse_as(Command, COMMANDS, v) for v in values[b"p"]] == [COMMAND]


async def test_nothing_is_lost_or_reordered_while_the_broker_is_killed_and_restarted(
    fresh_kafka: KafkaBroker,
) -> None:
    settings = fresh_kafka.settings()
    await topic_admin.create(settings)
    sender = Sender(settings)
    await sender.start()
    # Larger in sum than aiokafka's batch per partition, so that some wait in the sender itself.
    padding = b"x" * 2000

    under_way, killed, waiting = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def produce() -> list[asyncio.Future[Delivered]]:
        deliveries = []
        for number in range(1500):
            deliveries.append(await sender.send_raw(TELEMETRY, b"app-%d" % (number % 7), b"%d " % number + padding))
            if number == 300:
                under_way.set()  # with much of it still in flight
                await killed.wait()
            if number == 400:
                waiting.set()
            if number % 10 == 0:
                await asyncio.sleep(0.02)
        return deliveries

    producing = asyncio.create_task(produce())
    await under_way.wait()
    fresh_kafka.kill()
    killed.set()
    await waiting.wait()
    assert not await sender.flush(1.0), "nothing can be acknowledged while the broker is dead"
    await asyncio.to_thread(fresh_kafka.restart)
    deliveries = await producing
    assert await sender.flush(40)
    assert sender.counts.sent == sender.counts.accepted == 1500
    assert all(d.done() and d.exception() is None for d in deliveries)
    assert await sender.close(5)

    values = await read_all(settings, TELEMETRY)
    for remainder in range(7):
        numbers = [int(v.split()[0]) for v in without_repeats(values[b"app-%d" % remainder])]
        assert numbers == list(range(remainder, 1500, 7))


async def test_with_the_broker_gone_everything_ends_in_time_and_is_counted(fresh_kafka: KafkaBroker) -> None:
    settings = fresh_kafka.settings()
    await topic_admin.create(settings)
    sender = Sender(settings, max_pending=50)
    await sender.start()
    await sender.deliver(COMMANDS, "p", COMMAND)
    fresh_kafka.kill()

    deliveries = [await sender.send(COMMANDS, "p", COMMAND) for _ in range(50)]
    begun = time.monotonic()
    with pytest.raises(SendFailed, match="50 records wait already"):
        await sender.send(COMMANDS, "p", COMMAND, timeout_seconds=0.5)
    assert not await sender.flush(0.5)
    assert not await sender.close(3)
    assert time.monotonic() - begun < 8
    assert sender.counts.failed == 50
    assert sender.counts.pending == 0
    for delivery in deliveries:
        assert isinstance(delivery.exception(), SendFailed)
    with pytest.raises(SendFailed, match="not running"):
        await sender.send(COMMANDS, "p", COMMAND)
    assert await sender.close(1), "closing twice does nothing"


async def test_deliver_has_a_limit(fresh_kafka: KafkaBroker) -> None:
    settings = fresh_kafka.settings()
    await topic_admin.create(settings)
    sender = Sender(settings)
    await sender.start()
    fresh_kafka.kill()
    with pytest.raises(SendFailed, match="no acknowledgement within 1 s"):
        await sender.deliver(COMMANDS, "p", COMMAND, timeout_seconds=1)
    await sender.close(2)


async def test_a_record_that_is_too_large_fails_alone(mock_broker: MockBroker) -> None:
    settings = mock_broker.settings()
    await topic_admin.create(settings)
    sender = Sender(settings)
    await sender.start()
    before = await sender.send_raw(TELEMETRY, b"a", b"1")
    large = await sender.send_raw(TELEMETRY, b"a", b"x" * 2_000_000)
    after = await sender.send_raw(TELEMETRY, b"a", b"2")
    assert await sender.flush(10)
    assert (before.exception(), after.exception()) == (None, None)
    with pytest.raises(SendFailed, match="MessageSizeTooLarge"):
        large.result()
    assert (sender.counts.sent, sender.counts.failed) == (2, 1)
    assert await sender.close(5)


async def test_a_refusal_by_the_broker_fails_the_record(secure_kafka: KafkaBroker) -> None:
    await topic_admin.create(secure_kafka.settings("admin"))
    sender = Sender(secure_kafka.settings("nobody"))
    await sender.start()
    with pytest.raises(SendFailed, match="TopicAuthorizationFailed"):
        await sender.deliver(COMMANDS, "p", COMMAND, timeout_seconds=10)
    assert sender.counts.failed == 1
    assert await sender.close(5)


async def test_an_absent_broker_is_told_at_the_start() -> None:
    sender = Sender(KafkaSettings(bootstrap="127.0.0.1:1", request_timeout_seconds=1))
    with pytest.raises(BrokerUnreachable):
        await sender.start()


async def test_a_silent_broker_does_not_hold_up_the_end(mock_broker: MockBroker) -> None:
    """The connection stands, nothing answers: as with a frozen host."""
    target = mock_broker.settings().servers[0].rpartition(":")
    frozen = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if frozen.is_set():
                    continue
                writer.write(data)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(target[0], int(target[2]))
        writers.extend((writer, there_writer))
        await asyncio.gather(relay(reader, there_writer), relay(there_reader, writer))

    await topic_admin.create(mock_broker.settings())
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(KafkaSettings(bootstrap=f"127.0.0.1:{port}", request_timeout_seconds=30))
    await sender.start()
    # aiokafka goes on to the advertised address; send it back through the relay.
    for broker in sender._producer.client.cluster._brokers.values():
        sender._producer.client.cluster._brokers[broker.nodeId] = broker._replace(host="127.0.0.1", port=port)
    await sender.deliver(COMMANDS, "p", COMMAND)
    frozen.set()
    await sender.send(COMMANDS, "p", COMMAND)
    begun = time.monotonic()
    assert not await sender.close(3)
    assert time.monotonic() - begun < 5
    server.close()
    for writer in writers:
        writer.close()
    await server.wait_closed()


async def test_aiokafka_still_has_what_the_sender_relies_on(mock_broker: MockBroker) -> None:
    """The sender reaches into the producer to keep batches from expiring; a new release may have moved it."""
    await topic_admin.create(mock_broker.settings())
    sender = Sender(mock_broker.settings())
    await sender.start()
    accumulator = sender._producer._message_accumulator
    assert {"_batch_ttl", "_batches", "_pending_batches"} <= vars(accumulator).keys()
    batch = accumulator._append_batch(accumulator.create_builder(), ("t", 0))
    assert not batch.expired()
    batch._ttl = 0.0
    assert batch.expired()
    accumulator._batches.clear()
    await sender.close(2)
