"""The worker's errors.

WorkerError
├── EnvelopeError   a snapshot that cannot be read
├── CrashedError    something inside the worker failed for good: it stops, and a supervisor starts it again
├── CoreFault       a core failed on a record that keeps the contract
└── BatchFault      a core failed on one of several records handled together
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretide.schemas.errors import ForetideError

if TYPE_CHECKING:
    from foretide.streams.worker.source import Raw


class WorkerError(ForetideError):
    """Root of the worker's errors; `str()` is one line fit for a user."""


class EnvelopeError(WorkerError):
    """A snapshot that cannot be read; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"unreadable snapshot: {reason}")
        self.reason = reason


class CrashedError(WorkerError):
    """The worker cannot go on; nothing uncommitted is lost, the next start re-reads it."""


class CoreFault(WorkerError):
    """A core raised something other than InvalidMessage: a fault of ours. The state of `key` is unknown now."""

    def __init__(self, key: str, raw: Raw, error: Exception) -> None:
        super().__init__(f"the core failed on partition {raw.partition}, offset {raw.offset}, key {key!r}: {error!r}")
        self.key = key
        self.raw = raw
        self.error = error


class BatchFault(WorkerError):
    """A core failed on one of several records that were handled together. Nothing was sent; the states of all their
    keys are unknown now."""

    def __init__(self, records: int, error: Exception) -> None:
        super().__init__(f"the core failed on one of {records} records handled together: {error!r}")
        self.error = error
