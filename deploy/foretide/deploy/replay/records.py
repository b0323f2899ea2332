"""Recorded records: one JSON object a line, as they passed through a topic.

A line holds `topic`, `partition`, `offset`, `timestamp_ms` (the broker's), `key` and `value`. Keys and values are text
as it was; what is not UTF-8 stands as base64 under `key_base64` or `value_base64`, and nothing at all as null. So a
recording keeps every record as it was, those that break the contract included.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import orjson

from foretide.deploy.replay.errors import ReplayError


@dataclass(frozen=True, slots=True)
class RecordedRecord:
    """One record of a topic. `timestamp_ms` is the broker's."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int


def to_line(record: RecordedRecord) -> bytes:
    """The record as one line, newline included."""
    fields: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp_ms,
        **_text("key", record.key),
        **_text("value", record.value),
    }
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def from_line(line: bytes, place: str) -> RecordedRecord:
    """The record that `line` holds; ReplayError names `place` and what is wrong."""
    try:
        raw = orjson.loads(line)
    except orjson.JSONDecodeError as e:
        raise ReplayError(f"{place}: not JSON: {e}. Was the recording cut off?") from e
    if not isinstance(raw, dict):
        raise ReplayError(f"{place}: a JSON object is needed, got {type(raw).__name__}")
    return RecordedRecord(
        topic=_field(raw, "topic", str, place),
        partition=_field(raw, "partition", int, place),
        offset=_field(raw, "offset", int, place),
        key=_bytes(raw, "key", place),
        value=_bytes(raw, "value", place),
        timestamp_ms=_field(raw, "timestamp_ms", int, place),
    )


def read_log(path: Path, topic: str) -> Iterator[RecordedRecord]:
    """The records of a recording of `topic`, in the order of the file.

    ReplayError for a file that cannot be read, a line that is no record, a record of another topic, or offsets of a
    partition that do not increase: every one names the file and the line.
    """
    reached: dict[int, int] = {}
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                place = f"{path}:{number}"
                record = from_line(line, place)
                if record.topic != topic:
                    raise ReplayError(f"{place}: topic {record.topic!r}; a recording of {topic} is needed here")
                before = reached.get(record.partition, -1)
                if record.offset <= before:
                    raise ReplayError(f"{place}: offset {record.offset} comes after {before}; the order is not kept")
                reached[record.partition] = record.offset
                yield record
    except OSError as e:
        raise ReplayError(f"{path}: cannot be read: {e.strerror or e}") from e


class RecordLog:
    """A recording that is being written. Use it as a context manager, or call `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = 0
        self._file: BinaryIO = path.open("wb", buffering=1 << 18)

    def write(self, record: RecordedRecord) -> None:
        """Append one record; it is on disk after `close`."""
        self._file.write(to_line(record))
        self.records += 1

    def close(self) -> None:
        """Write what is buffered and close the file; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> RecordLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _text(name: str, value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}


def _field(raw: dict[str, Any], name: str, kind: type, place: str) -> Any:
    value = raw.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ReplayError(f"{place}: {name}: {kind.__name__} needed, got {value!r:.40}")
    return value


def _bytes(raw: dict[str, Any], name: str, place: str) -> bytes | None:
    coded = raw.get(f"{name}_base64")
    if coded is not None:
        try:
            return base64.b64decode(coded, validate=True)
        except (binascii.Error, TypeError, ValueError) as e:
            raise ReplayError(f"{place}: {name}_base64: {e}") from e
    value = raw.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ReplayError(f"{place}: {name}: text needed, got {value!r:.40}")
    return value.encode()
