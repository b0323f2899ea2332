"""Messages to bytes and back: orjson on the wire, msgspec for types."""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

import msgspec
import orjson

from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import CONTRACT_VERSION, Message
from foretide.schemas.topics import CATALOGUE

M = TypeVar("M", bound=Message)


REASON_LIMIT: Final = 300
"""A reason repeats parts of the record, which anybody may have written: it is cut to so many characters."""

_PLACE = re.compile(r" - at (?:`key` in )?`([^`]*)`$")


def encode(message: Message) -> bytes:
    """The message as JSON. The same message always gives the same bytes."""
    return orjson.dumps(msgspec.to_builtins(message))


def parse(topic: str, value: bytes | None) -> Any:
    """The typed message that `value`, read from `topic`, holds; InvalidMessage says what was wrong, and where."""
    expected = CATALOGUE[topic].message
    limit = CATALOGUE[topic].max_message_bytes
    if value is None:
        raise InvalidMessage(topic, "$", "the record has no value")
    if len(value) > limit:
        raise InvalidMessage(topic, "$", f"{len(value)} bytes are more than the {limit} allowed")
    try:
        raw = orjson.loads(value)
    except orjson.JSONDecodeError as e:
        raise InvalidMessage(topic, "$", f"not JSON: {e}") from e
    if not isinstance(raw, dict):
        raise InvalidMessage(topic, "$", f"a JSON object is needed, got {type(raw).__name__}")
    version = raw.get("version")
    if version != CONTRACT_VERSION or isinstance(version, bool):
        reason = f"unknown version {_short(repr(version))}; this build reads {CONTRACT_VERSION}"
        raise InvalidMessage(topic, "$.version", reason)
    try:
        return msgspec.convert(raw, expected)
    except msgspec.ValidationError as e:
        text = str(e)
        found = _PLACE.search(text)
        place, reason = (found[1], text[: found.start()]) if found else ("$", text)
        raise InvalidMessage(topic, _short(place), _short(reason)) from e


def parse_as(kind: type[M], topic: str, value: bytes | None) -> M:
    """`parse`, with the type known to the caller; TypeError if the topic holds another type."""
    message = parse(topic, value)
    if not isinstance(message, kind):
        raise TypeError(f"{topic} holds {type(message).__name__}, not {kind.__name__}")
    return message


def _short(text: str) -> str:
    """`text` on one line and not too long."""
    line = " ".join(text[: REASON_LIMIT * 2].split())
    return line if len(line) <= REASON_LIMIT else line[: REASON_LIMIT - 1] + "…"
