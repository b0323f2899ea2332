"""The whole loop as a newcomer runs it, on both kinds of broker, with and without harm."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from foretide.deploy.broker import BrokerSecurity, KafkaBroker, start
from foretide.deploy.broker.acls import ROLES, grant
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.errors import SendFailed
from foretide.schemas.kafka.sender import Sender
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import COMMANDS, DEAD_LETTERS, POOL_EVENTS, PREDICTIONS, TELEMETRY
from support.exporting import read_topic
from support.program import command_line, environ, run_program

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

NAMES = {
    "broker", "applications", "windows_sent", "windows_handled", "dead_letters", "predictions", "deviations",
    "commands", "outcomes", "shortage_ratio", "cards_held_mean", "cards_whole", "latency_ms", "decision_hash",
    "replay_hash", "model_hash", "model_replay_hash", "kills",
}  # fmt: skip


def demo(out: Path, *arguments: str, kafka: KafkaSettings | None = None) -> dict[str, Any]:
    """Run it; its summary, which must add up."""
    done = run_program("foretide", "demo", "--json", "--out", str(out), *arguments, kafka=kafka, timeout=220)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert set(summary) >= NAMES
    assert summary["windows_sent"] == summary["windows_handled"] == summary["predictions"] > 500
    assert summary["commands"] == sum(summary["outcomes"].values()) > 0
    assert summary["decision_hash"] == summary["replay_hash"]
    assert summary["model_hash"] == summary["model_replay_hash"]
    assert 0 < summary["latency_ms"]["p50"] <= summary["latency_ms"]["p99"]
    assert summary["cards_held_mean"] > 0
    assert summary["findings"] == []
    return summary


@pytest.mark.kafka
def test_killed_in_turn_every_process_comes_back_and_the_numbers_agree(tmp_path: Path) -> None:
    summary = demo(tmp_path / "out", "--broker", "kafka", "--seconds", "35", "--chaos", "5")
    assert summary["broker"].startswith("kafka 4.")
    assert (summary["applications"], summary["cards_whole"], summary["kills"]) == (12, 12, 5)
    assert summary["outcomes"].get("applied", 0) > 12


def test_on_the_mock_cluster_over_two_kinds_of_cards(tmp_path: Path) -> None:
    summary = demo(tmp_path / "out", "--broker", "mock", "--seconds", "25")
    assert summary["broker"] == "mock"
    assert summary["kills"] == 0
    assert set(summary["cards_in_use"]) == {"a100-80gb", "l4"}
    assert summary["cost_per_hour_mean"] > 0
    assert summary["migrations"] >= 2
    assert (summary["ways_back"] >= 1, summary["provoked"]) == (True, 1)


@pytest.mark.kafka
def test_a_recorded_trace(tmp_path: Path, traces: Path) -> None:
    trace = traces / "gentd26_pods.csv.gz"
    summary = demo(tmp_path / "out", "--trace", str(trace), "--speed", "600", "--seconds", "12")
    assert summary["applications"] >= 45, "all fifty, but for the few that begin later in the trace"
    lines = (tmp_path / "out" / "telemetry.jsonl").read_text().splitlines()
    assert len(lines) >= summary["windows_sent"]


@pytest.mark.kafka
async def test_garbage_on_every_topic_disturbs_nothing_else(tmp_path: Path, fresh_kafka: KafkaBroker) -> None:
    kafka = fresh_kafka.settings()
    await topic_admin.create(kafka)
    running = asyncio.create_task(asyncio.to_thread(demo, tmp_path / "out", "--seconds", "15", kafka=kafka))
    window = b'{"version":1,"app":"x","resource":"r","source":"s","start_ms":0,"step_ms":1000,"signals":'
    garbage = {
        "not JSON": b"\xff\xfe not json",
        "no object": b"[1, 2]",
        "missing fields": b'{"version": 1}',
        "wrong types": window + b'{"gpu.sm_ratio": "high"}}',
        "NaN": window + b'{"gpu.sm_ratio": [NaN]}}',
        "unknown version": b'{"version": 7, "kind": "forecast"}',
        "unknown kind": b'{"version": 1, "kind": "surprise", "id": "a", "pool": "p", "at_ms": 1}',
        "nothing": None,
    }
    read = (TELEMETRY, POOL_EVENTS, COMMANDS)
    written = 0
    sender = Sender(kafka)
    await sender.start()
    try:
        await _until_running(tmp_path / "out")
        with pytest.raises(SendFailed, match="refused"):
            await (await sender.send_raw(TELEMETRY, b"two megabytes", b"x" * 2_000_000))
        for topic in (*read, PREDICTIONS, "deviations.v1", "scorecards.v1", "decisions.v1"):
            for name, value in garbage.items():
                await sender.send_raw(topic, name.encode(), value)
                written += topic in read
    finally:
        assert await sender.close(20)
    summary = await running
    assert summary["dead_letters"] == written
    letters = [
        json.loads(line)
        for line in run_program(
            "foretide", "watch", DEAD_LETTERS, "--from-beginning", "--count", str(written), "--json", kafka=kafka
        ).stdout.splitlines()
    ]
    assert len(letters) == written
    assert {letter["record"]["topic"] for letter in letters} == set(read)
    assert all(letter["reason"] and letter["place"].startswith("$") for letter in letters)
    # The broker's topics, garbage included, replay to what the run itself found.
    for options, name in (((), "decision_hash"), (("--telemetry",), "model_hash")):
        replayed = run_program("foretide", "replay", "--bootstrap", kafka.bootstrap, *options, "--json")
        assert replayed.returncode == 0, replayed.stderr
        assert json.loads(replayed.stdout.splitlines()[-1])[name] == summary[name]


async def _until_running(out: Path) -> None:
    """Wait until the exporter sends."""
    for _ in range(600):
        log = out / "logs" / "exporter.log"
        if log.exists() and "metrics on" in log.read_text():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the exporter did not start")


@pytest.mark.kafka
async def test_over_tls_with_passwords_and_rights(tmp_path: Path) -> None:
    broker = start("kafka", security=BrokerSecurity({"admin": "admin-secret", "demo": "demo-secret"}))
    assert isinstance(broker, KafkaBroker)
    try:
        admin = broker.settings("admin")
        await topic_admin.create(admin)
        for role in ROLES:
            await asyncio.to_thread(grant, admin, "demo", role)  # type: ignore[arg-type]
        kafka = broker.settings("demo")
        assert (kafka.security_protocol, kafka.sasl_mechanism) == ("SASL_SSL", "SCRAM-SHA-512")
        await asyncio.to_thread(demo, tmp_path / "out", "--seconds", "12", kafka=kafka)
        secret = "demo-secret"
        told = "".join(p.read_text() for p in (tmp_path / "out" / "logs").iterdir())
        assert secret not in told
    finally:
        broker.stop()


@pytest.mark.kafka
def test_interrupted_it_leaves_nothing_behind(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        command_line("foretide", "demo", "--seconds", "60", "--out", str(out)),
        stdout=subprocess.PIPE,
        text=True,
        env=environ(None),
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if " running " in line:
            break
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 6, "a broker, an exporter, three workers and an actuator"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(40) == 130
    process.stdout.close()
    assert time.monotonic() - began < 30
    gone, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert len(gone) == len(children)


@pytest.mark.kafka
async def test_a_second_run_on_the_same_broker_counts_only_itself(tmp_path: Path, fresh_kafka: KafkaBroker) -> None:
    kafka = fresh_kafka.settings()
    await topic_admin.create(kafka)
    for n in range(2):
        await asyncio.to_thread(demo, tmp_path / f"out-{n}", "--seconds", "8", "--apps", "6", kafka=kafka)
    windows = [m for _, m in await read_topic(kafka, TELEMETRY)]
    assert len({m.app for m in windows}) == 6
