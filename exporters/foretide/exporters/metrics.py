"""The exporter's Prometheus metrics: base units, no unbounded labels."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SEND_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class ExporterMetrics:
    """All metrics of one exporter, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.samples = Counter("foretide_exporter_samples", "Samples read from the source.", registry=self.registry)
        self.sent = Counter(
            "foretide_exporter_windows_sent", "Windows acknowledged by the broker.", registry=self.registry
        )
        self.samples_sent = Counter(
            "foretide_exporter_samples_sent", "Samples in acknowledged windows.", registry=self.registry
        )
        self.dropped = Counter(
            "foretide_exporter_windows_dropped", "Windows pushed out of the full buffer.", registry=self.registry
        )
        self.refused = Counter(
            "foretide_exporter_windows_refused", "Windows the broker refused for good.", registry=self.registry
        )
        self.inventory_sent = Counter(
            "foretide_exporter_inventory_sent", "Inventory messages acknowledged.", registry=self.registry
        )
        self.buffered = Gauge(
            "foretide_exporter_buffer_windows", "Windows that wait for the broker.", registry=self.registry
        )
        self.lag = Gauge(
            "foretide_exporter_source_lag_seconds", "How late the source's last tick was.", registry=self.registry
        )
        self.send_seconds = Histogram(
            "foretide_exporter_send_seconds",
            "From handing a window to the client to its acknowledgement.",
            buckets=_SEND_BUCKETS,
            registry=self.registry,
        )

    def watch(self, buffered: Callable[[], float], lag: Callable[[], float]) -> None:
        """Read the gauges from these when asked."""
        self.buffered.set_function(buffered)
        self.lag.set_function(lag)

    def acknowledged(self, samples: int, seconds: float) -> None:
        """A window with `samples` was acknowledged `seconds` after it was handed over."""
        self.sent.inc()
        self.samples_sent.inc(samples)
        self.send_seconds.observe(seconds)
