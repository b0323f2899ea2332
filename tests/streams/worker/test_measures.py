"""A core's own measures among a worker's metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from foretide.streams.worker.measures import CoreCollector
from foretide.streams.worker.processor import Measure


def test_measures_of_one_name_are_one_metric_in_prometheus_own_form() -> None:
    registry = CollectorRegistry()
    told = [
        Measure("core_things", "Things.", "gauge", 2, (("state", "new"),)),
        Measure("core_changes", "Changes.", "counter", 7),
        Measure("core_things", "Things.", "gauge", 0.5, (("state", "old"),)),
    ]
    registry.register(CoreCollector(lambda: told))
    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("# HELP")]
    assert lines == [
        "# TYPE core_things gauge",
        'core_things{state="new"} 2.0',
        'core_things{state="old"} 0.5',
        "# TYPE core_changes_total counter",
        "core_changes_total 7.0",
    ]


def test_the_core_is_asked_once_in_a_while_however_often_it_is_scraped() -> None:
    now, asked, registry = [100.0], [0], CollectorRegistry()

    def measures() -> list[Measure]:
        asked[0] += 1
        return [Measure("core_asked", "How often.", "gauge", asked[0])]

    registry.register(CoreCollector(measures, 10.0, lambda: now[0]))
    assert asked == [0], "a core that has not started yet is not asked"
    for at, answer in ((100.0, 1), (109.9, 1), (110.0, 2), (119.0, 2), (200.0, 3)):
        now[0] = at
        assert registry.get_sample_value("core_asked") == answer
