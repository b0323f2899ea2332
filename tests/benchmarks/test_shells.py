"""benchmarks/shells.py measures the plan agent and an actuator on a real Kafka."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "shells.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, timeout=110, check=False
    )


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_broker")
def test_both_shells_are_measured(tmp_path: Path) -> None:
    done = run(
        "--apps", "12", "--templates", "4", "--history-hours", "0.4", "--events", "120", "--commands", "256",
        "--seconds", "10", "--logs", str(tmp_path), "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["core_events_per_cpu_second"] > found["plan_events_per_cpu_second"] > 0, "a shell costs something"
    assert found["plan_events"] > 12 + 2, "the log holds more than its opening"
    assert found["plan_commands"] >= 12, "every application was given a slice"
    assert found["actuator_commands"] > 100
    assert found["actuator_commands_per_second"] > 0
    assert found["actuator_commands_per_cpu_second"] > 0


def test_a_pool_without_an_application_for_every_template_is_refused() -> None:
    done = run("--apps", "2", "--templates", "4")
    assert done.returncode == 2
    assert "no less than --templates" in done.stderr
