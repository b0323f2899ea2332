"""What is known of a run before it begins: which applications, from when, on how many cards, sized how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from foretide.deploy.demo.cards import cards_of, demo_cards
from foretide.deploy.demo.settings import DemoSettings
from foretide.schemas.inventory_file import Inventory
from foretide.schemas.messages import Probation, Replanning, Sizing

LIVELY: Final = Sizing(
    raise_horizon_seconds=300.0,
    lower_horizon_seconds=900.0,
    step_down_seconds=300.0,
    cooldown_seconds=120.0,
)
"""A minute of the synthetic source is an hour or less of its applications' time: changes must come sooner than the
defaults, which suit days, let them."""


REPLANNING: Final = Replanning(enabled=True, every_seconds=600.0, most_moves=4)
"""The whole pool is looked at a few times in a run of an hour or two."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The run's outline. `start_ms` is the applications' time at which telemetry begins; `source` names it."""

    apps: tuple[str, ...]
    start_ms: int
    inventory: Inventory
    source: str
    sizing: Sizing
    replanning: Replanning
    probation: Probation

    @property
    def cards(self) -> int:
        """How many cards the pool has."""
        return len(self.inventory.resources)


def plan_run(settings: DemoSettings) -> RunPlan:
    """Look at the source without starting it. TraceError for a trace that cannot be read."""
    if settings.trace is not None:
        from foretide.exporters.mapping import ColumnMapping
        from foretide.exporters.traces import read_trace

        trace = read_trace(settings.trace, ColumnMapping.from_options(settings.mappings))
        apps, start_ms, source = tuple(sorted(trace.series)), trace.first_ms, settings.trace.name
        sizing, probation = Sizing(), Probation()
    else:
        from foretide.exporters.synthetic.fleet import FIRST_MS, FleetSettings, applications

        made = settings.synthetic
        fleet = applications(FleetSettings(apps=made.apps, seed=made.seed, step_seconds=made.step_seconds))
        apps, start_ms, source = tuple(sorted(a.name for a in fleet)), FIRST_MS, "made-up applications"
        sizing, probation = LIVELY, Probation(seconds=900.0, hold_off_seconds=1800.0)
    inventory = cards_of(settings.pool_file) if settings.pool_file else demo_cards(settings.cards or len(apps))
    return RunPlan(apps, start_ms, inventory, source, sizing, REPLANNING, probation)
