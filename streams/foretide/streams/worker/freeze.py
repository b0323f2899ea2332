"""Notices that this process did not run for so long that the broker has given its partitions away.

SIGSTOP, a suspended machine or a paused container stop every thread at once. When the process goes on, whatever it had
buffered is stale: another worker has read further and written newer snapshots. So the process ends, before anything
more reaches a socket: a thread measures its own pauses, and every write to the broker asks first.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

EXIT_FROZEN: Final = 75
"""Exit code (EX_TEMPFAIL) of a worker that ended because it had been frozen: a supervisor starts it again."""


def boot_seconds() -> float:
    """Seconds on a clock that also runs while the machine sleeps, where the system has one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class FreezeGuard:
    """Ends the process when more than `limit` seconds passed in which it did not run.

    `limit` is the session timeout less one heartbeat interval: after a shorter pause the broker still counts this
    worker in. `ended` is called with the seconds of the pause; it must not return (tests give another).
    """

    def __init__(
        self, limit: float, ended: Callable[[float], None] | None = None, clock: Callable[[], float] = boot_seconds
    ) -> None:
        self._limit = limit
        self._tick = max(0.05, min(0.5, limit / 10))
        self._ended = ended or _end_process
        self._clock = clock
        self._seen = clock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freeze-guard", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._seen = self._clock()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join(timeout=2)

    def check(self) -> None:
        """Call before any write: ends the process if it has just come back from a pause beyond the limit."""
        pause = self._clock() - self._seen
        if pause > self._limit:
            self._ended(pause)

    def _run(self) -> None:
        while not self._stop.wait(self._tick):
            self.check()
            self._seen = self._clock()


def _end_process(pause: float) -> None:
    line = (
        f"Error: this worker was frozen for {pause:.1f} s, longer than its session with the broker lasts; "
        "another worker may own its partitions. It ends without writing anything; start it again.\n"
    )
    os.write(sys.stderr.fileno(), line.encode())
    os._exit(EXIT_FROZEN)
