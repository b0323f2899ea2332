"""A topic and the trace that was replayed into it give the same backtest, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foretide.deploy.broker import KafkaBroker
from foretide.schemas.kafka import topic_admin
from support.program import run_program
from support.tracefile import START, write_trace

pytestmark = [pytest.mark.kafka, pytest.mark.e2e, pytest.mark.timeout(120)]


async def test_from_a_topic_as_from_the_trace(fresh_kafka: KafkaBroker, tmp_path: Path) -> None:
    kafka = fresh_kafka.settings()
    await topic_admin.create(kafka)
    trace = write_trace(tmp_path / "pods.csv.gz")
    sent = run_program("foretide-exporter", "replay", "--trace", str(trace), "--speed", "0", kafka=kafka)
    assert sent.returncode == 0, sent.stderr
    for name, arguments in {
        "trace": ("--trace", str(trace)),
        "topic": ("--bootstrap", kafka.bootstrap),
        "part": ("--bootstrap", kafka.bootstrap, "--until", str(START + 60 * 100)),
    }.items():
        done = run_program("foretide", "backtest", *arguments, "--out", str(tmp_path / name), "--json", kafka=kafka)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["applications"] == 3
    for file in ("predictions.csv", "decisions.csv"):
        assert (tmp_path / "topic" / file).read_bytes() == (tmp_path / "trace" / file).read_bytes()
    samples = json.loads((tmp_path / "part" / "summary.json").read_text())["samples"]
    assert samples == 300
    hashes = {json.loads((tmp_path / n / "summary.json").read_text())["model_hash"] for n in ("trace", "topic")}
    assert len(hashes) == 1
