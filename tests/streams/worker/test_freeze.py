"""The freeze guard: a pause beyond the limit ends the process, a shorter one does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from foretide.streams.worker.freeze import EXIT_FROZEN, FreezeGuard


@pytest.mark.parametrize(("pause", "ends"), [(4.9, []), (5.1, [5.1])])
def test_only_a_pause_beyond_the_limit_counts(pause: float, ends: list[float]) -> None:
    now = [100.0]
    ended: list[float] = []
    guard = FreezeGuard(5.0, ended.append, lambda: now[0])
    now[0] += pause
    guard.check()
    assert ended == pytest.approx(ends)


def test_it_ends_the_process_with_one_line() -> None:
    program = (
        "from foretide.streams.worker.freeze import FreezeGuard\n"
        "now = [0.0]\n"
        "guard = FreezeGuard(5.0, clock=lambda: now[0])\n"
        "now[0] = 9.0\n"
        "guard.check()\n"
        "print('still here')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == EXIT_FROZEN
    assert done.stdout == ""
    assert done.stderr.startswith("Error: this worker was frozen for 9.0 s")
    assert done.stderr.count("\n") == 1


def test_the_thread_keeps_it_fresh_and_stops() -> None:
    ended: list[float] = []
    guard = FreezeGuard(0.5, ended.append)
    guard.start()
    guard.stop()
    assert ended == []
