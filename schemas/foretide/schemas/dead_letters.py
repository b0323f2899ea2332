"""Setting aside records that cannot be read, and stopping when too many are."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from foretide.schemas.errors import ForetideError, InvalidMessage
from foretide.schemas.ids import record_id
from foretide.schemas.messages import DeadLetter, RecordRef

EXCERPT_BYTES = 512
"""How much of a bad record's value its dead letter repeats: enough to recognise it, too little to fill the topic."""
TEXT_LIMIT = 500


class TooManyDeadLetters(ForetideError):
    """So many records were unreadable that something other than a record must be wrong."""


def dead_letter(
    record: RecordRef, consumer: str, error: InvalidMessage, key: bytes | str | None, value: bytes | None, at_ms: int
) -> DeadLetter:
    """The dead letter of `record`, which `consumer` could not read because of `error`.

    Its id is the record's and the consumer's: setting the same record aside twice gives one dead letter.
    """
    return DeadLetter(
        id=f"{record_id(record.topic, record.partition, record.offset)}/dead/{consumer}",
        record=record,
        consumer=consumer,
        place=_short(error.place),
        reason=_short(error.reason),
        key=_text(key),
        size_bytes=len(value or b""),
        excerpt=(value or b"")[:EXCERPT_BYTES].decode("utf-8", "replace"),
        at_ms=at_ms,
    )


@dataclass(frozen=True, slots=True)
class DeadLetterLimit:
    """When to stop instead of setting aside more."""

    max_consecutive: int = 1000
    """So many unreadable records in a row are one too many: most likely the topic holds something else."""
    max_ratio: float = 0.5
    """The share of unreadable records among the last `window` that is too much, once `window` were seen."""
    window: int = 2000
    """Records over which the share is taken."""


@dataclass(slots=True)
class DeadLetterGuard:
    """Counts readable and unreadable records; `bad` raises TooManyDeadLetters when the limit is passed."""

    limit: DeadLetterLimit = field(default_factory=DeadLetterLimit)
    consecutive: int = 0
    total: int = 0
    _recent: deque[bool] = field(default_factory=deque)
    _recent_bad: int = 0

    def good(self) -> None:
        """A record was read."""
        self.consecutive = 0
        self._remember(False)

    def bad(self) -> None:
        """A record was set aside."""
        self.consecutive += 1
        self.total += 1
        self._remember(True)
        if self.consecutive > self.limit.max_consecutive:
            raise TooManyDeadLetters(
                f"{self.consecutive} records in a row could not be read. Is this the right topic and version?"
            )
        if len(self._recent) >= self.limit.window and self._recent_bad > self.limit.max_ratio * self.limit.window:
            raise TooManyDeadLetters(
                f"{self._recent_bad} of the last {self.limit.window} records could not be read. "
                "See the topic dead-letters.v1 for the reasons."
            )

    def _remember(self, bad: bool) -> None:
        self._recent.append(bad)
        self._recent_bad += bad
        if len(self._recent) > self.limit.window:
            self._recent_bad -= self._recent.popleft()


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


def _text(key: bytes | str | None) -> str | None:
    if key is None:
        return None
    return _short(key if isinstance(key, str) else key.decode("utf-8", "replace"))
