"""The mock broker: librdkafka's mock cluster in a process of its own. It speaks the real protocol and keeps nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from foretide.deploy.broker.errors import BrokerStartError
from foretide.deploy.broker.process import end, last_words, spawn
from foretide.deploy.broker.ready import wait_until_ready
from foretide.deploy.broker.running import Kind
from foretide.schemas.kafka.settings import KafkaSettings


class MockBroker:
    """A mock cluster process. Made by `start_mock`."""

    kind: Kind = "mock"
    version = "librdkafka"

    def __init__(self, process: subprocess.Popen[bytes], bootstrap: str, data: Path) -> None:
        self._process = process
        self.bootstrap = bootstrap
        self.data = data

    @property
    def name(self) -> str:
        return "mock"

    def settings(self, user: str | None = None) -> KafkaSettings:
        if user is not None:
            raise BrokerStartError("the mock cluster has no users; start a real broker (--kind kafka)")
        return KafkaSettings(bootstrap=self.bootstrap)

    def stop(self) -> None:
        end(self._process)
        shutil.rmtree(self.data, ignore_errors=True)

    def kill(self) -> None:
        raise BrokerStartError("the mock cluster keeps nothing, so it cannot be killed and come back; use --kind kafka")

    def restart(self) -> None:
        raise BrokerStartError("the mock cluster keeps nothing, so it cannot be restarted; use --kind kafka")

    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None


def start_mock(say: Callable[[str], None] = lambda _: None, limit_seconds: float = 20.0) -> MockBroker:
    """Start a mock cluster on ports of its own choice and return once it answers."""
    if find_spec("confluent_kafka") is None:
        raise BrokerStartError("the mock broker needs confluent-kafka: pip install 'foretide[operator]'")
    say("mock broker: librdkafka's mock cluster; it keeps nothing once it is stopped, and trims partitions at 5 MB")
    data = Path(tempfile.mkdtemp(prefix="foretide-mock-"))
    log = data / "broker.log"
    process = spawn([sys.executable, "-m", "foretide.deploy.broker.mock_server"], log)
    try:
        bootstrap = _address(process, log, limit_seconds)
        wait_until_ready(KafkaSettings(bootstrap=bootstrap), process, log, limit_seconds)
    except BaseException:
        end(process, 0)
        shutil.rmtree(data, ignore_errors=True)
        raise
    return MockBroker(process, bootstrap, data)


def _address(process: subprocess.Popen[bytes], log: Path, limit_seconds: float) -> str:
    deadline = time.monotonic() + limit_seconds
    while time.monotonic() < deadline:
        for line in log.read_text(errors="replace").splitlines(keepends=True):
            if line.startswith("ready ") and line.endswith("\n"):
                return line.split()[1]
        if process.poll() is not None:
            raise BrokerStartError(f"the mock broker ended with code {process.returncode}: {last_words(log)}")
        time.sleep(0.05)  # a poll of a file another process writes: there is no event to wait for
    raise BrokerStartError(f"the mock broker did not tell its address within {limit_seconds:.0f} s")
