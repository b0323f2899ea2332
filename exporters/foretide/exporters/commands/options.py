"""Options that all sources share, made into settings; and how a command runs and ends."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from foretide.exporters.exporter import Exporter
from foretide.exporters.inventory import simulated_cards
from foretide.exporters.settings import DeliverySettings, ExporterSettings
from foretide.exporters.sources import Source
from foretide.schemas.inventory_file import read_inventory
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import ResourceReport
from foretide.schemas.service import run_until_stopped, setup_logging
from foretide.schemas.service.commands import plain_errors

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: list[Callable[[Any], Any]] = [
    click.option("--pool", default="default", show_default=True, help="Pool whose planner hears of the cards."),
    click.option(
        "--window-seconds",
        type=float,
        default=10.0,
        show_default=True,
        help="Event time one window covers at most; samples further apart travel alone.",
    ),
    click.option("--seconds", type=float, help="Stop after so long.  [default: when the source ends]"),
    click.option(
        "--inventory-cards",
        type=click.IntRange(0, 100_000),
        help="Announce so many simulated 80 GB cards, SOURCE/card-00 and so on.  [default: what the source knows]",
    ),
    click.option(
        "--inventory",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Announce the cards in this JSON file, with their kinds and prices.",
    ),
    click.option(
        "--buffer-windows",
        type=click.IntRange(1),
        default=DeliverySettings().buffer_windows,
        show_default=True,
        help="Windows kept while the broker is away; then the oldest are dropped.",
    ),
    click.option(
        "--flush-seconds",
        type=click.FloatRange(0),
        default=DeliverySettings().flush_seconds,
        show_default=True,
        help="How long to wait, at the end of the source, for what is still unsent.",
    ),
    click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of the metrics endpoint."),
    click.option(
        "--metrics-port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Its port; 0: a free one."
    ),
    click.option(
        "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write a JSON report here at the end."
    ),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        default="info",
        show_default=True,
        help="What to log, on stderr.",
    ),
]


def source_options(default_source: str) -> Callable[[F], F]:
    """Decorate a source's command with the broker's and the common options.

    The command receives `kafka: KafkaSettings`, `settings: ExporterSettings` and `cards`: the resources that
    --inventory or --inventory-cards asks for, None without them.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(
            *args: Any,
            pool: str,
            source: str,
            window_seconds: float,
            seconds: float | None,
            inventory_cards: int | None,
            inventory: Path | None,
            buffer_windows: int,
            flush_seconds: float,
            metrics_host: str,
            metrics_port: int,
            report: Path | None,
            log_level: str,
            **kwargs: Any,
        ) -> Any:
            setup_logging(log_level)
            if inventory is not None and inventory_cards is not None:
                raise click.UsageError("--inventory and --inventory-cards both say which cards there are: give one.")
            with plain_errors():
                told = None if inventory is None else read_inventory(inventory)
                settings = ExporterSettings(
                    pool=pool,
                    source=source,
                    window_seconds=window_seconds,
                    seconds=seconds,
                    metrics_host=metrics_host,
                    metrics_port=metrics_port,
                    report=report,
                    kinds=() if told is None else tuple(told.kinds),
                    delivery=DeliverySettings(buffer_windows=buffer_windows, flush_seconds=flush_seconds),
                )
            cards = None if inventory_cards is None else simulated_cards(source, inventory_cards)
            cards = cards if told is None else told.resources
            return function(*args, settings=settings, cards=cards, **kwargs)

        named = click.option(
            "--source",
            default=default_source,
            show_default=True,
            help="This exporter's name: unique among the exporters of a system.",
        )(wrapper)
        for option in reversed(_OPTIONS):
            named = option(named)
        return kafka_options(named)  # type: ignore[return-value]

    return decorate


def run_exporter(source: Source, kafka: KafkaSettings, settings: ExporterSettings) -> None:
    """Run until the source ends, the time is up or a signal comes; ends the command with the fitting exit code."""
    with plain_errors():
        exporter = Exporter(source, kafka, settings)

        async def main(stop: Any) -> int:
            report = await exporter.run(stop)
            click.echo(
                f"{report.ended}: {report.windows_sent} windows ({report.samples_sent} samples) of "
                f"{report.applications} applications sent, {report.windows_dropped} dropped",
                err=True,
            )
            return 0

        raise SystemExit(run_until_stopped(main))


def announced(
    cards: list[ResourceReport] | None, otherwise: list[ResourceReport] | None
) -> list[ResourceReport] | None:
    """The cards to announce: what --inventory-cards asks for, else what the source knows."""
    return otherwise if cards is None else cards
