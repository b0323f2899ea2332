"""The actuator as a process, on a real broker: killed, restarted, fed nonsense, cut off."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from foretide.deploy.broker import KafkaBroker
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.sender import Sender
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import Command, DeadLetter, OutcomeEvent, Placement
from foretide.schemas.topics import COMMANDS, DEAD_LETTERS, POOL_EVENTS
from support.acting import command
from support.exporting import read_topic
from support.program import Program, run_program

pytestmark = [pytest.mark.kafka, pytest.mark.e2e, pytest.mark.timeout(120)]

CARDS = 3
FAR_MS = 4_000_000_000_000


class Bench:
    """One actuator's files, and the pool it serves."""

    def __init__(self, kafka: KafkaSettings, folder: Path, pool: str) -> None:
        self.kafka = kafka
        self.folder = folder
        self.pool = pool
        self.started: list[Program] = []

    def arguments(self) -> tuple[str, ...]:
        return ("--state", str(self.folder / "pool.sqlite"), "--cards", str(CARDS), "--prefix", "h")

    def start(self, *more: str) -> Program:
        program = Program(
            f"actuator-{len(self.started)}",
            "foretide-actuator",
            "run",
            "--pool",
            self.pool,
            "--ledger",
            str(self.folder / "ledger.sqlite"),
            *self.arguments(),
            *more,
            kafka=self.kafka,
            folder=self.folder,
        )
        self.started.append(program)
        return program

    async def send(self, *commands: Command) -> None:
        sender = Sender(self.kafka)
        await sender.start()
        for one in commands:
            await sender.send(COMMANDS, one.pool, one)
        assert await sender.close(10)

    async def outcomes(self) -> list[OutcomeEvent]:
        records = await read_topic(self.kafka, POOL_EVENTS)
        return [m for _, m in records if isinstance(m, OutcomeEvent) and m.pool == self.pool]

    async def wait_for(self, program: Program, settled: int) -> list[OutcomeEvent]:
        """The outcomes, once so many commands have one."""
        for _ in range(300):
            assert program.process.poll() is None, program.log()
            found = await self.outcomes()
            if len({o.id for o in found}) >= settled:
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"only {len(found)} outcomes: {program.log()}")

    def held(self) -> dict[str, list[dict[str, object]]]:
        done = run_program("foretide-actuator", "observe", *self.arguments(), "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def close(self) -> None:
        for program in self.started:
            if program.process.poll() is None:
                program.kill()


@pytest.fixture
def bench(kafka_broker: KafkaBroker, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    asyncio.run(topic_admin.create(kafka_broker.settings()))
    bench = Bench(kafka_broker.settings(), tmp_path, f"pool-{request.node.name}"[:100])
    yield bench
    bench.close()


def chains(pool: str, length: int, apps: int = 3) -> list[Command]:
    """Each application walks over the cards: allocate, resize, migrate, and again."""
    draw = random.Random(5)
    held: dict[str, Placement | None] = {}
    commands = []
    for n in range(length):
        app = f"app{n % apps}"
        before = held.get(app)
        slot = {"app0": 0, "app1": 2, "app2": 4}[app]
        choices = [
            Placement(resource=f"h/card-0{card}", slice=name, start=slot)
            for card in range(CARDS)
            for name in ("1g.10gb", "1g.20gb", "2g.20gb")
        ]
        after = draw.choice([c for c in choices if c != before])
        commands.append(command(n, app, before, after, pool=pool, deadline_ms=FAR_MS))
        held[app] = after
    return commands


async def test_killed_again_and_again_every_command_is_applied_once(bench: Bench) -> None:
    commands = chains(bench.pool, 90)
    await bench.send(*commands)
    program = bench.start("--apply", "--latency-ms", "10:40", "--failure-rate", "0")
    for target in (10, 30, 60):
        await bench.wait_for(program, target)
        program.kill()
        program = bench.start("--apply", "--latency-ms", "10:40")
    outcomes = await bench.wait_for(program, len(commands))
    code, _ = program.terminate()
    assert code == 0, program.log()
    by_id: dict[str, OutcomeEvent] = {}
    for outcome in outcomes:
        assert by_id.setdefault(outcome.id, outcome) == outcome, "one command, two outcomes"
    assert {o.command_id for o in by_id.values()} == {c.id for c in commands}
    # A kill between the two steps of a change rolls it back; what was planned on top of it finds another state.
    assert {o.status for o in by_id.values()} <= {"applied", "rolled_back", "rejected", "unchanged"}
    last: dict[str, Placement | None] = {}
    for one in commands:
        last[one.app] = next(o.placement for o in by_id.values() if o.command_id == one.id)
    assert bench.held() == {
        app: [{"resource": p.resource, "slice": p.slice, "start": p.start}] for app, p in last.items() if p
    }


async def test_dry_run_is_the_default(bench: Bench) -> None:
    program = bench.start()
    await bench.send(*chains(bench.pool, 3))
    outcomes = await bench.wait_for(program, 3)
    assert {(o.status, o.dry_run, o.placement) for o in outcomes} == {("applied", True, None)}
    assert bench.held() == {}
    assert "dry run: nothing is changed" in program.log()


async def test_a_superseded_writer_is_not_obeyed(bench: Bench) -> None:
    place = Placement(resource="h/card-00", slice="1g.10gb", start=0)
    program = bench.start("--apply")
    await bench.send(
        command(1, "a", None, place, pool=bench.pool, epoch=5, deadline_ms=FAR_MS),
        command(2, "a", place, None, pool=bench.pool, epoch=4, deadline_ms=FAR_MS),
        command(3, "b", None, Placement(resource="h/card-01", slice="1g.10gb", start=0), pool=bench.pool, epoch=5,
                deadline_ms=FAR_MS),
    )  # fmt: skip
    outcomes = await bench.wait_for(program, 2)
    assert {o.app for o in outcomes} == {"a", "b"}
    assert list(bench.held()) == ["a", "b"]
    progress = program.progress()
    assert progress is not None
    assert progress["stale"] == 1


async def test_garbage_is_set_aside_and_what_follows_is_done(bench: Bench) -> None:
    sender = Sender(bench.kafka)
    await sender.start()
    good = chains(bench.pool, 2)
    nonsense = [b"not json", b"{}", b'{"version": 99}', None, b"\xff\xfe", good[0].id.encode()]
    for value in nonsense:
        await sender.send_raw(COMMANDS, bench.pool.encode(), value)
    await sender.send(COMMANDS, "another-key", good[0])
    for one in good:
        await sender.send(COMMANDS, bench.pool, one)
    assert await sender.close(10)
    program = bench.start("--apply")
    await bench.wait_for(program, 2)
    letters = [m for _, m in await read_topic(bench.kafka, DEAD_LETTERS) if isinstance(m, DeadLetter)]
    mine = [m for m in letters if m.consumer == "foretide-actuator" and m.key in (bench.pool, "another-key")]
    assert len({m.id for m in mine}) == len(nonsense) + 1
    assert all(m.reason for m in mine)
    assert any("another-key" in m.reason and m.place == "$.pool" for m in mine)


async def test_another_clusters_ledger_is_refused(bench: Bench, fresh_kafka: KafkaBroker) -> None:
    program = bench.start("--apply")
    await bench.send(*chains(bench.pool, 1))
    await bench.wait_for(program, 1)
    assert program.terminate()[0] == 0
    elsewhere = fresh_kafka.settings()
    await topic_admin.create(elsewhere)
    bench.kafka = elsewhere
    other = bench.start("--apply")
    assert other.process.wait(20) == 1
    assert "belongs to the cluster" in other.log()


async def test_with_the_broker_away_it_stops_in_time_and_goes_on_later(bench: Bench, fresh_kafka: KafkaBroker) -> None:
    bench.kafka = fresh_kafka.settings()
    await topic_admin.create(bench.kafka)
    commands = chains(bench.pool, 20)
    await bench.send(*commands)
    program = bench.start("--apply", "--latency-ms", "200:300")
    await bench.wait_for(program, 2)
    fresh_kafka.kill()
    await asyncio.sleep(1)  # it has to notice; nothing tells when an outcome is stuck
    code, seconds = await asyncio.to_thread(program.terminate)
    assert seconds < 15, program.log()
    assert code in (0, 70), program.log()
    await asyncio.to_thread(fresh_kafka.restart)
    again = bench.start("--apply")
    outcomes = await bench.wait_for(again, len(commands))
    assert {o.status for o in outcomes} == {"applied"}
    assert again.terminate()[0] == 0
