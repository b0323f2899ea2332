"""Records that could not be read. Topic dead-letters.v1, key the topic they came from."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from foretide.schemas.messages.base import Message, RecordRef
from foretide.schemas.units import EpochMs, Name


class DeadLetter(Message, frozen=True, kw_only=True):
    """A record that was set aside: which, by whom, what was wrong and where; `excerpt` is its beginning."""

    id: Name
    record: RecordRef
    consumer: Name
    place: str
    reason: str
    key: str | None
    size_bytes: Annotated[int, Meta(ge=0)]
    excerpt: str
    at_ms: EpochMs
