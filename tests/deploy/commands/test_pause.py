"""`foretide pause`, `resume`, `decisions` and `pool apply`, on a broker."""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from pathlib import Path

import msgspec
import orjson
import pytest

from foretide.deploy.broker import KafkaBroker
from foretide.deploy.policy_file import policy_of
from foretide.schemas.codec import encode
from foretide.schemas.errors import SettingsError
from foretide.schemas.kafka import clients, topic_admin
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import AppPolicy, Decision, PauseEvent, PolicyEvent, ResumeEvent
from foretide.schemas.topics import DECISIONS, POOL_EVENTS
from support.exporting import read_topic
from support.pools import Pool
from support.program import Program, run_program

pytestmark = pytest.mark.timeout(90)

POLICY = {
    "default": {
        "mode": "auto",
        "maintenance": [{"changes": "only_inside", "weekly": [{"begin": "22:00", "end": "04:00"}]}],
    },
    "budget": {"cards": 8, "money_per_hour": 12.5},
    "provisioning": {"mode": "auto", "kinds": [{"geometry": "mig-80gb", "price_per_hour": 2.5}]},
}


async def told(kafka: KafkaSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = await asyncio.to_thread(run_program, "foretide", *arguments, kafka=kafka)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.kafka
async def test_pauses_and_policies_reach_the_log_and_decisions_come_back(
    kafka_broker: KafkaBroker, tmp_path: Path
) -> None:
    kafka = kafka_broker.settings()
    await topic_admin.create(kafka)
    name = f"pool-{uuid.uuid4().hex[:8]}"
    path = tmp_path / "policy.json"
    path.write_bytes(orjson.dumps(POLICY))
    await told(kafka, "pool", "apply", str(path), "--pool", name)
    await told(kafka, "pause", "--pool", name, "--app", "a", "--reason", "driver upgrade")
    await told(kafka, "resume", "--pool", name)
    policy, pause, resume = (m for key, m in await read_topic(kafka, POOL_EVENTS) if key == name.encode())
    assert isinstance(policy, PolicyEvent)
    assert policy.budget.money_per_hour == 12.5
    assert isinstance(pause, PauseEvent)
    assert (pause.app, pause.reason) == ("a", "driver upgrade")
    assert isinstance(resume, ResumeEvent)
    assert resume.app is None

    await decide(kafka)
    done = await told(kafka, "decisions", "--pool", "pool-a", "--last", "2")
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert "held back by paused" in lines[-1]
    done = await told(kafka, "decisions", "--pool", "pool-a", "--app", "a", "--json")
    assert [orjson.loads(line)["guard"] for line in done.stdout.splitlines()] == [None]
    done = await told(kafka, "decisions", "--pool", name)
    assert "no decision of pool" in done.stderr


@pytest.mark.kafka
async def test_decisions_are_followed_as_they_come(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    kafka = kafka_broker.settings()
    await topic_admin.create(kafka)
    await decide(kafka)
    arguments = ("decisions", "--pool", "pool-a", "--follow", "--last", "1")
    program = Program("decisions", "foretide", *arguments, kafka=kafka, folder=tmp_path)
    try:
        await asyncio.to_thread(program.wait_for, lambda: "held back by paused" in program.log(), "the last one")
        pool = Pool(cards=1, a=AppPolicy(mode="off"))
        (new,) = pool.allocate("a")
        await publish(kafka, [msgspec.structs.replace(new, id=f"new/{uuid.uuid4().hex}/0/0")])
        await asyncio.to_thread(program.wait_for, lambda: "its mode is off" in program.log(), "the new one")
        assert program.terminate()[0] == 0
    finally:
        program.kill()


async def decide(kafka: KafkaSettings) -> None:
    """Three decisions of pool-a, one of them twice, as a worker that was killed writes it."""
    pool = Pool(cards=2)
    pool.place("a")
    pool.place("b")
    pool.pause()
    pool.allocate("c")
    await publish(kafka, [pool.decisions[0], *pool.decisions])


async def publish(kafka: KafkaSettings, decisions: list[Decision]) -> None:
    producer = clients.producer(kafka)
    await producer.start()
    try:
        for decision in decisions:
            await producer.send_and_wait(DECISIONS, encode(decision), key=b"pool-a")
    finally:
        await producer.stop()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b"[]", "a JSON object is needed"),
        (b'{"budgets": {}}', "no policy has 'budgets'"),
        (b'{"budget": {"cards": -1}}', "budget.cards"),
        (b'{"maintenance": [{"changes": "only_inside"}]}', "without an interval"),
    ],
)
def test_what_is_wrong_with_a_policy_file_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=said) as caught:
        policy_of(path, "p", "id", 0)
    assert str(path) in str(caught.value)
    with pytest.raises(SettingsError, match="cannot be read"):
        policy_of(tmp_path / "none.json", "p", "id", 0)
