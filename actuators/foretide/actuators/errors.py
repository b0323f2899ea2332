"""The actuator's errors.

ActuatorError
├── LedgerError         the ledger cannot be used: another cluster's, another process's, damaged
├── PoolStateError      the simulated pool's file cannot be used
└── DriverError         a driver could not do what it was asked
    ├── Temporary       it may work later
    └── Permanent       it never will, as things are
"""

from __future__ import annotations

from foretide.schemas.errors import ForetideError


class ActuatorError(ForetideError):
    """Root of the actuator's errors; `str()` is one line fit for a user."""


class LedgerError(ActuatorError):
    """The ledger at a path cannot be used, and what to do about it."""


class PoolStateError(ActuatorError):
    """The simulated pool's file cannot be used, and what to do about it."""


class DriverError(ActuatorError):
    """Root of what a driver raises; its text becomes the outcome's message."""


class Temporary(DriverError):
    """A change did not work now and may later; `retry_after_seconds` is the driver's advice."""

    def __init__(self, reason: str, retry_after_seconds: float = 1.0) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class Permanent(DriverError):
    """A change that cannot work: no such card, no room, an impossible slice."""
