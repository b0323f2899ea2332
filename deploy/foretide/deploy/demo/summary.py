"""What a run amounts to: the object that `--json` prints, and the same for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from a telemetry record to its prediction record, by the broker's timestamps; None without any."""

    p50: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """The figures of one run, in the order in which they are printed."""

    broker: str
    """`kafka` and its version, or `mock`."""
    applications: int
    windows_sent: int
    """Distinct windows that the broker acknowledged to the exporter."""
    windows_handled: int
    """Windows learned, over all applications' final states."""
    dead_letters: int
    predictions: int
    deviations: int
    commands: int
    outcomes: Mapping[str, int]
    """Count per kind; together as many as `commands`."""
    shortage_ratio: float | None
    """Share of samples above the slice held at that moment; None if none counted."""
    cards_held_mean: float
    """Mean over time of the card shares held."""
    cards_whole: int
    """Cards needed if every application had a whole one."""
    latency_ms: Latency
    decision_hash: str
    replay_hash: str
    model_hash: str
    model_replay_hash: str
    kills: int
    windows_dropped: int
    """Windows the exporter's buffer had to drop because the broker was away too long; they were never sent."""
    cards_pool: int
    """Cards in the simulated pool."""
    cards_in_use: Mapping[str, int]
    """Cards of each kind that carried anything at the end."""
    cost_per_hour_mean: float | None
    """Mean over time of what the cards in use cost per hour, whole; None if a price is not known."""
    migrations: int
    """Moves to another card that were applied, ways back included."""
    ways_back: int
    """Those of them that took a move back that hurt."""
    provoked: int
    """Applications that the demo said had run out of memory, so that a way back is seen."""
    seconds: float
    """Wall time of the whole run, start and end included."""
    reconciled: bool
    findings: tuple[str, ...]
    """What does not agree, one sentence each."""

    def to_json(self) -> str:
        """One line of JSON."""
        return orjson.dumps(asdict(self)).decode()

    def lines(self) -> list[str]:
        """For people: one fact a line."""
        shortage = "unknown" if self.shortage_ratio is None else f"{100 * self.shortage_ratio:.2f} % of samples"
        statuses = ", ".join(f"{n} {kind}" for kind, n in sorted(self.outcomes.items())) or "none"
        p50, p99 = self.latency_ms.p50, self.latency_ms.p99
        latency = "unknown" if p50 is None or p99 is None else f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"
        dropped = f" ({self.windows_dropped:,} dropped before sending)" if self.windows_dropped else ""
        return [
            f"broker            {self.broker}",
            f"applications      {self.applications}",
            f"windows           {self.windows_sent:,} sent{dropped}, {self.windows_handled:,} learned",
            f"predictions       {self.predictions:,}   deviations {self.deviations:,}   "
            f"dead letters {self.dead_letters:,}",
            f"commands          {self.commands:,}: {statuses}",
            f"cards held        {self.cards_held_mean:.1f} on average, of {self.cards_pool}; "
            f"a whole card each would take {self.cards_whole}",
            f"cards in use      {_kinds(self.cards_in_use)} at the end; {_money(self.cost_per_hour_mean)} on average",
            f"migrations        {self.migrations}, {self.ways_back} of them back from one that hurt"
            f" ({self.provoked} provoked)",
            f"shortage          {shortage}",
            f"latency           {latency}",
            f"decisions         {_same(self.decision_hash, self.replay_hash)}",
            f"models            {_same(self.model_hash, self.model_replay_hash)}",
            f"processes killed  {self.kills}",
        ]


def _kinds(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in counts.items()) or "none"


def _money(cost: float | None) -> str:
    return "a cost that is not known" if cost is None else f"{cost:.2f} an hour"


def _same(live: str, replayed: str) -> str:
    if live == replayed:
        return f"{live[:16]}… live and replayed"
    return f"{live[:16]}… live, {replayed[:16]}… replayed: they differ"
