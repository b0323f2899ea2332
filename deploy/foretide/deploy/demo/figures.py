"""What the records of a run add up to: counts, latencies, what every application holds. No Kafka, no clock.

It decodes with orjson alone: it sees every record of every topic beside the processes it watches, on the same cores.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import orjson

from foretide.deploy.demo.cards import CardFacts, facts_of
from foretide.deploy.demo.sightings import Sightings
from foretide.deploy.replay.records import RecordedRecord
from foretide.schemas.codec import parse
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import InventoryEvent, Placement
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.topics import COMMANDS, DEAD_LETTERS, DECISIONS, DEVIATIONS, POOL_EVENTS, PREDICTIONS, TELEMETRY

_RECENT: Final = 2000
_HISTORY: Final = 40


@dataclass(frozen=True, slots=True)
class Band:
    """Quantiles of the predicted peak of one signal over `horizon_seconds`, in the signal's unit."""

    horizon_seconds: float
    q50: float
    q90: float
    q95: float
    q99: float


@dataclass(slots=True)
class AppFigures:
    """What is known of one application. `use` and `memory` are its last readings (share of a card, bytes)."""

    name: str
    use: float | None = None
    memory: float | None = None
    at_ms: int = 0
    phase: str = ""
    learning: bool = True
    compute_band: Band | None = None
    memory_band: Band | None = None
    held: Placement | None = None
    changes: int = 0
    history: deque[float] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    """Its latest compute readings, newest last."""
    stamps: array[int] = field(default_factory=lambda: array("q"))
    """For every sample the broker's time of its record, in ms."""
    uses: array[float] = field(default_factory=lambda: array("d"))
    """For every sample the compute in use, as a share of a card; NaN where it is not known."""
    memories: array[float] = field(default_factory=lambda: array("d"))
    """For every sample the memory in use in bytes; NaN where it is not known."""


@dataclass(frozen=True, slots=True)
class SeenCommand:
    """A command as it was first seen."""

    id: str
    app: str
    action: str
    expected: Placement | None
    desired: Placement | None


@dataclass(frozen=True, slots=True)
class SeenOutcome:
    """An outcome as it was first seen; `stamp_ms` is the broker's time of its record, `offset` its place in the log."""

    command_id: str
    app: str
    status: str
    placement: Placement | None
    stamp_ms: int
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class SeenDecision:
    """A decision for the view."""

    app: str
    action: str
    reason: str
    guard: str | None
    at_ms: int
    held: str | None
    wanted: str | None


class Figures:
    """Feed it every record of a run, each once. Of the pool topics only `pool` counts, of telemetry only `source`."""

    def __init__(self, pool: str, source: str) -> None:
        self.pool = pool
        self.source = source
        self.apps: dict[str, AppFigures] = {}
        self.cards: dict[str, CardFacts] = {}
        """What the inventories told of each card."""
        self.returns: set[str] = set()
        """Decisions that take a change back that hurt, by id."""
        self.windows: set[tuple[str, int, int]] = set()
        """The distinct windows on the telemetry topic: application, start, step."""
        self.event_ms = 0
        self.first_stamp_ms = 0
        self.last_stamp_ms = 0
        self.predictions = Sightings("prediction", stamped=True)
        self.deviations = Sightings("deviation", stamped=True)
        self.decided = Sightings("decision")
        self.commanded = Sightings("command", stamped=True)
        self.answered = Sightings("outcome")
        self.dead_letters = Sightings("dead letter")
        self.dead_reasons: Counter[str] = Counter()
        self.decisions: list[bytes] = []
        """The distinct decisions as they were on the wire."""
        self.commands: dict[str, SeenCommand] = {}
        self.outcomes: dict[str, SeenOutcome] = {}
        """By command id, the first of each."""
        self.statuses: Counter[str] = Counter()
        self.second_outcomes: list[str] = []
        self.latencies: array[float] = array("d")
        self.recent_latencies: deque[float] = deque(maxlen=_RECENT)
        self.recent_decisions: deque[SeenDecision] = deque(maxlen=50)
        self.unreadable = 0
        self._sent: dict[tuple[int, int], int] = {}
        self._answers: dict[tuple[int, int], int] = {}
        self._handlers: dict[str, Callable[[RecordedRecord, dict[str, Any]], None]] = {
            TELEMETRY: self._on_telemetry,
            PREDICTIONS: self._on_prediction,
            DEVIATIONS: self._on_deviation,
            POOL_EVENTS: self._on_pool_event,
            DECISIONS: self._on_decision,
            COMMANDS: self._on_command,
            DEAD_LETTERS: self._on_dead_letter,
        }

    def feed(self, record: RecordedRecord) -> None:
        """Count one record. One that cannot be read counts as unreadable: workers set it aside too.

        What comes with every window is not checked in full: that would cost as much as the workers' own work.
        """
        try:
            raw = orjson.loads(record.value or b"")
            if record.topic not in (TELEMETRY, PREDICTIONS):
                parse(record.topic, record.value)
            self._handlers[record.topic](record, raw)
        except (InvalidMessage, orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError, IndexError):
            self.unreadable += 1

    def sightings(self) -> tuple[Sightings, ...]:
        """Every kind of message that has ids."""
        return (
            self.predictions, self.deviations, self.decided, self.commanded, self.answered, self.dead_letters,
        )  # fmt: skip

    def app(self, name: str) -> AppFigures:
        """The application's figures, new ones if it is not known."""
        app = self.apps.get(name)
        if app is None:
            app = self.apps[name] = AppFigures(name)
        return app

    def applied(self, action: str, *, back: bool | None = None) -> int:
        """How many commands of a kind were applied; `back`: of those that take a change back only, or of all others."""
        done = [c for c in self.commands.values() if c.action == action and self._was_applied(c.id)]
        return sum(back is None or (c.id in self.returns) == back for c in done)

    def _was_applied(self, command_id: str) -> bool:
        outcome = self.outcomes.get(command_id)
        return outcome is not None and outcome.status == "applied"

    @property
    def unanswered(self) -> list[str]:
        """Ids of commands without an outcome."""
        return [c for c in self.commands if c not in self.outcomes]

    def _on_telemetry(self, record: RecordedRecord, raw: dict[str, Any]) -> None:
        signals: Mapping[str, list[float | None]] = raw["signals"]
        start, step = raw["start_ms"], raw["step_ms"]
        length = len(next(iter(signals.values())))
        if raw["source"] != self.source:
            return
        place = (record.partition, record.offset)
        answered = self._answers.pop(place, None)
        if answered is None:
            self._sent[place] = record.timestamp_ms
        else:
            self._latency(answered - record.timestamp_ms)
        key = (raw["app"], start, step)
        if key in self.windows:
            return
        self.windows.add(key)
        app = self.app(raw["app"])
        uses = signals.get(SM_RATIO) or [None] * length
        memories = signals.get(GPU_MEMORY) or [None] * length
        app.stamps.extend([record.timestamp_ms] * length)
        app.uses.extend(float("nan") if v is None else v for v in uses)
        app.memories.extend(float("nan") if v is None else v for v in memories)
        app.history.extend(v for v in uses if v is not None)
        app.use, app.memory, app.at_ms = uses[-1], memories[-1], start + (length - 1) * step
        self.event_ms = max(self.event_ms, app.at_ms)
        self.first_stamp_ms = self.first_stamp_ms or record.timestamp_ms
        self.last_stamp_ms = max(self.last_stamp_ms, record.timestamp_ms)

    def _on_prediction(self, record: RecordedRecord, raw: dict[str, Any]) -> None:
        place = (raw["based_on"]["partition"], raw["based_on"]["offset"])
        if not self.predictions.first(raw["id"], record.value or b""):
            return
        sent = self._sent.pop(place, None)
        if sent is None:
            self._answers[place] = record.timestamp_ms
        else:
            self._latency(record.timestamp_ms - sent)
        app = self.app(raw["app"])
        app.phase, app.learning = raw["phase"], raw["learning"]
        for forecast in raw["forecasts"]:
            if forecast["signal"] == SM_RATIO:
                app.compute_band = _band(forecast["horizons"])
            elif forecast["signal"] == GPU_MEMORY:
                app.memory_band = _band(forecast["horizons"])

    def _latency(self, ms: int) -> None:
        self.latencies.append(float(ms))
        self.recent_latencies.append(float(ms))

    def _on_deviation(self, record: RecordedRecord, raw: dict[str, Any]) -> None:
        self.deviations.first(raw["id"], record.value or b"")

    def _on_pool_event(self, record: RecordedRecord, raw: dict[str, Any]) -> None:
        if raw["pool"] == self.pool and raw["kind"] == "inventory":
            event = msgspec.convert(raw, InventoryEvent)
            self.cards.update(facts_of(event.resources, event.kinds))
        if raw["pool"] != self.pool or raw["kind"] != "outcome":
            return
        if not self.answered.first(raw["id"], record.value or b""):
            return
        command_id = raw["command_id"]
        if command_id in self.outcomes:
            self.second_outcomes.append(command_id)
            return
        placement = _placement(raw["placement"])
        self.outcomes[command_id] = SeenOutcome(
            command_id=command_id,
            app=raw["app"],
            status=raw["status"],
            placement=placement,
            stamp_ms=record.timestamp_ms,
            partition=record.partition,
            offset=record.offset,
        )
        self.statuses[raw["status"]] += 1
        app = self.app(raw["app"])
        if raw["status"] == "applied":
            app.changes += 1
        app.held = placement

    def _on_decision(self, record: RecordedRecord, raw: dict[str, Any]) -> None:
        if raw["pool"] != self.pool or not self.decided.first(raw["id"], record.value or b""):
            return
        self.decisions.append(record.value or b"")
        if raw["commanded"] and raw["guard"] == "probation":
            self.returns.add(raw["id"])
        held, wanted = raw["held"], raw["wanted"]
        self.recent_decisions.append(
            SeenDecision(
                app=raw["app"],
                action=raw["action"],
                reason=raw["reason"],
                guard=raw["guard"],
                at_ms=raw["at_ms"],
                held=held["slice"] if held else None,
                wanted=wanted["slice"] if wanted else None,
            )
        )

    def _on_command(self, record: RecordedRecord, raw: dict[str, Any]) -> None:
        if raw["pool"] != self.pool or not self.commanded.first(raw["id"], record.value or b""):
            return
        self.commands[raw["id"]] = SeenCommand(
            id=raw["id"],
            app=raw["app"],
            action=raw["action"],
            expected=_placement(raw["expected"]),
            desired=_placement(raw["desired"]),
        )

    def _on_dead_letter(self, record: RecordedRecord, raw: dict[str, Any]) -> None:
        if self.dead_letters.first(raw["id"], record.value or b""):
            self.dead_reasons[f"{raw['record']['topic']}: {raw['reason']}"] += 1


def _placement(raw: dict[str, Any] | None) -> Placement | None:
    return Placement(resource=raw["resource"], slice=raw["slice"], start=raw["start"]) if raw else None


def _band(horizons: list[dict[str, Any]]) -> Band | None:
    """The band nearest to a quarter of an hour: what a step up looks at by default."""
    if not horizons:
        return None
    chosen = min(horizons, key=lambda h: abs(h["horizon_seconds"] - 900.0))
    peak = chosen["peak"]
    return Band(chosen["horizon_seconds"], peak["q50"], peak["q90"], peak["q95"], peak["q99"])
