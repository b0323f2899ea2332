"""What a worker says about itself, and when it counts as dead."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from foretide.streams.worker.ledger import Ledger
from foretide.streams.worker.metrics import WorkerMetrics
from foretide.streams.worker.partition import Owned
from foretide.streams.worker.progress import ProgressReport
from foretide.streams.worker.settings import EndpointSettings


class Scene:
    """A worker seen from outside: partitions, a log end, and a clock that is moved by hand."""

    shell: Any

    def __init__(self) -> None:
        self.now = 1000.0
        self.end: int | None = 0
        self.shell = SimpleNamespace(partitions={}, assigned_at=None)
        self.metrics = WorkerMetrics(CollectorRegistry())
        waiting: Any = SimpleNamespace(waiting=3)
        self.report = ProgressReport(
            "foretide-profile",
            EndpointSettings(stall_seconds=60),
            self.shell,
            waiting,
            self.metrics,
            lambda _: self.end,
            lambda: self.now,
        )

    def assign(self, position: int, *, ready: bool = True) -> Owned:
        owned = Owned(0, 1)
        owned.ledger = Ledger(position)
        owned.advanced_at = self.now if ready else 0.0
        if ready:
            owned.ready.set()
        self.shell.partitions = {0: owned}
        self.shell.assigned_at = self.now
        return owned


def test_no_decision_of_the_group_for_too_long_is_death() -> None:
    scene = Scene()
    scene.now += 59
    assert scene.report.liveness() is None
    scene.now += 2
    assert scene.report.liveness() == "no decision about partitions for 61 s"


def test_no_partition_at_all_is_a_decision() -> None:
    scene = Scene()
    scene.shell.assigned_at = scene.now
    scene.now += 600
    assert scene.report.liveness() is None


@pytest.mark.parametrize(("end", "dead"), [(50, False), (None, False), (51, True)])
def test_only_waiting_records_make_a_standstill_death(end: int | None, dead: bool) -> None:
    scene = Scene()
    scene.assign(50)
    scene.end = end
    scene.now += 61
    assert (scene.report.liveness() is not None) is dead


def test_a_restore_without_end_is_death() -> None:
    scene = Scene()
    owned = scene.assign(50, ready=False)
    owned.restoring_at = scene.now
    scene.now += 61
    assert scene.report.liveness() == "partition 0 is being restored for 61 s"


def test_a_partition_may_wait_long_for_the_restores_before_it() -> None:
    scene = Scene()
    owned = scene.assign(50, ready=False)
    scene.now += 300
    assert scene.report.liveness() is None
    owned.restoring_at = scene.now
    scene.now += 59
    assert scene.report.liveness() is None


def test_the_document_is_json_and_complete() -> None:
    scene = Scene()
    owned = scene.assign(50)
    owned.epoch, owned.committed, scene.end = 4, 40, 60
    owned.ledger.handled("app", 50, scene.now, None)
    scene.metrics.handled.inc(7)
    scene.metrics.dead_letters.labels("invalid").inc()
    scene.metrics.dead_letters.labels("fault").inc()
    document = orjson.loads(orjson.dumps(scene.report.document()))
    assert document["ready"] is True
    assert document["partitions"]["0"] == {
        "ready": True,
        "position": 51,
        "highwater": 60,
        "committed": 40,
        "epoch": 4,
        "keys": 0,
        "asleep": 0,
        "dirty_keys": 1,
    }
    assert (document["handled"], document["dead_letters"], document["outbox_waiting"]) == (7, 2, 3)


def test_gauges_tell_lag_and_age() -> None:
    scene = Scene()
    owned = scene.assign(50)
    owned.ledger.handled("app", 50, scene.now - 12, None)
    scene.end = 60
    scene.report.refresh_gauges()
    registry = scene.metrics.registry
    assert registry.get_sample_value("foretide_worker_lag_records", {"partition": "0"}) == 9
    assert registry.get_sample_value("foretide_worker_oldest_change_seconds") == pytest.approx(12)
