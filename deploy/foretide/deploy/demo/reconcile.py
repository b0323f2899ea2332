"""The final reckoning: numbers from what was seen, and what in them does not agree. Pure: values in, values out."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from foretide.deploy.demo.cards import UNKNOWN, CardFacts, Facts, cost_in_use, facts_for
from foretide.deploy.demo.figures import AppFigures, SeenCommand, SeenOutcome
from foretide.schemas.messages import Placement

_SHOWN = 3
_NO_CARDS: Facts = {}


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts that must agree. Each says how it was found out, independently of the others."""

    windows_sent: int
    """By the exporter: distinct windows the broker acknowledged."""
    windows_on_topic: int
    """By the observer: distinct windows on the telemetry topic."""
    windows_handled: int
    """By the final states: windows learned, over all applications."""
    gaps: int
    """Records that the observer could not read any more; with any, nothing here can be trusted."""


@dataclass(frozen=True, slots=True)
class Hashes:
    """The live run's hashes beside those of its replays in fresh processes."""

    decision: str
    decision_replayed: str
    model: str
    model_replayed: str


def slice_cost(placement: Placement | None, card: CardFacts = UNKNOWN) -> float:
    """Share of a card that a placement uses up; 0 for none. KeyError for a slice the geometry does not have."""
    return 0.0 if placement is None else card.geometry.cost(card.profile(placement))


def is_short(use: float, memory: float, placement: Placement, card: CardFacts = UNKNOWN) -> bool:
    """Whether a sample exceeds the slice. `use` is a share of a card, `memory` in bytes; NaN exceeds nothing."""
    return use > card.compute(placement) + 1e-9 or memory > card.memory(placement)


def shortage_ratio(
    apps: Iterable[AppFigures], outcomes: Iterable[SeenOutcome], cards: Facts = _NO_CARDS
) -> float | None:
    """Share of samples above the slice held at that moment, after the application's first applied change.

    Both times are the broker's. A sample counts if either sized signal was read. None if no sample counts.
    """
    held = _held_over_time(outcomes)
    short = counted = 0
    for app in apps:
        times, placements = held.get(app.name, ([], []))
        for stamp, use, memory in zip(app.stamps, app.uses, app.memories, strict=True):
            at = bisect_right(times, stamp) - 1
            placement = placements[at] if at >= 0 else None
            if placement is None or (math.isnan(use) and math.isnan(memory)):
                continue
            counted += 1
            short += is_short(use, memory, placement, facts_for(cards, placement))
    return short / counted if counted else None


def cards_held_mean(outcomes: Iterable[SeenOutcome], start_ms: int, end_ms: int, cards: Facts = _NO_CARDS) -> float:
    """Mean over the time from `start_ms` to `end_ms` of the card shares held by all applications together."""
    changes: list[tuple[int, float]] = []
    for times, placements in _held_over_time(outcomes).values():
        before = 0.0
        for time, placement in zip(times, placements, strict=True):
            cost = 0.0 if placement is None else slice_cost(placement, facts_for(cards, placement))
            changes.append((time, cost - before))
            before = cost
    return _mean(changes, start_ms, end_ms)


def cost_mean(outcomes: Iterable[SeenOutcome], start_ms: int, end_ms: int, cards: Facts) -> float | None:
    """Mean over the time from `start_ms` to `end_ms` of what the cards in use cost per hour, whole; None if a price is
    not known."""
    held: dict[str, Placement | None] = {}
    changes: list[tuple[int, float]] = []
    before = 0.0
    for outcome in sorted(outcomes, key=lambda o: (o.stamp_ms, o.partition, o.offset)):
        held[outcome.app] = outcome.placement
        cost = cost_in_use(cards, held.values())
        if cost is None:
            return None
        changes.append((outcome.stamp_ms, cost - before))
        before = cost
    return _mean(changes, start_ms, end_ms)


def _mean(changes: Sequence[tuple[int, float]], start_ms: int, end_ms: int) -> float:
    """Mean over time of a value that changes by so much at such times (ms); its last where there is no time."""
    if end_ms <= start_ms:
        return math.fsum(change for _, change in changes)
    return math.fsum(change * (end_ms - min(max(time, start_ms), end_ms)) for time, change in changes) / (
        end_ms - start_ms
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest of the sorted `values` that at least `share` of them do not exceed; None without values."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def findings(
    counts: Counts,
    hashes: Hashes,
    commands: Mapping[str, SeenCommand],
    outcomes: Mapping[str, SeenOutcome],
    *,
    second_outcomes: Sequence[str] = (),
    contradictions: Sequence[str] = (),
    cards: Facts = _NO_CARDS,
) -> list[str]:
    """What does not agree, one sentence each; empty when everything does."""
    found = []
    if counts.gaps:
        found.append(f"{counts.gaps} records were gone from the broker before they could be observed")
    if counts.windows_sent != counts.windows_on_topic:
        found.append(f"the exporter sent {counts.windows_sent} windows, the topic holds {counts.windows_on_topic}")
    if counts.windows_sent != counts.windows_handled:
        found.append(f"of {counts.windows_sent} windows sent, {counts.windows_handled} were learned")
    if missing := sorted(set(commands) - set(outcomes)):
        found.append(f"{len(missing)} commands have no outcome: {_some(missing)}")
    if unknown := sorted(set(outcomes) - set(commands)):
        found.append(f"{len(unknown)} outcomes answer no command: {_some(unknown)}")
    if second_outcomes:
        found.append(f"{len(second_outcomes)} commands have two outcomes: {_some(second_outcomes)}")
    found += placement_findings(commands, outcomes, cards)
    found += contradictions
    if hashes.decision != hashes.decision_replayed:
        found.append("the decisions of the live run and of its replay differ")
    if hashes.model != hashes.model_replayed:
        found.append("the final models of the live run and of its replay differ")
    return found


def placement_findings(
    commands: Mapping[str, SeenCommand], outcomes: Mapping[str, SeenOutcome], cards: Facts = _NO_CARDS
) -> list[str]:
    """Whether the applied changes form one chain: each starts where the one before it ended, is what was asked for,
    and leaves cards that can exist. A change applied twice, or lost, breaks the chain."""
    held: dict[str, Placement | None] = {}
    broken: Counter[str] = Counter()
    example: dict[str, str] = {}

    def say(kind: str, command: str) -> None:
        broken[kind] += 1
        example.setdefault(kind, command)

    for outcome in sorted(outcomes.values(), key=lambda o: (o.partition, o.offset)):
        command = commands.get(outcome.command_id)
        if command is None or outcome.status != "applied":
            continue
        if held.get(outcome.app) != command.expected:
            say("were applied to another slice than expected", outcome.command_id)
        if outcome.placement != command.desired:
            say("ended on another slice than desired", outcome.command_id)
        held[outcome.app] = outcome.placement
        card = outcome.placement.resource if outcome.placement else None
        on_card = [(p.slice, p.start) for p in held.values() if p is not None and p.resource == card]
        if not cards.get(card or "", UNKNOWN).geometry.valid(on_card):
            say("left a card in a state that cannot exist", outcome.command_id)
    return [f"{count} applied commands {kind}, the first {example[kind]}" for kind, count in broken.items()]


def _held_over_time(outcomes: Iterable[SeenOutcome]) -> dict[str, tuple[list[int], list[Placement | None]]]:
    """Per application the times (ms) from which a placement was held, in order, from the first applied change on."""
    held: dict[str, tuple[list[int], list[Placement | None]]] = {}
    for outcome in sorted(outcomes, key=lambda o: (o.stamp_ms, o.partition, o.offset)):
        if outcome.status != "applied" and outcome.app not in held:
            continue
        times, placements = held.setdefault(outcome.app, ([], []))
        if not placements or placements[-1] != outcome.placement:
            times.append(outcome.stamp_ms)
            placements.append(outcome.placement)
    return held


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
