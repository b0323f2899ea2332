"""Log set-up: one line per event on stderr, and a limit for clients that repeat themselves."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

NOISY = ("aiokafka", "faust", "mode", "kafka")
"""Loggers that repeat themselves: while a broker is away aiokafka alone writes some 2,000 lines a second."""


@dataclass(slots=True)
class _Bucket:
    window_start: float
    passed: int = 0
    held: int = 0


class RepeatLimit(logging.Filter):
    """Lets each message of a noisy logger through `burst` times per `seconds`; the next that passes says how many
    were held back. Messages count as the same by logger, level and template, whatever their arguments.
    """

    def __init__(
        self,
        *,
        prefixes: tuple[str, ...] = NOISY,
        burst: int = 3,
        seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._prefixes = prefixes
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._buckets: dict[tuple[str, int, str], _Bucket] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record passes."""
        if record.name.partition(".")[0] not in self._prefixes:
            return True
        now = self._clock()
        key = (record.name, record.levelno, str(record.msg)[:200])
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) > 1000:  # templates are few; messages formatted beforehand are not
                self._buckets.clear()
            bucket = self._buckets[key] = _Bucket(now)
        if now - bucket.window_start >= self._seconds:
            bucket.window_start, bucket.passed = now, 0
        if bucket.passed >= self._burst:
            bucket.held += 1
            return False
        bucket.passed += 1
        if bucket.held:
            record.msg, record.args = f"{record.getMessage()} ({bucket.held} more like this were held back)", None
            bucket.held = 0
        return True


def setup_logging(level: str = "INFO") -> None:
    """Log to stderr from `level` on, libraries from WARNING on and limited. Replaces the root logger's handlers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(RepeatLimit())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("foretide").setLevel(level.upper())
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
