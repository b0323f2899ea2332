"""Stopping: SIGTERM and SIGINT end a process in order, and within a limit whatever hangs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

LIMIT_SECONDS = 12.0
"""From the first signal to the end. Clients of a broker that is away may wait for ever; supervisors do not."""
FORCED_EXIT_CODE = 70


class StopLimit:
    """Ends the process with code 70 and a log line, `limit_seconds` after it was armed, unless disarmed before.

    It runs in a thread of its own, so that a stuck event loop cannot keep it from acting.
    """

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._timer: threading.Timer | None = None

    def arm(self) -> None:
        """Start counting; a second call changes nothing."""
        if self._timer is None:
            self._timer = threading.Timer(self._limit_seconds, self._exit)
            self._timer.daemon = True
            self._timer.start()

    def disarm(self) -> None:
        """Stop counting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _exit(self) -> None:
        log.critical("not stopped %g s after the signal; the process ends at once", self._limit_seconds)
        logging.shutdown()
        os._exit(FORCED_EXIT_CODE)


def run_until_stopped(
    main: Callable[[asyncio.Event], Awaitable[int | None]], limit_seconds: float = LIMIT_SECONDS
) -> int:
    """Run `main(stop)` on a fresh event loop and give back its exit code (None is 0).

    The first SIGTERM or SIGINT sets `stop`; `main` is expected to return soon after. If the process has not come to
    an end `limit_seconds` later, or at a second signal, it ends at once with code 70. What `main` raises is raised.
    Call it from the main thread.
    """
    limit = StopLimit(limit_seconds)

    async def supervise() -> int:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()

        def on_signal(number: int) -> None:
            name = signal.Signals(number).name
            if stop.is_set():
                log.critical("%s again: the process ends at once", name)
                logging.shutdown()
                os._exit(FORCED_EXIT_CODE)
            log.info("%s: stopping", name)
            limit.arm()
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal, number)
        try:
            return await main(stop) or 0
        finally:
            # The signal handlers stay until the loop closes; cancelling what `main` left behind may hang as well.
            limit.arm()

    try:
        return asyncio.run(supervise())
    finally:
        limit.disarm()
