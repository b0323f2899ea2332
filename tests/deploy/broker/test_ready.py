"""Waiting for a broker ends with its answer, with its process, and with a signal."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foretide.deploy.broker.errors import BrokerStartError
from foretide.deploy.broker.ports import free_ports
from foretide.deploy.broker.ready import wait_until_ready
from foretide.schemas.kafka.settings import KafkaSettings


@pytest.fixture
def silent() -> Iterator[subprocess.Popen[bytes]]:
    """A process that never answers."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    yield process
    process.kill()
    process.wait()


class Broken(BaseException):
    """As a handler of a signal raises it."""


@pytest.mark.timeout(45)
def test_a_signal_ends_the_waiting_long_before_its_limit(silent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    def handler(number: int, _: object) -> None:
        raise Broken

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(Broken):
            wait_until_ready(
                KafkaSettings(f"127.0.0.1:{free_ports(1)[0]}"), silent, tmp_path / "log", limit_seconds=600
            )
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_ended_process_is_told_with_its_last_words(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    ended.wait()
    (tmp_path / "log").write_text("the data folder is in use\n")
    with pytest.raises(BrokerStartError, match=r"code 3.*in use"):
        wait_until_ready(KafkaSettings(f"127.0.0.1:{free_ports(1)[0]}"), ended, tmp_path / "log")


def test_the_limit_is_kept(silent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    with pytest.raises(BrokerStartError, match="within 0 s"):
        wait_until_ready(KafkaSettings(f"127.0.0.1:{free_ports(1)[0]}"), silent, tmp_path / "log", limit_seconds=0.2)
