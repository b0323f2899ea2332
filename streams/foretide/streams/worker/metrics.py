"""A worker's Prometheus metrics, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class WorkerMetrics:
    """What one worker has done and how far behind it is. Labels are bounded: partitions and topics of the catalogue."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.handled = Counter("foretide_worker_records_handled", "Records handled by the core.", registry=registry)
        self.duplicates = Counter(
            "foretide_worker_records_duplicate",
            "Records not handled again: already handled, or covered by a snapshot.",
            registry=registry,
        )
        self.reread = Counter(
            "foretide_worker_records_reread", "Records fetched again because they were passed over.", registry=registry
        )
        self.lost = Counter(
            "foretide_worker_records_lost",
            "Records that retention had deleted before they were read.",
            registry=registry,
        )
        self.dead_letters = Counter(
            "foretide_worker_dead_letters", "Records sent to the dead letters.", ["cause"], registry=registry
        )
        self.outputs = Counter("foretide_worker_outputs", "Messages written.", ["topic"], registry=registry)
        self.snapshots = Counter("foretide_worker_snapshots", "Snapshots written.", registry=registry)
        self.restored = Counter(
            "foretide_worker_keys_restored",
            "Keys taken over with a snapshot.",
            registry=registry,
        )
        self.refused = Counter(
            "foretide_worker_snapshots_refused", "Snapshots that could not be used: cold starts.", registry=registry
        )
        self.restore_seconds = Gauge(
            "foretide_worker_restore_seconds", "Duration of the last restore of partitions.", registry=registry
        )
        self.snapshot_age_seconds = Gauge(
            "foretide_worker_oldest_change_seconds", "Age of the oldest change without a snapshot.", registry=registry
        )
        self.waiting = Gauge("foretide_worker_outbox_messages", "Messages the broker has not yet.", registry=registry)
        self.lag = Gauge("foretide_worker_lag_records", "Records not handled yet.", ["partition"], registry=registry)
        self.epoch = Gauge("foretide_worker_epoch", "The ownership epoch.", ["partition"], registry=registry)

    def counts(self) -> dict[str, int]:
        """The counters as numbers, labels summed up, for the progress document."""
        return {
            "handled": _total(self.handled),
            "duplicates": _total(self.duplicates),
            "reread": _total(self.reread),
            "lost": _total(self.lost),
            "dead_letters": _total(self.dead_letters),
            "outputs": _total(self.outputs),
            "snapshots": _total(self.snapshots),
            "restored": _total(self.restored),
            "snapshots_refused": _total(self.refused),
        }


def _total(counter: Counter) -> int:
    return round(sum(s.value for metric in counter.collect() for s in metric.samples if s.name.endswith("_total")))
