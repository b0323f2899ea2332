"""Outputs that a core has written as JSON itself, which for many like messages is several times as fast."""

from __future__ import annotations

from foretide.schemas.codec import parse
from foretide.schemas.messages import Message
from foretide.streams.worker.processor import Output


class WrittenOutput(Output):
    """A message of a kind whose last field is the epoch: `body` is what `encode` makes of it, up to the epoch."""

    __slots__ = ("_body",)

    def __init__(self, topic: str, key: str, body: bytes) -> None:
        self.topic = topic
        self.key = key
        self._body = body

    @property
    def message(self) -> Message:
        """The message, with the epoch 0, read from its JSON."""
        found: Message = parse(self.topic, self.encoded(0, 0))
        return found

    def encoded(self, epoch: int, wall_ms: int) -> bytes:
        """The message as it goes out."""
        return b"%b%d}" % (self._body, epoch)
