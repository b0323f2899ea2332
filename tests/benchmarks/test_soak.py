"""benchmarks/soak.py keeps a load up while a second worker comes and goes."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "soak.py"


@pytest.mark.kafka
@pytest.mark.timeout(220)
@pytest.mark.usefixtures("kafka_broker")
def test_hand_overs_under_load_leave_nobody_silent(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, str(SCRIPT), "--minutes", "0.3", "--every-seconds", "6", "--apps", "12", "--rate", "20",
            "--history-hours", "0.05", "--out", str(tmp_path / "out"), "--logs", str(tmp_path), "--json",
        ],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["hand_overs"] >= 1
    assert found["silent_applications"] == 0
    assert found["predictions"] >= 0.8 * found["windows_sent"] > 0
    assert 0 < found["typical_longest_gap_seconds"] <= found["longest_gap_seconds"]
    assert found["rss_last_third_bytes"] > 2**24
    assert 0 <= found["lag_p50"] <= found["lag_p99"] <= found["lag_most"]
    root = ET.parse(tmp_path / "out" / "soak.svg").getroot()
    assert len(root.findall("{http://www.w3.org/2000/svg}g")) == 2
