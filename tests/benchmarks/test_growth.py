"""benchmarks/growth.py measures its cases, and writes a table and a plot of them."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "growth.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, timeout=200, check=False
    )


@pytest.mark.kafka
@pytest.mark.timeout(220)
@pytest.mark.usefixtures("kafka_broker")
def test_every_case_has_a_line_and_the_plot_its_panels(tmp_path: Path) -> None:
    done = run(
        "--sizes", "24", "--workers", "2", "--samples", "", "--hot-share", "0", "--apps", "16", "--windows", "4000",
        "--seconds", "2", "--history-hours", "0.05", "--out", str(tmp_path / "out"), "--logs", str(tmp_path), "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    assert [(one["name"], one["apps"], one["workers"]) for one in found] == [
        ("24 applications", 24, 1),
        ("2 workers", 16, 2),
    ]
    for one in found:
        assert one["windows_per_cpu_second"] > 0
        assert one["first_prediction_seconds"] > 0
        assert one["restored_seconds"] > 0
        assert one["snapshot_bytes"] > 1024
        assert one["restored_bytes"] > 1024 * one["apps"]
        assert one["rss_bytes"] > 2**24
    table = (tmp_path / "out" / "growth.txt").read_text()
    assert table in done.stdout
    assert len(table.splitlines()) == 3
    root = ET.parse(tmp_path / "out" / "growth.svg").getroot()
    assert len(root.findall("{http://www.w3.org/2000/svg}g")) == 4, (
        "no panel for samples a window, which were not varied"
    )


def test_lists_that_are_none_are_refused(tmp_path: Path) -> None:
    for arguments, told in ((("--sizes", "many"), "no list of whole numbers"), (("--workers", "3"), "1, 2 or 4")):
        done = run("--out", str(tmp_path), *arguments)
        assert done.returncode == 2
        assert told in done.stderr
