"""An exporter as a process of its own, and what it has written to a broker."""

from __future__ import annotations

import contextlib
import json
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

from foretide.schemas.codec import parse
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.kafka.clients import consumer
from foretide.schemas.kafka.settings import KafkaSettings

PROGRAM = (sys.executable, "-c", "from foretide.exporters.cli import main; main()")


def run_exporter(settings: KafkaSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment(settings),
    )


def environment(settings: KafkaSettings) -> dict[str, str]:
    """The settings as the environment variables that every command reads."""
    values = {
        "BOOTSTRAP": settings.bootstrap,
        "SECURITY_PROTOCOL": settings.security_protocol,
        "USERNAME": settings.username,
        "PASSWORD": settings.password,
        "CA_FILE": settings.ca_file,
    }
    return {f"FORETIDE_KAFKA_{name}": str(value) for name, value in values.items() if value is not None}


class ExporterProcess:
    """A running exporter; its log goes to a file, its endpoint is found there."""

    def __init__(self, settings: KafkaSettings, folder: Path, *arguments: str) -> None:
        self.report = folder / "report.json"
        self._log = folder / "exporter.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*PROGRAM, *arguments, "--report", str(self.report)],
                stderr=log,
                env=os.environ | environment(settings),
            )

    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def get(self, path: str) -> str:
        """What its endpoint answers."""
        self.wait_for(lambda: "/metrics\n" in self.log(), "its endpoint")
        found = re.search(r"metrics on (http://\S+)/metrics\n", self.log())
        assert found is not None
        with urllib.request.urlopen(found[1] + path, timeout=5) as answer:
            return str(answer.read().decode())

    def progress(self) -> Mapping[str, Any]:
        """Its progress document."""
        return dict(json.loads(self.get("/progress")))

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Wait until something holds; AssertionError with the log if the exporter ends or time runs out before."""
        end = time.monotonic() + seconds
        while not condition():
            assert self._process.poll() is None, f"the exporter ended before {what}:\n{self.log()}"
            assert time.monotonic() < end, f"{what} did not come:\n{self.log()}"
            time.sleep(0.05)

    def terminate(self, seconds: float = 20.0) -> tuple[int, float]:
        """SIGTERM; the exit code and how long it took to end."""
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds), time.monotonic() - begun

    def wait(self, seconds: float = 60.0) -> int:
        """Wait for its end; the exit code."""
        return self._process.wait(seconds)

    def told(self) -> dict[str, Any]:
        """Its report."""
        return dict(json.loads(self.report.read_text()))

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()


async def read_topic(settings: KafkaSettings, topic: str) -> list[tuple[bytes, Any]]:
    """Key and message of all records on a topic that can be read, each partition in its order.

    Tests share a broker's topics, and some put nonsense there on purpose.
    """
    client = consumer(settings, topic)
    await client.start()
    try:
        records = []
        for partition, end in (await client.end_offsets(client.assignment())).items():
            while await client.position(partition) < end:
                for batch in (await client.getmany(partition, timeout_ms=1000)).values():
                    for record in batch:
                        with contextlib.suppress(InvalidMessage):
                            records.append((record.key, parse(topic, record.value)))
        return records
    finally:
        await client.stop()
