"""A fleet model of the telemetry topic is that of the trace which was replayed into it, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foretide.deploy.broker import MockBroker
from foretide.schemas.kafka import topic_admin
from support.program import run_program
from support.tracefile import write_trace

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]


async def test_from_a_topic_as_from_the_trace(mock_broker: MockBroker, tmp_path: Path) -> None:
    kafka = mock_broker.settings()
    await topic_admin.create(kafka)
    # Which rows are drawn follows from the source's name: the file is called as the topic is.
    trace = write_trace(tmp_path / "telemetry.v1.csv.gz")
    sent = run_program("foretide-exporter", "replay", "--trace", str(trace), "--speed", "0", kafka=kafka)
    assert sent.returncode == 0, sent.stderr
    told = {}
    for source, out in ((str(trace), tmp_path / "trace.fleet"), ("telemetry.v1", tmp_path / "topic.fleet")):
        done = run_program(
            "foretide", "fleet", "train", "--from", source, "--out", str(out), "--hidden", "4", "--passes", "2",
            "--rows-per-series", "50", "--json", kafka=kafka,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told[out.stem] = json.loads(done.stdout.splitlines()[-1])["sources"]
    assert told["topic"] == told["trace"]
    assert told["topic"][0]["series"] == 9
    assert (tmp_path / "topic.fleet").read_bytes() == (tmp_path / "trace.fleet").read_bytes()
