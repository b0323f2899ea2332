"""Starts the demo's processes, restarts those that chaos killed, and leaves none behind.

Every child leads its own process group, so that a Ctrl-C in the terminal reaches the demo alone and the end is ordered;
and the kernel sends it SIGTERM should the demo itself die (PR_SET_PDEATHSIG), so that nothing outlives it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from foretide.deploy.demo.errors import DemoError

_PR_SET_PDEATHSIG: Final = 1
_TAIL_BYTES: Final = 4096
_ENTRY_POINTS: Final = {
    "foretide": "foretide.deploy",
    "foretide-exporter": "foretide.exporters",
    "foretide-actuator": "foretide.actuators",
}


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process to run. `restart`: start it again whenever it ends before it was told to."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to our own: what must not stand on a command line, which every user of the host can read."""
    restart: bool = True
    stop_seconds: float = 20.0
    """After SIGTERM it has so long before SIGKILL follows; the product promises 15 s."""


class Child:
    """One process that was started, through all its restarts."""

    def __init__(self, spec: ProcessSpec, log: Path) -> None:
        self.spec = spec
        self.log = log
        self.starts = 0
        self.started_at = 0.0
        self.stopping = False
        self._file: BinaryIO = log.open("ab", buffering=0)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id, or None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def returncode(self) -> int | None:
        """Its last exit code, or None while it runs or before its first start."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start it; DemoError if the program cannot be run."""
        self._file.write(f"--- start {self.starts + 1}: {' '.join(self.spec.command)}\n".encode())
        try:
            self._process = subprocess.Popen(
                self.spec.command,
                stdin=subprocess.DEVNULL,
                stdout=self._file,
                stderr=self._file,
                env={**os.environ, **self.spec.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()),
            )
        except OSError as e:
            raise DemoError(f"{self.spec.name}: cannot run {self.spec.command[0]}: {e.strerror or e}") from e
        self.starts += 1
        self.started_at = time.monotonic()

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to the whole process group; False if nothing runs any more."""
        if self._process is None:
            return False
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True

    def tail(self) -> str:
        """The last line of its log that says something."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
        said = [line for line in lines if line and not line.startswith("---")]
        errors = [line for line in said if line.startswith("Error:")]
        return (errors or said or ["(its log is empty)"])[-1]

    def close(self) -> None:
        """Close its log."""
        self._file.close()


class Supervisor:
    """The demo's processes. `watch` must run beside the rest; `stop_all` ends everything, however far it came."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self.children: dict[str, Child] = {}
        self.failures: list[str] = []
        """Unexpected ends: which process, its exit code, its last words."""
        self.on_failure: Callable[[str], None] = lambda _: None
        self._expected: set[str] = set()

    def start(self, spec: ProcessSpec) -> Child:
        """Start one more process."""
        child = Child(spec, self._logs / f"{spec.name}.log")
        self.children[spec.name] = child
        child.start()
        return child

    async def kill(self, name: str, every_seconds: float = 0.1) -> None:
        """SIGKILL one process, as soon as it runs if it is just being started; `watch` starts it again."""
        child = self.children[name]
        while child.pid is None and not child.stopping:  # noqa: ASYNC110 - another process's start is no event of ours
            await asyncio.sleep(every_seconds)
        self._expected.add(name)
        child.signal(signal.SIGKILL)

    async def watch(self, every_seconds: float = 0.2) -> None:
        """Restart what ended; runs until it is cancelled.

        DemoError when a process ends by itself within seconds of its start, twice: what it said last tells why.
        """
        early: dict[str, int] = {}
        while True:
            await asyncio.sleep(every_seconds)
            for name, child in self.children.items():
                code = child.returncode
                if code is None or child.stopping or not child.spec.restart:
                    continue
                if name in self._expected:
                    self._expected.discard(name)
                else:
                    self._failed(name, code, child)
                    early[name] = early.get(name, 0) + 1 if time.monotonic() - child.started_at < 10.0 else 0
                    if early[name] >= 2:
                        raise DemoError(f"{name} does not stay up (exit code {code}): {child.tail()}; see {child.log}")
                child.start()

    async def wait(self, name: str, seconds: float) -> int:
        """The exit code of a process that ends by itself; DemoError if it does not within `seconds`."""
        child = self.children[name]
        deadline = time.monotonic() + seconds
        while (code := child.returncode) is None:
            if time.monotonic() > deadline:
                raise DemoError(f"{name} did not end within {seconds:.0f} s; see {child.log}")
            await asyncio.sleep(0.1)
        return code

    async def stop(self, names: Iterable[str]) -> dict[str, int]:
        """SIGTERM these processes together, SIGKILL those that outlast their limit; their exit codes by name."""
        children = [self.children[n] for n in names if n in self.children]
        for child in children:
            child.stopping = True
            child.signal(signal.SIGTERM)
        began = time.monotonic()
        while any(c.pid is not None for c in children):
            for child in children:
                if child.pid is not None and time.monotonic() - began > child.spec.stop_seconds:
                    self.failures.append(f"{child.spec.name} had to be killed: it ignored SIGTERM")
                    child.signal(signal.SIGKILL)
            await asyncio.sleep(0.05)
        return {c.spec.name: c.returncode or 0 for c in children}

    async def stop_all(self, order: Sequence[Sequence[str]] = ()) -> None:
        """Stop everything: first the groups of `order`, one after the other, then the rest in reverse order of start.

        Shielded from cancellation, so that a second Ctrl-C leaves nothing behind either.
        """
        named = {n for group in order for n in group}
        rest = [[n] for n in reversed(self.children) if n not in named]
        try:
            for group in [*order, *rest]:
                with contextlib.suppress(asyncio.CancelledError):
                    await self.stop(group)
        finally:
            for child in self.children.values():
                child.signal(signal.SIGKILL)
                child.close()

    def _failed(self, name: str, code: int, child: Child) -> None:
        said = f"{name} ended by itself (exit code {code}): {child.tail()}"
        self.failures.append(said)
        self.on_failure(said)


def foretide_command(program: str, *arguments: str) -> tuple[str, ...]:
    """The command line of one of our programs (`foretide`, `foretide-exporter`, `foretide-actuator`), of this very
    installation: the script beside the interpreter, or its entry point where there is none."""
    script = Path(sys.executable).with_name(program)
    if script.is_file():
        return (str(script), *arguments)
    return (sys.executable, "-c", f"from {_ENTRY_POINTS[program]}.cli import main; main()", *arguments)


def _die_with_parent(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return arrange
