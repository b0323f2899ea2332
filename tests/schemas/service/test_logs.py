"""Clients that repeat themselves are held back; everything else passes."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from foretide.schemas.service.logs import RepeatLimit, setup_logging


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(name: str, message: str, *args: object, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 1, message, args, None)


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_flood_becomes_a_few_lines_that_tell_of_the_rest() -> None:
    clock = Clock()
    limit = RepeatLimit(burst=3, seconds=10, clock=clock)
    passed = []
    for number in range(23_000):  # ten seconds of what aiokafka writes while the broker is away
        clock.now = number / 2300
        item = record("aiokafka.client", "Unable connect to node with id %s", number % 3)
        if limit.filter(item):
            passed.append(item.getMessage())
    assert len(passed) == 3
    clock.now = 10.5
    item = record("aiokafka.client", "Unable connect to node with id %s", 1)
    assert limit.filter(item)
    assert item.getMessage() == "Unable connect to node with id 1 (22997 more like this were held back)"


def test_different_messages_levels_and_loggers_do_not_hold_each_other_back() -> None:
    limit = RepeatLimit(burst=1, clock=Clock())
    assert limit.filter(record("aiokafka.client", "a"))
    assert limit.filter(record("aiokafka.client", "b"))
    assert limit.filter(record("aiokafka.client", "a", level=logging.ERROR))
    assert limit.filter(record("aiokafka.conn", "a"))
    assert not limit.filter(record("aiokafka.client", "a"))


def test_our_own_lines_always_pass() -> None:
    limit = RepeatLimit(burst=1, clock=Clock())
    assert all(limit.filter(record("foretide.exporters", "window dropped")) for _ in range(100))
    assert all(limit.filter(record("aiokafkaesque", "x")) for _ in range(100))


def test_memory_is_bounded_whatever_is_logged() -> None:
    limit = RepeatLimit(clock=Clock())
    for number in range(5000):
        limit.filter(record("aiokafka", f"formatted beforehand {number}"))
    assert len(limit._buckets) <= 1001


def test_setup_writes_lines_to_stderr_and_limits_them(
    root_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    setup_logging("info")
    logging.getLogger("foretide.some").info("hello %s", "there")
    logging.getLogger("foretide.some").debug("not this")
    logging.getLogger("somelibrary").info("nor this")
    for _ in range(100):
        logging.getLogger("aiokafka.cluster").warning("away")
    lines = stderr.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0].endswith("INFO foretide.some: hello there")
