"""What a core tells about itself, as Prometheus metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from foretide.streams.worker.processor import Measure

KEEP_SECONDS: Final = 10.0
"""What was computed for one scrape serves others for so long: the event loop has other work."""


class CoreCollector(Collector):
    """Asks a core for its measures when it is scraped, at most once in `keep_seconds`."""

    def __init__(
        self,
        measures: Callable[[], Sequence[Measure]],
        keep_seconds: float = KEEP_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._measures = measures
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._kept: list[Metric] = []
        self._until: float | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing: which metrics there are is known when there are applications."""
        return []

    def collect(self) -> Iterable[Metric]:
        """The metrics, those of one name together."""
        now = self._clock()
        if self._until is None or now >= self._until:
            self._kept = families(self._measures())
            self._until = now + self._keep_seconds
        return self._kept


def families(measures: Iterable[Measure]) -> list[Metric]:
    """Measures as metrics; those of one name have the same labels."""
    found: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
    for one in measures:
        family = found.get(one.name)
        if family is None:
            kind = GaugeMetricFamily if one.kind == "gauge" else CounterMetricFamily
            family = found[one.name] = kind(one.name, one.meaning, labels=[name for name, _ in one.labels])
        family.add_metric([value for _, value in one.labels], one.value)
    return list(found.values())
