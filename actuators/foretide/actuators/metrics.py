"""The actuator's Prometheus metrics and its counts: base units, no unbounded labels."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from foretide.schemas.messages import OutcomeEvent

_APPLY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class ActuatorMetrics:
    """All metrics of one actuator, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.outcomes: Counts[str] = Counts()
        self.stale = self.repeated = self.dead_letters = self.recovered = 0
        self._outcomes = Counter(
            "foretide_actuator_outcomes", "Commands settled, by outcome.", ["status", "dry_run"], registry=self.registry
        )
        self._seconds = Histogram(
            "foretide_actuator_change_seconds",
            "From the beginning of a change to its outcome.",
            buckets=_APPLY_BUCKETS,
            registry=self.registry,
        )
        self._dropped = Counter(
            "foretide_actuator_commands_skipped", "Commands that needed nothing, by reason.", ["reason"],
            registry=self.registry,
        )  # fmt: skip
        self._dead = Counter("foretide_actuator_dead_letters", "Records set aside.", registry=self.registry)
        self._in_flight = Gauge(
            "foretide_actuator_commands_in_flight", "Commands under way or waiting.", registry=self.registry
        )

    def watch(self, in_flight: Callable[[], float]) -> None:
        """Read the gauge from this when asked."""
        self._in_flight.set_function(in_flight)

    def settled(self, outcome: OutcomeEvent) -> None:
        """A command has its outcome."""
        self.outcomes[outcome.status] += 1
        self._outcomes.labels(outcome.status, str(outcome.dry_run).lower()).inc()
        if outcome.status in ("applied", "rolled_back") and not outcome.dry_run:
            self._seconds.observe(outcome.duration_seconds)

    def superseded(self) -> None:
        """A command of a writer that lost its pool to another."""
        self.stale += 1
        self._dropped.labels("stale").inc()

    def again(self) -> None:
        """A command whose outcome was known."""
        self.repeated += 1
        self._dropped.labels("repeated").inc()

    def set_aside(self) -> None:
        """A record became a dead letter."""
        self.dead_letters += 1
        self._dead.inc()
