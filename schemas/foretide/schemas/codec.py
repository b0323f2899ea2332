"""Messages to bytes and back: orjson on the wire, msgspec for types."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import orjson

from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import CONTRACT_VERSION, Message
from foretide.schemas.topics import CATALOGUE

M = TypeVar("M", bound=Message)


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
        raise InvalidMessage(topic, "$.version", f"unknown version {version!r}; this build reads {CONTRACT_VERSION}")
    try:
        return msgspec.convert(raw, expected)
    except msgspec.ValidationError as e:
        reason, _, place = str(e).partition(" - at `")
        raise InvalidMessage(topic, place.rstrip("`") or "$", reason) from e


def parse_as(kind: type[M], topic: str, value: bytes | None) -> M:
    """`parse`, with the type known to the caller; TypeError if the topic holds another type."""
    message = parse(topic, value)
    if not isinstance(message, kind):
        raise TypeError(f"{topic} holds {type(message).__name__}, not {kind.__name__}")
    return message
