"""The contract's errors.

ForetideError
├── InvalidMessage      a record that cannot be read: what was wrong, and where
├── SettingsError       a setting that cannot be used: which one, and the remedy
└── BrokerError         the broker cannot be used (foretide.schemas.kafka.errors refines it)
"""

from __future__ import annotations


class ForetideError(Exception):
    """Root of every error that Foretide raises on purpose; `str()` is one line fit for a user."""


class InvalidMessage(ForetideError):
    """A record that does not follow the contract.

    `topic` is where it was read, `place` the JSON path of the offending field (`$` for the whole record) and
    `reason` what was wrong there.
    """

    def __init__(self, topic: str, place: str, reason: str) -> None:
        super().__init__(f"{topic}: {place}: {reason}")
        self.topic = topic
        self.place = place
        self.reason = reason


class SettingsError(ForetideError):
    """A setting that cannot be used. `field` names it as the user wrote it; `remedy` says what to do."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(f"{field}: {reason}. {remedy}")
        self.field = field
        self.reason = reason
        self.remedy = remedy


class BrokerError(ForetideError):
    """The broker cannot be used: the cause as far as it could be found, and the remedy, in one line."""
