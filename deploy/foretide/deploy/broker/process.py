"""A broker's process: it dies with its parent, is stopped with a limit, and logs to a file."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

_LAUNCHER = Path(__file__).with_name("launch.py")


def spawn(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to `log`; the kernel kills it if we die."""
    with log.open("ab") as out:
        return spawn_to(command, out)


def spawn_to(command: Sequence[str], out: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start `command` with its output to a file or `subprocess.PIPE`; the kernel kills it if we die."""

    def start() -> subprocess.Popen[bytes]:
        # A new session: Ctrl-C in the terminal reaches us only, and we stop the broker in order.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    return _lasting_thread().submit(start).result()


@functools.cache
def _lasting_thread() -> ThreadPoolExecutor:
    """A thread as old as the process: for the kernel a child's parent is the thread that started it."""
    return ThreadPoolExecutor(1, "foretide-spawn")


def end(process: subprocess.Popen[bytes], limit_seconds: float = 10.0) -> None:
    """SIGTERM, then SIGKILL once the limit has passed; returns when it is gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def end_now(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL, and wait until it is gone."""
    process.kill()
    process.wait()


def last_words(log: Path, lines: int = 3) -> str:
    """Why a process ended, on one line: the first error in the end of its log, or else its last lines."""
    if not log.is_file():
        return "(no log)"
    said = [line.strip() for line in log.read_text(errors="replace").splitlines()[-200:] if line.strip()]
    errors = [line for line in said if " ERROR " in line or " FATAL " in line or "Error:" in line]
    causes = [line for line in said if line.startswith(("Caused by:", "org.apache.kafka.", "java."))]
    return " | ".join(causes[:1] or errors[:1] or said[-lines:]) or "(its log is empty)"
