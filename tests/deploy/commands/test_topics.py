"""`foretide topics`: create, check, list and grant."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from click.testing import CliRunner, Result

from foretide.deploy.broker import KafkaBroker, MockBroker
from foretide.deploy.commands.topics import command
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import CATALOGUE, TELEMETRY
from support.program import run_program

pytestmark = pytest.mark.timeout(60)


def topics(broker: KafkaBroker | MockBroker, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--bootstrap", broker.bootstrap], catch_exceptions=False)


def test_the_list_names_every_topic_its_key_and_what_it_is_for() -> None:
    done = CliRunner().invoke(command, ["list"])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert [line.split()[0] for line in lines] == list(CATALOGUE)
    for line, topic in zip(lines, CATALOGUE.values(), strict=True):
        assert f"key {topic.key}" in line
        assert topic.meaning in line
        assert ("newest per key" in line) == topic.compacted


@pytest.mark.kafka
def test_they_are_created_once_and_then_in_order(fresh_kafka: KafkaBroker) -> None:
    before = topics(fresh_kafka, "check")
    assert before.exit_code == 1
    missing = [line for line in before.output.splitlines() if line.startswith("error") and "missing" in line]
    assert len(missing) == len(CATALOGUE)

    # One is there already, with too few partitions: it is left alone, and told.
    wrong = dataclasses.replace(CATALOGUE[TELEMETRY], partitions=2)
    asyncio.run(topic_admin.create(fresh_kafka.settings(), [wrong]))
    first = topics(fresh_kafka, "create")
    assert first.exit_code == 0
    assert f"exists   {TELEMETRY}" in first.output
    assert first.output.count("created  ") == len(CATALOGUE) - 1
    after = topics(fresh_kafka, "check")
    assert after.exit_code == 1
    assert f"error  {TELEMETRY}: partitions is 2, wanted 4." in after.output
    assert after.output.count("\n") == 1

    again = topics(fresh_kafka, "create")
    assert again.output.count("exists   ") == len(CATALOGUE)


def test_on_a_mock_cluster_too(mock_broker: MockBroker) -> None:
    assert topics(mock_broker, "check").exit_code == 1
    first = topics(mock_broker, "create")
    assert first.exit_code == 0
    assert first.stdout.count("created  ") == len(CATALOGUE)
    assert first.stderr == "a mock cluster: it chose partitions and retention itself\n"
    done = topics(mock_broker, "check")
    assert (done.exit_code, done.stdout) == (0, f"all {len(CATALOGUE)} topics are there\n")


@pytest.mark.parametrize("name", ["create", "check"])
def test_an_unreachable_broker_is_one_line(name: str) -> None:
    done = run_program("foretide", "topics", name, kafka=KafkaSettings(bootstrap="127.0.0.1:1"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: 127.0.0.1:1: connection refused")
    assert done.stderr.count("\n") == 1


@pytest.mark.kafka
def test_a_grant_on_a_broker_without_rights_is_one_line(kafka_broker: KafkaBroker) -> None:
    done = run_program(
        "foretide", "topics", "grant", "--user", "someone", "--role", "exporter", kafka=kafka_broker.settings()
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: the broker refused a right on ")
    assert "authorizer" in done.stderr.lower()
    assert done.stderr.count("\n") == 1
