"""A key's state is made when its first record comes: from its snapshot, or anew where that cannot be used."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import CollectorRegistry

from foretide.streams.worker.envelope import Envelope
from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.processor import Record
from foretide.streams.worker.waking import Waking
from support.counting import CountingProcessor


def snapshot() -> bytes:
    core = CountingProcessor()
    core.handle(Record(core.source_topic, 0, 4, "a", b'{"n": 3}', 0))
    return core.snapshot("a")


@pytest.fixture
def owned() -> Owned:
    return Owned(0, 1, keys={"a"}, covered={"a": 4})


def test_a_key_is_woken_once(owned: Owned) -> None:
    core = CountingProcessor()
    owned.asleep["a"] = Envelope(core.format, "a", 0, 4, 1, snapshot())
    waking = Waking(core, WorkerMetrics(CollectorRegistry()))
    waking.wake(owned, "b")
    assert not core.counts, "nobody else is woken"
    waking.wake(owned, "a")
    assert core.counts["a"].total == 3
    assert not owned.asleep
    core.handle(Record(core.source_topic, 0, 5, "a", b'{"n": 4}', 0))
    waking.wake(owned, "a")
    assert core.counts["a"].total == 7, "it is not put back"


@pytest.mark.parametrize("packing", [False, 2])
def test_one_whose_snapshot_cannot_be_used_starts_anew(
    owned: Owned, caplog: pytest.LogCaptureFixture, packing: bool | int
) -> None:
    core, metrics = CountingProcessor(), WorkerMetrics(CollectorRegistry())
    owned.asleep["a"] = Envelope(core.format, "a", 0, 4, 1, b"damaged", packing)
    with caplog.at_level(logging.WARNING):
        Waking(core, metrics).wake(owned, "a")
    assert "the snapshot of 'a' cannot be used, it starts anew" in caplog.text
    assert not core.counts
    assert not owned.keys
    assert not owned.covered, "what it had covered is learnt again"
    assert metrics.refused._value.get() == 1
