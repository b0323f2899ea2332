"""The README's three uses, run as they are written."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foretide.deploy.broker import KafkaBroker, start
from foretide.schemas.kafka import topic_admin
from support.program import environ, run_program

pytestmark = [pytest.mark.kafka, pytest.mark.e2e, pytest.mark.timeout(400)]

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def section(title: str) -> list[tuple[str, str]]:
    """The code blocks of a section, with their languages."""
    found = re.search(rf"^## {re.escape(title)}.*?\n(.*?)(?=^## |\Z)", README, re.M | re.S)
    assert found is not None, f"the README has no section {title}"
    return re.findall(r"^```(\w+)\n(.*?)^```", found[1], re.M | re.S)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A broker on which a system has run: the environment in which a reader would try things."""
    broker = start("kafka")
    assert isinstance(broker, KafkaBroker)
    try:
        kafka = broker.settings()
        asyncio.run(topic_admin.create(kafka))
        out = tmp_path_factory.mktemp("demo") / "out"
        done = run_program("foretide", "demo", "--seconds", "6", "--out", str(out), kafka=kafka, timeout=100)
        assert done.returncode == 0, done.stderr
        # The commands are found as in an activated environment; the broker is the one that runs, not the text's.
        yield environ(kafka) | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    finally:
        broker.stop()


def shell(
    script: str, environment: dict[str, str], folder: Path, seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a block as a reader would paste it."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True, text=True, timeout=seconds, check=False, env=environment, cwd=folder,
    )  # fmt: skip


def test_use_1_subscribe(system: dict[str, str], tmp_path: Path) -> None:
    (_, export), (_, watch), (language, program) = section("Use 1")
    assert "export FORETIDE_KAFKA_BOOTSTRAP=" in export
    done = shell(watch, system, tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip().splitlines()) >= 3
    assert language == "python"
    assert len([line for line in program.splitlines() if line.strip()]) <= 14
    running = subprocess.Popen(
        [sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=system
    )
    try:
        assert running.stdout is not None
        seen: set[str] = set()
        for line in running.stdout:
            seen.add(line.partition("(")[0])
            if seen >= {"Prediction", "Deviation"}:
                break
        assert seen == {"Prediction", "Deviation"}
    finally:
        running.kill()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()


def test_use_2_deploy_an_exporter(system: dict[str, str], tmp_path: Path) -> None:
    (_, install), (_, nvml), (_, synthetic) = section("Use 2")
    assert install.strip() == "pip install 'foretide[exporter]'"
    check, run = nvml.strip().splitlines()
    if shutil.which("nvidia-smi"):
        assert shell(check, system, tmp_path).returncode == 0
    else:
        for command in (check, run):
            done = shell(command, system, tmp_path)
            assert done.returncode == 1, "without a driver it says so"
            assert "Error: " in done.stderr
            assert "Traceback" not in done.stderr
    done = shell(synthetic, system, tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"[1-9]\d* windows .* of 4 applications sent, 0 dropped", done.stderr)


def test_use_3_backtest(system: dict[str, str], tmp_path: Path) -> None:
    ((_, command),) = section("Use 3")
    done = shell(command, system, tmp_path, seconds=360)
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "backtest-out").iterdir()} == {
        "predictions.csv", "decisions.csv", "summary.json", "report.html",
    }  # fmt: skip
    assert (tmp_path / "backtest-out" / "predictions.csv").read_text().count("\n") > 1000


def test_by_hand_every_command_exists(system: dict[str, str], tmp_path: Path) -> None:
    ((_, commands),) = section("Run it for real")
    for line in commands.strip().splitlines():
        words = line.partition("#")[0].split()
        done = shell(f"{words[0]} {' '.join(w for w in words[1:] if not w.startswith('-'))} --help", system, tmp_path)
        if "--pool" in words:
            done = shell(f"{words[0]} {words[1]} --help", system, tmp_path)
            assert all(w in done.stdout for w in words if w.startswith("--"))
        assert done.returncode == 0, line
