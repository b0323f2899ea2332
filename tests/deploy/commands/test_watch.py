"""`foretide watch`: the messages of a topic, from the beginning or as they come."""

from __future__ import annotations

import asyncio
import re
import uuid
from pathlib import Path

import orjson
import pytest

from foretide.deploy.broker import KafkaBroker, MockBroker
from foretide.schemas.codec import encode, parse
from foretide.schemas.kafka import clients, topic_admin
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import CATALOGUE, TELEMETRY
from support.program import Program, run_program
from support.runs import window

pytestmark = pytest.mark.timeout(60)


async def _send(kafka: KafkaSettings, values: list[tuple[str, bytes]]) -> None:
    await topic_admin.create(kafka, [CATALOGUE[TELEMETRY]])
    async with clients.producer(kafka) as producer:
        for app, value in values:
            await producer.send_and_wait(TELEMETRY, value, key=app.encode())


def send(kafka: KafkaSettings, *values: tuple[str, bytes]) -> None:
    asyncio.run(_send(kafka, list(values)))


def names() -> tuple[str, str]:
    """Two applications of this test alone: the broker's topics are shared."""
    own = uuid.uuid4().hex[:8]
    return f"one-{own}", f"two-{own}"


def windows(app: str, count: int) -> list[tuple[str, bytes]]:
    return [(app, encode(window(app, 1_767_225_600_000 + 1000 * i, [i / 10], [1e9]))) for i in range(count)]


@pytest.mark.kafka
def test_the_messages_of_one_application_as_json(kafka_broker: KafkaBroker) -> None:
    (one, two), kafka = names(), kafka_broker.settings()
    send(kafka, *windows(two, 2), *windows(one, 3), *windows(two, 2))
    done = run_program(
        "foretide", "watch", TELEMETRY, "--app", one, "--from-beginning", "--count", "3", "--json", kafka=kafka
    )
    assert done.returncode == 0, done.stderr
    assert [line.encode() for line in done.stdout.splitlines()] == [value for _, value in windows(one, 3)]
    assert {orjson.loads(line)["app"] for line in done.stdout.splitlines()} == {one}


@pytest.mark.kafka
def test_lines_for_people_and_unreadable_records_told_aside(kafka_broker: KafkaBroker) -> None:
    (one, _), kafka = names(), kafka_broker.settings()
    send(kafka, (one, b"no message"), *windows(one, 1))
    done = run_program("foretide", "watch", TELEMETRY, "--app", one, "--from-beginning", "--count", "1", kafka=kafka)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert f"{one} on card: 1 samples, gpu.sm_ratio" in done.stdout
    assert re.search(rf"^unreadable record {TELEMETRY}/\d/\d+: ", done.stderr, re.MULTILINE)


@pytest.mark.kafka
def test_only_new_messages_and_an_end_by_signal(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    (one, two), kafka = names(), kafka_broker.settings()
    send(kafka, *windows(one, 2))
    program = Program("watch", "foretide", "watch", TELEMETRY, "--app", two, "--json", kafka=kafka, folder=tmp_path)
    try:
        sent = 0

        def shown() -> bool:
            # It tells nobody when it has begun to listen, so that messages are sent until one arrives.
            nonlocal sent
            send(kafka, *windows(one, 1), *windows(two, 1))
            sent += 1
            return program.log().count("\n") > 0

        program.wait_for(shown, "the first new message")
        code, seconds = program.terminate()
    finally:
        program.kill()
    assert code == 0
    assert seconds < 10
    lines = program.log().splitlines()
    assert 1 <= len(lines) <= sent
    assert all(getattr(parse(TELEMETRY, line.encode()), "app", None) == two for line in lines)


def test_on_a_mock_cluster(mock_broker: MockBroker) -> None:
    (one, _), kafka = names(), mock_broker.settings()
    send(kafka, *windows(one, 2))
    done = run_program("foretide", "watch", TELEMETRY, "--from-beginning", "--count", "2", "--json", kafka=kafka)
    assert done.returncode == 0, done.stderr
    assert [line.encode() for line in done.stdout.splitlines()] == [value for _, value in windows(one, 2)]


def test_an_unreachable_broker_is_one_line() -> None:
    done = run_program("foretide", "watch", TELEMETRY, kafka=KafkaSettings(bootstrap="127.0.0.1:1"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: 127.0.0.1:1: connection refused")
    assert done.stderr.count("\n") == 1


def test_a_missing_topic_is_one_line(mock_broker: MockBroker) -> None:
    done = run_program("foretide", "watch", "telemetry.v9", kafka=mock_broker.settings())
    assert done.returncode == 2
    assert "telemetry.v9" in done.stderr
    assert "predictions.v1" in done.stderr, "those that there are, are named"
