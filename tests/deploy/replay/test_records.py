"""Recordings: every record comes back as it was, and what is wrong with a file is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.deploy.replay.errors import ReplayError
from foretide.deploy.replay.records import RecordedRecord, RecordLog, from_line, read_log, to_line

TOPIC = "telemetry.v1"

records = st.builds(
    RecordedRecord,
    topic=st.just(TOPIC),
    partition=st.integers(0, 3),
    offset=st.integers(0, 2**53),
    key=st.none() | st.binary(max_size=20) | st.text(max_size=20).map(lambda t: t.encode()),
    value=st.none() | st.binary(max_size=80) | st.text(max_size=80).map(lambda t: t.encode()),
    timestamp_ms=st.integers(0, 2**50),
)


@given(records)
def test_a_record_comes_back_as_it_was(record: RecordedRecord) -> None:
    line = to_line(record)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert from_line(line, "here") == record


def record(offset: int, partition: int = 0, topic: str = TOPIC) -> RecordedRecord:
    return RecordedRecord(topic, partition, offset, b"a", b"{}", 1_000 + offset)


def test_a_log_is_read_in_the_order_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    written = [record(0), record(0, partition=1), record(2), record(1, partition=1)]
    with RecordLog(path) as log:
        for each in written:
            log.write(each)
    assert log.records == 4
    assert list(read_log(path, TOPIC)) == written


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([to_line(record(0)), b'{"topic":"telem'], r":2: not JSON.*cut off"),
        ([b"[]\n"], r":1: a JSON object is needed, got list"),
        ([to_line(record(0)).replace(b'"offset":0', b'"offset":"x"')], r":1: offset: int needed"),
        ([to_line(record(0)).replace(b'"value":"{}"', b'"value_base64":"?"')], r":1: value_base64"),
        ([to_line(record(0)).replace(b'"value":"{}"', b'"value":7')], r":1: value: text needed"),
        ([to_line(record(0, topic="pool-events.v1"))], r":1: topic 'pool-events.v1'; a recording of telemetry.v1"),
        ([to_line(record(5)), to_line(record(5))], r":2: offset 5 comes after 5"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, lines: list[bytes], said: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(lines))
    with pytest.raises(ReplayError, match=said) as caught:
        list(read_log(path, TOPIC))
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=r"none.jsonl: cannot be read: No such file"):
        list(read_log(tmp_path / "none.jsonl", TOPIC))
