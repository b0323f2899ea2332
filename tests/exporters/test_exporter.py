"""The exporter against a real broker: every window arrives once, in order, and the books balance."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from foretide.deploy.broker import BrokerSecurity, KafkaBroker, jars, start
from foretide.schemas.kafka import topic_admin
from foretide.schemas.messages import InventoryEvent, TelemetryWindow
from foretide.schemas.topics import POOL_EVENTS, TELEMETRY
from support.exporting import ExporterProcess, read_topic, run_exporter

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(110)]

CLEAR_ERROR_SECONDS = 15.0


@pytest.fixture
def secure_kafka() -> Iterator[KafkaBroker]:
    if jars.missing_tools():
        pytest.skip(f"a real Kafka needs {' and '.join(jars.missing_tools())}, which this machine lacks")
    broker = start("kafka", security=BrokerSecurity({"admin": "admin-pw", "app": "app-pw"}))
    assert isinstance(broker, KafkaBroker)
    yield broker
    broker.stop()


def write_trace(path: Path, apps: int, samples: int) -> None:
    with path.open("w") as file:
        file.write("ts,app_id,gpu_duty_pct,gpu_mem_mib\n")
        for i in range(samples):
            for app in range(apps):
                file.write(f"{1000 + i * 60},app-{app},{(i * 7 + app) % 100},{1000 + i}\n")


async def test_a_replay_arrives_whole_in_order_and_is_reported(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    settings = kafka_broker.settings()
    await topic_admin.create(settings)
    trace, report = tmp_path / "t.csv", tmp_path / "out" / "report.json"
    write_trace(trace, apps=7, samples=400)
    source = f"replay-{time.time_ns()}"
    arguments = ["replay", "--trace", str(trace), "--speed", "0", "--source", source, "--pool", "p"]
    arguments += ["--inventory-cards", "3", "--report", str(report)]
    done = await asyncio.to_thread(run_exporter, settings, *arguments)
    assert done.returncode == 0, done.stderr
    told = json.loads(report.read_text())
    assert told["windows_sent"] == told["windows_built"] == told["samples_sent"] == 2800
    assert (told["applications"], told["inventory_sent"]) == (7, 1)
    assert told["windows_dropped"] == told["windows_unsent"] == told["windows_refused"] == 0
    assert told["ended"] == "end of source"
    times = defaultdict(list)
    for key, window in await read_topic(settings, TELEMETRY):
        assert isinstance(window, TelemetryWindow)
        if window.source == source:
            assert key == window.app.encode()
            times[window.app].append(window.start_ms)
    assert len(times) == 7
    assert all(t == [1_000_000 + i * 60_000 for i in range(400)] for t in times.values())
    events = await read_topic(settings, POOL_EVENTS)
    ((key, event),) = [(k, e) for k, e in events if isinstance(e, InventoryEvent) and e.source == source]
    assert key == b"p"
    assert event.at_ms == 1_000_000
    assert [r.resource for r in event.resources] == [f"{source}/card-{n:02d}" for n in range(3)]


async def test_a_broker_that_goes_and_returns_costs_order_nothing(fresh_kafka: KafkaBroker, tmp_path: Path) -> None:
    """A small buffer overflows meanwhile: what is dropped is counted, what is sent arrives in order."""
    settings = fresh_kafka.settings()
    await topic_admin.create(settings)
    arguments = ["synthetic", "--apps", "60", "--speed", "200", "--source", "s", "--buffer-windows", "200"]
    exporter = await asyncio.to_thread(ExporterProcess, settings, tmp_path, *arguments)
    try:
        await asyncio.to_thread(exporter.wait_for, lambda: exporter.progress()["windows_sent"] > 500, "sending")
        await asyncio.to_thread(fresh_kafka.kill)
        await asyncio.to_thread(exporter.wait_for, lambda: exporter.progress()["windows_dropped"] > 50, "dropping")
        sent = exporter.progress()["windows_sent"]
        await asyncio.to_thread(fresh_kafka.restart)
        await asyncio.to_thread(
            exporter.wait_for, lambda: exporter.progress()["windows_sent"] > sent + 500, "sending after the return"
        )
        code, _ = await asyncio.to_thread(exporter.terminate)
    finally:
        exporter.kill()
    assert code == 0, exporter.log()
    told = exporter.told()
    assert told["windows_dropped"] > 50
    assert "were dropped so far" in exporter.log()
    lost = told["windows_dropped"] + told["windows_refused"] + told["windows_unsent"]
    assert told["windows_built"] == told["windows_sent"] + lost
    assert told["windows_unsent"] == told["windows_refused"] == 0
    seen: dict[str, list[int]] = defaultdict(list)
    for _, window in await read_topic(settings, TELEMETRY):
        seen[window.app].append(window.start_ms)
    assert sum(len(set(starts)) for starts in seen.values()) == told["windows_sent"]
    for starts in seen.values():
        distinct = list(dict.fromkeys(starts))
        assert distinct == sorted(distinct)


async def test_sigterm_with_the_broker_away_ends_in_time(fresh_kafka: KafkaBroker, tmp_path: Path) -> None:
    settings = fresh_kafka.settings()
    await topic_admin.create(settings)
    exporter = await asyncio.to_thread(
        ExporterProcess, settings, tmp_path, "synthetic", "--apps", "50", "--speed", "100"
    )
    try:
        await asyncio.to_thread(exporter.wait_for, lambda: exporter.progress()["windows_sent"] > 100, "sending")
        await asyncio.to_thread(fresh_kafka.kill)
        await asyncio.to_thread(exporter.wait_for, lambda: exporter.progress()["windows_waiting"] > 500, "waiting")
        code, took = await asyncio.to_thread(exporter.terminate)
    finally:
        exporter.kill()
    assert code == 0, exporter.log()
    assert took < CLEAR_ERROR_SECONDS
    told = exporter.told()
    assert told["ended"] == "signal"
    assert told["windows_unsent"] > 0
    assert told["windows_built"] == told["windows_sent"] + told["windows_dropped"] + told["windows_unsent"]
    assert len(exporter.log().splitlines()) < 200, "the log stays readable"


async def test_a_source_that_ends_while_the_broker_is_away_fails_plainly(
    fresh_kafka: KafkaBroker, tmp_path: Path
) -> None:
    settings = fresh_kafka.settings()
    await topic_admin.create(settings)
    arguments = ["synthetic", "--apps", "5", "--speed", "100", "--seconds", "6", "--flush-seconds", "1"]
    exporter = await asyncio.to_thread(ExporterProcess, settings, tmp_path, *arguments)
    try:
        await asyncio.to_thread(exporter.wait_for, lambda: exporter.progress()["windows_sent"] > 10, "sending")
        await asyncio.to_thread(fresh_kafka.kill)
        code = await asyncio.to_thread(exporter.wait)
    finally:
        exporter.kill()
    assert code == 1
    assert "windows could not be sent" in exporter.log().splitlines()[-1]
    assert exporter.told()["windows_unsent"] > 0


async def test_metrics_and_progress_are_served_while_it_runs(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    settings = kafka_broker.settings()
    await topic_admin.create(settings)
    exporter = await asyncio.to_thread(ExporterProcess, settings, tmp_path, "synthetic", "--apps", "3", "--speed", "50")
    try:
        await asyncio.to_thread(exporter.wait_for, lambda: exporter.progress()["windows_sent"] >= 3, "sending")
        metrics = dict(line.rsplit(" ", 1) for line in exporter.get("/metrics").splitlines() if line[0] != "#")
        assert float(metrics["foretide_exporter_windows_sent_total"]) >= 3
        assert float(metrics["foretide_exporter_samples_total"]) >= 30
        assert float(metrics["foretide_exporter_inventory_sent_total"]) == 1
        assert float(metrics["foretide_exporter_windows_dropped_total"]) == 0
        assert float(metrics["foretide_exporter_send_seconds_count"]) >= 3
        assert {"foretide_exporter_buffer_windows", "foretide_exporter_source_lag_seconds"} <= metrics.keys()
        assert exporter.get("/healthz") == "ok\n"
        assert exporter.progress()["applications"] == 3
        code, took = await asyncio.to_thread(exporter.terminate)
    finally:
        exporter.kill()
    assert code == 0
    assert took < 5


async def test_what_keeps_it_from_starting_is_one_clear_line(secure_kafka: KafkaBroker) -> None:
    admin, app = secure_kafka.settings("admin"), secure_kafka.settings("app")
    wrong = dataclasses.replace(app, password="not-this")
    arguments = ["synthetic", "--seconds", "1", "--log-level", "error"]

    async def refused(settings: object, *parts: str) -> None:
        begun = time.monotonic()
        done = await asyncio.to_thread(run_exporter, settings, *arguments)  # type: ignore[arg-type]
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert done.stderr.startswith("Error: ")
        assert all(part in done.stderr for part in parts), done.stderr
        assert time.monotonic() - begun < CLEAR_ERROR_SECONDS

    await refused(admin, "telemetry.v1", "foretide topics create")
    await topic_admin.create(admin)
    await refused(wrong, "password")
    await refused(app, "'app' may not write to topic")
    assert (await asyncio.to_thread(run_exporter, admin, *arguments)).returncode == 0
