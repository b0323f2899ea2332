"""Says at most one thing of a kind every so often."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable


class Throttle:
    """A warning that repeats itself at most every `seconds`."""

    def __init__(self, log: logging.Logger, seconds: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._seconds = seconds
        self._clock = clock
        self._next = float("-inf")

    def warning(self, message: str, *args: object) -> None:
        """Log the warning, unless one was logged too recently."""
        now = self._clock()
        if now >= self._next:
            self._next = now + self._seconds
            self._log.warning(message, *args)
