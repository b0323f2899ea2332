"""benchmarks/pipeline.py measures a whole run on a real Kafka, and says what it was asked wrongly."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "pipeline.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, timeout=200, check=False
    )


@pytest.mark.kafka
@pytest.mark.timeout(220)
@pytest.mark.usefixtures("kafka_broker")
def test_everything_is_measured_in_one_run(tmp_path: Path) -> None:
    done = run(
        "--apps", "16", "--windows", "8000", "--seconds", "2", "--stop-seconds", "1", "--templates", "4",
        "--history-hours", "0.05", "--naive-apps", "1", "--naive-samples", "240", "--logs", str(tmp_path), "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["samples_per_cpu_second"] == pytest.approx(10 * found["windows_per_cpu_second"], rel=0.01)
    assert found["bare_per_cpu_second"] > found["windows_per_cpu_second"] > 0, "nothing beats the bare loop"
    assert found["naive_samples_per_cpu_second"] > 0
    assert found["unanswered"] == 0
    assert 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["p99"] < 60_000
    assert 0 < found["bare_latency_ms"]["p50"] <= found["bare_latency_ms"]["p99"] < 60_000
    assert found["live_bytes_per_application"] > 1024
    assert found["snapshot_bytes_per_application"] > 1024
    assert math.isfinite(found["catch_up_ratio"])
    assert found["catch_up_ratio"] > 0
    assert "each with 0.05 h of windows of 10 samples learnt before" in done.stdout


def test_nonsense_is_refused_before_anything_starts() -> None:
    for arguments, told in (
        (("--apps", "0"), "--apps"),
        (("--load", "2"), "--load"),
        (("--apps", "100", "--windows", "200"), "four times --apps"),
    ):
        done = run(*arguments)
        assert done.returncode == 2
        assert told in done.stderr
