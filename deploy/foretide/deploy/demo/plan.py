"""What is known of a run before it begins: which applications, from when, on how many cards, sized how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from foretide.deploy.demo.settings import DemoSettings
from foretide.schemas.messages import Sizing

LIVELY: Final = Sizing(
    raise_horizon_seconds=300.0,
    lower_horizon_seconds=900.0,
    step_down_seconds=300.0,
    cooldown_seconds=120.0,
)
"""A minute of the synthetic source is an hour or less of its applications' time: changes must come sooner than the
defaults, which suit days, let them."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The run's outline. `start_ms` is the applications' time at which telemetry begins; `source` names it."""

    apps: tuple[str, ...]
    start_ms: int
    cards: int
    source: str
    sizing: Sizing


def plan_run(settings: DemoSettings) -> RunPlan:
    """Look at the source without starting it. TraceError for a trace that cannot be read."""
    if settings.trace is not None:
        from foretide.exporters.mapping import ColumnMapping
        from foretide.exporters.traces import read_trace

        trace = read_trace(settings.trace, ColumnMapping.from_options(settings.mappings))
        apps, start_ms, source = tuple(sorted(trace.series)), trace.first_ms, settings.trace.name
        sizing = Sizing()
    else:
        from foretide.exporters.synthetic.fleet import FIRST_MS, FleetSettings, applications

        made = settings.synthetic
        fleet = applications(FleetSettings(apps=made.apps, seed=made.seed, step_seconds=made.step_seconds))
        apps, start_ms, source = tuple(sorted(a.name for a in fleet)), FIRST_MS, "made-up applications"
        sizing = LIVELY
    return RunPlan(apps, start_ms, settings.cards or len(apps), source, sizing)
