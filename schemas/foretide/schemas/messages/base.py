"""What all messages share."""

from __future__ import annotations

from typing import Final

import msgspec

from foretide.schemas.units import Index, Name, Offset

CONTRACT_VERSION: Final = 1


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Root of every message on a topic. Unknown fields are allowed on read; an unknown `version` is not."""

    version: int = CONTRACT_VERSION


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Root of every structure inside a message."""


class RecordRef(Part, frozen=True, kw_only=True):
    """The record a message is based on."""

    topic: Name
    partition: Index
    offset: Offset
