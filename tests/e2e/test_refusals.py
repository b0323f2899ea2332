"""What cannot work is told in one line, in time, by every process; with the broker gone every process still ends."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from foretide.deploy.broker import BrokerSecurity, KafkaBroker, start
from foretide.deploy.broker.acls import grant
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.settings import KafkaSettings
from support.program import Program, run_program

pytestmark = [pytest.mark.kafka, pytest.mark.e2e, pytest.mark.timeout(120)]

PROCESSES: Mapping[str, tuple[str, ...]] = {
    "exporter": ("foretide-exporter", "synthetic", "--apps", "2", "--inventory-cards", "2"),
    "profile": ("foretide", "worker", "profile"),
    "plan": ("foretide", "worker", "plan"),
    "actuator": ("foretide-actuator", "run", "--apply"),
}
USERS = {"admin": "admin-secret", "nobody": "nobody-secret"} | {role: f"{role}-secret" for role in PROCESSES}
NEEDED = {"exporter": "telemetry.v1", "profile": "telemetry.v1", "plan": "pool-events.v1", "actuator": "commands.v1"}
"""A topic that each process may not do without."""


@pytest.fixture(scope="module")
def secure() -> Iterator[KafkaBroker]:
    """A broker with TLS, SCRAM and ACLs; every role has a user of its own, `nobody` has no rights."""
    broker = start("kafka", security=BrokerSecurity(USERS))
    assert isinstance(broker, KafkaBroker)
    try:
        admin = broker.settings("admin")
        asyncio.run(topic_admin.create(admin))
        for role in PROCESSES:
            grant(admin, role, role)  # type: ignore[arg-type]
        yield broker
    finally:
        broker.stop()


def files(role: str, folder: Path) -> tuple[str, ...]:
    """Where the actuator keeps its files."""
    if role != "actuator":
        return ()
    return ("--state", str(folder / "pool.sqlite"), "--ledger", str(folder / "ledger.sqlite"))


def refused(role: str, kafka: KafkaSettings, folder: Path) -> str:
    """The one line with which the process ends, in time and not with success."""
    program, *arguments = PROCESSES[role]
    began = time.monotonic()
    done = run_program(program, *arguments, *files(role, folder), kafka=kafka, timeout=30)
    assert time.monotonic() - began < 15
    assert done.returncode not in (0, None)
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return errors[0]


@pytest.mark.parametrize("role", PROCESSES)
def test_a_wrong_password(secure: KafkaBroker, role: str, tmp_path: Path) -> None:
    kafka = dataclasses.replace(secure.settings(role), password="wrong")
    error = refused(role, kafka, tmp_path)
    assert role in error
    assert "password" in error


@pytest.mark.parametrize("role", PROCESSES)
def test_a_missing_right(secure: KafkaBroker, role: str, tmp_path: Path) -> None:
    error = refused(role, secure.settings("nobody"), tmp_path)
    assert "'nobody'" in error
    assert re.search(r"topic [a-z-]+(\.v1|-changelog)", error)


@pytest.mark.parametrize("role", PROCESSES)
def test_an_unreachable_broker(role: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        error = refused(role, KafkaSettings(bootstrap=address), tmp_path)
    assert address in error


@pytest.mark.parametrize("role", PROCESSES)
def test_a_missing_topic(role: str, kafka_without_topics: KafkaBroker, tmp_path: Path) -> None:
    error = refused(role, kafka_without_topics.settings(), tmp_path)
    assert "foretide topics create" in error


@pytest.fixture(scope="module")
def kafka_without_topics() -> Iterator[KafkaBroker]:
    """A broker that was never prepared."""
    broker = start("kafka")
    assert isinstance(broker, KafkaBroker)
    yield broker
    broker.stop()


@pytest.mark.parametrize("role", PROCESSES)
async def test_with_its_own_rights_alone_every_process_works(secure: KafkaBroker, role: str, tmp_path: Path) -> None:
    name, *arguments = PROCESSES[role]
    program = Program(role, name, *arguments, *files(role, tmp_path), kafka=secure.settings(role), folder=tmp_path)
    try:
        await asyncio.to_thread(program.wait_for, lambda: _works(role, program), "its first work")
        code, seconds = await asyncio.to_thread(program.terminate)
    finally:
        program.kill()
    assert code == 0, program.log()
    assert seconds < 15


def _works(role: str, program: Program) -> bool:
    progress = program.progress()
    if progress is None:
        return False
    if role == "exporter":
        return bool(progress["windows_sent"])
    if role == "actuator":
        return "reading commands.v1" in program.log()
    return bool(progress["ready"]) and len(progress["partitions"]) == 4


@pytest.fixture
async def doomed(fresh_kafka: KafkaBroker) -> KafkaBroker:
    """A broker that the test will take away."""
    await topic_admin.create(fresh_kafka.settings())
    return fresh_kafka


async def test_with_the_broker_away_sigterm_ends_every_process_in_time(doomed: KafkaBroker, tmp_path: Path) -> None:
    kafka = doomed.settings()
    programs = {
        role: Program(role, name, *arguments, *files(role, tmp_path), kafka=kafka, folder=tmp_path)
        for role, (name, *arguments) in PROCESSES.items()
    }
    try:
        for role, program in programs.items():
            await asyncio.to_thread(program.wait_for, lambda r=role, p=program: _works(r, p), "its first work")  # type: ignore[misc]
        doomed.kill()
        await asyncio.sleep(3)  # long enough for retries to be under way everywhere
        assert all(p.process.poll() is None for p in programs.values()), "a broker's outage ends no process"
        began = time.monotonic()
        for program in programs.values():
            program.process.send_signal(signal.SIGTERM)
        for program in programs.values():
            await asyncio.to_thread(program.process.wait, 20)
        assert time.monotonic() - began < 15
        assert "Traceback" not in "".join(p.log() for p in programs.values())
    finally:
        for program in programs.values():
            program.kill()


def test_the_password_is_on_no_command_line(secure: KafkaBroker, tmp_path: Path) -> None:
    program = Program("exporter", "foretide-exporter", "synthetic", kafka=secure.settings("exporter"), folder=tmp_path)
    try:
        program.wait_for(lambda: "metrics on" in program.log(), "its start")
        listing = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    finally:
        program.kill()
    assert "exporter-secret" not in listing
    assert "exporter-secret" not in program.log()
