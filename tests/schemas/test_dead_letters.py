"""Dead letters say what was wrong; too many of them stop the reader."""

from __future__ import annotations

import orjson
import pytest

from foretide.schemas.codec import encode, parse
from foretide.schemas.dead_letters import DeadLetterGuard, DeadLetterLimit, TooManyDeadLetters, dead_letter
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import DeadLetter, RecordRef
from foretide.schemas.topics import DEAD_LETTERS, TELEMETRY

RECORD = RecordRef(topic=TELEMETRY, partition=2, offset=17)


@pytest.mark.parametrize(
    ("key", "value", "excerpt", "size"),
    [
        (b"app", b"not json", "not json", 8),
        (None, None, "", 0),
        (b"\xff\x00", b"\xff\xfe" + b"x" * 2_000_000, "\ufffd\ufffd" + "x" * 510, 2_000_002),
        ("text", "ü".encode() * 300, "ü" * 256, 600),
        (b"k" * 10_000, b"{}", "{}", 2),
    ],
)
def test_whatever_was_read_its_dead_letter_can_be_sent_and_read(
    key: bytes | str | None, value: bytes | None, excerpt: str, size: int
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        parse(TELEMETRY, value)
    letter = dead_letter(RECORD, "profile", caught.value, key, value, 5)
    assert letter.id == "telemetry.v1/2/17/dead/profile"
    assert (letter.excerpt, letter.size_bytes) == (excerpt, size)
    assert letter.reason == caught.value.reason
    sent = encode(letter)
    assert len(sent) < 5000
    assert parse(DEAD_LETTERS, sent) == letter


def test_place_and_reason_come_from_the_error() -> None:
    value = orjson.dumps({"version": 1, "app": 3})
    with pytest.raises(InvalidMessage) as caught:
        parse(TELEMETRY, value)
    letter = dead_letter(RECORD, "profile", caught.value, b"a", value, 5)
    assert isinstance(letter, DeadLetter)
    assert letter.place == "$.app"
    assert "Expected `str`, got `int`" in letter.reason


def test_so_many_in_a_row_stop_the_reader() -> None:
    guard = DeadLetterGuard(DeadLetterLimit(max_consecutive=3, max_ratio=1.0, window=100))
    for _ in range(5):
        for _ in range(3):
            guard.bad()
        guard.good()
    for _ in range(3):
        guard.bad()
    with pytest.raises(TooManyDeadLetters, match="4 records in a row"):
        guard.bad()
    assert guard.total == 19


def test_too_large_a_share_stops_the_reader() -> None:
    guard = DeadLetterGuard(DeadLetterLimit(max_consecutive=100, max_ratio=0.5, window=10))
    for _ in range(5):
        guard.bad()
        guard.good()
    guard.good()
    with pytest.raises(TooManyDeadLetters, match="6 of the last 10"):  # noqa: PT012
        for _ in range(10):
            guard.bad()


def test_a_few_among_many_never_stop_it() -> None:
    guard = DeadLetterGuard()
    for number in range(20_000):
        if number % 10:
            guard.good()
        else:
            guard.bad()
    assert guard.total == 2000


def test_the_share_is_judged_only_once_the_window_is_full() -> None:
    guard = DeadLetterGuard(DeadLetterLimit(max_consecutive=100, max_ratio=0.1, window=50))
    for _ in range(10):
        guard.bad()
    assert guard.consecutive == 10
