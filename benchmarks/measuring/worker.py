"""A worker as a real process, and what can be told of it from outside: progress, processor time, memory."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from foretide.deploy.demo.endpoint import read_progress
from foretide.deploy.demo.processes import kafka_environment
from foretide.deploy.demo.supervisor import Child, ProcessSpec, foretide_command
from foretide.schemas.errors import ForetideError
from foretide.schemas.kafka.settings import KafkaSettings

LOOK_SECONDS = 0.2
"""Between two looks at a process."""


class MeasuringError(ForetideError):
    """A measurement that did not come about."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a worker had come at one moment. `cpu_seconds` are of all its threads, user and system."""

    at: float
    cpu_seconds: float
    handled: int
    lag: int | None
    """Records that wait, as far as its fetches told; None while a partition has not been read from."""
    rss_bytes: int
    snapshots: int


class MeasuredProcess:
    """A process of ours with an endpoint."""

    def __init__(
        self, name: str, command: tuple[str, ...], port_file: Path, kafka: KafkaSettings, folder: Path
    ) -> None:
        # One worker per core is how the product scales: threads of the linear algebra would only get in its way.
        environment = kafka_environment(kafka) | {"OPENBLAS_NUM_THREADS": "1"}
        self._port_file = port_file
        self._child = Child(ProcessSpec(name, command, environment, stop_seconds=40.0), folder / f"{name}.log")
        self.started_at = 0.0
        """On time.time()."""

    def start(self) -> None:
        """Start the process; it is not ready yet."""
        self._port_file.unlink(missing_ok=True)
        self.started_at = time.time()
        self._child.start()

    @property
    def pid(self) -> int:
        """Its process id; MeasuringError if it has ended."""
        pid = self._child.pid
        if pid is None:
            raise MeasuringError(f"{self._child.spec.name} ended: {self._child.tail()}; see {self._child.log}")
        return pid

    async def progress(self) -> dict[str, Any] | None:
        """Its progress document, or None while it does not answer."""
        _ = self.pid
        return await read_progress(self._port_file, 5.0)

    async def until(self, reached: Callable[[dict[str, Any]], bool], what: str, seconds: float) -> dict[str, Any]:
        """The first progress document for which `reached` holds; MeasuringError after `seconds`."""
        end = time.monotonic() + seconds
        while True:
            document = await self.progress()
            if document is not None and reached(document):
                return document
            if time.monotonic() > end:
                raise MeasuringError(f"{self._child.spec.name}: {what} did not come within {seconds:.0f} s")
            await asyncio.sleep(LOOK_SECONDS)

    def cpu_seconds(self) -> float:
        """Processor time that it has taken so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def rss_bytes(self) -> int:
        """Its resident memory."""
        return int(psutil.Process(self.pid).memory_info().rss)

    async def stop(self, seconds: float = 40.0) -> None:
        """SIGTERM, and wait; SIGKILL after `seconds`."""
        self._child.stopping = True
        self._child.signal(signal.SIGTERM)
        end = time.monotonic() + seconds
        while self._child.pid is not None:
            if time.monotonic() > end:
                self._child.signal(signal.SIGKILL)
            await asyncio.sleep(0.05)

    def close(self) -> None:
        """Leave nothing behind, however far it came."""
        self._child.signal(signal.SIGKILL)
        self._child.close()


class Worker(MeasuredProcess):
    """`foretide worker profile` (or another agent) with its own defaults, but for what is given."""

    def __init__(
        self, name: str, group: str, kafka: KafkaSettings, folder: Path, *options: str, agent: str = "profile"
    ) -> None:
        port_file = folder / f"{name}.port"
        command = foretide_command(
            "foretide", "worker", agent, "--group", group, "--port-file", str(port_file), "--log-level", "warning",
            *options,
        )  # fmt: skip
        super().__init__(name, command, port_file, kafka, folder)

    async def ready(self, seconds: float, partitions: int | None = None) -> None:
        """Wait until its partitions are restored; with `partitions` until it has so many of them."""

        def is_ready(document: dict[str, Any]) -> bool:
            owned = len(document["partitions"])
            return bool(document["ready"]) and (owned > 0 if partitions is None else owned == partitions)

        await self.until(is_ready, "readiness", seconds)

    async def mark(self) -> Mark:
        """Where it stands now; MeasuringError if it does not answer."""
        document = await self.until(lambda _: True, "an answer", 20.0)
        return Mark(
            at=time.monotonic(),
            cpu_seconds=self.cpu_seconds(),
            handled=document["handled"],
            lag=lag_of(document),
            rss_bytes=self.rss_bytes(),
            snapshots=document["snapshots"],
        )


def lag_of(document: dict[str, Any]) -> int | None:
    """Records that wait for a worker."""
    partitions = document["partitions"].values()
    if not partitions or any(p["highwater"] is None for p in partitions):
        return None
    return sum(max(0, int(p["highwater"]) - int(p["position"])) for p in partitions)
