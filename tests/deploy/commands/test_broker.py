"""`foretide broker run` as a process: ready file, orderly ends, one clear error."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from foretide.deploy.broker import KafkaBroker
from support.program import command_line, environ, run_program

pytestmark = pytest.mark.timeout(90)


@contextmanager
def running(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process; killed if the test leaves it running."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command_line("foretide", "broker", "run", *arguments), stdout=out, stderr=out, env=environ(None)
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ready(file: Path, process: subprocess.Popen[bytes], seconds: float = 40.0) -> dict[str, Any]:
    limit = time.monotonic() + seconds
    while not file.exists():
        assert process.poll() is None, "it ended before it was ready"
        assert time.monotonic() < limit, "it did not become ready"
        time.sleep(0.05)
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def answers(bootstrap: str) -> bool:
    host, _, port = bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def children(pid: int) -> list[int]:
    """The processes a process has started, whichever of its threads did."""
    tasks = Path(f"/proc/{pid}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_mock_runs_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "ready.json"
    file.write_text('{"bootstrap": "of an earlier run"')
    with running("--kind", "mock", "--ready-file", str(file), log=tmp_path / "log") as process:
        limit = time.monotonic() + 20
        while "answers on" not in (tmp_path / "log").read_text():
            assert time.monotonic() < limit
            time.sleep(0.05)
        facts = ready(file, process)
        assert facts["kind"] == "mock"
        assert set(facts) == {"bootstrap", "kind", "version", "data"}
        assert answers(facts["bootstrap"])
        process.send_signal(number)
        assert process.wait(15) == 0
    assert not file.exists()
    assert not answers(facts["bootstrap"])
    assert not Path(facts["data"]).exists()
    said = (tmp_path / "log").read_text()
    assert f"export FORETIDE_KAFKA_BOOTSTRAP={facts['bootstrap']}\n" in said
    assert "Traceback" not in said


def test_a_mock_that_dies_ends_the_command_with_an_error(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    with running("--kind", "mock", "--ready-file", str(file), log=tmp_path / "log") as process:
        ready(file, process)
        (server,) = children(process.pid)
        os.kill(server, signal.SIGKILL)
        assert process.wait(15) == 1
    assert re.search(r"^Error: the broker ended by itself; see .*broker\.log$", (tmp_path / "log").read_text(), re.M)
    assert not file.exists()


def test_what_a_mock_cannot_do_is_one_line() -> None:
    done = run_program("foretide", "broker", "run", "--kind", "mock", "--port", "9092")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: the mock broker takes no port, data folder or security; use --kind kafka\n"


def test_a_ready_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = run_program("foretide", "broker", "run", "--kind", "mock", "--ready-file", str(tmp_path / "no" / "file"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: --ready-file ")
    assert "Traceback" not in done.stderr


@pytest.mark.kafka
def test_a_busy_port_is_one_line(kafka_broker: KafkaBroker) -> None:
    port = kafka_broker.bootstrap.rpartition(":")[2]
    done = run_program("foretide", "broker", "run", "--kind", "kafka", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: port {port} of 127.0.0.1 is in use; give another one, or 0 for a free one\n"


def runs(pid: int) -> bool:
    """Whether the process is there and has not ended yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.kafka
def test_a_start_can_be_broken_off(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "ready.json"
    arguments = ["--kind", "kafka", "--data", str(data), "--ready-file", str(file)]
    with running(*arguments, log=tmp_path / "log") as process:
        limit = time.monotonic() + 30
        while not (data / "broker.log").exists():
            assert time.monotonic() < limit
            time.sleep(0.01)
        begun = children(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 128 + signal.SIGINT
        assert begun
        # One that was just being started is ended by the kernel, as its parent's death is noticed.
        end = time.monotonic() + 10
        while left := [pid for pid in begun if runs(pid)]:
            assert time.monotonic() < end, left
            time.sleep(0.01)
    assert not file.exists()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_help_says_what_is_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "foretide.deploy.cli", "broker", "run", "--help"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    for said in ("--kind", "--data", "--ready-file", "Ctrl-C", "45 MB"):
        assert said in done.stdout
