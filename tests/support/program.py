"""A console program of ours as a process of its own, whichever it is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from foretide.schemas.kafka.settings import KafkaSettings
from support.exporting import environment

MODULES = {
    "foretide": "foretide.deploy.cli",
    "foretide-exporter": "foretide.exporters.cli",
    "foretide-actuator": "foretide.actuators.cli",
}


def command_line(program: str, *arguments: str) -> list[str]:
    """How the program is started without depending on PATH."""
    return [sys.executable, "-c", f"from {MODULES[program]} import main; main()", *arguments]


def environ(kafka: KafkaSettings | None) -> dict[str, str]:
    """This process's environment, with these Kafka settings and no others."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FORETIDE_KAFKA_")}
    return plain | (environment(kafka) if kafka else {})


def run_program(
    program: str, *arguments: str, kafka: KafkaSettings | None = None, timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        command_line(program, *arguments),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=environ(kafka),
    )


class Program:
    """A running program; its log goes to a file, its endpoint is found there."""

    def __init__(self, name: str, program: str, *arguments: str, kafka: KafkaSettings, folder: Path) -> None:
        self.name = name
        self.path = folder / f"{name}.log"
        with self.path.open("ab") as log:
            self.process = subprocess.Popen(
                command_line(program, *arguments), stdout=log, stderr=log, env=environ(kafka)
            )

    def log(self) -> str:
        """What it has logged so far, and what an earlier one of its name did before."""
        return self.path.read_text()

    def progress(self) -> Mapping[str, Any] | None:
        """Its progress document; None while its endpoint does not answer."""
        found = re.findall(r"(http://[\w.:\[\]]+)/(?:metrics|progress)", self.log())
        if not found:
            return None
        try:
            with urllib.request.urlopen(found[-1] + "/progress", timeout=2) as answer:
                return dict(orjson.loads(answer.read()))
        except OSError:
            return None

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Wait until something holds; AssertionError with the log if the program ends or time runs out before."""
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"{self.name} ended before {what}:\n{self.log()}"
            assert time.monotonic() < end, f"{self.name}: {what} did not come:\n{self.log()}"
            time.sleep(0.05)

    def terminate(self, seconds: float = 20.0) -> tuple[int, float]:
        """SIGTERM; the exit code and how long it took to end."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds), time.monotonic() - begun

    def kill(self) -> None:
        """SIGKILL, and wait."""
        self.process.kill()
        self.process.wait()
