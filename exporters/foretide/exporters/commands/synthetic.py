"""`foretide-exporter synthetic`: made-up applications from a seed."""

from __future__ import annotations

import click

from foretide.exporters.commands.options import announced, run_exporter, source_options
from foretide.exporters.inventory import simulated_cards
from foretide.exporters.settings import ExporterSettings
from foretide.exporters.sources import Recorded
from foretide.exporters.sources.recorded import Clock
from foretide.exporters.synthetic import FIRST_MS, KINDS, USUAL, FleetSettings, ticks
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import ResourceReport
from foretide.schemas.service.commands import plain_errors

HELP = """Send made-up applications, by default services, training runs, batch work and memory leaks.

The same seed gives the same samples. Without --inventory-cards one simulated card per application is announced.
It runs until --seconds have passed or a signal comes. Applications are named KIND-NUMBER; the kinds are

\b
""" + "\n".join(f"{label:8}{kind.about}" for label, kind in KINDS.items())


@click.command("synthetic", help=HELP)
@click.option("--apps", type=int, default=8, show_default=True, help="Applications; kinds take turns.")
@click.option("--seed", type=int, default=1, show_default=True, help="Every number follows from it.")
@click.option("--step-seconds", type=float, default=1.0, show_default=True, help="Event time between two samples.")
@click.option("--day-seconds", type=float, default=86_400.0, show_default=True, help="Length of the daily rhythm.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(list(KINDS)),
    help=f"Make up applications of this kind; given again, kinds take turns.  [default: {', '.join(USUAL)}]",
)
@click.option(
    "--lead-seconds",
    type=float,
    default=60.0,
    show_default=True,
    help="How long before its service a request is published by applications of the kind lead.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="Times event time; 0: as fast as the broker takes it (then give --seconds).",
)
@click.option(
    "--clock",
    type=click.Choice(["original", "shifted"]),
    default="shifted",
    show_default=True,
    help="Begin on 2026-01-01 UTC, or now.",
)
@source_options("synthetic")
def command(
    apps: int,
    seed: int,
    step_seconds: float,
    day_seconds: float,
    kinds: tuple[str, ...],
    lead_seconds: float,
    speed: float,
    clock: Clock,
    kafka: KafkaSettings,
    settings: ExporterSettings,
    cards: list[ResourceReport] | None,
) -> None:
    with plain_errors():
        fleet = FleetSettings(apps, seed, step_seconds, day_seconds, kinds or USUAL, lead_seconds)
    source = Recorded(
        "synthetic",
        lambda shift_ms: ticks(fleet, settings.source, shift_ms),
        FIRST_MS,
        speed=speed,
        clock=clock,
        resources=announced(cards, simulated_cards(settings.source, apps)),
    )
    run_exporter(source, kafka, settings)
