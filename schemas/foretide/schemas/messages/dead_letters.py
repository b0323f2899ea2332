"""Records that could not be read. Topic dead-letters.v1, key the topic they came from."""

from __future__ import annotations

from foretide.schemas.messages.base import Message, RecordRef
from foretide.schemas.units import Count, EpochMs, Name


class DeadLetter(Message, frozen=True, kw_only=True):
    """A record that was set aside.

    `record` is where it lies, `consumer` who could not read it, `place` the JSON path of what was wrong (`$`: all of
    it) and `reason` why. `key` and `excerpt` (the beginning of its value) are as text, with U+FFFD for what is none;
    `size_bytes` is the whole value's size.
    """

    id: Name
    record: RecordRef
    consumer: Name
    place: str
    reason: str
    key: str | None
    size_bytes: Count
    excerpt: str
    at_ms: EpochMs
