"""A broker's process: it dies with its parent, is stopped with a limit, and logs to a file."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def spawn(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start `command` in a group of its own, its output appended to `log`; the kernel kills it if we die."""
    with log.open("ab") as out:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid()),
        )


def end(process: subprocess.Popen[bytes], limit_seconds: float = 10.0) -> None:
    """SIGTERM, then SIGKILL once the limit has passed; returns when it is gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def last_words(log: Path, lines: int = 3) -> str:
    """The end of a log, on one line."""
    if not log.is_file():
        return "(no log)"
    said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " | ".join(said[-lines:]) or "(its log is empty)"


def _die_with_parent(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return arrange
