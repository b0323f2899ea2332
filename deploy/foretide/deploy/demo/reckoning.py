"""From what was observed, reported, saved and replayed to the summary."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from foretide.deploy.demo.cards import cut_of, in_use
from foretide.deploy.demo.figures import Figures
from foretide.deploy.demo.plan import RunPlan
from foretide.deploy.demo.reconcile import (
    Counts,
    Hashes,
    cards_held_mean,
    cost_mean,
    findings,
    percentile,
    shortage_ratio,
)
from foretide.deploy.demo.replays import replay_in_fresh_process
from foretide.deploy.demo.settings import DemoSettings
from foretide.deploy.demo.summary import DemoSummary, Latency
from foretide.schemas.codec import parse_as
from foretide.schemas.messages import Decision
from foretide.schemas.topics import DECISIONS
from foretide.streams.planning import decision_hash
from foretide.streams.profiling import model_hash, windows_learned


class ExporterReport(msgspec.Struct, frozen=True):
    """What of the exporter's report is used here."""

    windows_sent: int
    windows_dropped: int


async def reckon(
    settings: DemoSettings,
    plan: RunPlan,
    broker: str,
    figures: Figures,
    *,
    gaps: int,
    report: ExporterReport,
    states: Mapping[str, bytes],
    kills: int,
    provoked: int,
    seconds: float,
) -> DemoSummary:
    """The summary of a run that has come to rest; the replays run meanwhile, both at once.

    `states` are the applications' final states as the workers saved them, `seconds` the run's wall time.
    """
    pool, model = await asyncio.gather(
        replay_in_fresh_process("--pool-log", settings.pool_log, "--pool", settings.pool),
        replay_in_fresh_process("--telemetry-log", settings.telemetry_log, *cut_of(plan.inventory)),
    )
    decisions = [parse_as(Decision, DECISIONS, value) for value in figures.decisions]
    hashes = Hashes(
        decision=decision_hash(decisions),
        decision_replayed=pool["decision_hash"],
        model=model_hash(states),
        model_replayed=model["model_hash"],
    )
    counts = Counts(
        windows_sent=report.windows_sent,
        windows_on_topic=len(figures.windows),
        windows_handled=sum(map(windows_learned, states.values())),
        gaps=gaps,
    )
    found = findings(
        counts,
        hashes,
        figures.commands,
        figures.outcomes,
        second_outcomes=figures.second_outcomes,
        contradictions=[c for s in figures.sightings() for c in s.contradictions],
        cards=figures.cards,
    )
    latencies = sorted(figures.latencies)
    outcomes = list(figures.outcomes.values())
    return DemoSummary(
        broker=broker,
        applications=len(states),
        windows_sent=counts.windows_sent,
        windows_handled=counts.windows_handled,
        dead_letters=len(figures.dead_letters),
        predictions=len(figures.predictions),
        deviations=len(figures.deviations),
        commands=len(figures.commands),
        outcomes=dict(sorted(figures.statuses.items())),
        shortage_ratio=shortage_ratio(figures.apps.values(), outcomes, figures.cards),
        cards_held_mean=cards_held_mean(outcomes, figures.first_stamp_ms, figures.last_stamp_ms, figures.cards),
        cards_whole=len(plan.apps),
        latency_ms=Latency(percentile(latencies, 0.5), percentile(latencies, 0.99)),
        decision_hash=hashes.decision,
        replay_hash=hashes.decision_replayed,
        model_hash=hashes.model,
        model_replay_hash=hashes.model_replayed,
        kills=kills,
        windows_dropped=report.windows_dropped,
        cards_pool=plan.cards,
        cards_in_use=in_use(figures.cards, [app.held for app in figures.apps.values()]),
        cost_per_hour_mean=cost_mean(outcomes, figures.first_stamp_ms, figures.last_stamp_ms, figures.cards),
        migrations=figures.applied("migrate"),
        ways_back=figures.applied("migrate", back=True),
        provoked=provoked,
        seconds=round(seconds, 1),
        reconciled=not found,
        findings=tuple(found),
    )
